import test from 'ava';
import { type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';

const BYTES = { 'content-type': 'application/octet-stream' };

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

async function download(key: string, session: string): Promise<{ response: Response; backup: Buffer }> {
  const response = await fetch(`${hub.base}/api/sessions/${session}/backup`, { headers: { authorization: `Bearer ${key}` } });
  return { response, backup: Buffer.from(await response.arrayBuffer()) };
}

async function upload(key: string, session: string, body: Buffer | ReadableStream, headers: Record<string, string> = BYTES) {
  const response = await fetch(`${hub.base}/api/sessions/${session}/restore`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...headers },
    body,
    duplex: 'half',
  } as RequestInit);
  return { status: response.status, json: (await response.json()) as { code: string; name: string } };
}

test('a login is downloaded, the session deleted, and a new one linked with it', async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop', '5511911112222');
  const { response, backup } = await download(key, 'shop');
  t.is(response.status, 200);
  t.is(response.headers.get('content-type'), 'application/octet-stream');
  t.is(response.headers.get('content-disposition'), 'attachment; filename="shop.hookline-backup"');
  t.is(response.headers.get('cache-control'), 'no-store');
  t.is((await call('DELETE', '/api/sessions/shop')).status, 204);

  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const restored = await upload(key, 'shop', backup);
  t.is(restored.status, 202);
  t.is(restored.json.name, 'shop');
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the restored session' });
  t.is((await call('GET', '/api/sessions/shop')).json.phone, '5511911112222');
});

test('a changed backup is 422 and leaves the session connected', async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const { backup } = await download(key, 'shop');
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the session after its backup' });
  backup[backup.length - 1] = (backup.at(-1) ?? 0) ^ 1;
  for (const body of [backup, Buffer.from('no backup'), Buffer.alloc(0)]) {
    const answer = await upload(key, 'shop', body);
    t.is(answer.status, 422);
    t.is(answer.json.code, 'invalid-body');
  }
  t.is((await call('GET', '/api/sessions/shop')).json.status, 'connected');
});

test('a body of another type is 415', async (t) => {
  const { key, call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  t.is((await upload(key, 'shop', Buffer.from('{}'), { 'content-type': 'application/json' })).json.code, 'unsupported-media-type');
});

test('a body that turns out too large is 413, and the requests behind it are answered', async (t) => {
  const { key, call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  t.is((await upload(key, 'shop', tooMuch())).json.code, 'payload-too-large');
  t.is((await call('GET', '/api/sessions/shop')).status, 200);
});

/** More than the hub takes, without a Content-Length. */
function tooMuch(): ReadableStream {
  const chunk = Buffer.alloc(4 * 1_024 * 1_024);
  return ReadableStream.from(Array(70).fill(chunk));
}

test('a key that may only read gets no backup, and another tenant finds no session', async (t) => {
  const { id, key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const { json: reader } = await hub.admin('POST', `/api/tenants/${id}/keys`, { name: 'reader', scopes: ['sessions:read'] });
  t.is((await download(reader.key, 'shop')).response.status, 403);
  t.is((await upload(reader.key, 'shop', Buffer.from('x'))).status, 403);
  const { backup } = await download(key, 'shop');
  const other = await hub.tenant();
  t.is((await download(other.key, 'shop')).response.status, 404);
  t.is((await upload(other.key, 'shop', backup)).status, 404);
});
