/**
 * One hub, and one bad receiver after the other beside a healthy one: what becomes of the bad one's tries, what it costs
 * the hub in memory, and that the healthy one gets everything.
 */
import test, { type ExecutionContext } from 'ava';
import { growthDuring, median } from '../../bench/process.ts';
import { BAD_RECEIVERS, type BadReceiver } from '../helpers/bad-receivers.ts';
import { type Answer, type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';

const SECOND = 1_000;
const MEGABYTE = 1_000_000;
/** What a receiver has for its whole answer. */
const DEADLINE = 1 * SECOND;
/** Before the second try, ±20 %. */
const WAIT = 1 * SECOND;
/** For what the machine is late, which is no fault of the hub's. */
const PATIENCE = 10 * SECOND;
const MESSAGES = 10;
/** Aimed at are 20; a collector of garbage takes its time, so what fails is what no collector explains. */
const MEMORY_LIMIT = 60;

interface Case {
  first: Record<string, unknown>;
  /** Milliseconds from the end of the first try to the second; null when there is none. */
  wait?: number | null;
  also?(t: ExecutionContext, seen: { attempts: Answer['json'][]; endpoint: Answer['json']; receiver: BadReceiver }): void;
}

const TIMEOUT = { status: null, errorClass: 'timeout' };

const CASES: Record<keyof typeof BAD_RECEIVERS, Case> = {
  hangs: { first: TIMEOUT },
  'drips a byte a second': { first: { status: 200, errorClass: 'timeout' } },
  resets: { first: { status: null, errorClass: 'connect' } },
  'answers 500': { first: { status: 500, errorClass: 'http' } },
  'answers 429 with Retry-After': {
    first: { status: 429, errorClass: 'http' },
    wait: 2 * SECOND,
    also: (t, { endpoint }) => t.truthy(endpoint.pausedUntil),
  },
  'answers 410': {
    first: { status: 410, errorClass: 'http' },
    wait: null,
    also: (t, { endpoint }) => t.like(endpoint, { status: 'disabled', disabledReason: 'gone' }),
  },
  'redirects to itself': {
    first: { status: 307, errorClass: 'http' },
    also: (t, { attempts, receiver }) => t.is(receiver.connections(), attempts.length),
  },
  'answers 500 with 10 GB': {
    first: { status: 500, errorClass: 'http', responseBody: 'x'.repeat(4_096) },
    // What the kernel's buffers at both ends of each connection hold, beside the 64 KiB that are read.
    also: (t, { attempts, receiver }) => t.true(receiver.taken() < attempts.length * 16 * MEGABYTE, `${receiver.taken()} bytes were taken`),
  },
  'answers 200 with a gzip bomb': {
    // A success is read for actions; what is cut is not.
    first: { status: 200, errorClass: null, actions: [{ index: null, ok: false, error: { code: 'payload-too-large' } }] },
    wait: null,
    also: (t, { attempts }) => t.is(attempts[0].responseBody.charCodeAt(0), 0x1f, 'it was unpacked'),
  },
  'speaks no TLS': { first: { status: null, errorClass: 'tls' } },
  'has a certificate of its own making': { first: { status: null, errorClass: 'tls' } },
  'has no address': { first: { status: null, errorClass: 'dns' } },
};

let hub: Hub;
let call: Call;
let healthy: Receiver;
let sent = 0;

test.before(async () => {
  hub = await startHub({ env: { HOOKLINE_WEBHOOKS_TIMEOUT_SECONDS: String(DEADLINE / SECOND) } });
  ({ call } = await hub.tenant());
  healthy = await startReceiver();
  await call('POST', '/api/webhooks', { url: healthy.url, events: ['message.received'] });
  await linkedSandbox(call, 'shop');
  // A hub that has just started grows whatever happens.
  await receiveAll(100);
});

test.after.always(async () => {
  await hub?.dispose();
  await healthy?.close();
});

/** So many messages come in, and the healthy endpoint gets them all. Milliseconds from each event to its arrival. */
async function receiveAll(count: number): Promise<number[]> {
  const before = healthy.requests.length;
  for (let i = 0; i < count; i++) {
    await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: `in ${sent++}` });
  }
  const arrived = () => healthy.requests.slice(before);
  await until(() => arrived().length >= count, { what: () => `${count} at the healthy endpoint, which got ${arrived().length}`, every: 5 });
  return arrived().map(({ at, json }) => at - Date.parse(json.timestamp));
}

for (const [manner, start] of Object.entries(BAD_RECEIVERS)) {
  const { first, wait = WAIT, also } = CASES[manner as keyof typeof BAD_RECEIVERS];
  test.serial(`a receiver that ${manner} is tried on its schedule, and costs a healthy one nothing`, async (t) => {
    const alone = await receiveAll(MESSAGES);
    const receiver = await start();
    t.teardown(receiver.close);
    const { json: endpoint, status } = await call('POST', '/api/webhooks', {
      url: receiver.url,
      events: ['message.received'],
      schedule: [WAIT / SECOND, 60],
    });
    t.is(status, 201);
    const firstDelivery = async (): Promise<Answer['json']> => {
      const { json } = await call('GET', `/api/webhooks/${endpoint.id}/deliveries?limit=100`);
      const oldest = json.data.at(-1);
      return oldest && (await call('GET', `/api/deliveries/${oldest.id}`)).json;
    };

    const { result, growth } = await growthDuring(hub.pid, async () => {
      const beside = await receiveAll(MESSAGES);
      const tries = wait === null ? 1 : 2;
      const delivery = await until(
        async () => {
          const found = await firstDelivery();
          return found?.attempts.length >= tries && found;
        },
        { what: `${tries} tries`, every: 200 },
      );
      return { beside, delivery };
    });
    const { beside, delivery } = result;
    const { attempts } = delivery;

    t.like(attempts[0], first);
    if (first.errorClass === 'timeout') t.true(attempts[0].latency >= DEADLINE - 10, `gave up after ${attempts[0].latency} ms`);
    for (const { latency } of attempts) t.true(latency < DEADLINE + PATIENCE, `the deadline passed: ${latency} ms`);
    let waited = '';
    if (wait === null) {
      t.is(delivery.attemptsMade, 1);
    } else {
      const gap = Date.parse(attempts[1].startedAt) - Date.parse(attempts[0].startedAt) - attempts[0].latency;
      const spread = wait === WAIT ? 0.2 * WAIT : 0;
      t.true(gap >= wait - spread - 10 && gap <= wait + spread + PATIENCE, `tried again after ${gap} ms`);
      waited = `again after ${gap} ms, `;
    }
    also?.(t, { attempts, endpoint: (await call('GET', `/api/webhooks/${endpoint.id}`)).json, receiver });
    t.true(growth < MEMORY_LIMIT, `the hub grew by ${growth} MB`);
    const texts = healthy.requests.map(({ json }) => json.data.text);
    t.deepEqual(
      texts,
      texts.map((_, i) => `in ${i}`),
      'the healthy endpoint got everything, once and in order',
    );
    t.log(
      `${attempts[0].errorClass ?? 'no error'}, ended after ${attempts[0].latency} ms, ${waited}at most ${(receiver.taken() / MEGABYTE).toFixed(1)} MB taken, memory +${growth.toFixed(1)} MB;`,
      `healthy p50/worst ${median(beside)}/${Math.max(...beside)} ms, alone ${median(alone)}/${Math.max(...alone)} ms`,
    );
    t.is((await call('DELETE', `/api/webhooks/${endpoint.id}`)).status, 204);
  });
}
