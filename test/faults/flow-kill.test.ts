/**
 * The hub is killed with SIGKILL while contacts book visits: five times here, 200 times by `npm run faults flow-kill`. Every
 * contact is given every reply, once, and one booking.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { type Answer, type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';

const ROUNDS = process.env.HOOKLINE_TEST_FAULTS === 'full' ? 200 : 3;
/** Conversations that are under way when the hub is killed. */
const CONTACTS = 6;

const flowAt = (url: string): string => `flow: booking
version: 1
start:
  - says: [book]
typing: false
steps:
  - say: "Hi {{ contact.first_name | default: 'there' }}!"
  - ask: Which day?
    expect: date
    save: day
    on_silence: { after: 1h, say: Still there? }
  - http: POST ${url}
    json: { phone: "{{ contact.phone }}", day: "{{ day }}" }
    save: { booking: body.id }
    retries: 5
  - wait: 200ms
  - emit: { event: booking.created, data: { id: "{{ booking }}" } }
  - say: "Done, {{ booking }}."
  - end
`;
const REPLIES = (id: string): string[] => ['Hi there!', 'Which day?', `Done, ${id}.`];

/** A clinic that gives one booking a key, whoever asks how often. */
async function startClinic() {
  const bookings = new Map<string, { id: string; phone: string }>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const key = String(request.headers['idempotency-key']);
    const known = bookings.get(key) ?? { id: `B${bookings.size + 1}`, phone: JSON.parse(body).phone };
    bookings.set(key, known);
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: known.id }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bookings`;
  return { url, bookings, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** A phone that hands its message in until the hub has it. */
async function insist(call: Call, path: string, body: object): Promise<Answer> {
  for (;;) {
    const answer = await call('POST', path, body).catch(() => undefined);
    if (answer?.status === 200) return answer;
    await wait(100);
  }
}

test(`${ROUNDS} SIGKILLs while contacts book: no reply skipped or doubled, one booking each, waits end once`, async (t) => {
  t.timeout(60_000 + ROUNDS * 20_000);
  const clinic = await startClinic();
  let hub: Hub = await startHub();
  t.teardown(async () => {
    await hub.dispose();
    await clinic.close();
  });
  const { call } = await hub.tenant();
  await linkedSandbox(call, 's');
  t.is((await call('PUT', '/api/flows/booking', flowAt(clinic.url), { 'content-type': 'application/yaml' })).status, 200);

  const textsOf = async (phone: string): Promise<string[]> => {
    const { json } = await call('GET', `/api/sessions/s/messages?chat=${phone}&direction=outbound&limit=50`);
    return json.data.map(({ text }: { text: string }) => text).reverse();
  };
  const book = async (phone: string): Promise<void> => {
    const say = (text: string, nth: number) =>
      insist(call, '/api/sessions/s/sandbox/receive', { from: phone, text, engineId: `false_${phone}@c.us_IN${nth}` });
    const heard = (count: number) =>
      until(async () => (await textsOf(phone).catch(() => [])).length >= count, {
        what: `${count} replies to ${phone}`,
        within: 60_000,
        every: 100,
      });
    await say('book', 1);
    await heard(2);
    await say('tomorrow', 2);
    await heard(3);
  };

  const phones: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const some = Array.from({ length: CONTACTS }, (_, nth) => String(5_511_900_000_000 + round * CONTACTS + nth));
    phones.push(...some);
    const talks = Promise.all(some.map(book));
    // Somewhere in the turns, which nobody chose.
    await wait(Math.random() * 900);
    await hub.end('SIGKILL');
    hub = await hub.again();
    await talks;
  }
  // What came twice would have come by now.
  await wait(1_000);
  for (const phone of phones) {
    const ids = [...clinic.bookings.values()].filter((booking) => booking.phone === phone).map(({ id }) => id);
    t.is(ids.length, 1, `${phone}: one booking`);
    t.deepEqual(await textsOf(phone), REPLIES(ids[0] ?? ''), phone);
  }
  const runs: { status: string }[] = [];
  for (let cursor = ''; ; ) {
    const { json } = await call('GET', `/api/runs?limit=200${cursor}`);
    runs.push(...json.data);
    if (json.nextCursor === null) break;
    cursor = `&cursor=${json.nextCursor}`;
  }
  t.is(runs.length, phones.length);
  t.true(runs.every(({ status }) => status === 'ended'));
  t.log(`${phones.length} bookings through ${ROUNDS} kills`);
});
