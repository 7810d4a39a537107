/** DELETE …/contacts/{x}/data, over HTTP: a dump of the whole database tells nothing of the person, and all of the others. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type DatabaseLocation, openDatabase } from '../../src/db/open.ts';
import { migratedLocation, stores } from '../helpers/database.ts';
import { type Call, IN_CLUSTER, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

const [ANA, ANA_LID, BOB] = ['5521987651234', '77000000000011@lid', '5531912345678'];
const GROUP = '120363041234567890@g.us';
/** What must be found nowhere afterwards: numbers, name, words, answers. */
const TRACES = [ANA, ANA_LID.split('@')[0] ?? '', 'Ana Quixote', 'purple-elephant', 'green-giraffe', 'invoice-of-ana.png'];
const YAML = { 'content-type': 'application/yaml' };
const FLOW = `flow: booking
version: 1
start:
  - says: [book]
steps:
  - ask: Which colour?
    save: colour
  - remember: { contact.colour: "{{ colour }}" }
  - tag: booked
  - emit: { event: booked, data: { colour: "{{ colour }}" } }
  - say: "Noted: {{ colour }}"
  - ask: Anything else?
    save: more
`;

/** Every text in every table. */
async function dump(location: DatabaseLocation): Promise<string[]> {
  const db = openDatabase(location, { readers: 2 });
  const isFile = 'file' in location;
  const tables: { name: string }[] = isFile
    ? await db.sql('sqlite_master').where({ type: 'table' }).select('name')
    : await db.sql('pg_tables').select('tablename as name').where({ schemaname: 'public' });
  const texts: string[] = [];
  for (const { name } of tables) for (const row of await db.sql(name)) texts.push(`${name}: ${JSON.stringify(row)}`);
  await db.close();
  return texts;
}

/** All that a person does, and that others do with them. */
async function live(call: Call): Promise<{ toGroup: string }> {
  const receive = async (body: object): Promise<string> => (await call('POST', '/api/sessions/shop/sandbox/receive', body)).json.engineId;
  const ana = { from: ANA, lid: ANA_LID, name: 'Ana Quixote' };
  const bob = { from: BOB, name: 'Bob Other' };
  await receive({ ...ana, text: 'book' });
  await receive({ ...bob, text: 'book' });
  const asked = (phone: string) => async () =>
    (await call('GET', `/api/sessions/shop/messages?chat=${phone}&direction=outbound`)).json.data.length;
  for (const phone of [ANA, BOB]) await until(async () => (await asked(phone)()) === 1, { what: `a question to ${phone}` });
  await receive({ ...ana, text: 'purple-elephant' });
  await receive({ ...bob, text: 'red-rabbit' });
  for (const phone of [ANA, BOB]) await until(async () => (await asked(phone)()) === 3, { what: `an answer to ${phone}` });
  // Under the hidden number alone.
  await receive({ from: ANA_LID, name: 'Ana Quixote', text: 'green-giraffe' });
  await receive({ ...ana, type: 'image', media: { base64: 'aGk=', mimetype: 'image/png', filename: 'invoice-of-ana.png' } });
  await receive({ ...bob, type: 'image', media: { base64: 'aG8=', mimetype: 'image/png', filename: 'invoice-of-bob.png' } });
  const theirs = await receive({ ...ana, chat: GROUP, text: 'purple-elephant in a group' });
  await receive({ ...bob, chat: GROUP, text: 'bob speaks in the group', replyTo: theirs, mentions: [ANA] });
  await receive({ ...bob, type: 'contact', contacts: [{ name: 'Ana Quixote', phones: [`+${ANA}`] }] });
  const { json: toGroup } = await call('POST', '/api/sessions/shop/messages', { to: GROUP, type: 'text', text: 'hello group' });
  await until(async () => (await call('GET', `/api/messages/${toGroup.id}`)).json.status === 'sent', { what: 'the message to the group' });
  const happens = (body: object) => call('POST', '/api/sessions/shop/sandbox/happens', body);
  for (const { from, name } of [ana, bob]) {
    await call('POST', '/api/sessions/shop/sandbox/ack', { messageId: toGroup.id, participant: from, ack: 'read' });
    await happens({ kind: 'reaction', from, name, chat: GROUP, messageId: toGroup.id, emoji: '👍' });
  }
  await happens({ kind: 'participants', from: BOB, chat: GROUP, action: 'add', participants: [ANA, BOB] });
  await happens({ kind: 'call', from: ANA, name: 'Ana Quixote' });
  return { toGroup: toGroup.id };
}

for (const dialect of await stores()) {
  test(`${dialect}: nothing of the person is left, and all of the others`, async (t) => {
    t.timeout(120_000);
    const place = await migratedLocation(dialect);
    const hub = await startHub({ env: 'url' in place.location ? { HOOKLINE_DATABASE_URL: place.location.url } : {} });
    t.teardown(async () => {
      await hub.dispose();
      await place.remove();
    });
    const { databaseUrl: url } = hub;
    const location = url === undefined ? { file: join(hub.directory, 'data', 'hookline.sqlite') } : { url };
    let isAway = false;
    const receiver = await startReceiver(() => (isAway ? 503 : 204));
    t.teardown(() => receiver.close());
    const { call } = await hub.tenant();
    await linkedSandbox(call, 'shop');
    const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url, schedule: [1] });
    t.is((await call('PUT', '/api/flows/booking', FLOW, YAML)).status, 200);
    const { toGroup } = await live(call);
    const path = `/api/sessions/shop/contacts/${ANA}/data`;
    const { data: events } = (await call('GET', '/api/events?types=message.received&limit=500')).json;
    const read = events.filter(({ data }: { data: { text?: string } }) => data.text === 'purple-elephant').at(-1).id;

    await until(
      async () => {
        const sends = (await call('GET', '/api/sessions/shop/messages?direction=outbound&limit=100')).json.data;
        const pending = (await call('GET', `/api/webhooks/${endpoint.id}/deliveries?status=pending`)).json.data;
        return sends.every(({ status }: { status: string }) => status !== 'queued' && status !== 'sending') && pending.length === 0;
      },
      { what: 'all of it to be sent, and told' },
    );
    isAway = true;
    await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, lid: ANA_LID, text: 'purple-elephant again' });
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const { json: scheduled } = await call('POST', '/api/sessions/shop/messages', {
      to: ANA,
      type: 'text',
      text: 'green-giraffe',
      sendAt: later,
    });
    await until(() => receiver.requests.some(({ body }) => body.includes('purple-elephant again')), { what: 'a try' });
    const first = await call('DELETE', path);
    t.is(first.status, 202, first.text);
    t.like(first.json, { status: 'waiting', owed: { sends: 1 }, finishedAt: null });
    t.true(
      first.json.owed.events > 0 && first.json.erased.messages >= 8 && first.json.erased.runs === 1 && first.json.erased.media === 1,
      first.text,
    );
    t.is((await call('GET', `/api/messages/${scheduled.id}`)).status, 200, 'what was accepted is sent');
    t.deepEqual(
      (await call('GET', '/api/runs')).json.data.map(({ chat }: { chat: { id: string } }) => chat.id),
      [`${BOB}@c.us`],
    );

    isAway = false;
    t.is((await call('DELETE', `/api/messages/${scheduled.id}`)).status, 204);
    let told = '';
    const last = await until(
      async () => {
        const answer = await call('DELETE', `/api/sessions/shop/contacts/${encodeURIComponent(ANA_LID)}/data`);
        told = answer.text;
        return answer.status === 200 && answer;
      },
      { what: () => `nothing to be owed any more; ${told}` },
    );
    t.like(last.json, { id: first.json.id, status: 'erased', owed: {} }, 'by either name it is the same person');
    t.true(
      receiver.requests.some(({ json }) => json.type === 'message.canceled'),
      'what was owed was delivered',
    );

    t.is((await call('GET', `/api/messages/${toGroup}`)).json.text, 'hello group');
    const bobs = events.find(({ data }: { data: { text?: string } }) => data.text === 'bob speaks in the group').id;
    const { data: deliveries } = (await call('GET', `/api/webhooks/${endpoint.id}/deliveries?limit=200`)).json;
    const { id: deliveryId } = deliveries.find(({ eventId }: { eventId: string }) => eventId === bobs);
    const { json: shown } = await call('GET', `/api/deliveries/${deliveryId}`);
    t.true(shown.body.includes('bob speaks') && !shown.body.includes(ANA), shown.body);
    t.is(shown.attempts[0].requestHeaders, null, 'it was not this that was signed');
    const { json: page, status } = await call('GET', `/api/events?after=${read}`);
    t.is(status, 200, 'who has read up to one of her events reads on');
    t.is(page.gap?.after, read);
    const audit = (await call('GET', '/api/audit?action=sessions.contacts.data.delete')).json.data;
    t.like(audit[0], { resource: { type: 'erasure', id: first.json.id }, status: 200 });
    const again = await call('DELETE', path);
    t.deepEqual([again.status, again.json.erased.messages ?? 0], [200, 0], 'there is nothing more');
    t.is((await call('DELETE', `/api/sessions/shop/contacts/${GROUP}/data`)).status, 422);
    t.is((await call('DELETE', '/api/sessions/nobody/contacts/5521987651234/data')).status, 404);

    await hub.end();
    const rows = await dump(location);
    for (const trace of TRACES) {
      t.deepEqual(
        rows.filter((row) => row.includes(trace)),
        [],
        trace,
      );
    }
    const all = rows.join('\n');
    for (const kept of [BOB, 'Bob Other', 'red-rabbit', 'bob speaks in the group', 'hello group', 'invoice-of-bob.png', '👍']) {
      t.true(all.includes(kept), kept);
    }
    t.is(rows.filter((row) => row.startsWith('message_receipts')).length, 1, "the other's receipt");
    const files = (await readdir(join(hub.directory, 'data', 'media'), { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));
    // In a cluster it stays for some minutes, for which no test waits.
    if (!IN_CLUSTER || dialect === 'postgres') t.is(files.length, 1, 'the file went with the last row that had it');
  });
}
