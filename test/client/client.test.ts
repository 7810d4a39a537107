/** The typed client, on a hub and on answers that a hub does not give every day. */
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { clientSource, type Description } from '../../docs/client-source.ts';
import { CLIENT_SOURCE } from '../../docs/generate.ts';
import { openApi } from '../../docs/openapi.ts';
import { createClient, entriesOf, type HubEvent, isProblem, Offline, type Problem } from '../../src/client/index.ts';
import { ADMIN_KEY, freePort, startHub, until } from '../helpers/hub.ts';

test('its types and operations are what node docs/generate.ts writes', async (t) => {
  t.is(await readFile(CLIENT_SOURCE, 'utf8'), clientSource(openApi() as Description));
});

/** A server that answers as it is told, and notes what was asked. */
async function stub(t: ExecutionContext, answer: (response: ServerResponse, url: string, nth: number) => void) {
  const asked: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    answer(response, url, asked.push({ method, url, headers, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close().closeAllConnections());
  return { asked, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...headers });
  response.end(JSON.stringify(body));
};

test('a call says where, what, for whom and how often', async (t) => {
  const { asked, baseUrl } = await stub(t, (response) => json(response, 200, { data: [], nextCursor: null }));
  const hub = createClient({ baseUrl, key: 'KEY', tenant: 'tnt_1', headers: { 'x-page': '1' } });
  await hub.listMessages('a/b ?', { status: 'failed', cursor: undefined, limit: 3 });
  await hub.sendMessage('shop', { to: '1', type: 'text', text: 'Olá' }, { idempotencyKey: 'order-1', tenant: 'tnt_2' });
  await hub.putFlow('hi', 'flow: hi\n', { runs: 'keep' });
  await hub.createMedia(new Blob(['%PDF'], { type: 'application/pdf' }), { filename: 'a.pdf' });
  const form = new FormData();
  form.set('to', '1');
  await hub.sendMessage('shop', form);
  await hub.scanInSandbox('shop');
  const told = asked.map(({ method, url, headers, body }) => [`${method} ${url}`, headers['content-type'], body]);
  t.like(told, [
    ['GET /api/sessions/a%2Fb%20%3F/messages?status=failed&limit=3', undefined, ''],
    ['POST /api/sessions/shop/messages', 'application/json', '{"to":"1","type":"text","text":"Olá"}'],
    ['PUT /api/flows/hi?runs=keep', 'application/yaml', 'flow: hi\n'],
    ['POST /api/media?filename=a.pdf', 'application/pdf', '%PDF'],
    ['POST /api/sessions/shop/messages'],
    ['POST /api/sessions/shop/sandbox/scan', undefined, ''],
  ]);
  t.regex(String(asked[4]?.headers['content-type']), /^multipart\/form-data; boundary=/);
  t.like(asked[0]?.headers, { authorization: 'Bearer KEY', 'x-tenant-id': 'tnt_1', 'x-page': '1' });
  t.like(asked[1]?.headers, { 'idempotency-key': 'order-1', 'x-tenant-id': 'tnt_2' });
  for (const nothing of ['', '.', '..']) t.throws(() => hub.getSession(nothing), { instanceOf: TypeError }, nothing);
});

test('what is refused says why, what is away and what takes too long says so', async (t) => {
  const taken = { code: 'session-exists', detail: 'It is taken.', options: { name: { name: 'shop-2' } } };
  const { baseUrl } = await stub(t, (response, url) => {
    if (url.endsWith('/slow')) return;
    if (url.endsWith('/proxy')) return void response.writeHead(502).end('<h1>Bad Gateway</h1>');
    json(response, 409, taken, { 'retry-after': '7' });
  });
  const hub = createClient({ baseUrl });
  const refused = await t.throwsAsync<Problem>(hub.createSession({ name: 'shop' }), { message: 'It is taken.' });
  t.like(refused, { status: 409, code: 'session-exists', retryAfter: 7, members: taken, errors: [] });
  t.true(isProblem(refused, 'not-found', 'session-exists'));
  t.false(isProblem(refused, 'not-found'));
  t.like(await t.throwsAsync(hub.getSession('proxy')), { status: 502, code: '', message: 'The answer was 502.' });
  await t.throwsAsync(hub.getSession('slow', { deadlineMs: 50 }), { name: 'TimeoutError' });
  await t.throwsAsync(hub.getSession('slow', { signal: AbortSignal.abort(new Error('Never mind')) }), { message: 'Never mind' });
  const nowhere = createClient({ baseUrl: `http://127.0.0.1:${await freePort()}` });
  await t.throwsAsync(nowhere.getHealthLive(), { instanceOf: Offline, message: /^No hub answers at http:\/\/127/ });
});

test('a stream that breaks goes on behind its last event, and ends where it is refused', async (t) => {
  const lost: unknown[] = [];
  const gap = { after: 'evt_0', from: '2026-11-23T14:05:00.000Z', to: null };
  const { asked, baseUrl } = await stub(t, (response, _, nth) => {
    if (nth === 4) return json(response, 401, { code: 'unauthorized', detail: 'No such key.' });
    if (nth === 2) return json(response, 429, { code: 'limit-reached' }, { 'retry-after': '0' });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const event = (id: number): string =>
      `id: evt_${id}\r\nevent: custom.x\r\ndata: ${JSON.stringify({ id: `evt_${id}`, type: 'custom.x' })}\r\n\r\n`;
    if (nth === 3) return void response.end(event(3));
    response.write(`: open\n\nevent: stream.gap\ndata: ${JSON.stringify(gap)}\n\n`);
    const text = event(1) + event(2);
    response.write(text.slice(0, -3));
    setTimeout(() => response.write(text.slice(-3), () => response.destroy()), 20);
  });
  const events: HubEvent[] = [];
  const gaps: unknown[] = [];
  await t.throwsAsync(
    async () => {
      const options = {
        types: ['custom.*', 'message.sent'],
        session: 'shop',
        onGap: gaps.push.bind(gaps),
        onLost: (why: unknown) => void lost.push(why),
      };
      for await (const event of createClient({ baseUrl }).follow(options)) events.push(event);
    },
    { message: 'No such key.' },
  );
  t.deepEqual(
    events.map(({ id }) => id),
    ['evt_1', 'evt_2', 'evt_3'],
  );
  t.deepEqual(gaps, [gap]);
  t.is(lost.length, 3);
  t.true(isProblem(lost[1], 'limit-reached'));
  t.deepEqual(
    asked.map(({ headers }) => headers['last-event-id']),
    [undefined, 'evt_2', 'evt_2', 'evt_3'],
  );
  t.is(asked[0]?.url, '/api/events?types=custom.*%2Cmessage.sent&session=shop');
});

test('on a hub: a session is made, linked, sends, and its events are followed', async (t) => {
  const started = await startHub();
  t.teardown(() => started.dispose());
  const operator = createClient({ baseUrl: started.base, key: ADMIN_KEY });
  const { id: tenant, apiKey } = await operator.createTenant({ name: 'shop' });
  const hub = createClient({ baseUrl: started.base, key: apiKey.key });
  const session = await hub.createSession({ name: 'shop', engine: 'sandbox' });
  t.like(await operator.getSession('shop', { tenant }), { id: session.id, engine: 'sandbox' });
  await until(() => hub.getSessionQr('shop').catch((error) => isProblem(error, 'qr-unavailable') && null), { what: 'a QR code' });
  t.regex(await (await hub.getSessionQr('shop', undefined, { accept: 'image/svg+xml' })).text(), /^<svg/);
  await hub.scanInSandbox('shop', { phone: '5511999990000' });
  await until(async () => (await hub.getSession('shop')).status === 'connected', { what: 'a connection' });

  const seen: string[] = [];
  const leave = new AbortController();
  const followed = (async () => {
    const { data } = await hub.listEvents({ limit: 1 });
    for await (const event of hub.follow({ after: data[0]?.id, types: ['message.*'], signal: leave.signal })) {
      if (event.type === 'message.received') seen.push(event.data.text ?? '');
      if (event.type === 'message.sent') seen.push(event.data.status);
      if (seen.length === 2) leave.abort();
    }
  })();
  await hub.receiveInSandbox('shop', { from: '5511988887777', text: 'hello' });
  const { id } = await hub.sendMessage('shop', { to: '5511988887777', type: 'text', text: 'hi' }, { idempotencyKey: 'once' });
  t.is((await hub.sendMessage('shop', { to: '5511988887777', type: 'text', text: 'hi' }, { idempotencyKey: 'once' })).id, id);
  await followed;
  t.deepEqual(seen.sort(), ['hello', 'sent']);

  const refused = await t.throwsAsync(hub.createSession({ name: 'shop' }));
  t.is(isProblem(refused, 'session-exists') && refused.members.options.name.name, 'shop-2');
  const names: string[] = [];
  for (const name of ['a', 'b']) await hub.createSession({ name, engine: 'sandbox', start: false });
  for await (const { name } of entriesOf((cursor) => hub.listSessions({ limit: 1, cursor }))) names.push(name);
  t.deepEqual(names.sort(), ['a', 'b', 'shop']);
  t.is(await hub.deleteSession('a'), undefined);
});
