/** The examples in examples/receivers take what the hub sends, byte for byte, and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { newSecret, sign } from '../../src/webhooks/signing/sign.ts';
import { freePort, until } from '../helpers/hub.ts';
import { hasLanguage, type Language } from '../helpers/requirements.ts';
import { startHub } from '../webhooks/hub.ts';
import { startReceiver } from '../webhooks/receiver.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../examples/receivers/${name}`, import.meta.url));
const SERVERS: Partial<Record<Language, (port: number) => string[]>> = {
  node: () => [file('receiver.ts')],
  python3: () => [file('receiver.py')],
  php: (port) => ['-S', `127.0.0.1:${port}`, file('receiver.php')],
  go: () => ['run', file('receiver.go')],
};

interface Delivery {
  id: string;
  timestamp: string;
  signature: string;
  body: string;
}

let secret = '';
let deliveries: Delivery[] = [];

/** Real ones: of a plain endpoint, and of one whose secret is being rotated, with the former secret. */
test.before(async () => {
  const ended: (() => unknown)[] = [];
  const t = { teardown: (end: () => unknown) => void ended.unshift(end) } as ExecutionContext;
  const { hub, tenantId, session } = await startHub(t, 'sqlite');
  const receiver = await startReceiver(t);
  const endpoint = await hub.endpoints.create(tenantId, { url: receiver.url, events: ['message.received'] });
  secret = endpoint.secret;
  await hub.receive(tenantId, session, 'Olá 👋 "quoted" \\ <b>', 'line\nbreak\u2028');
  await hub.drain();
  await hub.endpoints.rotateSecret(tenantId, endpoint.id);
  await hub.receive(tenantId, session, 'rotated');
  await hub.drain();
  deliveries = receiver.requests.map(({ headers, body }) => ({
    id: String(headers['webhook-id']),
    timestamp: String(headers['webhook-timestamp']),
    signature: String(headers['webhook-signature']),
    body,
  }));
  for (const end of ended) await end();
});

test('docs/webhooks.md leads to each example', async (t) => {
  const page = await readFile(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  for (const name of await readdir(file(''))) t.true(page.includes(`(../examples/receivers/${name})`), name);
});

test('there are deliveries to try, the last of them with two signatures', (t) => {
  t.deepEqual(
    deliveries.map(({ signature }) => signature.split(' ').length),
    [1, 1, 2],
  );
});

/** What must be refused, each one step away from a genuine delivery. */
function forgeries(): [string, Delivery][] {
  const [genuine, other] = deliveries as [Delivery, Delivery];
  const at = (age: number): Delivery => {
    const timestamp = Math.floor(Date.now() / 1_000) - age;
    return { ...genuine, timestamp: String(timestamp), signature: sign({ v1: [secret] }, { ...genuine, timestamp }) };
  };
  return [
    ['another body', { ...genuine, body: other.body }],
    ['a blank more', { ...genuine, body: `${genuine.body} ` }],
    ['an empty body', { ...genuine, body: '' }],
    ['another id', { ...genuine, id: other.id }],
    ['another time', { ...genuine, timestamp: String(Number(genuine.timestamp) + 1) }],
    ['a time that is none', { ...genuine, timestamp: 'now' }],
    ['an old one, well signed', at(400)],
    ['one from the future, well signed', at(-400)],
    ['no signature', { ...genuine, signature: '' }],
    ['the signature of another', { ...genuine, signature: other.signature }],
    ['another version', { ...genuine, signature: genuine.signature.replace('v1,', 'v2,') }],
    ['another secret', { ...genuine, signature: sign({ v1: [newSecret()] }, { ...genuine, timestamp: Number(genuine.timestamp) }) }],
  ];
}

for (const [language, args] of Object.entries(SERVERS) as [Language, (port: number) => string[]][]) {
  (hasLanguage(language) ? test : test.skip)(`${language}: the example takes what is genuine and refuses the rest`, async (t) => {
    const port = await freePort();
    const child = spawn(language, args(port), { env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) }, detached: true });
    const output = collect(child);
    t.teardown(() => {
      // The group: "go run" starts the program as a child of its own.
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    });
    await until(() => answers(port), { what: () => `the receiver: ${output()}` });
    const post = async ({ id, timestamp, signature, body }: Delivery): Promise<number> => {
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
      return (await fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', headers, body })).status;
    };
    for (const delivery of deliveries) t.is(await post(delivery), 204, output());
    for (const [what, forgery] of forgeries()) t.is(await post(forgery), 401, what);
    t.is(await post(deliveries[0] as Delivery), 204, 'a repeated one is taken again');
    await until(() => output().includes('message.received'), { what: 'it to say what came' });
    t.is(output().split('message.received').length - 1, language === 'php' ? 4 : 3);
  });
}

(hasLanguage('openssl') ? test : test.skip)('openssl: the script tells what is genuine from the rest', async (t) => {
  const check = async ({ id, timestamp, signature, body }: Delivery): Promise<number> => {
    const child = spawn('sh', [file('verify.sh'), id, timestamp, signature], { env: { ...process.env, WEBHOOK_SECRET: secret } });
    child.stdin.on('error', () => {}).end(body);
    return (await once(child, 'close'))[0];
  };
  for (const delivery of deliveries) t.is(await check(delivery), 0);
  for (const [what, forgery] of forgeries()) t.not(await check(forgery), 0, what);
});

function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  return () => output;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
