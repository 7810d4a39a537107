import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { newSecret, sign } from '../../src/webhooks/signing/sign.ts';
import { until } from '../helpers/hub.ts';

const LAUNCHER = fileURLToPath(new URL('../../hookline.js', import.meta.url));
const SECRET = newSecret();
const BODY = JSON.stringify({ id: 'evt_1', type: 'message.received', sessionName: 'shop', seq: 7, data: { text: 'Olá\u009b2J\u001b[2J' } });

function start(args: string[], env: Record<string, string> = {}): ChildProcess & { output(): string } {
  const child = spawn(process.execPath, [LAUNCHER, 'webhook', ...args], { env: { PATH: process.env.PATH, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return Object.assign(child, { output: () => output });
}

function headersOf(body: string, secret = SECRET, age = 0): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1_000) - age;
  const signature = sign({ v1: [secret] }, { id: 'evt_1', timestamp, body });
  return {
    'content-type': 'application/json',
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
    'hookline-attempt': '2',
  };
}

/** Runs `webhook listen` on a free port; gone when the test is over. */
async function listen(t: ExecutionContext, args: string[], env?: Record<string, string>) {
  const child = start(['listen', '--port', '0', ...args], env);
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const url = await until(() => /http:\/\/127\.0\.0\.1:\d+\//.exec(child.output())?.[0], { what: () => `it to listen: ${child.output()}` });
  const post = (body: string, headers: Record<string, string>) => fetch(url, { method: 'POST', body, headers });
  /** What it says comes by a pipe, so perhaps after its answer. */
  const said = (what: RegExp) => until(() => what.test(child.output()), { what: () => `${what} in: ${child.output()}` });
  return { child, closed, post, said, output: child.output };
}

test('listen verifies, shows the event and answers 204; what is not genuine is told and refused', async (t) => {
  const { child, closed, post, said, output } = await listen(t, [], { HOOKLINE_WEBHOOK_SECRET: SECRET });
  t.is((await post(BODY, headersOf(BODY))).status, 204);
  await said(/message\.received {2}shop #7 {2}evt_1 {2}attempt 2 {2}verified\n {4}\{\n {6}"id": "evt_1",[\s\S]*\n {4}\}\n/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a message could steer the terminal with
  t.notRegex(output(), /[\x1b\x9b]/);

  for (const [body, headers, why] of [
    [BODY, headersOf(BODY, newSecret()), /NOT GENUINE: no signature holds/],
    [`${BODY} `, headersOf(BODY), /(NOT GENUINE: no signature holds[\s\S]*){2}/],
    [BODY, headersOf(BODY, SECRET, 600), /NOT GENUINE: the signature holds, but webhook-timestamp is 60\d s old/],
    [BODY, {}, /NOT GENUINE: webhook-id and webhook-timestamp and webhook-signature are missing/],
  ] as [string, Record<string, string>, RegExp][]) {
    t.is((await post(body, headers)).status, 401);
    await said(why);
  }
  child.kill('SIGINT');
  t.is((await closed)[0], 0);
});

test('listen passes on the raw body with its headers, and gives back what is answered to it', async (t) => {
  const received: { headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"actions":[{"text":"Thanks!"}]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { post, said } = await listen(t, ['--secret', newSecret(), '--secret', SECRET, '--forward', `http://127.0.0.1:${port}/in?a=1`]);
  const headers = headersOf(BODY);
  const answer = await post(BODY, { ...headers, cookie: 'canary' });
  t.is(answer.status, 202);
  t.is(await answer.text(), '{"actions":[{"text":"Thanks!"}]}');
  t.is(answer.headers.get('content-type'), 'application/json');
  t.is(received[0]?.body, BODY);
  t.like(received[0]?.headers, headers);
  t.is(received[0]?.headers.cookie, undefined);
  await said(/→ http:\/\/127\.0\.0\.1:\d+\/in\?a=1 answered 202/);

  t.is((await post('{}', headers)).status, 401);
  t.is(received.length, 1, 'what is not genuine is not passed on');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  t.is((await post(BODY, headersOf(BODY))).status, 502);
});

test('listen without a secret takes what comes and says that nothing was verified', async (t) => {
  const { post, said } = await listen(t, []);
  await said(/NOT verified: give --secret/);
  t.is((await post('no JSON', {})).status, 204);
  await said(/no event {2}no webhook-id {2}not verified\n {4}no JSON/);
});

async function verify(body: string, { headers = headersOf(body), secret = SECRET } = {}): Promise<{ code: number; output: string }> {
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`] ?? '');
  const child = start(['verify', '--secret', secret, '--id', id ?? '', '--timestamp', timestamp ?? '', '--signature', signature ?? '']);
  child.stdin?.end(body);
  const [code] = await once(child, 'close');
  return { code, output: child.output() };
}

test('verify says genuine with 0, and otherwise why with 1', async (t) => {
  t.deepEqual(await verify(BODY), { code: 0, output: 'Genuine: signed with this secret, and in time.\n' });
  for (const [why, result] of [
    [/the secret is another one, or the body/, await verify(BODY, { secret: newSecret() })],
    [/the secret is another one, or the body/, await verify(`${BODY}x`, { headers: headersOf(BODY) })],
    [/without the line break at the end/, await verify(`${BODY}\n`, { headers: headersOf(BODY) })],
    [/parsed and written again/, await verify(JSON.stringify(JSON.parse(BODY), null, 2), { headers: headersOf(BODY) })],
    [/6\d\d s old and at most 300 s are allowed/, await verify(BODY, { headers: headersOf(BODY, SECRET, 601) })],
  ] as const) {
    t.is(result.code, 1);
    t.regex(result.output, why);
  }
});

test('what is no secret, port or URL is told, exit 2', async (t) => {
  for (const args of [
    ['listen', '--secret', 'hush'],
    ['listen', '--port', '70000'],
    ['listen', '--forward', 'file:///etc'],
    ['verify', '--id', 'a', '--timestamp', '1', '--signature', 'v1,a'],
  ]) {
    const child = start(args);
    t.is((await once(child, 'close'))[0], 2, args.join(' '));
    t.regex(child.output(), /^error: /);
  }
});
