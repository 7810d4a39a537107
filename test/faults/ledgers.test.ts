/** The judge of all faults is judged: of ledgers that agree it finds nothing, and of each that does not what is wrong. */
import test from 'ava';
import knex from 'knex';
import { stores, testDatabase } from '../helpers/database.ts';
import { broken, damaged, type Ledgers } from './ledgers.ts';

const here = await stores();

const accepted = [1, 2, 3].map((n) => ({ session: 's', to: 'chat', text: `out ${n}`, id: `msg_${n}` }));
const heard = [1, 2].map((n) => ({ session: 's', from: 'friend', text: `in ${n}`, engineId: `IN${n}` }));
const reply = ({ text }: { text: string }) => `re ${text}`;
const sends = [
  ...accepted.map(({ session, text, id }) => ({ session, text, id, status: 'sent' })),
  ...heard.map((one, n) => ({ session: 's', text: reply(one), id: `msg_r${n}`, status: 'read' })),
];
const seen = sends.map(({ session, text }, n) => ({ session, text, to: n < 3 ? 'chat' : 'friend', engineId: `OUT${n}` }));
const events = [
  ...heard.map(({ engineId }) => ({ type: 'message.received', data: { engineId, chat: { id: 'friend' } } })),
  ...sends.map(({ id }) => ({ type: 'message.sent', data: { id } })),
].map((event, n) => ({ ...event, id: `evt_${n}`, seq: n + 1, sessionId: 'ses_1' }));
const received = events.map((event) => ({ webhookId: event.id, event }));
const whole: Ledgers = { accepted, heard, reply, sends, seen, events, received, dead: new Set() };

const swapped = <T>(list: readonly T[], a: number, b: number): T[] =>
  list.map((one, n) => (n === a ? (list[b] as T) : n === b ? (list[a] as T) : one));
const withOne = <T>(list: readonly T[], at: number, more: object): T[] => list.map((one, n) => (n === at ? { ...one, ...more } : one));

test('ledgers that agree are whole', (t) => {
  t.deepEqual(broken(whole), []);
  t.deepEqual(broken({ ...whole, received: [...received, received[0] as never] }), [], 'a webhook may come twice');
  t.deepEqual(broken({ ...whole, received: received.slice(1), dead: new Set(['evt_0']) }), [], 'or be given up');
  t.deepEqual(broken({ ...whole, seen: seen.slice(1), sends: withOne(sends, 0, { status: 'unknown' }) }), [], 'unknown is an end');
});

const faults: Record<string, [string, Partial<Ledgers>]> = {
  'a send vanishes': ['I1: accepted, and vanished', { sends: sends.slice(1), seen: seen.slice(1) }],
  'a send never ends': ['I1: has not ended', { sends: withOne(sends, 0, { status: 'queued' }), seen: seen.slice(1) }],
  'sent, but not seen': ['I1: is called sent', { seen: seen.slice(1) }],
  'seen, but not sent': ['I2: a phone saw it, and', { sends: withOne(sends, 0, { status: 'failed' }) }],
  'a text goes out twice': ['I2: a phone saw a text', { seen: [...seen, { ...(seen[0] as never as object), engineId: 'OUT9' } as never] }],
  'an id goes out twice': ['I2: a phone saw an id', { seen: [...seen, { ...(seen[0] as never as object), text: 'other' } as never] }],
  'a key makes two messages': ['one key, one message', { sends: [...sends, { ...sends[0], id: 'msg_9', status: 'unknown' }] }],
  'a send of nobody': ['nobody asked for', { sends: [...sends, { session: 's', text: 'who?', id: 'msg_9', status: 'failed' }] }],
  'an event does not arrive': ['I3: neither arrived', { received: received.slice(1) }],
  'an event arrives that is not there': ['I3: arrived, and is not', { events: events.slice(0, -1) }],
  'another webhook-id': ['I3: arrived under another', { received: withOne(received, 0, { webhookId: 'evt_9' }) }],
  'events arrive out of order': ['I4: an event arrived', { received: swapped(received, 3, 4) }],
  'sends go out of order': ['I4: went out', { seen: swapped(seen, 0, 1) }],
  'replies go out of order': ['I4: a flow answered', { seen: swapped(seen, 3, 4) }],
  'an inbound message is lost': ['I1: heard, and never', { heard: [...heard, { ...heard[0], engineId: 'IN9', text: 'in 1' } as never] }],
  'an inbound message comes twice': [
    'an inbound message was told of',
    { heard, events: [...events, { ...events[0], id: 'evt_9', seq: 9 }] },
  ],
  'inbound messages come out of order': ['I4: came in', { heard: swapped(heard, 0, 1) }],
  'a flow does not answer': ['a flow did not answer', { sends: sends.slice(0, -1), seen: seen.slice(0, -1) }],
};
for (const [what, [says, change]] of Object.entries(faults)) {
  test(`found: ${what}`, (t) => {
    const found = broken({ ...whole, ...change });
    t.true(
      found.some((sentence) => sentence.startsWith(says)),
      found.join('\n'),
    );
  });
}

for (const store of here) {
  test(`${store}: found: a row that belongs to none`, async (t) => {
    const { location, dispose } = await testDatabase(store);
    t.teardown(dispose);
    t.deepEqual(await damaged(location), []);
    // On connections on which the database does not look at references.
    const sql = knex(
      'file' in location
        ? { client: 'sqlite3', connection: { filename: location.file }, useNullAsDefault: true }
        : { client: 'pg', connection: { connectionString: location.url, options: '-c session_replication_role=replica' } },
    );
    await sql('api_keys').insert({ id: 'key_1', tenant_id: 'tnt_nobody', name: 'x', hash: 'x', hint: 'x', scopes: '[]', created_at: 0 });
    await sql.destroy();
    t.regex((await damaged(location)).join(), /^I5: .*api_keys.* ha(s|ve) no tenants$/);
  });
}
