/** One `Idempotency-Key`, one message, however many clients send it at once and however their requests meet. */
import test from 'ava';
import { migratedLocation, stores } from '../helpers/database.ts';
import { type Answer, type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';
import { CHAT, eventsOf, TEXT } from './tenant-world.ts';

const CLIENTS = 50;
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const KEY = { 'idempotency-key': 'order-1042' };

/** All of them begin before any of them is answered. */
const together = (send: (client: number) => Promise<Answer>, clients = CLIENTS): Promise<Answer[]> =>
  Promise.all(Array.from({ length: clients }, (_, client) => send(client)));

/** The one message that there is, once it is sent: at the phone, in the list and in the ledger. */
async function only(call: Call): Promise<{ id: string }> {
  const list = async () => (await call('GET', '/api/sessions/shop/messages?direction=outbound')).json.data;
  await until(async () => (await list()).every(({ status }: { status: string }) => status === 'sent'), { what: 'it to be sent' });
  const [listed, seen, told] = [
    await list(),
    (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data,
    await eventsOf(call, '&types=message.queued'),
  ];
  if (listed.length !== 1 || seen.length !== 1 || told.length !== 1) {
    throw new Error(`${listed.length} messages, of which the phone saw ${seen.length} and the ledger told ${told.length}`);
  }
  return listed[0];
}

for (const store of await stores()) {
  let hub: Hub;
  let remove: () => Promise<void> = async () => undefined;

  test.before(async () => {
    if (store === 'sqlite') hub = await startHub();
    else {
      const place = await migratedLocation(store);
      remove = place.remove;
      hub = await startHub({ env: { HOOKLINE_DATABASE_URL: 'url' in place.location ? place.location.url : '' } });
    }
  });
  test.after.always(async () => {
    await hub?.dispose();
    await remove();
  });

  const shop = async (): Promise<Call> => {
    const { call } = await hub.tenant();
    await linkedSandbox(call, 'shop');
    return call;
  };
  const send = (call: Call, body: object) => call('POST', '/api/sessions/shop/messages', body, KEY);

  test(`${store}: ${CLIENTS} clients with one key and one body get one answer, which one of them has made`, async (t) => {
    const call = await shop();
    const answers = await together(() => send(call, TEXT));
    t.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
    t.is(new Set(answers.map(({ text }) => text)).size, 1);
    t.is(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true').length, CLIENTS - 1);
    const { id } = await only(call);
    t.is(answers[0]?.json.id, id);
    const late = await send(call, TEXT);
    t.is(late.text, String(answers[0]?.text), 'whatever has become of it since');
    isProblem(t, await send(call, { ...TEXT, text: 'twice' }), 'another body', { status: 422, code: 'idempotency-mismatch' });
    t.is((await only(call)).id, id);
  });

  test(`${store}: of clients with one key and two bodies those of the first body get the message, the others are told`, async (t) => {
    const call = await shop();
    const answers = await together((client) => send(call, { ...TEXT, text: client % 2 ? 'odd' : 'even' }));
    const { id } = await only(call);
    const taken = answers.filter(({ status }) => status === 202);
    t.is(taken.length, CLIENTS / 2);
    t.true(taken.every(({ json }) => json.id === id));
    for (const answer of answers.filter(({ status }) => status !== 202)) {
      isProblem(t, answer, 'the other body', { status: 422, code: 'idempotency-mismatch' });
    }
  });

  test(`${store}: a file that is still being stored under the key is told so, and the next try gets the message`, async (t) => {
    const call = await shop();
    const body = { to: CHAT, type: 'image', media: { base64: PNG }, caption: 'once' };
    const answers = await together(() => send(call, body));
    const { id } = await only(call);
    for (const answer of answers) {
      if (answer.status === 202) t.is(answer.json.id, id);
      else {
        isProblem(t, answer, 'in flight', { status: 409, code: 'idempotency-in-flight' });
        t.is(answer.headers.get('retry-after'), '1');
      }
    }
    t.true(answers.some(({ status }) => status === 202));
    t.is((await send(call, body)).json.id, id);
  });

  test(`${store}: what is made under a key is made once, and its first answer is given again, secrets and all`, async (t) => {
    const { id: tenantId, call } = await hub.tenant();
    await linkedSandbox(call, 'shop');
    const url = 'http://127.0.0.1:9/';
    const { json: endpoint } = await call('POST', '/api/webhooks', { url, events: ['custom.none'] });
    const { admin } = hub;
    const text = { 'content-type': 'text/csv' };
    const makers: [Call, string, unknown, unknown, Record<string, string>?][] = [
      [admin, '/api/tenants', { name: `made once on ${store}` }, { name: `another on ${store}` }],
      [admin, `/api/tenants/${tenantId}/keys`, { name: 'one' }, { name: 'two' }],
      [call, '/api/sessions', { name: 'second', engine: 'sandbox' }, { name: 'third', engine: 'sandbox' }],
      [call, '/api/sessions/shop/groups', { subject: 'One', participants: [CHAT] }, { subject: 'Two', participants: [CHAT] }],
      [call, '/api/media', 'a,b', 'c,d', text],
      [call, '/api/webhooks', { url }, { url, description: 'another' }],
      [call, `/api/webhooks/${endpoint.id}/rotate-secret`, { overlapSeconds: 60 }, { overlapSeconds: 0 }],
      [call, `/api/webhooks/${endpoint.id}/replay`, { since: '2026-01-01T00:00:00Z' }, { since: '2026-01-02T00:00:00Z' }],
    ];
    const before = JSON.stringify((await call('GET', '/api/webhooks')).json.data.length);
    for (const [as, path, body, other, headers = {}] of makers) {
      const key = { 'idempotency-key': `once ${path}`.replaceAll(/[^\w]/g, '-'), ...headers };
      const first = await as('POST', path, body, key);
      t.true(first.status >= 200 && first.status < 300, `${path}: ${first.text}`);
      t.is(first.headers.get('idempotent-replayed'), null);
      const again = await as('POST', path, body, key);
      t.deepEqual([again.status, again.text, again.headers.get('idempotent-replayed')], [first.status, first.text, 'true'], path);
      isProblem(t, await as('POST', path, other, key), path, { status: 422, code: 'idempotency-mismatch' });
    }
    t.is((await call('GET', '/api/webhooks')).json.data.length, Number(before) + 1);
    const stranger = await hub.tenant();
    const theirs = await stranger.call('POST', '/api/webhooks', { url }, { 'idempotency-key': 'once--api-webhooks' });
    t.deepEqual([theirs.status, theirs.headers.get('idempotent-replayed')], [201, null], "a key is its tenant's own");
  });

  test(`${store}: of many at once with one key one makes it, and what was refused may be tried again under its key`, async (t) => {
    const { call } = await hub.tenant();
    const make = (body: object) => call('POST', '/api/webhooks', body, KEY);
    isProblem(t, await make({ url: 'http://127.0.0.1:9/', sessions: ['ses_0000000000000000000000000a'] }), 'refused', {
      ...{ status: 404, code: 'not-found' },
    });
    const answers = await together(() => make({ url: 'http://127.0.0.1:9/' }), 8);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      isProblem(t, answer, 'in flight', { status: 409, code: 'idempotency-in-flight' });
    }
    const made = answers.filter(({ status }) => status === 201).map(({ json }) => json.id);
    t.true(made.length > 0);
    t.deepEqual(
      (await call('GET', '/api/webhooks')).json.data.map(({ id }: { id: string }) => id),
      [...new Set(made)],
    );
  });

  test(`${store}: the key is the same in a bulk as in a request of its own`, async (t) => {
    const call = await shop();
    const entry = { ...TEXT, session: 'shop', idempotencyKey: KEY['idempotency-key'] };
    const bulk = () => call('POST', '/api/messages/bulk', { messages: [entry, entry] });
    const answers = await together((client) => (client % 2 ? bulk() : send(call, TEXT)));
    const { id } = await only(call);
    const ids = answers.flatMap(({ json }) => json.data?.map(({ message }: { message: { id: string } }) => message.id) ?? [json.id]);
    t.is(ids.length, CLIENTS * 1.5);
    t.deepEqual([...new Set(ids)], [id]);
  });
}
