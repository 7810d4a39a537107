/**
 * The hub is killed with SIGKILL at random instants under load. Afterwards three ledgers are compared: what the clients
 * were told, what the phones saw, what the receiver saw.
 */
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { everyPage, insist, isWhole, rounds } from './clients.ts';

const SESSIONS = 10;
const PER_SESSION = 100;
const KILLS = rounds(25, 5);
const FINAL = ['sent', 'delivered', 'read', 'played', 'failed', 'expired', 'canceled', 'unknown'];

test('1,000 inbound and 1,000 sends on 10 sessions survive SIGKILLs: nothing lost, doubled or out of order', async (t) => {
  t.timeout(240_000);
  const receiver = await startReceiver();
  let hub: Hub = await startHub();
  t.teardown(async () => {
    await hub.dispose();
    await receiver.close();
  });
  const tenant = await hub.tenant();
  await tenant.call('POST', '/api/webhooks', { url: receiver.url });
  const sessions: { name: string; id: string }[] = [];
  for (let s = 0; s < SESSIONS; s++) sessions.push({ name: `s${s}`, id: await linkedSandbox(tenant.call, `s${s}`, `55119999000${s}0`) });

  const accepted: { id: string; text: string; session: string }[] = [];
  const received: { engineId: string; session: string }[] = [];
  let done = 0;
  const load = sessions.flatMap(({ name }) => [
    (async () => {
      for (let i = 0; i < PER_SESSION; i++) {
        const text = `out ${name} ${i}`;
        const body = { to: '+55 11 98765-4321', type: 'text', text };
        const answer = await insist(tenant.call, 'POST', `/api/sessions/${name}/messages`, body, {
          'idempotency-key': text.replaceAll(' ', '-'),
        });
        t.is(answer.status, 202, answer.text);
        accepted.push({ id: answer.json.id, text, session: name });
        done++;
      }
    })(),
    (async () => {
      for (let i = 0; i < PER_SESSION; i++) {
        const engineId = `false_5521988887777@c.us_IN${name}N${i}`;
        const answer = await insist(tenant.call, 'POST', `/api/sessions/${name}/sandbox/receive`, {
          from: '5521988887777',
          text: `in ${i}`,
          engineId,
        });
        t.is(answer.status, 200, answer.text);
        received.push({ engineId, session: name });
        done++;
      }
    })(),
  ]);

  const total = 2 * SESSIONS * PER_SESSION;
  for (let kill = 1; kill <= KILLS; kill++) {
    // Spread over the load, each at an instant that nobody chose.
    await until(() => done >= (total * kill) / (KILLS + 1), { within: 120_000, every: 5 });
    await wait(Math.random() * 40);
    await hub.end('SIGKILL');
    hub = await hub.again();
  }
  await Promise.all(load);

  const { call } = tenant;
  const sends = await until(
    async () => {
      const rows = (
        await Promise.all(sessions.map(({ name }) => everyPage(call, `/api/sessions/${name}/messages?direction=outbound`)))
      ).flat();
      return rows.every((row) => FINAL.includes(row.status)) && rows;
    },
    { what: 'every send to end', within: 60_000, every: 500 },
  );
  const ledger = await until(
    async () => {
      const events = await everyPage(call, '/api/events');
      const arrived = new Set(receiver.requests.map((request) => request.json.id));
      return events.every((event) => arrived.has(event.id)) && events;
    },
    { what: 'every event to arrive at the receiver', within: 60_000, every: 500 },
  );

  // I1: every acknowledged send has ended, none vanished.
  t.is(accepted.length, SESSIONS * PER_SESSION);
  const byId = new Map(sends.map((row) => [row.id, row]));
  for (const { id, text } of accepted) t.is(byId.get(id)?.text, text);
  t.is(sends.length, accepted.length);

  // I2: the phone saw each at most once, and what it did not see is not called sent.
  for (const { name } of sessions) {
    const seen = (await everyPage(call, `/api/sessions/${name}/sandbox/outbox`)).map((row) => row.text);
    t.is(new Set(seen).size, seen.length, `${name}: a message went out twice`);
    const open = sends.filter((row) => row.status === 'unknown').map((row) => row.text);
    const expected = accepted.filter((a) => a.session === name).map((a) => a.text);
    t.deepEqual(
      expected.filter((text) => !seen.includes(text) && !open.includes(text)),
      [],
      `${name}: called sent, but the phone never saw it`,
    );
    // I4 for sends: in the order of acceptance.
    t.deepEqual(
      seen,
      expected.filter((text) => seen.includes(text)),
    );
  }

  // Every inbound message was announced exactly once.
  const announced = ledger.filter((event) => event.type === 'message.received').map((event) => event.data.engineId);
  t.deepEqual([...announced].sort(), received.map((r) => r.engineId).sort());

  // I3 and I4: each event arrived, its first arrival in order within its session, always under one webhook-id.
  const firstArrival = new Map<string, number[]>();
  const known = new Set<string>();
  for (const { json, headers } of receiver.requests) {
    t.is(headers['webhook-id'], json.id);
    if (known.has(json.id)) continue;
    known.add(json.id);
    firstArrival.set(json.sessionId, [...(firstArrival.get(json.sessionId) ?? []), json.seq]);
  }
  for (const [session, seqs] of firstArrival) {
    t.deepEqual(
      seqs,
      seqs.map((_, i) => i + 1),
      `${session}: a gap, or out of order`,
    );
  }

  // I5: the database is whole.
  await hub.end();
  await isWhole(t, hub.directory);
  t.log(
    `${receiver.requests.length} webhooks for ${ledger.length} events; ${sends.filter((row) => row.status === 'unknown').length} sends left unknown`,
  );
});
