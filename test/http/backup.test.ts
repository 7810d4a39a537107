import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import test from 'ava';
import { Header } from 'tar';
import type { TenantId } from '../../src/core/ids.ts';
import { sealFile } from '../../src/core/sealed-file.ts';
import { decodeSecretKey } from '../../src/home/secret-key.ts';
import { ADMIN_KEY, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';

const MEGABYTE = 1_024 * 1_024;
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

async function upload(key: string, session: string, body: Buffer | ReadableStream, headers: Record<string, string> = BYTES, query = '') {
  const response = await fetch(`${hub.base}/api/sessions/${session}/restore${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...headers },
    body,
    duplex: 'half',
  } as RequestInit);
  return { status: response.status, json: (await response.json()) as { code: string; name: string; detail: string } };
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

test('a body that is no backup is refused at its beginning, and the requests behind it are answered', async (t) => {
  const { key, call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const junk = ReadableStream.from(Array(20).fill(Buffer.alloc(4 * 1_024 * 1_024)));
  t.is((await upload(key, 'shop', junk)).json.code, 'invalid-body');
  t.is((await call('GET', '/api/sessions/shop')).status, 200);
});

/** A backup that this hub would have made of a file of random bytes. */
async function* largeBackup(tenantId: string, megabytes: number): AsyncGenerator<Buffer> {
  const secretKey = decodeSecretKey((await readFile(join(hub.directory, 'data', 'secret.key'), 'utf8')).trim()) as Buffer;
  const files = async function* (): AsyncGenerator<Buffer> {
    const header = Buffer.alloc(512);
    new Header({ path: 'large', type: 'File', mode: 0o600, size: megabytes * MEGABYTE }).encode(header, 0);
    yield header;
    const noise = randomBytes(MEGABYTE);
    for (let i = 0; i < megabytes; i++) yield noise;
    yield Buffer.alloc(1_024);
  };
  const packed = Readable.from(files()).pipe(createGzip({ level: 0 }));
  yield* sealFile(packed, secretKey, { label: 'hookline-backup-sandbox', tenantId: tenantId as TenantId });
}

test.serial('a large backup passes through in little memory, both ways', async (t) => {
  t.timeout(180_000);
  const { id, key, call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const memory = async (): Promise<number> => {
    const status = await readFile(`/proc/${hub.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
  };
  const through = async (megabytes: number) => {
    const restored = await upload(key, 'shop', ReadableStream.from(largeBackup(id, megabytes)));
    t.is(restored.status, 202);
    return download(key, 'shop');
  };
  // What the first backup takes of memory, whatever its size, is not looked at.
  await through(1);
  const before = await memory();
  let most = 0;
  const watched = setInterval(() => void memory().then((now) => (most = Math.max(most, now - before))), 20);
  const { response, backup } = await through(200);
  clearInterval(watched);
  t.is(Number(response.headers.get('content-length')), backup.length);
  t.true(backup.length > 200 * MEGABYTE);
  t.log(`${Math.round(most / MEGABYTE)} MB at once for ${Math.round(backup.length / MEGABYTE)} MB each way`);
  t.true(most < 80 * MEGABYTE, `${most} bytes`);
});

test.serial('a backup that turns out too large is 413 with both numbers; one that says so is not even read', async (t) => {
  t.timeout(180_000);
  const { id, key, call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const unsaid = await upload(key, 'shop', ReadableStream.from(largeBackup(id, 260)));
  t.is(unsaid.json.code, 'payload-too-large');
  t.regex(unsaid.json.detail, /has 268\d{6} bytes, and may have 268435456/);
  t.deepEqual(await readdir(join(hub.directory, 'tokens')).then((names) => names.filter((name) => name.startsWith('.'))), []);
  const socket = connect(hub.port, '127.0.0.1');
  socket.write(
    `POST /api/sessions/shop/restore HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/octet-stream\r\nContent-Length: 300000000\r\n\r\n`,
  );
  const [answer] = await once(socket, 'data');
  socket.destroy();
  t.regex(String(answer), /^HTTP\/1\.1 413 /);
});

test('another tenant cannot restore a backup; the operator can carry it across, and nobody else can say so', async (t) => {
  const [owner, other] = [await hub.tenant(), await hub.tenant()];
  await linkedSandbox(owner.call, 'shop', '5511911112222');
  await other.call('POST', '/api/sessions', { name: 'bshop', engine: 'sandbox' });
  const { backup } = await download(owner.key, 'shop');
  const foreign = await upload(other.key, 'bshop', backup);
  const changed = await upload(owner.key, 'shop', Buffer.concat([backup, backup]));
  t.is(foreign.status, 422);
  t.deepEqual(foreign.json, changed.json);
  for (const key of [owner.key, other.key]) {
    const session = key === owner.key ? 'shop' : 'bshop';
    const asked = await upload(key, session, backup, BYTES, `?from=${owner.id}`);
    t.is(asked.status, 403);
    t.is(asked.json.code, 'forbidden');
  }
  const asOther = { ...BYTES, 'x-tenant-id': other.id };
  t.is((await upload(ADMIN_KEY, 'bshop', backup, asOther)).status, 422, 'not by mistake');
  t.is((await upload(ADMIN_KEY, 'bshop', backup, asOther, `?from=${other.id}`)).status, 422);
  t.is((await upload(ADMIN_KEY, 'bshop', backup, asOther, '?from=a%20b')).status, 400);
  t.is((await other.call('GET', '/api/sessions/bshop')).json.status, 'qr');
  t.is((await upload(ADMIN_KEY, 'bshop', backup, asOther, `?from=${owner.id}`)).status, 202);
  await until(async () => (await other.call('GET', '/api/sessions/bshop')).json.status === 'connected', { what: 'the login to be there' });
});

test('a session stays connected while it is backed up, and no event tells of it', async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const told = async () => (await call('GET', '/api/events?types=session.*')).json.data.length;
  const before = await told();
  const answers = await Promise.all([download(key, 'shop'), download(key, 'shop')]);
  t.deepEqual(
    answers.map(({ response }) => response.status),
    [200, 200],
  );
  t.like((await call('GET', '/api/sessions/shop')).json, { status: 'connected', attempts: { made: 1, succeeded: 1 } });
  t.is(await told(), before);
});

test('a download that nobody reads to its end gives its place back, and leaves nothing', async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  for (let i = 0; i < 4; i++) {
    const abort = new AbortController();
    const answer = fetch(`${hub.base}/api/sessions/shop/backup`, { headers: { authorization: `Bearer ${key}` }, signal: abort.signal });
    if (i % 2) await answer;
    abort.abort();
    await answer.catch(() => undefined);
  }
  t.is((await fetch(`${hub.base}/api/sessions/shop/backup`, { method: 'HEAD', headers: { authorization: `Bearer ${key}` } })).status, 200);
  await until(async () => (await download(key, 'shop')).response.status === 200, { what: 'a place' });
  const drafts = async () => (await readdir(join(hub.directory, 'tokens'))).filter((name) => name.startsWith('.'));
  await until(async () => (await drafts()).length === 0, { what: 'the drafts of all backups to be gone' });
});

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
