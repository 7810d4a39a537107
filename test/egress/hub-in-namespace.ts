/**
 * Runs where every address is this machine's own and names are answered by a server of ours (test/egress/hostile-tenant.test.ts):
 * a whole hub with two tenants, of whom one means harm. Prints what became of each.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { growthDuring } from '../../bench/process.ts';
import { type Answer, type Call, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startNameServer } from '../helpers/name-server.ts';

const CONTACT = '5521988887777';
const INSIDE = '10.0.0.5';
/** As many messages are looked at. */
const SAMPLES = 7;
/** What takes longer is not waited for any further: it is far too long. */
const PATIENCE = 8_000;
const DEAD_NAMES = 60;
const KEPT = '/a/hook';
/** Where each delivery takes a connection of its own. */
const FRESH = '/a/fresh';

/** A request at the host that both tenants have their URLs at. */
interface Taken {
  url: string;
  /** The connection that it came over. */
  socket: number;
  host: string;
  secret: string | null;
  at: number;
  body: string;
}

export interface HubReport {
  /** Milliseconds from each message of the one tenant to its delivery, and of each webhook that it makes meanwhile. */
  alone: number[];
  besideDeadNames: { deliveries: number[]; creations: number[]; asked: number };
  besideBadReceivers: { deliveries: number[]; growth: number };
  /** What the hub told of addresses that are not public, and to how many of them it connected. */
  refusals: { texts: string[]; arrivedInside: number };
  taken: Taken[];
}

const taken: Taken[] = [];
const sockets = new Map<Socket, number>();
let arrivedInside = 0;
const shared = createServer(async (request, response) => {
  const at = Date.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { url = '', socket, headers } = request;
  const secret = headers.authorization ?? null;
  taken.push({ url, socket: sockets.get(socket) ?? 0, host: headers.host ?? '', secret, at, body: Buffer.concat(chunks).toString() });
  // A connection that is kept needs no name to be looked up.
  response.shouldKeepAlive = url !== FRESH;
  response.end(url.startsWith('/b/stolen') ? JSON.stringify({ actions: [{ text: 'PWNED' }] }) : '{}');
});
shared.keepAliveTimeout = 60_000;
shared.on('connection', (socket: Socket) => {
  sockets.set(socket, sockets.size + 1);
  if (socket.localAddress?.endsWith(INSIDE)) arrivedInside++;
});
shared.listen(0, '::');
await once(shared, 'listening');
const { port } = shared.address() as AddressInfo;
const at = (host: string, path: string): string => `http://${host}:${port}${path}`;

/** What each name leads to, the next one at each question; the last one stays. What is not here is never answered. */
const ADDRESSES: Record<string, string[]> = {
  ...{ 'shared.test': ['8.8.8.8'], 'other.test': ['8.8.4.4'] },
  ...{ 'rebind.test': ['8.8.8.8', INSIDE], 'inside.test': [INSIDE] },
};
const untilTheEnd = { teardown: () => undefined };
const { asked } = await startNameServer(
  untilTheEnd,
  (name, type) => {
    const known = ADDRESSES[name];
    if (!known) return 'silence';
    if (type !== 'A') return [];
    return [(known.length > 1 ? known.shift() : known[0]) ?? ''];
  },
  53,
);
// Nothing outside of the namespace can be reached, a Postgres neither.
const env = { HOOKLINE_EGRESS_ALLOW: '127.0.0.0/8', HOOKLINE_WEBHOOKS_TIMEOUT_SECONDS: '5' };
const hub = await startHub({ args: ['serve'], env, onFile: true });
const [a, b] = [await hub.tenant(), await hub.tenant()];
await Promise.all([linkedSandbox(a.call, 'a'), linkedSandbox(b.call, 'b')]);
const headers = { authorization: { secret: 'Bearer SECRET-OF-A' } };
for (const path of [KEPT, FRESH]) {
  await a.call('POST', '/api/webhooks', { url: at('shared.test', path), headers, events: ['message.received'] });
}

const receive = (call: Call, session: string, text: string): Promise<Answer> =>
  call('POST', `/api/sessions/${session}/sandbox/receive`, { from: CONTACT, text });

let sent = 0;
/** Milliseconds until what comes in is delivered. */
async function delivery(path = KEPT): Promise<number> {
  const text = `message ${sent++} of A`;
  const began = Date.now();
  await receive(a.call, 'a', text);
  const arrived = (): Taken | undefined => taken.find(({ url, body }) => url === path && body.includes(text));
  while (!arrived() && Date.now() - began < PATIENCE) await wait(5);
  return (arrived()?.at ?? Date.now()) - began;
}

async function creation(): Promise<number> {
  const began = Date.now();
  await Promise.race([a.call('POST', '/api/webhooks', { url: at('other.test', '/a/new'), events: ['custom.none'] }), wait(PATIENCE)]);
  return Date.now() - began;
}

async function samples(): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < SAMPLES; i++) all.push(await delivery());
  return all;
}

/** A flow that asks the host for something, with these headers and this body; whether the hub took it. */
async function requestByFlow(
  name: string,
  path: string,
  { headers = {}, body = '' }: { headers?: object; body?: string },
): Promise<boolean> {
  const source = [
    `flow: ${name}`,
    'version: 1',
    'start:',
    `  - says: [${name}]`,
    'steps:',
    `  - http: POST ${at('shared.test', path)}`,
    `    headers: ${JSON.stringify(headers)}`,
    `    body: ${JSON.stringify(body)}`,
    '  - end',
  ].join('\n');
  const { status } = await b.call('PUT', `/api/flows/${name}`, `${source}\n`, { 'content-type': 'application/yaml' });
  if (status !== 200) return false;
  await receive(b.call, 'b', name);
  const isOver = async () =>
    (await b.call('GET', `/api/runs?flow=${name}`)).json.data.some((run: Answer['json']) => run.status !== 'waiting');
  await until(isOver, { what: `the flow ${name} to end` });
  return true;
}

async function smuggle(): Promise<void> {
  await requestByFlow('fine', '/b/fine', { headers: { 'X-Mine': '1' }, body: 'x' });
  const stolen = `POST /b/stolen HTTP/1.1\r\nHost: shared.test:${port}\r\nX-Swallowed: `;
  const hostile: Record<string, object> = {
    length: { 'Content-Length': '0' },
    encoding: { 'Transfer-Encoding': 'chunked' },
    both: { 'Content-Length': '0', 'Transfer-Encoding': 'identity' },
    host: { Host: 'internal.example' },
    connection: { Connection: 'upgrade', Upgrade: 'websocket' },
    expect: { Expect: '100-continue' },
    signature: { 'webhook-signature': 'v1,forged', 'webhook-id': 'evt_forged' },
    lines: { 'X-A': 'b\r\nX-Injected: 1' },
  };
  for (const [name, headers] of Object.entries(hostile)) {
    await requestByFlow(name, `/b/${name}`, { headers, body: stolen });
    const url = at('shared.test', `/b/webhook-${name}`);
    const { json, status } = await b.call('POST', '/api/webhooks', { url, headers, events: ['custom.none'] });
    if (status === 201) await b.call('POST', `/api/webhooks/${json.id}/test`);
    await delivery();
  }
}

/** All that the tenant is told of a URL that leads inside. */
async function refusals(): Promise<string[]> {
  const texts: string[] = [];
  const tell = (...answers: Answer[]): void => void texts.push(...answers.map(({ text }) => text));
  for (const url of [at('inside.test', '/'), at(INSIDE, '/')]) {
    tell(await b.call('POST', '/api/webhooks', { url }));
    tell(await b.call('POST', '/api/sessions/b/messages', { to: CONTACT, type: 'image', media: { url } }));
  }
  const { json } = await b.call('POST', '/api/webhooks', { url: at('rebind.test', '/b/rebind'), events: ['custom.none'] });
  if (json.id) {
    const tested = await b.call('POST', `/api/webhooks/${json.id}/test`);
    const attempt = async () => {
      const read = await b.call('GET', `/api/deliveries/${tested.json.deliveryId}`);
      return read.json.attempts?.length > 0 && read;
    };
    tell(tested.status === 202 ? await until(attempt, { what: 'an attempt' }) : tested);
  }
  const source = `flow: inside\nversion: 1\nstart:\n  - says: [inside]\nsteps:\n  - http: GET ${at('inside.test', '/')}\n  - end\n`;
  tell(await b.call('PUT', '/api/flows/inside', source, { 'content-type': 'application/yaml' }));
  await receive(b.call, 'b', 'inside');
  const isOver = async () => {
    const read = await b.call('GET', '/api/runs?flow=inside');
    return read.json.data.some((run: Answer['json']) => run.status !== 'waiting') && read;
  };
  const runs = await until(isOver, { what: 'the flow to end' });
  tell(runs, await b.call('GET', `/api/runs/${runs.json.data[0].id}`), await b.call('GET', '/api/events?limit=1000'));
  return texts;
}

async function beside(manners: readonly string[]): Promise<HubReport['besideBadReceivers']> {
  const made: (() => Promise<unknown>)[] = [];
  for (const manner of manners) {
    const child = fork(new URL('../../bench/bad-receiver.ts', import.meta.url), [manner]);
    const [url] = (await once(child, 'message')) as [string];
    const { json } = await b.call('POST', '/api/webhooks', { url, events: ['message.received'], schedule: [1] });
    made.push(async () => {
      await b.call('DELETE', `/api/webhooks/${json.id}`);
      child.kill('SIGKILL');
    });
  }
  const { result: deliveries, growth } = await growthDuring(hub.pid, async () => {
    for (let i = 0; i < 10; i++) await receive(b.call, 'b', `to bad receivers ${i}`);
    return samples();
  });
  for (const end of made) await end();
  return { deliveries, growth };
}

const alone = await samples();
await smuggle();
const texts = await refusals();
const besideBadReceivers = await beside(['hangs', 'drips a byte a second', 'answers 500 with 10 GB', 'answers 200 with a gzip bomb']);

const before = asked.length;
for (let i = 0; i < DEAD_NAMES; i++) {
  const url = at(`slow${i}.test`, '/b/slow');
  void b
    .call('POST', '/api/webhooks', { url, events: ['custom.none'] })
    .then(({ json }) => b.call('POST', `/api/webhooks/${json.id}/test`))
    .catch(() => undefined);
}
await until(() => asked.length >= before + 2, { what: 'the dead names to be asked for' });
const creations: number[] = [];
const deliveries: number[] = [];
for (let i = 0; i < 3; i++) {
  deliveries.push(await delivery(FRESH));
  creations.push(await creation());
}
const report: HubReport = {
  alone,
  besideDeadNames: { deliveries, creations, asked: asked.length - before },
  besideBadReceivers,
  refusals: { texts, arrivedInside },
  taken,
};
await hub.dispose();
process.stdout.write(JSON.stringify(report), () => process.exit());
