/**
 * Two hundred lanes, a fifth of the endpoints dead, hanging, slow or flapping, and a hub that is killed:
 * what the ledger holds is compared with what every receiver took.
 */
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { type Answer, type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { type ReceivedRequest, startReceiver } from '../helpers/receiver.ts';
import { rounds } from './clients.ts';

const ENDPOINTS = 20;
const SESSIONS = 10;
const PER_SESSION = rounds(12, 6);
const KILLS = rounds(3, 1);

type Manner = 'well' | 'dead' | 'hanging' | 'slow' | 'flapping';
const MANNERS: Manner[] = ['dead', 'hanging', 'slow', 'flapping'];

/** A receiver with its manner, until it is cured; `taken` is what it answered with a 2xx. */
async function patient(manner: Manner) {
  const taken: ReceivedRequest[] = [];
  let cured = false;
  const receiver = await startReceiver(async (request, response) => {
    const turn = cured ? 'well' : manner;
    if (turn === 'slow') await wait(200);
    if (turn === 'hanging') return undefined;
    if (turn === 'dead' || (turn === 'flapping' && Math.random() < 0.5)) return 503;
    taken.push(request);
    response.writeHead(204).end();
    return undefined;
  });
  const cure = (): void => {
    cured = true;
  };
  return { ...receiver, manner, taken, cure };
}

/** Again until it is answered: the hub is away now and then. */
async function insist(call: Call, ...request: Parameters<Call>): Promise<Answer> {
  for (;;) {
    const answer = await call(...request).catch(() => undefined);
    if (answer && answer.status < 500 && answer.status !== 409) return answer;
    await wait(50);
  }
}

async function ledger(call: Call): Promise<Answer['json'][]> {
  const events = [];
  for (let cursor = ''; ; ) {
    const { json } = await call('GET', `/api/events?limit=1000${cursor}`);
    events.push(...json.data);
    if (!json.nextCursor) return events;
    cursor = `&cursor=${encodeURIComponent(json.nextCursor)}`;
  }
}

test('bad endpoints and SIGKILLs cost no endpoint an event or its order, and the healthy ones no time', async (t) => {
  t.timeout(150_000);
  const receivers = await Promise.all(Array.from({ length: ENDPOINTS }, (_, i) => patient(MANNERS[i] ?? 'well')));
  let hub: Hub = await startHub();
  t.teardown(async () => {
    await hub.dispose();
    await Promise.all(receivers.map((receiver) => receiver.close()));
  });
  const { call } = await hub.tenant();
  for (const { url, manner } of receivers) {
    const policy = manner === 'well' ? {} : { schedule: [1], timeoutSeconds: 1 };
    t.is((await call('POST', '/api/webhooks', { url, ...policy })).status, 201);
  }
  const names = Array.from({ length: SESSIONS }, (_, i) => `s${i}`);
  for (const [i, name] of names.entries()) await linkedSandbox(call, name, `55119999000${i}0`);

  let done = 0;
  const load = names.map(async (name) => {
    for (let i = 0; i < PER_SESSION; i++) {
      const message = { from: '5521988887777', text: `in ${i}`, engineId: `false_5521988887777@c.us_IN${name}N${i}` };
      t.is((await insist(call, 'POST', `/api/sessions/${name}/sandbox/receive`, message)).status, 200);
      done++;
      await wait(100);
    }
  });
  for (let kill = 1; kill <= KILLS; kill++) {
    await until(() => done >= (SESSIONS * PER_SESSION * kill) / (KILLS + 1), { within: 60_000, every: 5 });
    await wait(Math.random() * 100);
    await hub.end('SIGKILL');
    hub = await hub.again();
  }
  await Promise.all(load);

  let events = await ledger(call);
  const haveAll = (who: typeof receivers): boolean =>
    who.every(({ taken }) => {
      const ids = new Set(taken.map(({ json }) => json.id));
      return events.every(({ id }) => ids.has(id));
    });
  // Of all that there is by then.
  const allTaken = async (who: typeof receivers): Promise<boolean> => {
    if (!haveAll(who)) return false;
    events = await ledger(call);
    return haveAll(who);
  };
  const began = performance.now();
  const healthy = receivers.filter(({ manner }) => manner === 'well');
  await until(() => allTaken(healthy), { what: 'the healthy ones to have all of it', within: 30_000, every: 200 });
  const healthyMs = performance.now() - began;
  t.is(receivers.find(({ manner }) => manner === 'dead')?.taken.length, 0);
  for (const { cure } of receivers) cure();
  await until(() => allTaken(receivers), { what: 'those that were cured to have all of it', within: 60_000, every: 500 });

  for (const { taken, manner } of receivers) {
    const order = new Map<string, number[]>();
    const bodies = new Map<string, string>();
    for (const { json, headers, body } of taken) {
      t.is(headers['webhook-id'], json.id);
      // A duplicate is the same event under the same id, byte for byte.
      const known: string | undefined = bodies.get(json.id);
      if (known !== undefined) t.is(body, known);
      else order.set(json.sessionId, [...(order.get(json.sessionId) ?? []), json.seq]);
      bodies.set(json.id, body);
    }
    for (const [session, seqs] of order) {
      const expected = seqs.map((_, i) => i + 1);
      t.deepEqual(seqs, expected, `${manner} ${session}: a gap, or out of order`);
    }
  }
  const requests = receivers.map(({ manner, requests: all, taken }) => `${manner} ${all.length}/${taken.length}`).slice(0, 5);
  t.log(`healthy after ${Math.round(healthyMs)} ms; requests/taken: ${requests.join(', ')}`);
});
