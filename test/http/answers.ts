/** What every answer of the hub has to be, and requests that `fetch` would tidy up before they leave. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { ExecutionContext } from 'ava';
import { ProblemShape } from '../../src/http/shapes/common.ts';
import type { Answer, Call, Hub } from '../helpers/hub.ts';

/** An RFC 9457 problem with all that the contract promises of one, whose status is that of the answer. */
export function isProblem(t: ExecutionContext, answer: Answer, what: string, { status, code }: { status?: number; code?: string } = {}) {
  t.regex(
    answer.headers.get('content-type') ?? '',
    /^application\/problem\+json/,
    `${what}: ${answer.status} ${answer.text.slice(0, 200)}`,
  );
  const parsed = ProblemShape.safeParse(answer.json);
  t.true(parsed.success, `${what}: ${answer.text.slice(0, 300)}`);
  t.is(answer.json.status, answer.status, what);
  t.true(answer.json.detail.length > 10, `${what}: the detail helps nobody: ${answer.json.detail}`);
  if (status !== undefined) t.is(answer.status, status, `${what}: ${answer.text.slice(0, 300)}`);
  if (code !== undefined) t.is(answer.json.code, code, `${what}: ${answer.text.slice(0, 300)}`);
}

export interface RawRequest {
  method?: string;
  /** Sent as it stands: `..`, `%zz` and all. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Sends the bytes as they are. */
export async function raw(hub: Hub, key: string, { method = 'GET', path, headers = {}, body }: RawRequest): Promise<Answer> {
  const isFramed = body === undefined || 'transfer-encoding' in headers;
  const outgoing = request({
    host: '127.0.0.1',
    port: hub.port,
    method,
    path,
    agent: false,
    headers: { authorization: `Bearer ${key}`, ...(isFramed ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers },
  });
  // A hub that refuses early may close while the rest of a large body is still on its way.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const answered = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const isJson = /json/.test(answered.get('content-type') ?? '') && text !== '';
  return { status: incoming.statusCode ?? 0, headers: answered, text, json: isJson ? JSON.parse(text) : undefined };
}

const json = { 'content-type': 'application/json' };

export interface Tenant {
  id: string;
  key: string;
  call: Call;
  send(request: RawRequest): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function tenantOf(hub: Hub): Promise<Tenant> {
  const made = await hub.tenant();
  const send = (request: RawRequest) => raw(hub, made.key, request);
  const bytes = (body: unknown) => (typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  return {
    ...made,
    send,
    post: (path, body, headers = {}) => send({ method: 'POST', path, body: bytes(body), headers: { ...json, ...headers } }),
  };
}

/** A refusal is a 4xx problem that says what is wrong, and where. */
export function isRefused(
  t: ExecutionContext,
  answer: Answer,
  what: string,
  expected: { status?: number; code?: string; at?: string } = {},
): void {
  isProblem(t, answer, what, expected);
  t.true(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status}`);
  const { at } = expected;
  if (at)
    t.true(
      (answer.json.errors ?? []).some(({ path }: { path: string }) => path === at),
      `${what} does not name ${at}: ${answer.text.slice(0, 300)}`,
    );
}

/** What stands where an id should, and is none. */
export const BAD_IDS = [
  '%',
  '%zz',
  '%ff',
  '%E0%A4%A',
  '%00',
  'a%00b',
  'a%2fb',
  '%2e%2e',
  '..',
  '%2e%2e%2f%2e%2e%2fetc',
  'x'.repeat(300),
  '%F0%9F%91%8B',
  'ses_',
  '__proto__',
];
