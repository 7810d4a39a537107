/**
 * A session is dropped again and again while messages go both ways. Afterwards what the client was told, what the phone
 * saw and what the receiver saw are compared: nothing is lost, doubled or out of order.
 */
import test from 'ava';
import { type Answer, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { walk } from '../http/tenant-world.ts';

const DROPS = 20;
const EACH_WAY = 300;
const FINAL = ['sent', 'delivered', 'read', 'played', 'failed', 'expired', 'canceled', 'unknown'];
const SHOP = '/api/sessions/shop';

test(`a session that is dropped ${DROPS} times under load loses, doubles and reorders nothing`, async (t) => {
  t.timeout(180_000);
  const receiver = await startReceiver();
  const hub = await startHub();
  t.teardown(async () => {
    await hub.dispose();
    await receiver.close();
  });
  const { call } = await hub.tenant();
  await call('POST', '/api/webhooks', { url: receiver.url });
  await linkedSandbox(call, 'shop');

  let done = 0;
  /** As a client does: again, with the same key, until it has an answer. */
  const insist = async (path: string, body: object, key: string): Promise<Answer> => {
    for (;;) {
      const answer = await call('POST', path, body, { 'idempotency-key': key });
      if (answer.status < 300) return answer;
      if (answer.status !== 409 && answer.status !== 503) throw new Error(`${path}: ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const accepted: string[] = [];
  const received: string[] = [];
  const load = [
    (async () => {
      for (let i = 0; i < EACH_WAY; i++, done++) {
        await insist(`${SHOP}/messages`, { to: '5511987654321', type: 'text', text: `out ${i}` }, `out-${i}`);
        accepted.push(`out ${i}`);
      }
    })(),
    (async () => {
      for (let i = 0; i < EACH_WAY; i++, done++) {
        const engineId = `false_5521988887777@c.us_IN${i}`;
        await insist(`${SHOP}/sandbox/receive`, { from: '5521988887777', text: `in ${i}`, engineId }, `in-${i}`);
        received.push(engineId);
      }
    })(),
  ];

  const post = (path: string, body?: object) => call('POST', `${SHOP}/${path}`, body);
  const ways: Record<string, () => Promise<unknown>> = {
    network: async () => post('sandbox/disconnect', { reason: 'network' }),
    elsewhere: async () => post('sandbox/disconnect', { reason: 'conflict' }),
    restart: async () => post('restart'),
    stop: async () => post('disconnect'),
    backup: async () => call('GET', `${SHOP}/backup`),
  };
  const taken: Record<string, number> = {};
  for (let drop = 1; drop <= DROPS; drop++) {
    // Spread over the load, each way as likely as another.
    await until(() => done >= (2 * EACH_WAY * drop) / (DROPS + 1), { within: 60_000, every: 5 });
    const names = Object.keys(ways);
    const way = names[drop <= names.length ? drop - 1 : Math.floor(Math.random() * names.length)] as string;
    taken[way] = (taken[way] ?? 0) + 1;
    await ways[way]?.();
    await post('connect');
  }
  await Promise.all(load);

  const sends = await until(
    async () => {
      const rows = await walk(call, `${SHOP}/messages?direction=outbound`, 200);
      return rows.every(({ status }) => FINAL.includes(status)) && rows;
    },
    { what: 'every send to end', within: 60_000, every: 200 },
  );
  const ledger = await until(
    async () => {
      const events = await walk(call, '/api/events', 1_000);
      const arrived = new Set(receiver.requests.map(({ json }) => json.id));
      return events.every(({ id }) => arrived.has(id)) && events;
    },
    { what: 'every event to arrive at the receiver', within: 60_000, every: 200 },
  );

  // I1 and I2: each ended, and the phone saw each at most once, in order; what it did not see is not called sent.
  t.is(sends.length, accepted.length);
  const seen = (await walk(call, `${SHOP}/sandbox/outbox`, 200)).map(({ text }) => text);
  const open = new Set(sends.filter(({ status }) => status === 'unknown').map(({ text }) => text));
  t.is(new Set(seen).size, seen.length);
  t.deepEqual(
    seen,
    accepted.filter((text) => seen.includes(text)),
  );
  t.deepEqual(
    accepted.filter((text) => !seen.includes(text) && !open.has(text)),
    [],
  );
  // Inbound: each announced once. (After a drop WhatsApp hands over anew what was not confirmed.)
  t.deepEqual(
    ledger
      .filter(({ type }) => type === 'message.received')
      .map(({ data }) => data.engineId)
      .sort(),
    [...received].sort(),
  );
  // I3 and I4: each event arrived under its one id, its first arrival in order.
  const first = new Map<string, number>();
  for (const { json, headers } of receiver.requests) {
    t.is(headers['webhook-id'], json.id);
    if (!first.has(json.id)) first.set(json.id, json.seq);
  }
  t.deepEqual(
    [...first.values()],
    [...first.values()].map((_, index) => index + 1),
  );
  const { attempts, stats } = (await call('GET', SHOP)).json;
  t.is(attempts.made, attempts.succeeded);
  t.log(
    `${JSON.stringify(taken)}; ${attempts.succeeded} connections; ${open.size} sends left unknown; restarts ${JSON.stringify(stats.restarts)}`,
  );
});
