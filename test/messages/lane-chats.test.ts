import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { stores } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { gate, Hub, openHub } from './hub.ts';

const [ANA, BEA] = ['5511987650001', '5511987650002'];
const number = (n: number): string => `55119876${String(50_100 + n)}`;
const refusal = (message: string): HooklineError => new HooklineError('engine-failed', message, { stage: 'before' });
const network = (): HooklineError => new HooklineError('engine-failed', 'ERROR_NETWORK', { stage: 'network' });
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1/photo.png';

/** The texts that were handed over, by their chats. */
function byChat(hub: Hub): Record<string, string[]> {
  const chats: Record<string, string[]> = {};
  for (const message of hub.engine.sent) {
    chats[message.to] = [...(chats[message.to] ?? []), message.type === 'text' ? message.text : message.type];
  }
  return chats;
}

async function image(hub: Hub, to: string) {
  const { tenantId } = hub.session;
  return hub.outbox.accept(tenantId, hub.session, { to, type: 'image', media: { url: NOWHERE } });
}

for (const store of await stores()) {
  test(`${store}: a file that cannot be fetched and a message that cannot be sent hold only their chats`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock, start: false });
    hub.engine.onSend = async ({ to }) => {
      if (to.startsWith(ANA)) throw refusal('wid error: invalid wid');
    };
    const unsendable = await hub.accept({ to: ANA, text: 'never' });
    const behindIt = await hub.accept({ to: ANA, text: 'behind it' });
    const unfetchable = await image(hub, BEA);
    const behindFile = await hub.accept({ to: BEA, text: 'behind the file' });
    const others = Array.from({ length: 120 }, (_, i) => ({ to: number(i % 30), text: `n${i}` }));
    for (const send of others) await hub.accept(send);
    await hub.start();
    await until(async () => {
      await hub.drain();
      return hub.engine.sent.length === 121;
    });
    const expected: Record<string, string[]> = {};
    for (const { to, text } of others) expected[`${to}@c.us`] = [...(expected[`${to}@c.us`] ?? []), text];
    const { [`${ANA}@c.us`]: tried, ...sent } = byChat(hub);
    t.deepEqual(sent, expected);
    t.deepEqual(tried, ['never']);
    t.is(hub.engine.mostInFlight, 1);

    const why = async ({ message }: { message: { id: string } }) => (await hub.detail(message.id)).waitsFor?.reason;
    t.is(await why(unsendable), 'retry');
    t.is(await why(behindIt), 'order');
    t.is(await why(unfetchable), 'retry');
    t.is(await why(behindFile), 'order');

    // The third time it says the same is the last one.
    await until(async () => {
      clock.advance(1_000);
      await hub.drain();
      return (await hub.statusOf(unsendable.message.id)) === 'failed';
    });
    t.like(await hub.detail(unsendable.message.id), { attempts: 3, error: { code: 'engine-failed' } });
    await until(async () => {
      clock.advance(1_000);
      await hub.drain();
      return (await hub.detail(unfetchable.message.id)).attempts > 3;
    });
    const told = (await hub.events('session.attention')).map(({ json }) => JSON.parse(json));
    t.is(told.length, 1, 'once, until a message is sent again');
    t.true([unsendable, unfetchable].some(({ message: { id } }) => id === told[0].messageId));
    t.is(await hub.statusOf(unfetchable.message.id), 'queued', 'a file may be there later');
  });

  test(`${store}: how often the same answer came is counted over restarts`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    const answers = ['wid 1', 'wid 22', 'other', 'other', 'other'];
    const engine = hub.engine;
    engine.onSend = async () => {
      throw refusal(answers[engine.sent.length - 1] ?? 'too often');
    };
    const { message } = await hub.accept({ text: 'first' });
    await hub.drain();
    let last = hub;
    while (engine.sent.length < 4) {
      await last.stop();
      last = await new Hub(hub.db, hub.session, { clock, engine }).start();
      await last.say('connected');
    }
    t.teardown(() => last.stop());
    t.is(await last.statusOf(message.id), 'queued');
    await last.say('connected');
    t.is(await last.statusOf(message.id), 'failed');
    t.is(engine.sent.length, 5);
    await last.outbox.retry(hub.session.tenantId, message.id);
    await last.drain();
    t.is(await last.statusOf(message.id), 'queued', 'whoever asks again begins anew');
  });

  test(`${store}: a hand-over that is not answered soon keeps only its chat waiting`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    const answer = gate();
    hub.engine.onSend = ({ to }) => (to.startsWith(ANA) ? answer.opened : Promise.resolve());
    const { message } = await hub.accept({ to: ANA, text: 'a1' });
    await until(() => hub.engine.sent.length === 1);
    await hub.accept({ to: BEA, text: 'b1' });
    const { message: second } = await hub.accept({ to: ANA, text: 'a2' });
    await hub.accept({ to: BEA, text: 'b2' });
    const urgent = await hub.accept({ to: ANA, text: 'a0', priority: 5 });
    t.deepEqual(hub.engine.texts, ['a1'], 'for a moment all wait');
    clock.advance(5_000);
    await until(() => hub.engine.texts.length === 3);
    t.deepEqual(hub.engine.texts, ['a1', 'b1', 'b2']);
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'sending');
    t.like((await hub.detail(second.id)).waitsFor, { reason: 'order' });
    t.like((await hub.detail(urgent.message.id)).waitsFor, { reason: 'order' });
    answer.open();
    await until(async () => (await hub.statusOf(second.id)) === 'sent');
    t.deepEqual(hub.engine.texts, ['a1', 'b1', 'b2', 'a0', 'a2']);
    t.is(await hub.statusOf(message.id), 'sent');
  });

  test(`${store}: a crash while a hand-over hangs leaves it unknown, and its chat goes on in order`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    const never = gate();
    hub.engine.onSend = ({ to }) => (to.startsWith(ANA) ? never.opened : Promise.resolve());
    const { message } = await hub.accept({ to: ANA, text: 'a1' });
    await until(() => hub.engine.sent.length === 1);
    await hub.accept({ to: ANA, text: 'a2' });
    await hub.accept({ to: BEA, text: 'b1' });
    clock.advance(5_000);
    await until(() => hub.engine.sent.length === 2);
    await hub.drain();

    const next = await new Hub(hub.db, hub.session, { clock }).start();
    t.teardown(() => next.stop());
    await next.accept({ to: ANA, text: 'a3' });
    await next.say('connected');
    t.is(await next.statusOf(message.id), 'unknown');
    t.deepEqual([...new Set(next.engine.asked)], [hub.engine.sent[0]?.engineId]);
    t.deepEqual(next.engine.texts, ['a2', 'a3']);
    never.open();
    await hub.dispatcher.drain();
    t.is(await next.statusOf(message.id), 'unknown', 'what the old owner hears later changes nothing');
  });

  test(`${store}: no answer to three in a row holds the session until one is given up`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    const never = gate();
    t.teardown(never.open);
    hub.engine.onSend = () => never.opened;
    const sends: string[] = [];
    for (let i = 0; i < 5; i++) sends.push((await hub.accept({ to: number(i) })).message.id);
    for (let handedOver = 1; handedOver <= 3; handedOver++) {
      await until(() => hub.engine.sent.length === handedOver);
      clock.advance(5_000);
    }
    await until(async () => (await hub.detail(sends[4] ?? '')).waitsFor?.reason === 'answer');
    clock.advance(30_000);
    await hub.drain();
    t.is(hub.engine.sent.length, 3);
    clock.advance(15_000);
    await until(() => hub.engine.sent.length === 4);
    t.is(await hub.statusOf(sends[0] ?? ''), 'unknown');
  });

  test(`${store}: an answer that comes after the hand-over was given up settles its message`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.engine.onFind = () => 'absent';
    const answers = new Map([ANA, BEA, number(3)].map((chat) => [chat, gate()]));
    hub.engine.onSend = async ({ to }) => {
      const chat = to.replace('@c.us', '');
      await answers.get(chat)?.opened;
      if (chat === BEA) throw new HooklineError('recipient-unknown', 'No such number', { stage: 'refused' });
      if (chat === number(3)) throw new HooklineError('engine-failed', 'The page went away');
    };
    const sends: string[] = [];
    for (const [n, to] of [...answers.keys()].entries()) {
      sends.push((await hub.accept({ to })).message.id);
      await until(() => hub.engine.sent.length === n + 1);
      clock.advance(5_000);
    }
    clock.advance(60_000);
    await until(async () => (await Promise.all(sends.map((id) => hub.statusOf(id)))).every((status) => status === 'unknown'));
    await hub.drain();
    for (const answer of answers.values()) answer.open();
    await until(async () => (await hub.statusOf(sends[0] ?? '')) === 'sent');
    await until(async () => (await hub.statusOf(sends[1] ?? '')) === 'failed');
    await hub.drain();
    t.is(await hub.statusOf(sends[2] ?? ''), 'unknown', 'the engine does not know either');
    t.is(hub.engine.sent.length, 3, 'none is handed over twice');
    t.is((await hub.events('message.sent')).length, 1);
  });

  test(`${store}: a network that is down holds the session, and nothing is failed for it`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    let isDown = true;
    hub.engine.onSend = async ({ engineId }) => {
      if (!isDown) return;
      // WhatsApp Web says so of the message, too, before or after it answers.
      await hub.outbox.ack(hub.session, { engineId, level: 'failed', at: clock.now() });
      throw network();
    };
    const sends: string[] = [];
    for (let i = 0; i < 10; i++) sends.push((await hub.accept({ to: number(i), text: `n${i}` })).message.id);
    await hub.drain();
    t.is(hub.engine.sent.length, 1, 'the others are not even tried');
    for (const id of sends) t.like(await hub.detail(id), { status: 'queued', waitsFor: { reason: 'network' } });
    await hub.outbox.ack(hub.session, { engineId: hub.engine.sent[0]?.engineId ?? '', level: 'failed', at: clock.now() });
    for (let tries = 2; tries <= 3; tries++) {
      clock.advance(60_000);
      await until(() => hub.engine.sent.length === tries);
      await hub.drain();
    }
    t.is((await hub.events('session.attention')).length, 1);
    isDown = false;
    clock.advance(60_000);
    await until(async () => {
      await hub.drain();
      return (await hub.events('message.sent')).length === 10;
    });
    t.deepEqual(await hub.events('message.failed'), []);
    t.deepEqual(
      [...new Set(hub.engine.texts)].sort(),
      sends.map((_, i) => `n${i}`),
    );
    t.is(hub.engine.sent[0]?.engineId, hub.engine.sent[1]?.engineId, 'WhatsApp would know it again');
  });

  test(`${store}: what WhatsApp gives up while it is handed over has failed, unless the answer says better`, async (t) => {
    const hub = await openHub(t, store);
    hub.engine.onSend = async ({ engineId }) => {
      await hub.outbox.ack(hub.session, { engineId, level: 'failed', at: Date.now() });
      throw new HooklineError('engine-failed', 'ERROR_UNKNOWN');
    };
    const { message } = await hub.accept();
    await hub.drain();
    t.like(await hub.detail(message.id), { status: 'failed', error: { message: 'WhatsApp reported that the message failed.' } });
  });

  test(`${store}: of a session with a million waiting the next one is found along an index`, async (t) => {
    const hub = await openHub(t, store, { start: false });
    const { sql } = hub.db;
    const rows = Array.from({ length: 5_000 }, (_, i) => ({
      ...{ session_id: hub.session.id, chat_id: number(i), priority: 0, ordinal: i },
      ...{ waits: i % 2 ? 'retry' : '', due_at: i % 2 ? i : null },
    }));
    await hub.db.write(async (tx) => {
      for (let from = 0; from < rows.length; from += 100) await tx.sql('send_heads').insert(rows.slice(from, from + 100));
    });
    await sql.raw('ANALYZE');
    const planOf = async (query: string): Promise<string> => {
      const plan = await sql.raw(`EXPLAIN ${store === 'sqlite' ? 'QUERY PLAN ' : ''}${query.replaceAll('$', `'${hub.session.id}'`)}`);
      return JSON.stringify(plan.rows ?? plan);
    };
    const next = `SELECT chat_id, ordinal FROM send_heads WHERE session_id = $ AND waits = '' ORDER BY priority DESC, ordinal LIMIT 9`;
    const due = 'SELECT due_at FROM send_heads WHERE session_id = $ AND due_at IS NOT NULL ORDER BY due_at LIMIT 1';
    for (const [query, index] of [
      [next, 'send_heads_order'],
      [due, 'send_heads_due'],
    ] as const) {
      const plan = await planOf(query);
      t.true(plan.includes(index), plan);
      t.notRegex(plan, /Sort|TEMP B-TREE/);
    }
  });
}

test('a file that trickles holds only its chat, and is fetched while others leave', async (t) => {
  const hub = await openHub(t, 'sqlite');
  const inside = gate();
  const arrived = gate();
  hub.file = async (file) => {
    inside.open();
    await arrived.opened;
    return file();
  };
  const { message } = await image(hub, ANA);
  await inside.opened;
  const { message: behind } = await hub.accept({ to: ANA, text: 'behind it' });
  await hub.accept({ to: BEA, text: 'to somebody else' });
  await until(() => hub.engine.sent.length === 1);
  t.deepEqual(hub.engine.texts, ['to somebody else']);
  t.deepEqual((await hub.detail(message.id)).waitsFor, { reason: 'media', until: null });
  t.like((await hub.detail(behind.id)).waitsFor, { reason: 'order' });
  arrived.open();
  await hub.drain();
  t.like(await hub.detail(message.id), { status: 'queued', error: { code: 'media-unavailable' } });
});
