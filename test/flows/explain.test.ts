/** Why a message started a flow, or none: as it was when it came. */
import test, { type ExecutionContext } from 'ava';
import type { MessageView } from '../../src/core/message.ts';
import { WhyNoReply } from '../../src/flows/runtime/why-no-reply.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { addressesOf, flowOf, Hall, seed, testLibrary } from './helpers.ts';

const CHAT = '5511999990000@c.us';
const MINUTE = 60_000;

for (const dialect of await stores()) {
  const open = async (t: ExecutionContext, flows: Record<string, string>) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
    const hall = await Hall.open(db, { clock, random: () => 0 });
    t.teardown(() => hall.stop());
    const session = await seed(db);
    for (const [name, source] of Object.entries(flows)) await hall.flows.put(session.tenantId, name, source);
    const messages = new Map<string, MessageView>();
    const explanations = new WhyNoReply(db, {
      messages: { get: async (_tenant, id) => messages.get(id) ?? (t.fail(`no message ${id}`) as never) },
      library: testLibrary(),
      addresses: addressesOf(hall.addressBook),
      log: testRuntime().log,
    });
    const said = async (text: string, after = MINUTE) => {
      clock.advance(after);
      const message = await hall.receive(session, text);
      messages.set(message.id, message);
      return message.id;
    };
    const explain = async (id: string) => {
      const { run, flows: stood, notes } = await explanations.explain(session, [CHAT], id);
      return {
        run: run?.flow ?? null,
        flows: Object.fromEntries(stood.map(({ flow, starts, reason }) => [flow, [starts, reason]])),
        notes,
      };
    };
    return { clock, hall, session, said, explain };
  };
  const first = flowOf('- say: Welcome', { name: 'first' }).replace('says: [hi]', 'first_contact: true');
  const book = `again_after: 1h\n${flowOf('- ask: Day?\n  save: day', { name: 'book', says: '[book]' })}`;

  test(`${dialect}: the first message of a chat is explained as the first, whatever came after it`, async (t) => {
    const { said, explain } = await open(t, { first, book });
    const [one, two] = [await said('hello'), await said('hello again')];
    t.deepEqual((await explain(one)).flows.first, [true, 'first_contact fits']);
    t.deepEqual((await explain(two)).flows.first, [false, 'none of its ways to start fits the message']);
  });

  test(`${dialect}: a flow that a message started is said to have started, and what was under way, too soon or handed off is told`, async (t) => {
    const { clock, hall, session, said, explain } = await open(t, { first, book });
    const [start, answer, soon] = [await said('book'), await said('please book Monday'), await said('book')];
    t.deepEqual(await explain(start), {
      run: 'book',
      flows: { book: [true, 'says "book" fits'], first: [false, 'first_contact fits, but "book" fits better'] },
      notes: [],
    });
    t.deepEqual((await explain(answer)).flows.book, [false, 'says "book" fits, but the run that was under way took the message']);
    t.like(await explain(soon), {
      run: null,
      flows: { book: [false, 'says "book" fits, but it began here less than 1h ago ("again_after")'] },
      notes: [],
    });
    clock.advance(60 * MINUTE);
    await hall.handoffs.begin(session, CHAT, { by: 'api' });
    const paused = await said('book');
    await hall.handoffs.end(session, CHAT);
    t.like(await explain(paused), {
      run: null,
      flows: { book: [false, 'says "book" fits'] },
      notes: ['No flow was asked about it: the chat was in the hands of a person (by api).'],
    });
    const later = await said('book');
    t.deepEqual((await explain(later)).flows.book, [true, 'says "book" fits']);
    t.deepEqual((await explain(start)).flows.book, [true, 'says "book" fits'], 'still');

    await hall.flows.put(session.tenantId, 'book', book.replace('says: [book]', 'says: [reserve]'));
    t.deepEqual((await explain(start)).flows.book, [true, 'it started, by a text that has changed since']);
  });

  test(`${dialect}: what goes by while a flow waits is told, and a burst is one`, async (t) => {
    const waits = flowOf('- say: one moment\n- wait: 1h\n- say: done', { name: 'waits', says: '[wait]' });
    const gather = `gather: 3s\n${flowOf('- say: "got {{ message.text }}"', { name: 'gather', says: '[order]' })}`;
    const { clock, hall, said, explain } = await open(t, { waits, gather });
    await said('wait');
    const ignored = await said('order');
    const { notes } = await explain(ignored);
    t.regex(
      notes.join(),
      /^No flow was asked about it: the flow "waits" was under way \(run_\w+\): the run waits and its mode is "continue"\.$/,
    );
    t.deepEqual((await explain(ignored)).flows.gather, [false, 'says "order" fits']);
    /** Time passes until this was said. */
    const comes = (text: string, step: number) =>
      until(
        async () => {
          clock.advance(step);
          await hall.settle();
          return (await hall.texts()).at(-1) === text;
        },
        { what: () => text },
      );
    await comes('done', MINUTE);
    const burst = [await said('my order'), await said('is late', 1_000)];
    await comes('got my order\nis late', 1_000);
    for (const one of burst)
      t.deepEqual(await explain(one), {
        run: 'gather',
        flows: { gather: [true, 'says "order" fits'], waits: [false, 'none of its ways to start fits the message'] },
        notes: [],
      });
  });
}
