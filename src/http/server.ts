import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import helmet from 'koa-helmet';
import type { z } from 'zod';
import type { AuditLog } from '../audit/audit.ts';
import { memoryCounts } from '../cluster/memory-counts.ts';
import type { CountsOf } from '../core/counts.ts';
import { during, type Section } from '../core/during.ts';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import { Places } from '../core/places.ts';
import type { Logger, Milliseconds, Runtime } from '../core/runtime.ts';
import { hasNul } from '../core/utf8.ts';
import type { FirstAnswers } from '../first-answers/first-answers.ts';
import { isSessionId } from '../sessions/names.ts';
import { type Asked, recordRequests } from './audit.ts';
import { type Authority, admitGuest, authenticate, permit, targetFor } from './auth.ts';
import { bodyReader, isSent } from './body.ts';
import { knowCaller } from './caller.ts';
import { allowOrigin, preflight } from './cors.ts';
import { giveFile } from './file.ts';
import { Forwarder, knowNodes, placeOf } from './forward.ts';
import type { Forwarding } from './forwarding.ts';
import { answerOnce } from './idempotency.ts';
import { isRefusal, toProblem } from './problems.ts';
import { type Count, type RateLimitOptions, type RateLimits, rateLimits } from './rate-limits.ts';
import { answerRefused, REFUSALS } from './refusals.ts';
import {
  type ApiRequest,
  type Dialect,
  FileReply,
  heldBy,
  isForGuests,
  isGuest,
  Reply,
  type Route,
  StreamReply,
  UpgradeReply,
} from './route.ts';
import { busyLoop, Shares } from './shares.ts';
import { bodiesGoBy, leavesMuch, pipeStream } from './stream.ts';
import { handOver, receiveUpgrades, UPGRADES } from './upgrade.ts';
import { hasFile, readUpload, type Uploaded, type Uploads } from './upload.ts';
import { validate } from './validate.ts';

export interface HttpOptions extends Authority {
  routes: readonly Route[];
  runtime: Runtime;
  /** Largest JSON or YAML body, in bytes. */
  bodyLimit: number;
  uploads: Uploads;
  /** Whose `X-Forwarded-…` is believed: addresses and ranges, or how many proxies there are. Without it nobody's. */
  trustProxy?: readonly string[];
  limits?: RateLimitOptions;
  /** By whom it is counted what keys and addresses do in a minute: by this process alone when not given. */
  countsOf?: CountsOf;
  rates?: TenantRates;
  meter?: HttpMeter;
  audit?: Pick<AuditLog, 'record'>;
  /** Without it an Idempotency-Key counts for sends alone. */
  firstAnswers?: Pick<FirstAnswers, 'once'>;
  /** In a cluster: how requests reach the node that runs a session. */
  forwarding?: Forwarding | undefined;
  /** Other products whose clients are answered in their own words. */
  dialects?: readonly Dialect[];
  /** Whether tenants have to share: by itself, while the event loop has much to do. */
  isBusy?: () => boolean;
}

/** What all keys of a tenant may do together. Both reject with `limit-reached`. */
export interface TenantRates {
  /** Counts one more request. */
  request(tenantId: TenantId): Promise<void>;
  mayMakeEvents(tenantId: TenantId): Promise<void>;
}

/** Who counts what is answered. `route`: its pattern, null for a path where there is nothing. */
export interface HttpMeter {
  answered(method: string, route: string | null, status: number, took: Milliseconds): void;
}

/** The path under which sessions are also known; everything below it answers as below `/api/sessions`. */
const ALIAS = /^\/api\/whatsapp\/instances(?=\/|$)/;

/** The whole of Koa: from a table of routes to a request listener. */
export function httpApp({
  routes,
  runtime,
  meter,
  audit,
  limits,
  countsOf = memoryCounts,
  forwarding,
  trustProxy = [],
  dialects = [],
  isBusy = busyLoop(),
  ...rest
}: HttpOptions): Koa {
  const options = {
    ...rest,
    forwarder: forwarding && new Forwarder(forwarding),
    limits: rateLimits(countsOf, limits),
    largeBodies: new Places({ each: 2, all: 8, what: 'large bodies' }),
    shares: new Shares({ own: 2, recent: 1_000, turn: 100, pause: 50, isBusy, clock: runtime.clock }),
  };
  const app = new Koa();
  // What is thrown is answered by `answerErrors`; this hears only of sockets that broke while an answer was written.
  app.on('error', (error) => runtime.log.debug('A connection broke', { error: messageOf(error) }));
  const router = new Router();
  for (const route of routes) router.register(route.path, [route.method], [handle(route, options)]);
  for (const route of routes.filter(({ cors }) => cors !== undefined)) router.register(route.path, ['OPTIONS'], [preflight(route)]);
  app.use(knowCaller(trustProxy));
  if (forwarding) app.use(knowNodes(forwarding));
  app.use(tellRequests(runtime, meter));
  app.use(letBodiesGoBy());
  // Outside of the errors, so that it sees what is answered, and inside of the log, which tells how long that took.
  if (audit) app.use(recordRequests(audit, countsOf('refusals')));
  app.use(answerErrors(runtime, dialects));
  app.use(helmet({ strictTransportSecurity: false }));
  app.use(keepToTls);
  app.use(keepNothing);
  app.use(needHost);
  app.use((ctx, next) => {
    const dialect = dialects.find(({ base }) => ctx.path.startsWith(`${base}/`));
    if (dialect?.ignored) ctx.path = `${dialect.base}${ctx.path.slice(dialect.base.length).replace(dialect.ignored, '')}`;
    ctx.path = ctx.path.replace(ALIAS, '/api/sessions');
    return next();
  });
  app.use(router.routes());
  app.use(refuseRest(router));
  return app;
}

/** The open door of the hub. */
export interface HttpServer {
  port: number;
  /** Takes no new connection and resolves when the answers under way are given, at the latest after `grace` ms. */
  close(grace: number): Promise<void>;
}

/**
 * Listens; rejects with `port-in-use` where somebody else does. Requests that come before `ready` wait for it: the port
 * is known to be ours before anything is started, and nobody is answered by half a hub.
 */
export async function listen(
  app: Koa,
  {
    host,
    port,
    log,
    ready,
    longest = 0,
  }: {
    host: string;
    port: number;
    log: Logger;
    ready?: Promise<unknown>;
    /** Milliseconds that a request may take to come. */
    longest?: number;
  },
): Promise<HttpServer> {
  const handler = app.callback();
  const listener: RequestListener = (request, response) => {
    Promise.resolve(ready).then(
      () => handler(request, response),
      () => response.destroy(),
    );
  };
  const server = createServer({ ...UPGRADES, ...REFUSALS }, listener);
  // By itself Node cuts off what has not come whole after 5 minutes; an upload may be given longer.
  server.requestTimeout = Math.max(server.requestTimeout, longest);
  // Longer than proxies keep a connection to what is behind them (nginx and most others: 60 s). After Node's own 5 s one of
  // them would send a request just as the hub closes, and could not tell whether it was taken.
  server.keepAliveTimeout = 75_000;
  const cutUpgraded = receiveUpgrades(server, listener);
  answerRefused(server, log);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, host, port)));
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(grace) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Who keeps a connection busy would be served to the end of the grace and then cut off in the middle.
      server.on('request', (_request, response) => response.setHeader('Connection', 'close'));
      server.keepAliveTimeout = 1;
      const timer = setTimeout(() => {
        server.closeAllConnections();
        cutUpgraded();
      }, grace);
      await closed.finally(() => clearTimeout(timer));
    },
  };
}

function refusal(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new HooklineError('port-in-use', `Another process listens on ${host}:${port}. Stop it, or set HOOKLINE_PORT to a free port.`);
  }
  const remedy =
    error.code === 'EACCES'
      ? 'Ports below 1024 are for privileged users: set HOOKLINE_PORT to a higher one.'
      : 'Set HOOKLINE_HOST to an address of this machine.';
  return new HooklineError('port-in-use', `Cannot listen on ${host}:${port} (${error.code}). ${remedy}`);
}

/** By the pattern of its route: a path names people by their numbers, and one that leads nowhere may hold anything. */
function tellRequests({ clock, log }: Runtime, meter?: HttpMeter): Middleware {
  return async (ctx, next) => {
    const started = clock.steady();
    const { method } = ctx;
    await next();
    // The node that was asked tells of it.
    if (ctx.state.isForwarded) return;
    const ms = clock.steady() - started;
    const { route, tenantId } = ctx.state;
    const whose = tenantId ? { tenantId } : {};
    log.http(`${method} ${route ?? '(no route)'} ${ctx.status}`, { ms: Math.round(ms * 10) / 10, ...whose, address: ctx.ip });
    meter?.answered(method, ctx.state.route ?? null, ctx.status, ms);
  };
}

/** Where TLS ends in front of the hub, as a proxy that is believed says, and for this name alone: what else there is below it is not the hub's to say. */
const keepToTls: Middleware = async (ctx, next) => {
  if (ctx.get('x-forwarded-proto') === 'https') ctx.set('Strict-Transport-Security', 'max-age=31536000');
  await next();
};

/** Whoever refused the request, and before how much of its body was read. */
function letBodiesGoBy(): Middleware {
  const letGoBy = bodiesGoBy();
  return async (ctx, next) => {
    await next();
    if (isSent(ctx)) letGoBy(ctx);
  };
}

function answerErrors({ log }: Runtime, dialects: readonly Dialect[]): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const { problem, headers } = toProblem(error, log);
      const dialect = dialects.find(({ base }) => ctx.path.startsWith(`${base}/`));
      const { status, body } = dialect?.tell(problem) ?? { status: problem.status, body: problem };
      ctx.status = status;
      ctx.state.code = problem.code;
      ctx.set(headers);
      ctx.body = JSON.stringify(body);
      ctx.type = dialect ? 'application/json' : 'application/problem+json';
    }
  };
}

/** Nothing on the way keeps an answer: by which key it was asked for, a cache may not see. Those of files say otherwise. */
const keepNothing: Middleware = (ctx, next) => {
  ctx.set('Cache-Control', 'no-store');
  return next();
};

/** RFC 9112, section 3.2. */
const needHost: Middleware = (ctx, next) => {
  if (ctx.req.httpVersion !== '1.1' || ctx.req.headers.host !== undefined) return next();
  ctx.set('Connection', 'close');
  throw new HooklineError('bad-request', 'The request has no header "Host".');
};

function refuseRest(router: Router): Middleware {
  return (ctx) => {
    const allowed = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods);
    if (allowed.length === 0) throw nothingAt(ctx);
    ctx.set('Allow', [...new Set(allowed)].join(', '));
    throw new HooklineError('method-not-allowed', `${ctx.path} takes ${[...new Set(allowed)].join(', ')}, not ${ctx.method}.`);
  };
}

function nothingAt({ path }: Context): HooklineError {
  return new HooklineError('not-found', `There is nothing at ${path}. See /openapi.json for what there is.`);
}

type Handling = Pick<
  HttpOptions,
  'keys' | 'tenants' | 'signIns' | 'linkPages' | 'passkeyTokens' | 'bodyLimit' | 'uploads' | 'rates' | 'firstAnswers'
> & {
  limits: RateLimits;
  largeBodies: Places;
  shares: Shares;
  forwarder: Forwarder | undefined;
};

/** In this order, so that nobody learns more than they may: who calls, may they, does it exist, is the body right. */
function handle(route: Route, options: Handling): Middleware {
  const read = readerOf(route, options);
  const what = `${route.method} ${route.path}`;
  const place = placeOf(route);
  return async (ctx) => {
    ctx.state.route = route.path;
    allowOrigin(ctx, route);
    // A header that was sent empty is not one that was left out.
    const sent = (name: string): string | undefined => (ctx.headers[name] === undefined ? undefined : ctx.get(name));
    const header = (name: string) => sent(name) ?? (name === 'x-api-key' ? keyInDialect(route, ctx.query, sent) : undefined);
    const admit = async ({ counted }: { counted: boolean }): Promise<Admitted> => {
      if (route.access === 'public') return anybody;
      const count = async (limit: Count, who: string) => (counted ? limit(who, (headers) => ctx.set(headers)) : undefined);
      const wrong = () => count(options.limits.wrongKeys, ctx.ip);
      if (isForGuests(route.access)) {
        const asked = { method: route.method, access: route.access, token: params.token ?? '' };
        const guest = await admitGuest(options, asked, header, wrong);
        ctx.state.asked ??= { route, principal: guest.principal, params } satisfies Asked;
        await count(options.limits.requests, heldBy(guest.principal).id);
        return guest;
      }
      const principal = await authenticate(options, route.method, header, wrong);
      ctx.state.asked ??= { route, principal, params } satisfies Asked;
      await count(options.limits.requests, principal.kind === 'admin' ? principal.kind : principal.keyId);
      if (counted && principal.kind === 'tenant') await options.rates?.request(principal.tenantId);
      return permit(options, { access: route.access, acrossTenants: route.acrossTenants ?? false }, principal, header);
    };
    const params: Record<string, string> = { ...ctx.params, ...(route.sessionIn === 'query' && { id: sessionNamedIn(ctx.query) }) };
    const sentBody = new SentBody(
      (tenantId) => takePlace(ctx, route, tenantId, options),
      (tenantId) => read(ctx, tenantId),
    );
    const nameSession = async (tenantId: TenantId): Promise<void> => {
      if (route.sessionIn === 'body') params.id = sessionNamedIn((await sentBody.read(tenantId)).body);
    };
    // Read before it is known whether it is answered here at all.
    if (route.sessionIn === 'body') ctx.res.once('close', () => sentBody.giveBack());
    if (place && options.forwarder) {
      const sessionOf = () => sessionIn(route, params, () => admit({ counted: false }), nameSession);
      const elsewhere = await options.forwarder.targetOf(ctx, place, sessionOf);
      // Whoever is refused is so there, where it is counted and recorded.
      ctx.state.asked = undefined;
      if (elsewhere) return options.forwarder.pass(ctx, elsewhere, await sentBody.taken());
    }
    const caller = await admit({ counted: true });
    ctx.state.tenantId = caller.tenantId;
    const asked: Partial<Asked> = Object.assign(ctx.state.asked ?? {}, { tenantId: caller.tenantId });
    await inTurn(ctx, caller.tenantId, options.shares, async () => {
      let drop: Uploaded['drop'] | undefined;
      try {
        await nameSession(caller.tenantId);
        if (Object.values(params).some(hasNul)) throw nothingAt(ctx);
        const target = await targetFor(caller, route, () => route.target?.(caller.tenantId, params));
        asked.target = target;
        if (route.makesEvents) await options.rates?.mayMakeEvents(caller.tenantId);
        const section = { tenantId: caller.tenantId || null, what };
        const query = route.query && validate(route.query, { ...ctx.query }, 'invalid-query');
        sentBody.takePlace(caller.tenantId);
        const { schema, body, drop: unwanted } = await unlessNothing(target, ctx, sentBody.read(caller.tenantId));
        drop = unwanted;
        const request: ApiRequest = {
          ...caller,
          params,
          target,
          header,
          query,
          body: schema && (await unlessNothing(target, ctx, check(schema, body, section))),
          accepts: (...types) => ctx.accepts(types) || null,
          stillAllowed: () => admit({ counted: false }),
        };
        const { given, replayed } = await during(section, () => answerOnce(options.firstAnswers, route, request));
        if (replayed) await drop?.();
        asked.made = given;
        await during(section, () => answer(ctx, route, given, options.uploads));
      } catch (error) {
        await drop?.(error);
        throw error;
      } finally {
        sentBody.giveBack();
      }
    });
  };
}

/** As a member of what was sent. */
function sessionNamedIn(sent: unknown): string {
  const { session } = (sent ?? {}) as { session?: unknown };
  return typeof session === 'string' ? session : '';
}

/** The body of a request, read once by whoever needs it first, at its place among large ones. */
class SentBody {
  readonly #take: (tenantId: TenantId) => () => void;
  readonly #read: (tenantId: TenantId) => Promise<Body>;
  #giveBack: (() => void) | undefined;
  #reading: Promise<Body> | undefined;

  constructor(take: (tenantId: TenantId) => () => void, read: (tenantId: TenantId) => Promise<Body>) {
    this.#take = take;
    this.#read = read;
  }

  takePlace(tenantId: TenantId): void {
    this.#giveBack ??= this.#take(tenantId);
  }

  async read(tenantId: TenantId): Promise<Body> {
    this.takePlace(tenantId);
    this.#reading ??= this.#read(tenantId);
    return this.#reading;
  }

  /** What of JSON was read already, and can therefore not be passed on as it came. */
  async taken(): Promise<string | undefined> {
    return this.#reading && JSON.stringify((await this.#reading).body);
  }

  giveBack(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }
}

/** The session that a request is about; null where there is none, or whoever asks may not know. */
async function sessionIn(
  route: Route,
  params: Record<string, string>,
  admit: () => Promise<Pick<ApiRequest, 'principal' | 'tenantId'>>,
  nameSession: (tenantId: TenantId) => Promise<void>,
): Promise<SessionId | null> {
  const { id = '' } = params;
  if (isSessionId(id)) return id;
  try {
    const { principal, tenantId } = await admit();
    if (isGuest(principal)) return heldBy(principal).sessionId;
    await nameSession(tenantId);
    const target = (await route.target?.(tenantId, params)) as { id: SessionId } | null | undefined;
    return target?.id ?? null;
  } catch {
    return null;
  }
}

/** What is of no tenant waits for nobody. What the operator asks for a tenant waits as that tenant's own requests do. */
async function inTurn<T>(ctx: Context, tenantId: TenantId, shares: Shares, work: () => Promise<T>): Promise<T> {
  const end = tenantId === '' ? undefined : await shares.enter(tenantId);
  try {
    if (ctx.res.destroyed)
      throw new HooklineError('bad-request', 'The connection was closed before it was the turn of the request. Nothing was done.');
    return await work();
  } catch (error) {
    if (end && isRefusal(error)) await shares.refuse(tenantId, { isCostly: isSent(ctx) && leavesMuch(ctx) });
    throw error;
  } finally {
    end?.();
  }
}

const check = async <S extends z.ZodType>(schema: S, body: unknown, section: Section): Promise<z.output<S>> =>
  during(section, () => validate(schema, body, 'invalid-body'));

/** Where there is nothing yet, a body that is refused is not spoken of: the answer is that of every other id. */
async function unlessNothing<T>(target: unknown, ctx: Context, work: Promise<T>): Promise<T> {
  return work.catch((error) => {
    throw target === null ? nothingAt(ctx) : error;
  });
}

/** Larger bodies than this may be under way only so many at a time, and those that do not say how large they are. */
const LARGE = 1_024 * 1_024;

/** Before anything of the body is read. Throws `rate-limited`. Returns what gives the place back, once the body is no longer needed. */
function takePlace(
  ctx: Context,
  { body, bodyLimit = 0, form }: Route,
  tenantId: TenantId,
  { bodyLimit: usual, largeBodies }: Handling,
): () => void {
  const announced = ctx.get('content-encoding') === '' ? (ctx.request.length ?? Infinity) : Infinity;
  const most = form && (!body || ctx.is('multipart/form-data')) ? Infinity : Math.max(usual, bodyLimit);
  if (!(body || form) || !isSent(ctx) || Math.min(announced, most) <= LARGE) return () => undefined;
  return largeBodies.take(tenantId);
}

interface Body {
  schema?: z.ZodType;
  body?: unknown;
  drop?: Uploaded['drop'];
}

/** How the body of a request to this route is read, whatever it may be. */
function readerOf(
  { body, bodyType = 'json', bodyLimit = 0, form }: Route,
  { bodyLimit: usual, uploads }: Pick<HttpOptions, 'bodyLimit' | 'uploads'>,
) {
  const limits = { limit: Math.max(usual, bodyLimit), entry: usual, times: uploads };
  const readBody = body && bodyReader(bodyType, { ...limits, takesFile: form !== undefined });
  return async (ctx: Context, tenantId: TenantId): Promise<Body> => {
    if (form && hasFile(ctx, { takesJson: body !== undefined })) {
      return { schema: form.schema, ...(await readUpload(ctx, tenantId, form, uploads)) };
    }
    if (!body || !readBody) return {};
    const sent = await readBody(ctx);
    return { schema: body, body: sent, ...(bodyType === 'bytes' && { drop: async () => leave(sent as AsyncGenerator) }) };
  };
}

/** While somebody stands in the middle of the bytes, nobody else can read on. Not waited for: the next of them may never come. */
function leave(bytes: AsyncGenerator): void {
  bytes.return(undefined).catch(() => undefined);
}

/** Where the clients of another product show their key, if they do not as the hub's own. */
function keyInDialect({ dialect, method }: Route, query: Context['query'], sent: (name: string) => string | undefined): string | undefined {
  if (dialect?.keyHeader !== undefined) return sent(dialect.keyHeader);
  const asked = dialect?.keyQuery !== undefined && method === 'GET' ? query[dialect.keyQuery] : undefined;
  return typeof asked === 'string' ? asked : undefined;
}

type Admitted = Pick<ApiRequest, 'principal' | 'tenantId'>;
const anybody: Admitted = { principal: null, tenantId: '' as TenantId };

async function answer(ctx: Context, route: Route, value: unknown, { idle }: Pick<Uploads, 'idle'>): Promise<void> {
  if (value instanceof StreamReply) pipeStream(ctx, value.stream);
  else if (value instanceof FileReply) await giveFile(ctx, value.file, idle);
  else if (value instanceof UpgradeReply) handOver(ctx, value);
  else give(ctx, route, value instanceof Reply ? value : new Reply({ body: value }), idle);
}

function give(ctx: Context, route: Route, reply: Reply, idle: number): void {
  ctx.status = reply.status ?? route.status;
  if (reply.body instanceof Readable) {
    // Without a listener the connection is closed by it: a reader that takes nothing keeps nothing here.
    ctx.res.setTimeout(idle);
    ctx.body = reply.body;
  }
  ctx.set(reply.headers);
  if (ctx.status === 204 || ctx.body) return;
  if (typeof reply.body === 'string' || Buffer.isBuffer(reply.body)) ctx.body = reply.body;
  else {
    ctx.type = 'application/json';
    ctx.body = JSON.stringify(reply.body);
  }
}
