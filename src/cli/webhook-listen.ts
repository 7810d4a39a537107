import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { whyNotGenuine } from '../client/webhook.ts';
import { HooklineError, messageOf } from '../core/errors.ts';
import { answer as answerWith, isInJson, write, writeError } from './output.ts';

export interface ListenOptions {
  port: number;
  /** `whsec_…` or `whpk_…`; without any, nothing is verified. */
  keys: readonly string[];
  /** Where what holds is passed on to. */
  forward?: URL;
}

const LARGEST_BODY = 5 * 1024 * 1024;
/** As long as the hub waits for an answer at the most. */
export const FORWARD_DEADLINE = 30_000;
const PASSED_ON = /^(webhook-.*|hookline-attempt|content-type|user-agent)$/;
const PASSED_BACK = ['content-type', 'retry-after'];

/** Runs the local receiver until the process is told to stop. */
export async function listenForWebhooks(options: ListenOptions): Promise<void> {
  await using receiver = await startListener(options);
  const checked = options.keys.length > 0 ? 'Signatures are verified.' : 'Signatures are NOT verified: give --secret.';
  (isInJson() ? writeError : write)(`Listening on ${receiver.url} until Ctrl+C. ${checked}\n`);
  await Promise.race((['SIGINT', 'SIGTERM'] as const).map((signal) => once(process, signal)));
}

/** The receiver itself, on this machine alone. Rejects with `port-in-use`. */
export async function startListener(options: ListenOptions): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error) => {
      write(`A request could not be read: ${messageOf(error)}\n`);
      response.destroy();
    });
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new HooklineError('port-in-use', `Another process listens on port ${options.port}. Give another one with --port.`);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, { keys, forward }: ListenOptions): Promise<void> {
  const header = (name: string): string | undefined => request.headers[name]?.toString();
  if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end('Webhooks are POSTed.\n');
  const body = await bodyOf(request);
  if (!body) return void response.writeHead(413, { connection: 'close' }).end();
  const signed = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body };
  const why = keys.length > 0 ? await whyNotGenuine(keys, signed, Date.now()) : null;
  const verdict = keys.length === 0 ? 'not verified' : why === null ? 'verified' : `NOT GENUINE: ${why}`;
  const line = `${describe(body, header('webhook-id'), header('hookline-attempt'))}  ${verdict}\n${indented(body)}\n`;
  answerWith({ id: header('webhook-id') ?? null, verdict, event: parsed(body) ?? body.toString() }, line);
  if (why !== null) return void response.writeHead(401, { 'content-type': 'text/plain' }).end(`${why}\n`);
  if (!forward) return void response.writeHead(204).end();
  await passOn(forward, request, body, response);
}

async function passOn(to: URL, request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    PASSED_ON.test(name) && value !== undefined ? [[name, value.toString()] as [string, string]] : [],
  );
  try {
    const signal = AbortSignal.timeout(FORWARD_DEADLINE);
    const answer = await fetch(to, { method: 'POST', headers, body: new Uint8Array(body), redirect: 'manual', signal });
    const back = PASSED_BACK.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name) as string]] : []));
    const bytes = Buffer.from(await answer.arrayBuffer());
    write(`    → ${to.href} answered ${answer.status}\n`);
    response.writeHead(answer.status, Object.fromEntries(back)).end(bytes);
  } catch (error) {
    const why = messageOf((error as Error).cause ?? error);
    write(`    → ${to.href} did not answer: ${why}\n`);
    response.writeHead(502, { 'content-type': 'text/plain' }).end(`${to.href} did not answer: ${why}\n`);
  }
}

/** Null when it is larger than any event. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** One line about an event. */
export function describe(body: Buffer, id = 'no webhook-id', attempt?: string): string {
  const event = parsed(body) as { type?: unknown; sessionName?: unknown; seq?: unknown } | undefined;
  const type = typeof event?.type === 'string' ? event.type : 'no event';
  const session = typeof event?.sessionName === 'string' ? `  ${event.sessionName} #${event.seq}` : '';
  return printable(`${type}${session}  ${id}${attempt === undefined ? '' : `  attempt ${attempt}`}`);
}

export function indented(body: Buffer): string {
  const event = parsed(body);
  const text = event === undefined ? body.toString('utf8') : JSON.stringify(event, null, 2);
  return printable(text).replace(/^/gm, '    ');
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A message must not be able to steer the terminal that shows it. */
const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
