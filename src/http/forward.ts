/**
 * What only one node can answer, the one that runs a session, say: any other passes the request on to it, as it came, and the answer back. Who calls,
 * what they may and what is to be recorded is decided there, once; the log and the metrics of the node that was asked tell of it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { pipeline } from 'node:stream';
import type { Context, Middleware } from 'koa';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { SessionId } from '../core/ids.ts';
import { SingleFlight } from '../core/single-flight.ts';
import type { Forwarding } from './forwarding.ts';
import type { AnswerPlace, Route } from './route.ts';

/** Says that a node of this cluster passes the request on, and for whom. */
const HEADER = 'x-hookline-node';
/** For so long (ms) that counts. */
const FRESH = 60_000;
/** Milliseconds that the other node may take for a connection. */
const CONNECT_WITHIN = 2_000;
/**
 * How long an answer takes is the other node's to say, which knows the deadlines of a phone and of a file. Whoever has not begun to answer after
 * so long (ms) is asked whether it stands still, over and over; and has so long to say no.
 */
const ASK_AFTER = 2_500;
const ALIVE_WITHIN = 2_500;
/** Milliseconds in which nothing of an answer comes that has begun. */
const IDLE = 60_000;
const RETRY_AFTER = 2;

/** Of one connection, and not of the request. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect']);

/** What of a session any node can do: its rows and its lane are enough. */
const ANYWHERE = /^\/api\/sessions\/:id\/(messages$|chats\/:chat\/(handoff|resume|explain|opt-out)$|contacts\/:contact\/data$)/;
const AT_OWNER = /^\/(api\/sessions\/:id|link\/:token\/|passkey\/:token\/)/;
const ELSEWHERE: Record<string, AnswerPlace> = {
  'POST /api/sessions': 'room',
  // They end sessions, or ask an engine to read something again.
  'DELETE /api/tenants/:id': 'sessions',
  'POST /api/quarantine/:id/retry': 'sessions',
  'GET /api/flow-files': 'folder',
  'GET /api/webhooks/:id/stats': 'endpoint',
};

/** Null: any. */
export function placeOf({ method, path, place }: Pick<Route, 'method' | 'path' | 'place'>): AnswerPlace | null {
  if (place !== undefined) return place;
  return ELSEWHERE[`${method} ${path}`] ?? (AT_OWNER.test(path) && !ANYWHERE.test(path) ? 'owner' : null);
}

/** Behind knowCaller: takes the word of another node for who asks. What says so and is none of a node says nothing. */
export function knowNodes({ key, now }: Forwarding): Middleware {
  return (ctx, next) => {
    const said = ctx.req.headers[HEADER]?.toString() ?? '';
    delete ctx.req.headers[HEADER];
    const [sentAt = '', scheme = '', address = '', mac = ''] = said.split(' ');
    const own = Buffer.from(macOf(key, ctx.req, { sentAt, scheme, address }));
    const given = Buffer.from(mac);
    if (own.length === given.length && timingSafeEqual(own, given) && Math.abs(now() - Number(sentAt)) < FRESH) {
      ctx.state.isForwarded = true;
      ctx.request.ip = address;
      if (scheme === 'none') delete ctx.req.headers['x-forwarded-proto'];
      else ctx.req.headers['x-forwarded-proto'] = scheme;
    }
    return next();
  };
}

export class Forwarder {
  readonly #forwarding: Forwarding;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #idle: number;
  readonly #asking = new SingleFlight<boolean>();

  constructor(forwarding: Forwarding, { idle = IDLE } = {}) {
    this.#forwarding = forwarding;
    this.#idle = idle;
  }

  /**
   * Where the request is to go; null where it is to be answered here. One that another node has passed on goes no further. `sessionOf`: which
   * session it is about; null where that cannot be told.
   */
  async targetOf(ctx: Context, place: AnswerPlace, sessionOf: () => Promise<SessionId | null>): Promise<string | null> {
    if (ctx.state.isForwarded) return null;
    switch (place) {
      case 'endpoint':
        return this.#forwarding.endpointUrl(ctx.params.id);
      case 'folder':
        return this.#forwarding.folderUrl();
      case 'room':
      case 'sessions':
        return this.#forwarding.roomUrl({ best: place === 'room' });
      case 'owner': {
        const id = await sessionOf();
        return id && this.#forwarding.ownerUrl(id);
      }
    }
  }

  /** Rejects with `owner-unreachable` where no answer begins. `taken`: its body, where that has been read. */
  async pass(ctx: Context, url: string, taken?: string): Promise<void> {
    const answer = await this.#ask(ctx, url, taken);
    ctx.status = answer.statusCode ?? 502;
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined && !HOP_BY_HOP.has(name)) ctx.set(name, value);
    }
    ctx.body = answer;
  }

  /** Calls `dead` once the node stands still. Returns how to stop looking. */
  #whileAlive(url: string, dead: () => void): () => void {
    let isOver = false;
    let timer: NodeJS.Timeout;
    const look = (): void => {
      timer = setTimeout(async () => {
        const alive = await this.#asking.do(url, () => isAlive(url));
        if (isOver) return;
        if (alive) look();
        else dead();
      }, ASK_AFTER);
    };
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }

  #ask(ctx: Context, url: string, taken: string | undefined): Promise<IncomingMessage> {
    const { key, now } = this.#forwarding;
    const { req, res } = ctx;
    const [sentAt, scheme, address] = [String(now()), ctx.get('x-forwarded-proto') || 'none', ctx.ip];
    const mac = macOf(key, req, { sentAt, scheme, address });
    const headers: IncomingHttpHeaders = { ...req.headers, [HEADER]: `${sentAt} ${scheme} ${address} ${mac}` };
    const isChunked = headers['transfer-encoding'] !== undefined;
    for (const name of HOP_BY_HOP) delete headers[name];
    if (taken !== undefined) {
      headers['content-length'] = String(Buffer.byteLength(taken));
      delete headers['content-encoding'];
    } else if (isChunked) headers['transfer-encoding'] = 'chunked';
    return new Promise((resolve, reject) => {
      let isConnected = false;
      const asked = request(new URL(req.url ?? '/', url), { method: req.method ?? 'GET', headers, agent: this.#agent, setHost: false });
      const over = setTimeout(() => isConnected || asked.destroy(new Error('no connection in time')), CONNECT_WITHIN);
      const answered = this.#whileAlive(url, () => asked.destroy(new Error('it stands still')));
      asked.once('socket', (socket) => {
        if (!socket.connecting) isConnected = true;
        socket.once('connect', () => {
          isConnected = true;
        });
      });
      asked.once('response', (answer) => {
        answered();
        asked.setTimeout(this.#idle, () => asked.destroy(new Error('its answer does not go on')));
        resolve(answer);
      });
      asked.once('close', () => {
        clearTimeout(over);
        answered();
      });
      asked.once('error', (error) => reject(unreachable(isConnected, error)));
      res.once('close', () => asked.destroy());
      if (taken !== undefined) asked.end(taken);
      else pipeline(req, asked, () => undefined); // What goes wrong is told by `asked`.
    });
  }
}

/** Whether the process answers. */
async function isAlive(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(new URL('/health/live', url), { agent: false, signal: AbortSignal.timeout(ALIVE_WITHIN) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

function macOf(
  key: Buffer,
  { method, url }: Pick<IncomingMessage, 'method' | 'url'>,
  { sentAt, scheme, address }: Record<'sentAt' | 'scheme' | 'address', string>,
): string {
  return createHmac('sha256', key).update(`${method} ${url} ${sentAt} ${scheme} ${address}`).digest('base64url');
}

function unreachable(isConnected: boolean, error: Error): HooklineError {
  const what = isConnected
    ? 'did not answer to the end; whether it did what was asked is not known'
    : 'cannot be reached; nothing was done';
  const detail = `The node that this is asked of ${what} (${messageOf(error)}). Another one takes over within 45 s where it is gone; try again shortly.`;
  return new HooklineError('owner-unreachable', detail, { retryAfter: RETRY_AFTER, cause: error });
}
