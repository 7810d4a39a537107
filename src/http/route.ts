import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { z } from 'zod';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { PasskeyToken } from '../link-pages/passkey-tokens-store.ts';
import type { LinkPage } from '../link-pages/store.ts';
import type { Principal } from '../tenants/api-keys.ts';
import type { Scope } from '../tenants/scopes.ts';
import type { BodyType } from './body.ts';
import type { Form } from './form.ts';
import type { Problem } from './problems.ts';
import type { ToldProblem } from './shapes/problems.ts';

/**
 * Who may call: a tenant's key with this scope (or the operator, with X-Tenant-Id), any key of a tenant (or the operator,
 * as before), the operator only, whoever holds the token of a link page, the browser that has opened one, whoever holds the token
 * for a passkey, anybody.
 */
export type Access = Scope | 'any-key' | 'admin' | GuestAccess | 'public';
export type GuestAccess = 'link-token' | 'link-page' | 'passkey-token';

export const isForGuests = (access: Access): access is GuestAccess => ['link-token', 'link-page', 'passkey-token'].includes(access);

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Whoever was sent a link page, or was let in to sign for one: it may do what that is for, and nothing else. */
export type Guest = { kind: 'link-page'; page: LinkPage } | { kind: 'passkey-token'; passkey: PasskeyToken };

export const isGuest = (principal: Principal | Guest | null): principal is Guest =>
  principal?.kind === 'link-page' || principal?.kind === 'passkey-token';

/** Whether whoever asks has this right, beside the one that the route asks for. */
export const mayDo = (principal: Principal | Guest | null, scope: Scope): boolean =>
  principal?.kind === 'admin' || (principal?.kind === 'tenant' && principal.scopes.includes(scope));

/** What lets a guest in. */
export const heldBy = (guest: Guest): LinkPage | PasskeyToken => (guest.kind === 'link-page' ? guest.page : guest.passkey);

/** A request as a handler sees it: who asks, for what, checked. Koa's `ctx` never gets here. */
export interface ApiRequest<Query = unknown, Body = unknown, Target = unknown> {
  principal: Principal | Guest | null;
  /** Whose resources are meant; the caller's own tenant, or the one that the operator named. */
  tenantId: TenantId;
  params: Record<string, string>;
  query: Query;
  body: Body;
  /**
   * What the path names, found before the body is looked at, so that another tenant's id is 404 whatever is sent. Null where
   * there is nothing and the route may do without: it is 404, too, unless the body is right.
   */
  target: Target;
  header(name: string): string | undefined;
  /** The best of `types` for the Accept header; null when none will do. */
  accepts(...types: string[]): string | null;
  /** For an answer that goes on: asks again whether the caller may have it; rejects as the request would be refused now. */
  stillAllowed(): Promise<unknown>;
}

/** The session that a query names; rejects with `not-found`. */
export type FindSession = (tenantId: TenantId, idOrName: string) => Promise<{ id: SessionId }>;

/** An answer that is not the route's usual status with JSON. */
export class Reply {
  readonly status: number | undefined;
  /** JSON, or a text, Buffer or stream as it is. */
  readonly body: unknown;
  readonly headers: Record<string, string>;

  constructor({ status, body, headers = {} }: { status?: number; body?: unknown; headers?: Record<string, string> }) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** A file as it lies on disk. */
export interface File {
  mimetype: string;
  filename: string | null;
  size: number;
  /** Hexadecimal. */
  sha256: string;
  /** `range`: the first and the last byte. The stream is closed by whoever reads it. */
  read(range?: { start: number; end: number }): Promise<Readable>;
}

/** A file, or the part of it that the request asks for. */
export class FileReply {
  readonly file: File;

  constructor(file: File) {
    this.file = file;
  }
}

/** An answer that goes on: each chunk is written when the client has taken those before it. */
export interface Stream {
  headers: Record<string, string>;
  chunks: AsyncIterable<string>;
  /** Aborted when it is to end; what the client has not taken a little later is dropped. */
  signal: AbortSignal;
  /** Told once it is over, whoever ended it. */
  over(): void;
}

export class StreamReply {
  readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }
}

/** A connection that was asked to leave HTTP (RFC 9110, section 7.8). */
export interface Connection {
  request: IncomingMessage;
  socket: Duplex;
  /** What the client sent behind its request. */
  head: Buffer;
}

/** The answer to an upgrade: `accept` takes the connection over, or throws what is then answered in HTTP. */
export class UpgradeReply {
  readonly accept: (connection: Connection) => void;

  constructor(accept: (connection: Connection) => void) {
    this.accept = accept;
  }
}

/**
 * Which node of a cluster is to answer: the one that runs the session (`owner`), has the most room for one more (`room`), runs any (`sessions`), reads
 * the flow folder, or delivers to the endpoint, which alone knows how that fares.
 */
export type AnswerPlace = 'owner' | 'room' | 'sessions' | 'folder' | 'endpoint';

/** In what the clients of another product differ, at the paths that are made for them. */
export interface Dialect {
  /** Of its description. */
  title: string;
  /** All paths below this one are its own. */
  base: string;
  /** What may stand behind the base in their paths, and means nothing here: a version. */
  ignored?: RegExp;
  /** The header in which its clients show their key, beside the hub's own. */
  keyHeader?: string;
  /** The parameter in the query of a GET in which some of its clients do. The hub writes no query into its logs; a proxy before it may. */
  keyQuery?: string;
  /** How a problem is told, and what that looks like. */
  tell(problem: Problem): { status: number; body: object };
  problem: z.ZodType;
}

export interface Route {
  method: Method;
  /** In the words of @koa/router: `/api/sessions/:id`. */
  path: string;
  access: Access;
  summary: string;
  status: 101 | 200 | 201 | 202 | 204;
  /** What was there already, goes on, or is not there yet is answered so, with the same body. */
  also?: 200 | 202 | 503;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Other than JSON: YAML is handed over as text, bytes as they come, and lists of JSON with their entries unread. */
  bodyType?: BodyType;
  /** Largest body in bytes, where it is more than others may have. */
  bodyLimit?: number;
  /** How a file with fields around it is read; besides JSON where the route has a `body`, otherwise a file may also come alone. */
  form?: Form;
  output?: z.ZodType;
  /** Codes of problems that tell more than others do, where the route has them. */
  problems?: readonly ToldProblem[];
  /** Answers with a file, which may be of any type. */
  gives?: 'file';
  /** Request headers that the route reads. */
  headers?: string[];
  /** Media types besides JSON that the route answers with. */
  produces?: string[];
  /** What the operator asks without X-Tenant-Id is about all tenants, and the hub itself; `tenantId` is empty then. */
  acrossTenants?: boolean;
  /** Makes events of the tenant's own accord: refused while there are too many of them. */
  makesEvents?: boolean;
  /** It answers that there is no such thing here, and what to use instead: `summary` says it, too. */
  isAbsent?: boolean;
  /** Where its path does not say which node is to answer. Null: any. */
  place?: AnswerPlace | null;
  /** For the clients of another product; its path is below the base of that. */
  dialect?: Dialect;
  /** Its path names no session: the member `session` of what is sent does, and stands in `params` as `id`. */
  sessionIn?: 'query' | 'body';
  /** The one other origin whose pages may ask it, too; see cors.ts. */
  cors?: string;
  /** Its path names no session, and it answers a key of one with what is of that session alone. */
  narrows?: boolean;
  /** Makes something: with an `Idempotency-Key` it does so once, and answers whoever repeats it as the first time. Its answer is JSON. */
  creates?: boolean;
  /** Comes with every message, which is its own record: the answer does not wait for the audit log. */
  frequent?: boolean;
  target?(tenantId: TenantId, params: Record<string, string>): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: a table of routes with different inputs; `route()` has checked each one
  handler(request: ApiRequest<any, any, any>): Promise<unknown>;
}

type Target<T> = (tenantId: TenantId, params: Record<string, string>) => Promise<T>;

interface Shapes<Query extends z.ZodType, Body extends z.ZodType, Sent extends z.ZodType>
  extends Pick<
    Route,
    | 'bodyType'
    | 'bodyLimit'
    | 'output'
    | 'also'
    | 'problems'
    | 'headers'
    | 'produces'
    | 'gives'
    | 'acrossTenants'
    | 'makesEvents'
    | 'creates'
    | 'frequent'
    | 'place'
    | 'sessionIn'
    | 'isAbsent'
    | 'narrows'
    | 'cors'
  > {
  query?: Query;
  body?: Body;
  form?: Form<Sent>;
}

/** What a handler gets of a body: JSON, a form with a file, or whichever of both was sent. */
type Taken<Body extends z.ZodType, Sent extends z.ZodType> = [Sent] extends [z.ZodNever]
  ? z.output<Body>
  : unknown extends z.output<Body>
    ? z.output<Sent>
    : z.output<Body> | z.output<Sent>;

/**
 * Rows below one path, whose resource `target` finds. The row's types are checked: its handler takes what its schemas
 * and its target give.
 */
export function under<T = undefined>(base: string, target?: Target<T>) {
  return <Query extends z.ZodType, Body extends z.ZodType, Sent extends z.ZodType = z.ZodNever>(
    access: Access,
    method: Method,
    path: string,
    status: Route['status'],
    summary: string,
    handler: (request: ApiRequest<z.output<Query>, Taken<Body, Sent>, T>) => Promise<unknown>,
    shapes: Shapes<Query, Body, Sent> = {},
  ): Route => ({ access, method, path: `${base}${path}`, status, summary, handler, target, ...shapes });
}
