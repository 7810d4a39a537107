import test, { type ExecutionContext } from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { flowOf, Hall, seed } from './helpers.ts';

const BOOKING = flowOf(
  `- say: "Hi {{ contact.first_name | default: 'there' }}!"
- ask: Which day?
  save: day
- ask: At what time?
  save: time
- say: "Booked: {{ day }}, {{ time }}."
- end`,
  { name: 'booking', says: '[book]' },
);
const BOB = '5511888880000@c.us';

for (const dialect of await stores()) {
  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const start = async () => {
      const hall = await Hall.open(db, { random: () => 0 });
      t.teardown(() => hall.stop());
      return hall;
    };
    return { db, start, hall: await start(), session: await seed(db) };
  };

  test(`${dialect}: a conversation goes from the first phrase to the end, in order`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    for (const text of ['I want to BOOK', 'Monday', '10 o’clock']) await hall.receive(session, text);
    t.deepEqual(await hall.texts(), ['Hi Ana!', 'Which day?', 'At what time?', 'Booked: Monday, 10 o’clock.']);
    t.deepEqual((await hall.sent())[0], {
      ...{ session: session.id, flow: 'booking' },
      ...{ to: '5511999990000@c.us', type: 'text', text: 'Hi Ana!', typing: true },
    });

    const [started, ended, ...others] = await hall.events(session.tenantId, 'flow.started', 'flow.ended', 'flow.failed');
    t.deepEqual([started?.type, ended?.type, others], ['flow.started', 'flow.ended', []]);
    t.is(started?.data.phrase, 'book');
    const run = await hall.flows.getRun(session.tenantId, started?.data.runId);
    t.is(run.status, 'ended');
    t.deepEqual(run.answers, { day: 'Monday', time: '10 o’clock' });
    t.deepEqual(
      run.trace.map(({ steps }) => steps),
      [['steps.0', 'steps.1'], ['steps.2'], ['steps.3', 'steps.4']],
    );
    t.deepEqual(
      run.trace.map(({ sent }) => sent.length),
      [2, 1, 1],
    );

    await hall.receive(session, 'thanks');
    t.is((await hall.texts()).length, 4, 'after the end nothing listens but the start');
  });

  test(`${dialect}: two chats and two sessions of the same flow do not mix`, async (t) => {
    const { db, hall, session } = await open(t);
    const other = await seed(db);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.flows.put(other.tenantId, 'booking', BOOKING.replaceAll('Booked', 'Noted'));
    const talk = (text: (who: string) => string) =>
      Promise.all([
        hall.announce(session, { text: text('ana') }),
        hall.announce(session, { text: text('bob'), chat: BOB, name: null }),
        hall.announce(other, { text: text('eve'), name: 'Eve' }),
      ]);
    for (const text of [() => 'book', (who: string) => `day of ${who}`, (who: string) => `time of ${who}`]) await talk(text);
    await hall.settle();
    const lastOf = async (sessionId: string, chat: string) =>
      (await hall.sent(chat)).filter((sent) => sent.session === sessionId).at(-1)?.text;
    t.is(await lastOf(session.id, '5511999990000@c.us'), 'Booked: day of ana, time of ana.');
    t.is(await lastOf(session.id, BOB), 'Booked: day of bob, time of bob.');
    t.is(await lastOf(other.id, '5511999990000@c.us'), 'Noted: day of eve, time of eve.');
    t.deepEqual((await hall.texts(BOB))[0], 'Hi there!');
  });

  test(`${dialect}: messages that came faster than the answers are each given their turn, in order`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    for (const text of ['book', 'Monday', 'noon', 'book', 'Tuesday', 'two']) await hall.announce(session, { text });
    await hall.settle();
    t.deepEqual(
      (await hall.texts()).filter((text) => text.startsWith('Booked')),
      ['Booked: Monday, noon.', 'Booked: Tuesday, two.'],
    );
    t.is((await hall.db.sql('flow_inbox')).length, 0);
  });

  test(`${dialect}: an event that is brought a second time is not answered again, before or after its turn`, async (t) => {
    const { start, db, hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    for (const text of ['book', 'Monday']) await hall.receive(session, text);
    const before = await hall.texts();
    await hall.ledger.stop();
    await hall.lanes.stop();
    // A follower that has lost its cursor reads the ledger from the beginning.
    await db.write((tx) => tx.sql('ledger_cursors').where({ name: 'flows' }).delete());
    const again = await start();
    await again.settle();
    t.deepEqual(await again.texts(), before);
    const [run] = (await again.flows.listRuns(session.tenantId, { limit: 10 })).data;
    t.deepEqual(run?.answers, { day: 'Monday' });
    t.is((await again.events(session.tenantId, 'flow.started')).length, 1);
  });

  test(`${dialect}: a hub that starts anew over the same database goes on where the run waits`, async (t) => {
    const { start, hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.receive(session, 'book');
    await hall.stop();
    // Announced while nobody reacts, as a crash right after the commit would leave it.
    await hall.announce(session, { text: 'Monday' });
    const second = await start();
    await second.settle();
    t.is((await second.texts()).at(-1), 'At what time?');
    await second.stop();
    const third = await start();
    await third.receive(session, 'noon');
    t.deepEqual(await third.texts(), ['Hi Ana!', 'Which day?', 'At what time?', 'Booked: Monday, noon.']);
  });

  test(`${dialect}: a turn whose transaction fails is taken again and leaves nothing of the first try`, async (t) => {
    const { start, hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    hall.outbox.refusals.set('Which day?', new Error('the power went out'));
    await hall.announce(session, { text: 'book' });
    await hall.ledger.drain();
    while (!hall.runtime.log.lines.some(({ level }) => level === 'error')) await new Promise((resolve) => setImmediate(resolve));
    t.deepEqual(await hall.texts(), []);
    t.deepEqual(await hall.events(session.tenantId, 'flow.started'), []);
    t.is((await hall.db.sql('flow_inbox')).length, 1);
    await hall.stop();
    const second = await start();
    await second.settle();
    t.deepEqual(await second.texts(), ['Hi Ana!', 'Which day?']);
  });

  test(`${dialect}: a reply that is refused for good fails the run and frees the chat`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    hall.outbox.refusals.set('At what time?', new HooklineError('recipient-invalid', 'Nobody can be reached there.'));
    for (const text of ['book', 'Monday']) await hall.receive(session, text);
    t.deepEqual(await hall.texts(), ['Hi Ana!', 'Which day?']);
    const [failed] = await hall.events(session.tenantId, 'flow.failed');
    t.like(failed?.data, { flow: 'booking', error: { code: 'recipient-invalid', message: 'Nobody can be reached there.' } });
    const [warned] = hall.runtime.log.lines.filter(({ level }) => level === 'warn').map((line) => JSON.stringify(line));
    t.regex(warned ?? '', /A run of the flow \\"booking\\" failed.*Nobody can be reached there\..*recipient-invalid/);
    await hall.receive(session, 'book');
    t.is((await hall.texts()).length, 4, 'a new run starts');
  });

  test(`${dialect}: a run ends on the revision it began on; the next one begins on the new one`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.receive(session, 'book');
    await hall.flows.put(session.tenantId, 'booking', BOOKING.replaceAll('Booked', 'Reserved'));
    for (const text of ['Monday', 'noon', 'book', 'Tuesday', 'one']) await hall.receive(session, text);
    const results = (await hall.texts()).filter((text) => /^(Booked|Reserved)/.test(text));
    t.deepEqual(results, ['Booked: Monday, noon.', 'Reserved: Tuesday, one.']);
    const { data } = await hall.flows.listRuns(session.tenantId, { limit: 10 });
    t.deepEqual(data.map(({ revision }) => revision).sort(), [1, 2]);
  });

  test(`${dialect}: a flow that is removed starts nothing, and its runs go on to their end`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.receive(session, 'book');
    await hall.flows.remove(session.tenantId, 'booking');
    for (const text of ['Monday', 'noon']) await hall.receive(session, text);
    t.is((await hall.texts()).at(-1), 'Booked: Monday, noon.');
    await hall.receive(session, 'book');
    t.is((await hall.texts()).length, 4);
  });

  test(`${dialect}: groups, status, channels and the account's own messages start nothing`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.receive(session, { text: 'book', chat: '12036302@g.us', kind: 'group' });
    await hall.receive(session, { text: 'book', chat: 'status@broadcast', kind: 'status' });
    await hall.receive(session, { text: 'book', chat: '1203@newsletter', kind: 'newsletter' });
    await hall.receive(session, { text: 'book', type: 'message.fromphone' });
    t.deepEqual(await hall.texts(), []);
    t.deepEqual(await hall.db.sql('flow_chats'), []);
  });

  test(`${dialect}: what a contact writes is never read as a template`, async (t) => {
    const { hall, session } = await open(t);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    for (const text of ['book', '{{ contact.phone }}', '{% for i in (1..9) %}']) await hall.receive(session, text);
    t.is((await hall.texts()).at(-1), 'Booked: {{ contact.phone }}, {% for i in (1..9) %}.');
  });

  test(`${dialect}: messages of a session that is gone by the time they are read are passed over`, async (t) => {
    const { start, db, hall, session } = await open(t);
    const other = await seed(db, { tenantId: session.tenantId, name: 'other' });
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.ledger.stop();
    await hall.announce(other, { text: 'book' });
    await hall.announce(session, { text: 'book' });
    await db.write(async (tx) => {
      await hall.flowRuntime.onDestroy(tx, other);
      await tx.sql('whatsapp_instances').where({ id: other.id }).delete();
    });
    await hall.lanes.stop();
    const second = await start();
    await second.settle();
    t.deepEqual(
      (await second.sent()).map((sent) => sent.session),
      [session.id, session.id],
    );
  });

  test(`${dialect}: the lanes of a session that goes are retired, and no other's`, async (t) => {
    const { db, hall, session } = await open(t);
    const other = await seed(db, { tenantId: session.tenantId, name: 'other' });
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.lanes.stop();
    await hall.announce(session, { text: 'book' });
    await hall.announce(other, { text: 'book' });
    await hall.ledger.drain();
    const sessions = async (): Promise<string[]> => (await db.sql('lanes').orderBy('key').pluck('key')).map((key) => key.split(':')[1]);
    t.deepEqual(await sessions(), [session.id, other.id].sort());
    await db.write((tx) => hall.flowRuntime.onDestroy(tx, other));
    t.deepEqual(await sessions(), [session.id]);
  });

  test(`${dialect}: a run of one tenant is not to be found by another`, async (t) => {
    const { db, hall, session } = await open(t);
    const other = await seed(db);
    await hall.flows.put(session.tenantId, 'booking', BOOKING);
    await hall.receive(session, 'book');
    await hall.receive(other, 'book');
    t.is((await hall.texts()).length, 2, 'the flow answers its own tenant only');
    const [run] = (await hall.flows.listRuns(session.tenantId, { limit: 10, sessionId: session.id })).data;
    t.deepEqual((await hall.flows.listRuns(other.tenantId, { limit: 10 })).data, []);
    await t.throwsAsync(hall.flows.getRun(other.tenantId, run?.id ?? ''), { code: 'not-found' });
    await t.throwsAsync(hall.flows.get(other.tenantId, 'booking'), { code: 'not-found' });
    await t.throwsAsync(hall.flows.remove(other.tenantId, 'booking'), { code: 'not-found' });
  });
}
