/** Endpoints that are told of events in the words of another product: of one that says nothing, something, much, or cannot. */
import test from 'ava';
import { ApiKeys } from '../../src/tenants/api-keys.ts';
import type { DialectFacts, EventDialect } from '../../src/webhooks/ports.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub } from './hub.ts';
import { startReceiver, verify } from './receiver.ts';

/** Says each word of a text; nothing of "nothing", and cannot say "never". */
const words: EventDialect = {
  hears: (type) => type === 'message.received',
  async requestsOf({ type, json }, { url, options, callbackKey }, facts) {
    const { text = type }: { text?: string } = JSON.parse(json);
    if (text === 'never') throw new Error('there is no word for it');
    if (text === 'away') await facts.account('tnt_x' as never, 'ses_x' as never);
    if (text === 'nothing') return [];
    const file = await facts.file('tnt_x' as never, 'med_x' as never);
    return text.split(' ').map((word) => ({
      ...(word === 'aside' && { url: `${url}/aside` }),
      headers: { 'x-secret': String(options.jwtKey) },
      body: JSON.stringify({ word, callbackKey, secret: options.jwtKey, file }),
    }));
  },
};

const ASKING = { origin: 'http://hub.example', maySend: true };
const OPTIONS = { dialect: 'evolution', dialectOptions: { jwtKey: { secret: 'canary-secret' }, byEvents: true } } as const;
const wordsIn = (requests: readonly { body: string }[]): string[] => requests.map(({ body }) => JSON.parse(body).word);

for (const store of await stores()) {
  const stage = async (t: Parameters<typeof startHub>[0], facts: Partial<DialectFacts> = {}) => {
    const clock = new FakeClock();
    const runtime = testRuntime({ clock, random: () => 0.5 });
    const all = { account: async () => null, message: async () => null, called: async () => null, file: async () => 'BASE64', ...facts };
    const started = await startHub(t, store, { runtime, dialects: { evolution: words }, facts: all });
    return { ...started, clock };
  };

  test(`${store}: each request of an event is sent in order, signed, with the dialect’s headers, and only what the dialect has words for`, async (t) => {
    const { hub, tenantId, session } = await stage(t);
    const receiver = await startReceiver(t, ({ headers, body }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ actions: [{ text: 'an answer of another product' }], said: [headers['x-secret'], body] }));
    });
    const { id, secret } = await hub.endpoints.create(tenantId, { url: receiver.url, ...OPTIONS }, ASKING);
    const [first, , third] = await hub.receive(tenantId, session, 'one', 'nothing', 'two aside three');
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests), ['one', 'two', 'aside', 'three']);
    t.deepEqual(receiver.ids(), [first, third, `${third}.2`, `${third}.3`]);
    t.deepEqual(
      receiver.requests.map(({ path }) => path),
      ['/hook', '/hook', '/hook/aside', '/hook'],
    );
    for (const request of receiver.requests) {
      t.like(request.headers, { 'x-secret': 'canary-secret', 'content-type': 'application/json', 'hookline-attempt': '1' });
      t.is(JSON.parse(request.body).file, 'BASE64');
    }
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 10 });
    t.deepEqual(
      data.map(({ status, attemptsMade }) => [status, attemptsMade]),
      [
        ['delivered', 1],
        ['delivered', 0],
        ['delivered', 1],
      ],
      'of what there was nothing to say there is a delivery without a request',
    );
    const said = await hub.deliveries.get(tenantId, data[0]?.id ?? '');
    t.deepEqual(wordsIn(said.requests ?? []), ['two', 'aside', 'three']);
    t.is(said.body, said.requests?.[0]?.body ?? '');
    t.is(said.requests?.[1]?.url, `${receiver.url}/aside`);
    t.is(said.attempts[0]?.requestHeaders?.['webhook-id'], `${third}.3`);
    t.deepEqual(said.attempts[0]?.actions, [], 'another product answers as it likes');
    t.false(JSON.stringify(said).includes('canary-secret'), 'nor what a receiver repeats of it');
    t.false(JSON.stringify([said.body, said.requests]).includes('BASE64'));
    // The stock library goes by the real clock.
    const { 'webhook-timestamp': at } = receiver.requests[1]?.headers ?? {};
    t.truthy(at);
    t.throws(() => verify(secret, receiver.requests[1] as never), { message: /timestamp/i });
  });

  test(`${store}: where one request fails the attempt does, and the next one says all again, under the same ids`, async (t) => {
    const { hub, tenantId, session, clock } = await stage(t);
    const receiver = await startReceiver(t, ({ body }, response, index) => {
      response.writeHead(body.includes('"b"') && index < 3 ? 500 : 200).end();
    });
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, ...OPTIONS }, ASKING);
    const [event] = await hub.receive(tenantId, session, 'a b c', 'd');
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests), ['a', 'b']);
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 10 });
    const failed = await hub.deliveries.get(tenantId, data[1]?.id ?? '');
    t.like(failed.attempts[0], { status: 500, errorClass: 'http' });
    t.is(failed.attempts[0]?.requestHeaders?.['webhook-id'], `${event}.2`);
    clock.advance(10_000);
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests), ['a', 'b', 'a', 'b', 'c', 'd'].slice(0, receiver.requests.length));
    clock.advance(60_000);
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests).slice(-4), ['a', 'b', 'c', 'd']);
    t.deepEqual(receiver.ids().slice(-4, -1), [event, `${event}.2`, `${event}.3`]);

    const before = receiver.requests.length;
    await hub.replays.begin(tenantId, id, { since: 0 });
    await hub.drain();
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests).slice(before), ['a', 'b', 'c', 'd'], 'and so does a replay');
  });

  test(`${store}: what cannot be told is given up at once and holds nobody up, and says nothing of the endpoint`, async (t) => {
    const { hub, tenantId, session } = await stage(t);
    const receiver = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, ...OPTIONS }, ASKING);
    await hub.receive(tenantId, session, 'never', 'after');
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests), ['after']);
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 10, status: 'dead' });
    const { attempts, body, requests } = await hub.deliveries.get(tenantId, data[0]?.id ?? '');
    t.like(attempts[0], { errorClass: 'dialect', status: null, requestHeaders: null });
    t.regex(attempts[0]?.error ?? '', /there is no word for it/);
    t.deepEqual([body, requests], ['', []]);
    t.is((await hub.endpoints.get(tenantId, id)).failingSince, null);
  });

  test(`${store}: while the hub cannot find out what to say, it waits`, async (t) => {
    let isAway = true;
    const account = async () => {
      if (isAway) throw new Error('the database does not answer');
      return null;
    };
    const { hub, tenantId, session, clock } = await stage(t, { account });
    const receiver = await startReceiver(t);
    await hub.endpoints.create(tenantId, { url: receiver.url, ...OPTIONS }, ASKING);
    await hub.receive(tenantId, session, 'away', 'after');
    await hub.drain();
    t.deepEqual(receiver.requests, []);
    isAway = false;
    clock.advance(3_600_000);
    await hub.drain();
    t.deepEqual(wordsIn(receiver.requests), ['away', 'after']);
  });

  test(`${store}: a test says something, whatever the dialect hears`, async (t) => {
    const { hub, tenantId } = await stage(t);
    const receiver = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, ...OPTIONS }, ASKING);
    await hub.endpoints.test(tenantId, id);
    await hub.drain();
    t.is(wordsIn(receiver.requests).join(' '), 'If you can verify this signature, this endpoint works.');
  });

  test(`${store}: receivers get a key that may send in the one session, until the endpoint is for another one, elsewhere, or gone`, async (t) => {
    const { hub, tenantId, session } = await stage(t);
    const other = await hub.session(tenantId, 'other');
    const receiver = await startReceiver(t);
    const made = await hub.endpoints.create(tenantId, { url: receiver.url, sessions: [session.id], ...OPTIONS }, ASKING);
    t.is(made.warnings, undefined);
    await hub.receive(tenantId, session, 'one');
    await hub.drain();
    const { callbackKey } = JSON.parse(receiver.requests[0]?.body ?? '');
    const keys = new ApiKeys(hub.db, hub.runtime);
    t.like(await keys.authenticate(callbackKey), { keyId: made.callbackKeyId, scopes: ['messages:send'], sessionId: session.id });
    t.false(JSON.stringify(await hub.db.sql('webhook_endpoints')).includes(callbackKey), 'it is kept sealed');
    const [{ id: delivery } = { id: '' }] = (await hub.deliveries.list(tenantId, made.id, { limit: 1 })).data;
    t.is(JSON.parse((await hub.deliveries.get(tenantId, delivery)).body).callbackKey, '***', 'who reads the log may not send by that');

    const kept = await hub.endpoints.update(tenantId, made.id, { description: 'the same', url: `${receiver.url}/deeper` }, {});
    t.is(kept.callbackKeyId, made.callbackKeyId);
    const moved = await hub.endpoints.update(tenantId, made.id, { sessions: ['other'] }, ASKING);
    t.not(moved.callbackKeyId, made.callbackKeyId);
    t.is(await keys.authenticate(callbackKey), null);
    await hub.receive(tenantId, other, 'two');
    await hub.drain();
    const second = JSON.parse(receiver.requests.at(-1)?.body ?? '').callbackKey;
    t.like(await keys.authenticate(second), { sessionId: other.id });

    const elsewhere = { url: 'http://127.0.0.2:9/', dialectOptions: {} };
    const lost = await hub.endpoints.update(tenantId, made.id, elsewhere, { maySend: false });
    t.is(lost.callbackKeyId, null, 'whoever may not send leads no key that may to another place');
    t.deepEqual(
      lost.warnings?.map(({ path }) => path),
      ['dialectOptions.callbackKey'],
    );
    t.is(await keys.authenticate(second), null);
    const again = await hub.endpoints.update(tenantId, made.id, { description: 'b' }, ASKING);
    t.truthy(again.callbackKeyId);
    await hub.endpoints.update(tenantId, made.id, { dialectOptions: { callbackKey: false } }, ASKING);
    t.is((await hub.endpoints.get(tenantId, made.id)).callbackKeyId, null);
    const last = await hub.endpoints.update(tenantId, made.id, { dialectOptions: {} }, ASKING);
    t.deepEqual(
      (await keys.list(tenantId)).map(({ id, session }) => [id, session]),
      [[last.callbackKeyId, other.id]],
      'no other one is left',
    );
    await hub.endpoints.remove(tenantId, made.id);
    t.deepEqual(await keys.list(tenantId), []);
  });

  test(`${store}: no key for an endpoint of several sessions, nor in the words of a product that has none`, async (t) => {
    const { hub, tenantId, session } = await stage(t);
    await hub.session(tenantId, 'other');
    const url = 'http://127.0.0.1:9/hook';
    const several = await hub.endpoints.create(tenantId, { url, sessions: ['shop', 'other'], dialect: 'evolution' }, ASKING);
    t.is(several.callbackKeyId, null);
    t.regex(several.warnings?.[0]?.message ?? '', /not for one session/);
    const own = await hub.endpoints.create(tenantId, { url, sessions: [session.id] }, ASKING);
    t.deepEqual([own.callbackKeyId, own.dialect, own.dialectOptions, own.warnings], [null, 'hookline', {}, undefined]);
  });

  test(`${store}: the endpoint of a session is the one in this dialect that hears of it alone, of this tenant`, async (t) => {
    const { hub, tenantId, session, clock } = await stage(t);
    await hub.session(tenantId, 'other');
    const url = 'http://127.0.0.1:9/hook';
    const of = (tenant = tenantId) => hub.endpoints.ofSession(tenant, session.id, 'evolution');
    for (const sessions of [[], ['shop'], [session.id, 'other']])
      await hub.endpoints.create(tenantId, { url, sessions, ...OPTIONS }, ASKING);
    await hub.endpoints.create(tenantId, { url, sessions: [session.id] }, ASKING);
    t.is(await of(), null);
    const { id } = await hub.endpoints.create(tenantId, { url, sessions: [session.id], ...OPTIONS }, ASKING);
    clock.advance(1);
    await hub.endpoints.create(tenantId, { url, sessions: [session.id], ...OPTIONS }, ASKING);
    t.is((await of())?.id, id);
    t.is(await of(await hub.tenant()), null);
  });

  test(`${store}: what is said of a dialect is shown without its secret, replaced as a whole, and refused where it is of none`, async (t) => {
    const { hub, tenantId } = await stage(t);
    const url = 'http://127.0.0.1:9/hook';
    const { id, ...made } = await hub.endpoints.create(tenantId, { url, ...OPTIONS }, ASKING);
    const serverUrl = 'http://hub.example/compat/evolution';
    t.deepEqual(made.dialectOptions, { jwtKey: { secret: true }, byEvents: true, serverUrl });
    t.false(JSON.stringify(await hub.db.sql('webhook_endpoints')).includes('canary-secret'));
    const changed = await hub.endpoints.update(tenantId, id, { dialectOptions: { base64: true } }, { origin: 'http://elsewhere.example' });
    t.deepEqual(changed.dialectOptions, { base64: true, serverUrl });
    const refused: [object, RegExp][] = [
      [{ dialectOptions: { base64: 'yes' } }, /dialectOptions\.base64/],
      [{ dialectOptions: { verifyToken: 'x' } }, /verifyToken/],
      [{ dialect: 'hookline', dialectOptions: { base64: true } }, /dialectOptions: are for the words of other products/],
    ];
    for (const [change, message] of refused) {
      await t.throwsAsync(hub.endpoints.update(tenantId, id, change, ASKING), { code: 'invalid-body', message });
    }
    await hub.endpoints.update(tenantId, id, { dialectOptions: { jwtKey: { secret: 's' } } }, ASKING);
    await t.throwsAsync(hub.endpoints.update(tenantId, id, { url: 'http://127.0.0.2:9/' }, ASKING), { message: /secrets in jwtKey/ });
    t.deepEqual((await hub.endpoints.update(tenantId, id, { dialect: 'hookline' }, ASKING)).dialectOptions, {});
  });
}
