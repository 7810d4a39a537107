/** Readers of live events as tenants write them: one over Server-Sent Events, one over WebSocket. */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ClientOptions, WebSocket } from 'ws';
import { type Call, type Hub, linkedSandbox, until } from '../../helpers/hub.ts';

// biome-ignore lint/suspicious/noExplicitAny: an envelope or a problem, whose members the test names
type Json = any;

export interface Reader {
  /** Envelopes, in the order in which they came. */
  events: Json[];
  /** Resolves at the end of the stream, with what it was told. */
  ended: Promise<string>;
  leave(): void;
}

export interface SseReader extends Reader {
  headers: Headers;
  comments: string[];
  /** `id` and `event` of each message. */
  marks: { id: string; type: string }[];
}

export async function readSse(base: string, key: string, query = '', headers: Record<string, string> = {}): Promise<SseReader> {
  const leaving = new AbortController();
  const response = await fetch(`${base}/api/events${query}`, {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  if (response.status !== 200 || !response.body) throw new Error(`Refused with ${response.status}: ${await response.text()}`);
  const reader: SseReader = {
    events: [],
    marks: [],
    comments: [],
    headers: response.headers,
    ended: follow(),
    leave: () => leaving.abort(),
  };
  async function follow(): Promise<string> {
    let rest = '';
    try {
      for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() as string;
        for (const block of blocks) take(block);
      }
    } catch (error) {
      return String(error);
    }
    return reader.comments.at(-1) ?? '';
  }
  function take(block: string): void {
    if (block.startsWith(': ')) return void reader.comments.push(block.slice(2));
    const fields = Object.fromEntries(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    reader.marks.push({ id: fields.id as string, type: fields.event as string });
    reader.events.push(JSON.parse(fields.data as string));
  }
  return reader;
}

export interface SocketReader extends Reader {
  socket: WebSocket;
  closed: Promise<{ code: number; reason: string }>;
}

export class Refused extends Error {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly problem: Json;

  constructor(response: IncomingMessage, body: string) {
    super(`Refused with ${response.statusCode}: ${body}`);
    this.status = response.statusCode as number;
    this.headers = response.headers;
    this.problem = body.startsWith('{') ? JSON.parse(body) : body;
  }
}

interface Offer extends ClientOptions {
  key?: string;
  protocols?: string[];
}

/** Rejects with `Refused` when the hub answers otherwise than with an upgrade. */
export async function readSocket(base: string, query = '', { key, protocols = [], ...options }: Offer = {}): Promise<SocketReader> {
  const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...options.headers };
  const socket = new WebSocket(`${base.replace('http', 'ws')}/api/events/ws${query}`, protocols, { ...options, headers });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  const reader: SocketReader = {
    events: [],
    socket,
    closed,
    ended: closed.then(({ code, reason }) => `${code} ${reason}`),
    leave: () => socket.terminate(),
  };
  socket.on('message', (data) => reader.events.push(JSON.parse(data.toString())));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('unexpected-response', async (_request, response) => reject(new Refused(response, await text(response))));
  });
  return reader;
}

/** All that the ledger has for this caller after `after`, by pages. */
export async function ledgerOf(call: Call, after = ''): Promise<Json[]> {
  const events: Json[] = [];
  for (let cursor = after || '0'; ; ) {
    const { json } = await call('GET', `/api/events?limit=1000&after=${cursor}`);
    events.push(...json.data);
    if (json.nextCursor === null) return events;
    cursor = json.nextCursor;
  }
}

/** Waits until each of these readers has been given the event that now is the last one. */
export async function caughtUp(call: Call, ...readers: Reader[]): Promise<Json[]> {
  const all = await ledgerOf(call);
  const last = all.at(-1)?.id;
  await until(() => readers.every(({ events }) => events.at(-1)?.id === last), {
    what: () => `${last} to reach ${readers.length} readers`,
  });
  return all;
}

/** A tenant with a linked sandbox session "shop". */
export async function shop(hub: Hub) {
  const tenant = await hub.tenant();
  await linkedSandbox(tenant.call, 'shop');
  return tenant;
}

export const receive = (call: Call, text: string, session = 'shop') =>
  call('POST', `/api/sessions/${session}/sandbox/receive`, { from: '5511988887777', text });

export const ids = (events: { id: string }[]): string[] => events.map(({ id }) => id);
