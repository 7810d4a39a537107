import { type HubEvent, type Operations, ROUTES, type Route } from './api.ts';
import { type FollowOptions, follow } from './follow.ts';
import { Offline, problemOf } from './problem.ts';
import type { CallOptions, IdempotentCallOptions, Page, RawCallOptions } from './types.ts';

export interface ClientOptions extends CallOptions {
  /** Where the hub is, such as `https://hub.example`. In a page that the hub itself serves it is left out. */
  baseUrl?: string | URL | undefined;
  /** An API key: a tenant's, or the operator's. In a page of the hub the cookie of its sign-in takes its place. */
  key?: string | undefined;
  /** Sees every answer before it is read, a problem as well. */
  onAnswer?: ((response: Response) => void) | undefined;
  /** In the place of the global one. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

export interface RequestOptions extends IdempotentCallOptions, Partial<RawCallOptions> {
  query?: object | undefined;
  /** As it stands where it is a text, a form or bytes; anything else is written as JSON. */
  body?: unknown;
  contentType?: string | undefined;
}

/** One method for each operation of the API, each of which rejects with `Problem`, `Offline`, or the reason of an abort. */
export interface Client extends Operations {
  /** Any path of the hub: resolves with the JSON of the answer, nothing where it is empty, and the `Response` where it is anything else. */
  request<T = unknown>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** The events of the ledger as they happen; see `FollowOptions`. */
  follow(options?: FollowOptions): AsyncGenerator<HubEvent, void>;
}

export function createClient(options: ClientOptions = {}): Client {
  const baseUrl = String(options.baseUrl ?? '').replace(/\/+$/, '');
  const request: Client['request'] = (method, path, own = {}) => send(options, baseUrl, method, path, own);
  const operations = Object.fromEntries(Object.entries(ROUTES).map(([name, route]) => [name, operationOf(route, request)]));
  return Object.assign(operations as unknown as Operations, {
    request,
    follow: (own: FollowOptions = {}) => follow(request as never, { signal: options.signal, ...own }),
  });
}

/** Every entry of a list, page by page: `for await (const session of entriesOf((cursor) => hub.listSessions({ cursor })))`. */
export async function* entriesOf<Item>(list: (cursor: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item, void> {
  for (let cursor: string | undefined; ; ) {
    const { data, nextCursor } = await list(cursor);
    yield* data;
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}

const CONTENT_TYPES = { json: 'application/json', yaml: 'application/yaml', bytes: 'application/octet-stream', file: undefined } as const;

/** Its arguments as `Operations` says: the places of the path, the body, the query, the options. */
function operationOf([method, path, body, query]: Route, request: Client['request']) {
  return (...given: unknown[]): Promise<unknown> => {
    const left = [...given];
    const whole = path.replace(/\{(\w+)\}/g, (_, place: string) => segment(place, left.shift()));
    return request(method, whole, {
      ...(body && { body: left.shift(), contentType: CONTENT_TYPES[body] }),
      ...(query && { query: left.shift() as object | undefined }),
      ...(left.shift() as RequestOptions | undefined),
    });
  };
}

/** What would be no part of the path, or lead out of it, would ask for something else. */
function segment(place: string, value: unknown): string {
  const text = String(value ?? '');
  if (['', '.', '..'].includes(text)) throw new TypeError(`"${text}" cannot be the ${place} of anything.`);
  return encodeURIComponent(text);
}

async function send<T>(client: ClientOptions, baseUrl: string, method: string, path: string, own: RequestOptions): Promise<T> {
  const { accept, body, contentType, idempotencyKey, query } = own;
  const tenant = own.tenant ?? client.tenant;
  const sent = body === undefined || isRaw(body) ? body : JSON.stringify(body);
  const type = contentTypeOf(body, contentType);
  const headers = {
    ...(client.key !== undefined && { authorization: `Bearer ${client.key}` }),
    ...(tenant !== undefined && { 'x-tenant-id': tenant }),
    ...(type !== undefined && { 'content-type': type }),
    ...(accept !== undefined && { accept }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...client.headers,
    ...own.headers,
  };
  const deadline = deadlineOf(own.deadlineMs ?? client.deadlineMs);
  const signals = [own.signal ?? client.signal, deadline?.signal].filter((signal) => signal !== undefined);
  const init = { method, headers, signal: AbortSignal.any(signals), ...(sent !== undefined && { body: sent, duplex: 'half' }) };
  try {
    const response = await (client.fetch ?? fetch)(baseUrl + path + queryOf(query), init as RequestInit).catch((cause: unknown) => {
      if (init.signal.aborted) throw init.signal.reason;
      throw new Offline(baseUrl, cause);
    });
    client.onAnswer?.(response);
    if (!response.ok) throw await problemOf(response);
    if (accept !== undefined) return response as T;
    if (response.status === 204) return undefined as T;
    return (/\bjson\b/.test(response.headers.get('content-type') ?? '') ? await response.json() : response) as T;
  } finally {
    deadline?.over();
  }
}

function deadlineOf(ms: number | undefined): { signal: AbortSignal; over(): void } | undefined {
  if (ms === undefined) return undefined;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException(`Nothing was answered within ${ms} ms.`, 'TimeoutError')), ms);
  return { signal: controller.signal, over: () => clearTimeout(timer) };
}

const isRaw = (body: unknown): boolean =>
  typeof body === 'string' ||
  body instanceof FormData ||
  body instanceof Blob ||
  body instanceof ReadableStream ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body);

/** A form has its type, with its boundary, from `fetch`; a file tells its own. */
function contentTypeOf(body: unknown, type: string | undefined): string | undefined {
  if (body === undefined || body instanceof FormData) return undefined;
  if (type !== undefined) return type;
  if (body instanceof Blob && body.type !== '') return body.type;
  if (typeof body === 'string') return undefined;
  return isRaw(body) ? 'application/octet-stream' : 'application/json';
}

function queryOf(query: object = {}): string {
  const members = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return members.length === 0 ? '' : `?${new URLSearchParams(members)}`;
}
