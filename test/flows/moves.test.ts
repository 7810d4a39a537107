/** WhatsApp calls a chat by another name from one message to the next: what flows keep of it goes along, whole and once. */
import test, { type ExecutionContext } from 'ava';
import { newId } from '../../src/core/ids.ts';
import type { ChatId } from '../../src/core/message.ts';
import { laneOf } from '../../src/flows/lane.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { flowOf, Hall, KNOWS_AGAIN, saying, seed } from './helpers.ts';

const [LONG, SHORT, LID] = ['5521988887777@c.us', '552188887777@c.us', '123456789012345@lid'];
const MINUTE = 60_000;
const BOOKING = flowOf('- ask: Which day?\n  save: day\n- ask: At what time?\n  save: time\n- say: "{{ day }}, {{ time }}."', {
  name: 'booking',
  says: '[book]',
}).replace('start:', 'start:\n  - api: true');

for (const dialect of await stores()) {
  const on = (title: string) => `${dialect}: ${title}`;

  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const hall = await Hall.open(db, { clock, random: () => 0 });
    t.teardown(() => hall.stop());
    const session = await seed(db);
    const from = (chat: ChatId, text: string) => hall.receive(session, { chat, text });
    const put = (source: string, name = 'test') => hall.flows.put(session.tenantId, name, source);
    return {
      ...{ db, hall, session, from, put, clock },
      /** As a message in a group told it. */
      pair: () => db.write((tx) => hall.addressBook.learn(tx, session, [{ id: LONG, lid: LID, phone: null, name: null }])),
      start: async (chat: ChatId) => {
        await hall.flows.start(session, chat, { flow: 'booking', data: {} });
        await hall.settle();
      },
      pass: async (time: number) => {
        for (let left = time; left > 0; left -= 30_000) {
          clock.advance(Math.min(left, 30_000));
          await new Promise((resolve) => setImmediate(resolve));
          await hall.settle();
        }
      },
      /** What is due in a while is found by a sweep for due lanes, which is every 30 s and takes its time. */
      reaches: (count: number) =>
        until(
          async () => {
            clock.advance(30_000);
            await hall.settle();
            return (await hall.sent()).length >= count;
          },
          { what: () => `${count} texts` },
        ),
      said: async () => (await hall.sent()).map(({ to, text }) => [to, text]),
      /** Whatever is kept of chats, by their ids. */
      kept: async () =>
        Promise.all(
          ['flow_chats', 'flow_handoffs', 'flow_inbox'].map((table) => db.sql(table).where('session_id', session.id).pluck('chat_id')),
        ),
    };
  };

  for (const [what, name, told] of [
    ['the hidden number', LID, true],
    ['the other form of the number', SHORT, false],
  ] as const) {
    test(on(`a run that was started for a number goes on where the answer comes from: ${what}`), async (t) => {
      const { hall, session, from, put, start, said, pair, kept } = await open(t);
      await put(BOOKING, 'booking');
      await start(LONG);
      if (told) await pair();
      await from(name, 'monday');
      await from(name, 'noon');
      t.deepEqual(await said(), [
        [LONG, 'Which day?'],
        [name, 'At what time?'],
        [name, 'monday, noon.'],
      ]);
      const { data } = await hall.flows.listRuns(session.tenantId, { limit: 10 });
      t.is(data.length, 1);
      t.like(data[0], { status: 'ended', chat: { id: name }, answers: { day: 'monday', time: 'noon' } });
      t.deepEqual(await kept(), [[name], [], []]);
    });
  }

  test(on('it goes along as often as the name changes, and only in its own session and tenant'), async (t) => {
    const { db, hall, session, from, start, pair } = await open(t);
    const other = await seed(db, { tenantId: session.tenantId, name: 'other' });
    const strange = await seed(db);
    for (const { tenantId } of [session, strange]) await hall.flows.put(tenantId, 'booking', BOOKING);
    await pair();
    await start(LONG);
    await hall.receive(other, { chat: LONG, text: 'book' });
    await hall.receive(strange, { chat: SHORT, text: 'sunday' });
    await from(LID, 'monday');
    t.deepEqual(await db.sql('flow_chats').where('session_id', other.id).pluck('chat_id'), [LONG]);
    await from(SHORT, 'noon');
    await from(LONG, 'book');
    await from(LID, 'tuesday');
    await hall.receive(other, { chat: LONG, text: 'sunday' });
    const sent = await hall.sent();
    const saidBy = (id: string) => sent.filter((one) => one.session === id).map(({ to, text }) => [to, text]);
    t.deepEqual(saidBy(session.id), [
      [LONG, 'Which day?'],
      [LID, 'At what time?'],
      [SHORT, 'monday, noon.'],
      [LONG, 'Which day?'],
      [LID, 'At what time?'],
    ]);
    t.deepEqual(saidBy(other.id), [
      [LONG, 'Which day?'],
      [LONG, 'At what time?'],
    ]);
    t.deepEqual(saidBy(strange.id), []);
  });

  test(on('tags, what is remembered and again_after go along'), async (t) => {
    const { put, from, said, pair, clock } = await open(t);
    await put(KNOWS_AGAIN);
    await from(LONG, 'hi gold');
    await pair();
    await from(LID, 'hi');
    clock.advance(2 * MINUTE);
    await from(SHORT, 'hi');
    t.deepEqual(await said(), [
      [LONG, 'noted'],
      [SHORT, 'Welcome back, HI GOLD'],
    ]);
  });

  test(on('of two names that both had turns the later run goes on, and all that is kept becomes one'), async (t) => {
    const { hall, session, put, from, said, pair, kept, clock } = await open(t);
    await put(BOOKING, 'booking');
    await put(KNOWS_AGAIN);
    await from(LONG, 'hi gold');
    await from(LONG, 'book');
    await from(LID, 'book');
    await pair();
    hall.tellsBothNames = true;
    for (const answer of ['monday', 'noon']) await from(LID, answer);
    t.deepEqual((await said()).slice(-2), [
      [LID, 'At what time?'],
      [LID, 'monday, noon.'],
    ]);
    t.deepEqual(await kept(), [[LID], [], []]);
    const ended = await hall.events(session.tenantId, 'flow.ended');
    t.deepEqual(
      ended.flatMap(({ data }) => (data.reason ? [[data.flow, data.chat.id, data.reason]] : [])),
      [['booking', LONG, 'replaced']],
    );
    clock.advance(2 * MINUTE);
    await from(LID, 'hi');
    t.deepEqual((await said()).at(-1), [LID, 'Welcome back, HI GOLD']);
  });

  test(on('a handoff that was begun before the move holds, is told under every name and ends for all of them'), async (t) => {
    const { hall, session, put, from, start, said, pair, kept } = await open(t);
    await put(BOOKING, 'booking');
    await pair();
    await start(LONG);
    await hall.handoffs.begin(session, LONG, { by: 'api' });
    for (const name of [LONG, SHORT, LID]) t.true((await hall.handoffs.get(session, name)).active, name);
    await from(LID, 'book');
    await from(LID, 'is anybody there?');
    t.deepEqual(await said(), [[LONG, 'Which day?']]);
    t.deepEqual(await kept(), [[LID], [LID], []]);
    await hall.handoffs.end(session, SHORT);
    for (const name of [LONG, SHORT, LID]) t.false((await hall.handoffs.get(session, name)).active, name);
    await from(LID, 'monday');
    t.deepEqual((await said()).at(-1), [LID, 'At what time?']);
  });

  test(on('a handoff under a name that the flows do not know yet holds the run under the other, and gives it back'), async (t) => {
    const { hall, session, put, from, said, pair, pass, reaches } = await open(t);
    await put(flowOf('- ask: Which day?\n  save: day\n  on_silence: { after: 10m, say: Still there?, tries: 1 }\n- say: "{{ day }}."'));
    await pair();
    await from(LONG, 'hi');
    await hall.handoffs.begin(session, LID, { by: 'api', pause: 60 * MINUTE });
    await pass(30 * MINUTE);
    t.deepEqual(await said(), [[LONG, 'Which day?']]);
    await hall.handoffs.end(session, LID);
    await hall.settle();
    await pass(9 * MINUTE);
    t.is((await said()).length, 1, 'as much time left as before');
    await reaches(2);
    t.deepEqual((await said()).slice(1), [[LID, 'Still there?']]);
  });

  test(
    on('whoever writes on the phone takes the chat over, by whichever name WhatsApp tells it; what a person asked for stands'),
    async (t) => {
      const { hall, session, put, from, said, pair, clock } = await open(t);
      await put(BOOKING, 'booking');
      await pair();
      await from(LONG, 'book');
      await hall.receive(session, { chat: LID, text: 'I am here', type: 'message.fromphone' });
      await from(LONG, 'monday');
      const since = new Date(clock.now()).toISOString();
      clock.advance(MINUTE);
      await hall.receive(session, { chat: SHORT, text: 'and here', type: 'message.fromphone' });
      t.like(await hall.handoffs.get(session, LONG), { active: true, by: 'phone', since });
      await hall.handoffs.begin(session, LONG, { by: 'api' });
      await hall.receive(session, { chat: LID, text: 'still here', type: 'message.fromphone' });
      t.like(await hall.handoffs.get(session, LID), { by: 'api', until: null, since });
      t.deepEqual(await said(), [[LONG, 'Which day?']]);
    },
  );

  test(on('a timer that was due under the old name fires once, under the new one'), async (t) => {
    const { db, session, put, from, said, pair, pass, kept } = await open(t);
    await put(flowOf('- say: Wait.\n- wait: 10s\n- say: Done.\n- ask: And now?\n  save: more'));
    await pair();
    await from(LONG, 'hi');
    await from(LID, 'well?');
    const left = await db
      .sql('lanes')
      .where('key', laneOf({ sessionId: session.id, id: LONG }))
      .first();
    t.is(left.due_at, null, 'nothing is due under the old name any more');
    await pass(9_000);
    t.deepEqual(await said(), [[LONG, 'Wait.']]);
    await pass(2_000);
    await pass(MINUTE);
    t.deepEqual(await said(), [
      [LONG, 'Wait.'],
      [LID, 'Done.'],
      [LID, 'And now?'],
    ]);
    t.deepEqual(await kept(), [[LID], [], []], 'the lane that was left brings nothing back');
  });

  test(on('a request that is under way while the chat moves is answered once'), async (t) => {
    const { hall, put, said, pair, session } = await open(t);
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const answer = { status: 200, headers: {}, body: Buffer.from('{"id":"B1"}') };
    const slow = async () => {
      asked.resolve();
      await answered.promise;
      return answer;
    };
    hall.answers = [slow as never, answer];
    await put(flowOf('- http: POST https://shop.example/\n  save: { id: body.id }\n- say: "{{ id }}"\n- end'));
    await pair();
    await hall.announce(session, { chat: LONG, text: 'hi' });
    await asked.promise;
    await hall.announce(session, { chat: LID, text: 'well?' });
    while ((await said()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    answered.resolve();
    await hall.settle();
    t.deepEqual(await said(), [[LID, 'B1']]);
    t.is(new Set(hall.requests.map(({ headers }) => headers['idempotency-key'])).size, 1);
  });

  test(on('messages that wait under several names are one burst'), async (t) => {
    const { put, from, said, pair, pass, kept } = await open(t);
    await put(`gather: 5s\n${flowOf('- say: "{{ message.text }}"')}`);
    await pair();
    await from(LONG, 'hi');
    await pass(1_000);
    await from(LID, 'there');
    await pass(1_000);
    await from(SHORT, 'again');
    t.deepEqual(await said(), []);
    await pass(5_000);
    t.deepEqual(await said(), [[SHORT, 'hi\nthere\nagain']]);
    t.deepEqual(await kept(), [[SHORT], [], []]);
  });

  test(on('what waits under the new name has its turn although the old one has had a later one'), async (t) => {
    const { db, hall, session, put, from, said, pair } = await open(t);
    await put(BOOKING, 'booking');
    await from('5511999990000@c.us', 'book');
    await from(LONG, 'book');
    await pair();
    const [chat] = await db.sql('flow_chats').where({ session_id: session.id, chat_id: LONG });
    const inbound = { kind: 'message', eventId: 'evt_1', messageId: 'msg_1', at: 0, sessionName: 'main', said: saying('monday') };
    await db.write(async (tx) => {
      const of = { tenant_id: session.tenantId, session_id: session.id, chat_id: LID };
      await tx.sql('flow_inbox').insert({ ...of, position: chat.position - 1, message: JSON.stringify(inbound) });
      const key = laneOf({ sessionId: session.id, id: LID });
      await hall.lanes.schedule(tx, [{ kind: 'flow', key, tenantId: session.tenantId, dueAt: 0 }]);
    });
    await hall.settle();
    t.deepEqual((await said()).at(-1), [LID, 'At what time?']);
  });

  test(on('a schedule writes to the chat by the name from which the contact wrote last'), async (t) => {
    const { db, hall, session, put, said, pair, pass, reaches, clock } = await open(t);
    await pair();
    await db.write(async ({ sql }) => {
      const row = { id: newId('msg', 0), tenant_id: session.tenantId, session_id: session.id, chat_id: LID, created_at: 0, at: 0 };
      await sql('messages').insert({ ...row, direction: 'inbound', type: 'text', status: 'received', content: '{}', history: '[]' });
    });
    const at = new Date(clock.now() + 5 * MINUTE).toISOString().slice(11, 16);
    const schedule = `{ at: "${at}", session: main, to: ["+55 21 98888-7777", nobody, "552188887777"] }`;
    await put(`flow: daily\nversion: 1\nstart:\n  - schedule: ${schedule}\nsteps:\n  - say: Good day.\n`, 'daily');
    await pass(4 * MINUTE);
    await reaches(1);
    await pass(2 * MINUTE);
    t.deepEqual(await said(), [[LID, 'Good day.']]);
    const warned = hall.runtime.log.lines.filter(({ level }) => level === 'warn');
    t.deepEqual(
      warned.map(({ fields }) => fields.path),
      ['to.1'],
    );
  });

  test(on('other names are looked for in the first turn of a chat, and never again'), async (t) => {
    const { db, hall, session, put } = await open(t);
    await put(flowOf('- ask: Name?\n  save: name\n- say: Hello.'));
    const statements: string[] = [];
    const note = ({ sql }: { sql: string }) => void statements.push(sql);
    db.sql.on('query', note);
    await db.write(async (tx) => void tx.sql.client.on('query', note));
    const looks = async (text: string, chat = LONG): Promise<number> => {
      statements.length = 0;
      await hall.receive(session, { chat, text });
      return statements.filter((sql) => /identities|AS kept/.test(sql)).length;
    };
    t.true((await looks('good morning')) > 0);
    for (const text of ['hi', 'Ana', 'thanks']) t.is(await looks(text), 0, text);
    t.is(await looks('hi', '12036302@g.us'), 0, 'a group has one name');
  });
}
