/** What the operator does to sessions from the shell, on a hub that runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { ADMIN_KEY, type Hub, linkedSandbox, ROOT, startHub, until } from '../helpers/hub.ts';

let hub: Hub;
let cwd: string;
test.before(async () => {
  hub = await startHub();
  cwd = await mkdtemp(join(tmpdir(), 'hookline-cli-'));
});
test.after.always(async () => {
  await hub?.dispose();
  await rm(cwd, { recursive: true, force: true });
});

async function session(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), 'session', ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOOKLINE_PORT: String(hub.port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

test("a session is connected, backed up, moved and deleted with its tenant's key", async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop', '5511911112222');
  const env = { HOOKLINE_API_KEY: key };
  t.deepEqual(await session(['connect', 'shop'], env), { code: 0, stdout: 'shop is connected\n', stderr: '' });
  t.regex((await session(['disconnect', 'shop'], env)).stdout, /^shop is stopped \(requested\)/);
  t.is((await session(['backup', 'shop', 'shop.backup'], env)).code, 0);
  t.is((await stat(join(cwd, 'shop.backup'))).mode & 0o777, 0o600);
  t.is((await session(['backup', 'shop', 'shop.backup'], env)).code, 1, 'no file is overwritten');
  t.is((await session(['delete', 'shop'], env)).code, 0);
  t.deepEqual((await call('GET', '/api/sessions')).json.data, []);

  await call('POST', '/api/sessions', { name: 'moved', engine: 'sandbox' });
  t.is((await session(['restore', 'moved', 'shop.backup'], env)).code, 0);
  await until(async () => (await call('GET', '/api/sessions/moved')).json.phone === '5511911112222', { what: 'the restored login' });
});

test('a tenant is found by its name however many there are', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://hub');
    const isLast = searchParams.get('cursor') === 'tnt_1';
    const page = isLast ? { data: [{ id: 'tnt_2', name: 'late' }], nextCursor: null } : { data: [], nextCursor: 'tnt_1' };
    if (pathname !== '/api/tenants') asked.push(headers['x-tenant-id'] as string | undefined);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(pathname === '/api/tenants' ? page : { name: 'shop', status: 'connected' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const env = { HOOKLINE_ADMIN_KEY: ADMIN_KEY, HOOKLINE_PORT: String((server.address() as AddressInfo).port) };
  t.like(await session(['connect', 'shop', '--tenant', 'late'], env), { code: 0, stdout: 'shop is connected\n' });
  t.deepEqual(asked, ['tnt_2']);
});

test("a backup is carried to another tenant with the operator's key, and only when it is said from where", async (t) => {
  const [owner, other] = [await hub.tenant('owner-of-it'), await hub.tenant('next-of-it')];
  await linkedSandbox(owner.call, 'shop', '5511911112222');
  await other.call('POST', '/api/sessions', { name: 'moved', engine: 'sandbox' });
  t.is((await session(['backup', 'shop', 'carried.backup'], { HOOKLINE_API_KEY: owner.key })).code, 0);
  const operator = { HOOKLINE_ADMIN_KEY: ADMIN_KEY };
  const restore = (env: Record<string, string>, ...options: string[]) => session(['restore', 'moved', 'carried.backup', ...options], env);
  t.regex((await restore({ HOOKLINE_API_KEY: other.key })).stderr, /was changed since it was sealed/);
  t.regex((await restore({ HOOKLINE_API_KEY: other.key }, '--from', owner.id)).stderr, /Only the operator/);
  t.is((await restore(operator, '--tenant', 'next-of-it')).code, 1);
  t.is((await restore(operator, '--tenant', 'next-of-it', '--from', 'owner-of-it')).code, 0);
  await until(async () => (await other.call('GET', '/api/sessions/moved')).json.phone === '5511911112222', { what: 'the login' });
});

test("with the operator's key a session is named with its tenant; a code is shown to be scanned or typed", async (t) => {
  const { id, call } = await hub.tenant('by-name');
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const env = { HOOKLINE_ADMIN_KEY: ADMIN_KEY };
  t.regex((await session(['qr', 'shop', '--tenant', 'by-name'], env)).stdout, /█/);
  t.regex((await session(['pair', 'shop', '+55 11 91111-2222', '--tenant', id], env)).stdout, /^\w{4}-\w{4}\n\nType it on the phone/);
  const stranger = await session(['restart', 'shop', '--tenant', 'default'], env);
  t.deepEqual(stranger, { code: 1, stdout: '', stderr: 'There is no session with this id or name.\n' });
});

test('without a key, or without a hub, it is said what to do', async (t) => {
  t.regex((await session(['restart', 'shop'], {})).stderr, /HOOKLINE_API_KEY/);
  const { code, stderr } = await session(['restart', 'shop', '--url', 'http://127.0.0.1:1'], { HOOKLINE_API_KEY: 'k' });
  t.is(code, 1);
  t.regex(stderr, /^No hub answers at http:\/\/127\.0\.0\.1:1/);
});
