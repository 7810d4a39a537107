/** What a person may say of what flows say, and how much flows have said. */
import test from 'ava';
import type { MessageView } from '../../src/core/message.ts';
import { flowStore } from '../../src/flows/catalogue/store.ts';
import { ChatTexts } from '../../src/flows/runtime/chat-texts.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { addressesOf, flowOf, Hall, seed, testLibrary } from './helpers.ts';

const CHAT = '5511999990000@c.us';
const TEXTS = flowOf(
  `- say: { one_of: ["Hi {{ contact.first_name | default: 'there' }}!", "Oi, {{ contact.first_name }}!"] }
- say: "Hi {{ contact.first_name | default: 'there' }}!"
- ask: Which day?
  save: day
- say: "{{ day }} it is, {{ contact.plan | upcase }}. ÇA VA? It is {{ chat.kind }}."
- menu: Or?
  options: { a: A }
- remember: { contact.plan: gold }
- say: { image: "https://a.example/x.png", text: "In {{ session.name }} of *{{ contact.name }}*" }`,
  { name: 'texts' },
);

for (const dialect of await stores()) {
  test(`${dialect}: the texts of flows are filled in with what is known of a chat, and searched; the rest stands as it is written`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
    const hall = await Hall.open(db, { clock, random: () => 0 });
    t.teardown(() => hall.stop());
    const session = await seed(db);
    await hall.flows.put(session.tenantId, 'texts', TEXTS);
    await hall.flows.put(session.tenantId, 'other', flowOf('- say: "{{ tags }}"\n- end', { name: 'other', says: '[other]' }));
    let last: MessageView | null = null;
    const texts = new ChatTexts(db, {
      messages: { lastOfContact: async () => last },
      library: testLibrary(),
      addresses: addressesOf(hall.addressBook),
      clock,
    });
    const list = async (more: object = {}) => (await texts.list(session, [CHAT], { limit: 50, ...more })).data;
    const blank = await list();
    t.deepEqual(
      blank.map(({ flow, text, open }) => [flow, text, open]),
      [
        ['other', '{{ tags }}', ['tags']],
        ['texts', 'Hi there!', []],
        ['texts', 'Oi, {{ contact.first_name }}!', ['contact.first_name']],
        ['texts', 'Which day?', []],
        ['texts', '{{ day }} it is, {{ contact.plan | upcase }}. ÇA VA? It is private.', ['day', 'contact.plan']],
        ['texts', `In main of *{{ contact.name }}*`, ['contact.name']],
      ],
    );
    last = { ...(await hall.receive(session, { text: 'hi', name: 'Ana *Souza*' })), type: 'text' } as MessageView;
    const known = (await list({ search: 'oi,' })).map(({ text }) => text);
    t.deepEqual(known, ['Oi, Ana!']);
    t.regex((await list({ search: 'in {{' }))[0]?.text ?? '', /^In main of \*Ana .*Souza/);
    t.is((await list({ search: 'ça va' })).length, 1, 'in upper or lower case');
    t.is((await list({ search: 'ca va' })).length, 1, 'with or without accents');
    t.deepEqual(
      (await list({ search: 'OTHER' })).map(({ flow }) => flow),
      ['other'],
    );
    await hall.receive(session, 'Monday');
    t.regex((await list({ search: 'it is' }))[0]?.text ?? '', /^Monday it is/, 'with the answers of the run under way');
    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await texts.list(session, [CHAT], { limit: 2, cursor });
      paged.push(...page.data.map(({ step, text }) => `${step} ${text}`));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    t.is(new Set(paged).size, 6);
    t.is(paged.length, 6);
    const stranger = await seed(db);
    t.deepEqual((await texts.list(stranger, [CHAT], { limit: 50 })).data, []);

    const counted = (since: number) => flowStore(db).read(session.tenantId, (flows) => flows.activity(since));
    // "Hi there!" twice, the question, the text with the day, the menu.
    t.deepEqual(await counted(clock.now() - 1), [{ flow: 'texts', starts: 1, answers: 5 }]);
    t.deepEqual(await counted(clock.now() + 1), []);
    if (dialect !== 'sqlite') return;
    const asked: { sql: string; bindings: unknown[] }[] = [];
    db.sql.on('query', (query) => asked.push(query));
    await counted(0);
    const { sql = '', bindings = [] } = asked.find((query) => query.sql.includes('flow_runs')) ?? {};
    const plan: { detail: string }[] = await db.sql.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as string[]);
    t.regex(plan[0]?.detail ?? '', /USING COVERING INDEX flow_runs_activity \(tenant_id=\? AND started_at>\?\)/);
  });
}
