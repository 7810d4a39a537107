/** What is done from the shell on a hub that runs: to sessions, messages and endpoints. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { verifyWebhook } from '../../src/client/index.ts';
import { newSecret } from '../../src/webhooks/signing/sign.ts';
import { runHere } from '../helpers/command.ts';
import { ADMIN_KEY, type Call, type Hub, linkedSandbox, ROOT, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

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

const start = (args: string[], env: Record<string, string>) =>
  spawn(process.execPath, [join(ROOT, 'hookline.js'), ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOOKLINE_PORT: String(hub.port), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });

async function hookline(args: string[], env: Record<string, string>, input = '') {
  const child = start(args, env);
  child.stdin.end(input);
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** The same without a process of its own; each kind of command is also run in one. */
const here = (args: string[], env: Record<string, string>) => runHere(args, { HOOKLINE_PORT: String(hub.port), ...env }, cwd);
const file = (name: string): string => join(cwd, name);

const session = (args: string[], env: Record<string, string>) => here(['session', ...args], env);
const outbox = async (call: Call, name: string) => (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data;

test("a session is connected, backed up, moved and deleted with its tenant's key", async (t) => {
  const { key, call } = await hub.tenant();
  await linkedSandbox(call, 'shop', '5511911112222');
  const env = { HOOKLINE_API_KEY: key };
  t.deepEqual(await hookline(['session', 'connect', 'shop'], env), { code: 0, stdout: 'shop is connected\n', stderr: '' });
  t.regex((await session(['disconnect', 'shop'], env)).stdout, /^shop is stopped \(requested\)/);
  t.is((await hookline(['session', 'backup', 'shop', 'shop.backup'], env)).code, 0);
  t.is((await stat(join(cwd, 'shop.backup'))).mode & 0o777, 0o600);
  t.is((await session(['backup', 'shop', file('shop.backup')], env)).code, 1, 'no file is overwritten');
  t.is((await session(['delete', 'shop'], env)).code, 0);
  t.deepEqual((await call('GET', '/api/sessions')).json.data, []);

  await call('POST', '/api/sessions', { name: 'moved', engine: 'sandbox' });
  t.is((await hookline(['session', 'restore', 'moved', 'shop.backup'], env)).code, 0);
  await until(async () => (await call('GET', '/api/sessions/moved')).json.phone === '5511911112222', { what: 'the restored login' });
});

test('the tenant that a backup comes from is found by its name however many there are', async (t) => {
  const asked: (string | null | undefined)[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://hub');
    const isLast = searchParams.get('cursor') === 'tnt_1';
    const page = isLast ? { data: [{ id: 'tnt_2', name: 'late' }], nextCursor: null } : { data: [], nextCursor: 'tnt_1' };
    if (pathname !== '/api/tenants') asked.push(headers['x-tenant-id'] as string | undefined, searchParams.get('from'));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(pathname === '/api/tenants' ? page : { name: 'shop', status: 'connected' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const env = { HOOKLINE_ADMIN_KEY: ADMIN_KEY, HOOKLINE_PORT: String((server.address() as AddressInfo).port) };
  await writeFile(join(cwd, 'of-late.backup'), 'sealed');
  const restored = await session(['restore', 'shop', file('of-late.backup'), '--tenant', 'here', '--from', 'late'], env);
  t.like(restored, { code: 0, stdout: 'shop is connected\n' });
  t.deepEqual(asked, ['here', 'tnt_2']);
});

test("a backup is carried to another tenant with the operator's key, and only when it is said from where", async (t) => {
  const [owner, other] = [await hub.tenant('owner-of-it'), await hub.tenant('next-of-it')];
  await linkedSandbox(owner.call, 'shop', '5511911112222');
  await other.call('POST', '/api/sessions', { name: 'moved', engine: 'sandbox' });
  t.is((await session(['backup', 'shop', file('carried.backup')], { HOOKLINE_API_KEY: owner.key })).code, 0);
  const operator = { HOOKLINE_ADMIN_KEY: ADMIN_KEY };
  const restore = (env: Record<string, string>, ...options: string[]) =>
    session(['restore', 'moved', file('carried.backup'), ...options], env);
  t.regex((await restore({ HOOKLINE_API_KEY: other.key })).stderr, /was changed since it was sealed/);
  t.regex((await restore({ HOOKLINE_API_KEY: other.key }, '--from', owner.id)).stderr, /Only the operator/);
  t.is((await restore(operator, '--tenant', 'next-of-it')).code, 1);
  t.is((await restore(operator, '--tenant', 'next-of-it', '--from', 'owner-of-it')).code, 0);
  await until(async () => (await other.call('GET', '/api/sessions/moved')).json.phone === '5511911112222', { what: 'the login' });
});

test("with the operator's key a session is named with its tenant; a code is shown to be scanned or typed", async (t) => {
  const { id, call } = await hub.tenant('até ☕');
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const env = { HOOKLINE_ADMIN_KEY: ADMIN_KEY };
  t.regex((await hookline(['session', 'qr', 'shop', '--tenant', 'até ☕', '--key', ADMIN_KEY], {})).stdout, /█/);
  t.regex((await session(['pair', 'shop', '+55 11 91111-2222', '--tenant', id], env)).stdout, /^\w{4}-\w{4}\n\nType it on the phone/);
  const stranger = await session(['restart', 'shop', '--tenant', 'default'], env);
  t.deepEqual(stranger, { code: 1, stdout: '', stderr: 'There is no session with this id or name.\n' });
});

test('a key is made for one session alone, beside the hub that runs it', async (t) => {
  const { id, call } = await hub.tenant();
  const { json: shop } = await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  await call('POST', '/api/sessions', { name: 'till', engine: 'sandbox', start: false });
  const onDisk = { HOOKLINE_DATA_DIR: join(hub.directory, 'data'), ...(hub.databaseUrl && { HOOKLINE_DATABASE_URL: hub.databaseUrl }) };
  const create = (session: string, command: typeof hookline = here) =>
    command(['key', 'create', id, '--session', session, '--json'], onDisk);
  const made = JSON.parse((await create('shop', hookline)).stdout);
  t.is(made.session, shop.id);
  t.is((await hub.as(made.key)('GET', '/api/sessions/shop')).status, 200);
  t.is((await hub.as(made.key)('GET', '/api/sessions/till')).status, 403);
  t.like(JSON.parse((await create('none')).stderr), { code: 'not-found' });
});

test('without a key, or without a hub, it is said what to do', async (t) => {
  t.regex((await session(['restart', 'shop'], {})).stderr, /HOOKLINE_API_KEY/);
  const { code, stderr } = await hookline(['session', 'restart', 'shop', '--url', 'http://127.0.0.1:1'], { HOOKLINE_API_KEY: 'k' });
  t.is(code, 1);
  t.regex(stderr, /^No hub answers at http:\/\/127\.0\.0\.1:1/);
});

test('a session is made, texts and files are sent through it, and what cannot go out is exit code 1', async (t) => {
  const { key, call } = await hub.tenant();
  const env = { HOOKLINE_API_KEY: key };
  const made = await hookline(['session', 'create', 'shop', '--engine', 'sandbox', '--no-start', '--json'], env);
  t.like(JSON.parse(made.stdout), { name: 'shop', engine: 'sandbox', status: 'stopped' });
  const taken = await session(['create', 'shop'], env);
  t.is(taken.code, 1);
  t.regex(taken.stderr, /"shop" already\. .*--on-conflict use/);
  t.is((await session(['create', 'shop', '--on-conflict', 'use', '--no-start'], env)).code, 0);
  await call('DELETE', '/api/sessions/shop');
  await linkedSandbox(call, 'shop');

  const said = await hookline(['send', 'shop', '+55 11 98765-4321', 'On its way!', '--idempotency-key', 'one', '--wait'], env);
  t.regex(said.stdout, /^msg_\w+ is sent\n$/);
  const again = await here(['send', 'shop', '+55 11 98765-4321', 'On its way!', '--idempotency-key', 'one', '--json'], env);
  t.is(JSON.parse(again.stdout).id, said.stdout.split(' ')[0]);
  t.is((await hookline(['send', 'shop', '5511987654321', '-', '--wait'], env, 'from a pipe\n')).code, 0);
  await writeFile(join(cwd, 'note.txt'), 'a file');
  t.is((await here(['send', 'shop', '5511987654321', 'Read this', '--file', file('note.txt'), '--wait'], env)).code, 0);
  const body = JSON.stringify({ to: '5511987654321', type: 'poll', question: 'Tea?', options: ['Yes', 'No'] });
  t.is((await hookline(['send', 'shop', '--body', '-', '--wait'], env, body)).code, 0);
  t.like(await outbox(call, 'shop'), [
    { type: 'text', text: 'On its way!' },
    { type: 'text', text: 'from a pipe' },
    { type: 'document', caption: 'Read this', media: { filename: 'note.txt' } },
    { type: 'poll' },
  ]);

  t.is((await call('POST', '/api/sessions/shop/sandbox/faults', { send: { failNext: 1, code: 'chat_not_found' } })).status, 204);
  const failed = await here(['send', 'shop', '5511900000000', 'Anybody?', '--wait'], env);
  t.is(failed.code, 1, failed.stdout);
  t.regex(failed.stdout, /^msg_\w+ is failed: /);
  t.is((await session(['disconnect', 'shop'], env)).code, 0);
  const waiting = start(['send', 'shop', '5511987654321', 'later', '--wait'], env);
  t.teardown(() => waiting.kill('SIGKILL'));
  const over = once(waiting, 'close');
  let heard = '';
  waiting.stderr.on('data', (chunk) => (heard += chunk));
  await until(() => /^msg_\w+ is queued \(waits for: connection\)\n$/.test(heard), { what: () => heard });
  t.is((await session(['connect', 'shop'], env)).code, 0);
  t.is((await over)[0], 0);
  for (const [args, input, what] of [
    [['5511987654321'], '', /what to send/],
    [['5511987654321', 'x', '--body', '-'], '{}', /With --body/],
    [['--body', '-'], 'no json', /is no JSON/],
    [['nobody', 'x'], '', /recipient|number/i],
  ] as [string[], string, RegExp][]) {
    const refused = input ? await hookline(['send', 'shop', ...args], env, input) : await here(['send', 'shop', ...args], env);
    t.is(refused.code, 1);
    t.regex(refused.stderr, what);
  }
  const problem = await here(['send', 'none', '5511987654321', 'x', '--json'], env);
  t.like(JSON.parse(problem.stderr), { code: 'not-found' });
});

test('a file of messages is sent once, whatever is wrong in one of them is told by its line, and nothing of a file that cannot be read', async (t) => {
  const { key, call } = await hub.tenant();
  const env = { HOOKLINE_API_KEY: key };
  await linkedSandbox(call, 'shop');
  const line = (text: string, more = {}) => JSON.stringify({ to: '5511987654321', type: 'text', text, ...more });
  await writeFile(join(cwd, 'list.jsonl'), [line('one'), '', line('two', { txt: 'x' }), line('three')].join('\n'));
  t.like(await here(['bulk', file('list.jsonl'), '--session', 'shop', '--dry-run'], env), {
    code: 0,
    stdout: '3 messages, in 1 requests. Nothing was sent.\n',
  });
  const sent = await hookline(['bulk', 'list.jsonl', '--session', 'shop'], env);
  t.like(sent, { code: 1, stdout: '2 accepted, 1 refused\n' });
  t.regex(sent.stderr, /^list\.jsonl:3 .*txt.*\n$/);
  t.regex((await here(['bulk', file('list.jsonl'), '--session', 'shop'], env)).stdout, /^0 accepted, 2 had been before, 1 refused/);
  await writeFile(join(cwd, 'list.csv'), 'to,text,reference\n+55 11 98765-4321,"five, or six",\n');
  t.is((await here(['bulk', file('list.csv'), '--session', 'shop'], env)).stdout, '1 accepted, 0 refused\n');
  const list = `[${line('four', { session: 'shop' })}]`;
  t.like(JSON.parse((await hookline(['bulk', '-', '--json'], env, list)).stdout), { accepted: 1, before: 0, refused: 0 });
  await until(async () => (await outbox(call, 'shop')).length === 4, { what: 'the sends' });
  t.deepEqual(
    (await outbox(call, 'shop')).map(({ text: said }: { text: string }) => said),
    ['one', 'three', 'five, or six', 'four'],
  );
  const broken = await hookline(['bulk', '-', '--session', 'shop'], env, `${line('five')}\n{"to":\n7`);
  t.is(broken.code, 1);
  t.regex(broken.stderr, /^-:2 is no JSON: .*\n-:3 is no object.*\nNothing was sent/);
});

test('an endpoint is made, tested, paused and replayed', async (t) => {
  const { key, call } = await hub.tenant();
  const env = { HOOKLINE_API_KEY: key };
  const receiver = await startReceiver(() => 204);
  t.teardown(() => receiver.close());
  const webhook = (...args: string[]) => here(['webhook', ...args], env);
  const made = JSON.parse(
    (await hookline(['webhook', 'create', receiver.url, '--events', 'session.*,webhook.test', '--description', 'till', '--json'], env))
      .stdout,
  );
  t.like(made, { events: ['session.*', 'webhook.test'], description: 'till', status: 'enabled' });
  t.regex(made.secret, /^whsec_/);
  t.regex(
    (await webhook('list')).stdout,
    new RegExp(`^ID .*\\n${made.id}  enabled  -  +${receiver.url} +session\\.\\*,webhook\\.test +till\\n$`),
  );
  const { eventId } = JSON.parse((await webhook('test', made.id, '--json')).stdout);
  await until(() => receiver.requests.some(({ headers }) => headers['webhook-id'] === eventId), { what: 'the test' });
  const [delivery] = await until(
    async () => {
      const found = JSON.parse((await webhook('deliveries', made.id, '--status', 'delivered', '--json')).stdout);
      return found.length > 0 && found;
    },
    { what: 'the delivery' },
  );
  t.is(delivery.eventId, eventId);
  t.is((await hookline(['webhook', 'retry', delivery.id], env)).stdout, 'webhook.test goes out again\n');
  t.regex((await webhook('rotate-secret', made.id, '--overlap', '0')).stdout, /: whsec_/);
  t.is((await webhook('pause', made.id)).stdout, `${receiver.url} is disabled\n`);
  t.is((await webhook('enable', made.id)).stdout, `${receiver.url} is enabled\n`);
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const replay = JSON.parse((await webhook('replay', made.id, '--since', '1h', '--events', 'session.status', '--json')).stdout);
  t.is(replay.status, 'done');
  t.true(replay.queued > 0, JSON.stringify(replay));
  t.is((await webhook('delete', made.id)).code, 0);
  t.deepEqual((await call('GET', '/api/webhooks')).json.data, []);
});

test('without a way to this machine events are fetched from the hub, shown, and passed on as the hub would have sent them', async (t) => {
  const { key, call } = await hub.tenant();
  const receiver = await startReceiver(() => 204);
  t.teardown(() => receiver.close());
  await linkedSandbox(call, 'shop');
  const secret = newSecret();
  const child = start(
    [
      'webhook',
      'listen',
      '--hub',
      hub.base,
      '--key',
      key,
      '--events',
      'message.*',
      '--after',
      '0',
      '--forward',
      receiver.url,
      '--secret',
      secret,
      '--json',
    ],
    {},
  );
  t.teardown(() => child.kill('SIGKILL'));
  let [shown, told] = ['', ''];
  child.stdout.on('data', (chunk) => (shown += chunk));
  child.stderr.on('data', (chunk) => (told += chunk));
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: 'Olá' });
  const [request] = await until(() => receiver.requests.length > 0 && receiver.requests, { what: () => `the event; it said: ${told}` });
  const event = await verifyWebhook(secret, request?.headers as Record<string, string>, request?.body ?? '');
  t.like(event, { type: 'message.received', data: { text: 'Olá' } });
  await until(() => /answered 204/.test(told), { what: () => told });
  t.deepEqual(JSON.parse(shown), event);
  child.kill('SIGTERM');
  t.is((await once(child, 'close'))[0], 0);
  const refused = await here(['webhook', 'listen', '--hub', hub.base, '--key', 'nonsense'], {});
  t.is(refused.code, 1);
  t.regex(refused.stderr, /This key is not known here.*--key/);
});
