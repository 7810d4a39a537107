/**
 * `npm run demo`: the whole way through in a few seconds, without a phone. A hub of its own in a temporary directory, a
 * sandbox session, a webhook receiver; everything goes over HTTP, as your own code would do it.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';

const PATIENCE = 10_000;
const started = performance.now();
const say = (line: string): void =>
  void process.stdout.write(`${((performance.now() - started) / 1_000).toFixed(1).padStart(5)} s  ${line}\n`);

/** What a tenant's receiver does: take the request, verify it, then believe it. */
async function startReceiver() {
  const events: { type: string; data: Record<string, unknown> }[] = [];
  let secret = '';
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    new Webhook(secret).verify(body, request.headers as Record<string, string>);
    events.push(JSON.parse(body));
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    believe(whsec: string) {
      secret = whsec;
    },
    event: (type: string, matches: (data: Record<string, unknown>) => boolean = () => true) =>
      until(`the webhook ${type}`, () => events.find((event) => event.type === type && matches(event.data))),
    close: () => server.close().closeAllConnections(),
  };
}

async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited ${PATIENCE / 1_000} s for ${what}`);
}

const directory = await mkdtemp(join(tmpdir(), 'hookline-demo-'));
const receiver = await startReceiver();
const app = await createApp(
  loadConfig({
    dev: true,
    env: {
      HOOKLINE_PORT: '0',
      HOOKLINE_DATA_DIR: join(directory, 'data'),
      HOOKLINE_TOKENS_DIR: join(directory, 'tokens'),
      HOOKLINE_LOG_CONSOLE: 'false',
    },
  }),
);
try {
  /** `body`: as JSON, or a text in YAML. */
  // biome-ignore lint/suspicious/noExplicitAny: a demo that reads what the API answers
  const api = async (method: string, path: string, body?: object | string): Promise<any> => {
    const isText = typeof body === 'string';
    const response = await fetch(app.url + path, {
      method,
      headers: { authorization: `Bearer ${app.newKeys.tenant}`, 'content-type': `application/${isText ? 'yaml' : 'json'}` },
      ...(body ? { body: isText ? body : JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  say(`A hub listens on ${app.url}, with its data in ${directory}`);

  const endpoint = await api('POST', '/api/webhooks', { url: receiver.url });
  receiver.believe(endpoint.secret);
  say(`A webhook is registered: ${endpoint.id}, secret whsec_…`);

  const session = await api('POST', '/api/sessions', { name: 'demo', engine: 'sandbox' });
  say(`A sandbox session is made: ${session.id}`);
  const qr = await receiver.event('session.qr');
  say(`Webhook session.qr arrived and its signature holds: code ${String(qr.data.code).slice(0, 16)}…`);

  await api('POST', '/api/sessions/demo/sandbox/scan', { phone: '5511999990000', name: 'Demo shop' });
  const linked = await receiver.event('session.status', (data) => data.to === 'connected');
  say(`The phone scanned it; webhook session.status: ${linked.data.from} → ${linked.data.to}`);

  await api('PUT', '/api/flows/welcome', await readFile(new URL('../flows/examples/welcome.yml', import.meta.url), 'utf8'));
  say('The reply flow "welcome" is published: it answers in sandbox sessions only');

  await api('POST', '/api/sessions/demo/sandbox/receive', { from: '5521988887777', text: 'hello' });
  const message = await receiver.event('message.received');
  say(`A contact wrote "${message.data.text}"; webhook message.received arrived and its signature holds`);

  const reply = await until('the reply of the flow', async () => (await api('GET', '/api/sessions/demo/sandbox/outbox')).data[0]);
  say(`The flow "welcome" typed for ${(reply.typingMs / 1_000).toFixed(1)} s and answered: ${JSON.stringify(reply.text)}`);

  const send = await api('POST', '/api/sessions/demo/messages', {
    to: '+55 21 98888-7777',
    type: 'text',
    text: 'Your order is on its way.',
  });
  say(`POST …/messages was accepted: ${send.id} is ${send.status}`);
  await receiver.event('message.sent', (data) => data.id === send.id);
  say('Webhook message.sent arrived and its signature holds');
  await api('POST', '/api/sessions/demo/sandbox/ack', { messageId: send.id, ack: 'read' });
  await receiver.event('message.read', (data) => data.id === send.id);
  say('The contact read it; webhook message.read arrived. That is the whole way through.');
} finally {
  await app[Symbol.asyncDispose]();
  receiver.close();
  await rm(directory, { recursive: true, force: true });
}
