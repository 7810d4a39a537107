/** What the contract says of webhooks and events, as a tenant's developer tries it out. */
import test from 'ava';
import { linkedSandbox, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';
import { becomes, CHAT, eventsOf, hubOf, type Row, receiver, TEXT, walk } from './tenant-world.ts';

const hub = hubOf(test);

test('an endpoint hears what it asked for, and its secret is told when it is made and when it is changed', async (t) => {
  const { call } = await hub().tenant();
  const { url, requests } = await receiver(t);
  const filter = { url, events: ['message.received', 'session.*'], sessions: ['wanted'] };
  const { json: made } = await call('POST', '/api/webhooks', filter);
  t.regex(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.like(made, { status: 'enabled', ordering: 'strict', headers: {}, rateLimit: null });
  const { secret, warnings, ...shown } = made;
  t.deepEqual(
    warnings.map(({ path }: { path: string }) => path),
    ['sessions.0'],
  );
  t.deepEqual((await call('GET', `/api/webhooks/${made.id}`)).json, shown);
  t.deepEqual((await call('GET', '/api/webhooks')).json.data, [shown]);

  await Promise.all(['wanted', 'other'].map((name) => linkedSandbox(call, name)));
  for (const name of ['other', 'wanted']) await call('POST', `/api/sessions/${name}/sandbox/receive`, { from: CHAT, text: `to ${name}` });
  await call('POST', '/api/sessions/wanted/messages', TEXT);
  await until(() => requests.some(({ json }) => json.type === 'message.received'), { what: 'the webhook' });
  t.true(requests.every(({ json }) => json.sessionName === 'wanted' && /^(session\..+|message\.received)$/.test(json.type)));
  t.deepEqual(
    requests.map(({ json }) => json.seq),
    requests.map(({ json }) => json.seq).toSorted((a, b) => a - b),
  );

  const rotated = await call('POST', `/api/webhooks/${made.id}/rotate-secret`);
  t.not(rotated.json.secret, secret);
  t.is(made.formerSecretsUntil, null);
  t.is(Math.round((Date.parse(rotated.json.formerSecretsUntil) - Date.now()) / 3_600_000), 24);
  for (const overlapSeconds of [-1, 0.5, 30 * 86_400 + 1, '0', null]) {
    const refused = await call('POST', `/api/webhooks/${made.id}/rotate-secret`, { overlapSeconds });
    t.is(refused.status, 422, String(overlapSeconds));
    t.is(refused.json.errors[0].path, 'overlapSeconds');
  }
  t.is((await call('POST', `/api/webhooks/${made.id}/rotate-secret`, { overlapSeconds: 3_600 })).status, 200);
  const tested = await call('POST', `/api/webhooks/${made.id}/test`);
  t.is(tested.status, 202);
  const test = await until(() => requests.find(({ json }) => json.type === 'webhook.test'), { what: 'the test' });
  t.is(test.headers['webhook-id'], tested.json.eventId);
  t.is(String(test.headers['webhook-signature']).split(' ').length, 3, 'the former secrets sign beside the new one');
  const delivery = await becomes(call, `/api/deliveries/${tested.json.deliveryId}`, 'delivered');
  t.like(delivery, { attemptsMade: 1, eventType: 'webhook.test', attempts: [{ number: 1, status: 204, errorClass: null }] });
});

test('of more headers than there may be none is looked at', async (t) => {
  const { call } = await hub().tenant();
  for (const value of [1, 'x']) {
    const headers = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x y ${index}`, value]));
    const { status, json } = await call('POST', '/api/webhooks', { url: 'https://example.com/hook', headers });
    t.is(status, 422);
    t.deepEqual(
      json.errors.map(({ path }: { path: string }) => path),
      ['headers'],
    );
  }
});

test('deliveries are listed newest first with their status, each with its attempts, and can be sent again', async (t) => {
  const { call } = await hub().tenant();
  let healthy = false;
  const { url, requests } = await receiver(t, (_request, response) => {
    if (healthy) return 200;
    response.writeHead(500, { 'x-why': 'broken' }).end('out of order');
    return undefined;
  });
  const { id } = (await call('POST', '/api/webhooks', { url, events: ['message.received'] })).json;
  await linkedSandbox(call, 'shop');
  for (const text of ['one', 'two', 'three']) await call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text });
  await until(() => requests.length > 0, { what: 'a first try' });
  const deliveries = await until(async () => {
    const { data } = (await call('GET', `/api/webhooks/${id}/deliveries`)).json;
    return data.length === 3 && data[2].attemptsMade === 1 && data;
  });
  t.deepEqual(
    deliveries.map(({ attemptsMade }: Row) => attemptsMade),
    [0, 0, 1],
    'the head holds back those behind it',
  );
  t.is(requests.length, 1);
  const ofEvent = `/api/webhooks/${id}/deliveries?event=${deliveries[1].eventId}`;
  t.deepEqual(
    (await call('GET', ofEvent)).json.data.map((one: Row) => one.id),
    [deliveries[1].id],
  );
  const [head] = (await call('GET', `/api/deliveries/${deliveries[2].id}`)).json.attempts;
  t.like(head, { number: 1, status: 500, errorClass: 'http', responseBody: 'out of order', responseHeaders: { 'x-why': 'broken' } });
  t.true(Date.parse(deliveries[2].nextAttemptAt) > Date.now());
  const { json: behind } = await call('POST', `/api/deliveries/${deliveries[0].id}/retry`);
  t.like(behind, { nextAttemptAt: null, waitsFor: { deliveryId: deliveries[2].id, eventType: 'message.received' } });
  healthy = true;
  t.is((await call('POST', `/api/deliveries/${deliveries[2].id}/retry`)).status, 202);
  await until(() => requests.length === 4, { what: 'all three' });
  t.deepEqual(
    requests.slice(1).map(({ json }) => json.data.text),
    ['one', 'two', 'three'],
  );
  t.is(requests[1]?.headers['webhook-id'], requests[0]?.headers['webhook-id']);
  t.deepEqual(
    requests.map(({ headers }) => headers['hookline-attempt']),
    ['1', '2', '1', '1'],
  );
  await until(async () => (await walk(call, `/api/webhooks/${id}/deliveries?status=delivered`, 2)).length === 3, {
    what: 'three delivered',
  });
  t.is((await call('POST', `/api/deliveries/${deliveries[0].id}/retry`)).status, 202, 'what was delivered may be asked for again');
  await until(() => requests.length === 5, { what: 'the repetition' });
  t.is(requests[4]?.json.data.text, 'three');
});

test('a redirect is a failure and is not followed; 410 disables the endpoint and is told', async (t) => {
  const { call } = await hub().tenant();
  const target = await receiver(t);
  const redirecting = await receiver(t, (_request, response) => void response.writeHead(307, { location: target.url }).end());
  const gone = await receiver(t, () => 410);
  const { id: moved } = (await call('POST', '/api/webhooks', { url: redirecting.url, events: ['message.received'] })).json;
  const { id } = (await call('POST', '/api/webhooks', { url: gone.url, events: ['message.received'] })).json;
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text: 'x' });
  const disabled = await becomes(call, `/api/webhooks/${id}`, 'disabled');
  t.is(disabled.disabledReason, 'gone');
  isProblem(t, await call('POST', `/api/webhooks/${id}/test`), 'a test of it', { status: 409, code: 'endpoint-disabled' });
  t.is((await eventsOf(call, '&types=webhook.disabled'))[0].data.endpointId, id);
  t.like((await call('POST', `/api/webhooks/${id}/enable`)).json, { status: 'enabled', disabledReason: null });
  const [delivery] = await until(async () => {
    const { data } = (await call('GET', `/api/webhooks/${moved}/deliveries`)).json;
    return data[0]?.attemptsMade > 0 && data;
  });
  t.like((await call('GET', `/api/deliveries/${delivery.id}`)).json.attempts[0], { status: 307, errorClass: 'http' });
  t.is(target.requests.length, 0);
  t.is((await call('DELETE', `/api/webhooks/${moved}`)).status, 204);
  isProblem(t, await call('GET', `/api/deliveries/${delivery.id}`), 'a delivery of a removed endpoint', { status: 404 });
});

test('the ledger is read on from a cursor without gap or double, by type and by session', async (t) => {
  const { call } = await hub().tenant();
  const ids = await Promise.all(['a', 'b'].map((name) => linkedSandbox(call, name)));
  for (const name of ['a', 'b', 'a']) await call('POST', `/api/sessions/${name}/sandbox/receive`, { from: CHAT, text: 'x' });
  const all = await eventsOf(call);
  for (const limit of [1, 3, 1_000]) t.deepEqual(await walk(call, '/api/events', limit), all);
  t.deepEqual(await eventsOf(call, `&after=${all[4].id}`), all.slice(5));
  t.deepEqual(await eventsOf(call, `&after=${all.at(-1).id}`), []);
  const only = all.filter(({ type, sessionId }) => sessionId === ids[0] && ['session.status', 'message.received'].includes(type));
  t.deepEqual(await walk(call, '/api/events?session=a&types=message.received,session.status', 2), only);
  t.deepEqual(await walk(call, '/api/events?order=desc', 3), all.toReversed());
  t.deepEqual(await walk(call, '/api/events?session=a&types=message.received,session.status&order=desc', 2), only.toReversed());
  const found = all.filter((event) => JSON.stringify(event).includes('"text":'));
  t.true(found.length > 0);
  t.deepEqual(await walk(call, '/api/events?order=desc&search=%22TEXT%22:', 2), found.toReversed());
  const live = { accept: 'text/event-stream' };
  for (const query of ['order=desc', 'search=x']) t.is((await call('GET', `/api/events?${query}`, undefined, live)).status, 400, query);
  t.deepEqual(await eventsOf(call, `&session=${ids[0]}&types=message.received,session.status`), only);
  const { json } = await call('GET', '/api/events?limit=2');
  t.deepEqual(
    (await call('GET', `/api/events?limit=2&after=${json.nextCursor}`)).json.data,
    all.slice(2, 4),
    'a nextCursor serves as after, too',
  );
});
