import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TenantId } from '../core/ids.ts';
import { forbidden, type Guard, NOT_PUBLIC } from './guard.ts';

/** Milliseconds that an idle connection is kept for the next request to the same host. */
const IDLE = 30_000;
/** Idle connections of one tenant, and of all. Whoever has more than its share loses its own oldest. */
const MOST_OF_ONE = 128;
const MOST_OF_ALL = 1_024;

export interface Agents {
  http: http.Agent;
  https: https.Agent;
}

interface Pool {
  agents: Agents;
  usedAt: number;
}

/**
 * Connections that only guarded requests share, and only those of one tenant: whatever a tenant may do to a connection, or learn from
 * it (a TLS session, too), it does to its own. Every socket was checked when it was opened.
 */
export class Pools {
  readonly #guard: Guard;
  readonly #limits: { idle: number; ofOne: number; ofAll: number };
  readonly #pools = new Map<TenantId, Pool>();
  /** Of all tenants, oldest first, each with those of its own. */
  readonly #idle = new Map<Duplex, Set<Duplex>>();
  #sweeping: NodeJS.Timeout | undefined;

  constructor(
    guard: Guard,
    { idle = IDLE, ofOne = MOST_OF_ONE, ofAll = MOST_OF_ALL }: { idle?: number; ofOne?: number; ofAll?: number } = {},
  ) {
    this.#guard = guard;
    this.#limits = { idle, ofOne, ofAll };
  }

  /** How many tenants have a pool, and how many connections wait in them. */
  get size(): { pools: number; idle: number } {
    return { pools: this.#pools.size, idle: this.#idle.size };
  }

  /** For a request that is begun at once. */
  of(tenantId: TenantId): Agents {
    const pool = this.#pools.get(tenantId) ?? this.#open(tenantId);
    pool.usedAt = performance.now();
    return pool.agents;
  }

  close(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    for (const { agents } of this.#pools.values()) destroy(agents);
    this.#pools.clear();
  }

  #open(tenantId: TenantId): Pool {
    const options = { keepAlive: true, timeout: this.#limits.idle, lookup: guardedLookup(this.#guard, tenantId) };
    /** Oldest first. */
    const idle = new Set<Duplex>();
    const prepare = <Agent extends http.Agent>(agent: Agent): Agent => this.#counted(this.#guarded(agent, tenantId), idle);
    const pool = { agents: { http: prepare(new http.Agent(options)), https: prepare(new https.Agent(options)) }, usedAt: 0 };
    this.#pools.set(tenantId, pool);
    this.#sweeping ??= setInterval(() => this.#sweep(), this.#limits.idle).unref();
    return pool;
  }

  /** A pool in which nothing is left is dropped, so that tenants who are gone cost nothing. */
  #sweep(): void {
    const before = performance.now() - this.#limits.idle;
    for (const [tenantId, { agents, usedAt }] of this.#pools) {
      if (usedAt <= before && isEmpty(agents.http) && isEmpty(agents.https)) this.#pools.delete(tenantId);
    }
    if (this.#pools.size > 0) return;
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
  }

  /** Node makes no lookup for an address that stands in the URL itself, so that one is checked before it connects. */
  #guarded<Agent extends http.Agent>(agent: Agent, tenantId: TenantId): Agent {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) => {
      const host = String(options.host).replace(/^\[(.*)\]$/, '$1');
      if (isIP(host) === 0 || this.#guard.permits(host)) return connect(options, callback);
      this.#guard.refused(tenantId, host, [host]);
      callback?.(forbidden(NOT_PUBLIC), undefined as never);
      return undefined;
    };
    return agent;
  }

  /** Keeps what waits in it within the limits (https://nodejs.org/api/http.html#agentkeepsocketalivesocket). */
  #counted<Agent extends http.Agent>(agent: Agent, ofOne: Set<Duplex>): Agent {
    const keep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean;
    const reuse = agent.reuseSocket.bind(agent);
    // Typed as if nothing came back; whether it is kept does.
    agent.keepSocketAlive = ((socket: Duplex): boolean => {
      if (!keep(socket)) return false;
      if (ofOne.size >= this.#limits.ofOne) this.#drop(ofOne);
      else if (this.#idle.size >= this.#limits.ofAll) this.#drop(this.#idle);
      ofOne.add(socket);
      this.#idle.set(socket, ofOne);
      if (!watched.has(socket)) socket.once('close', () => this.#forget(socket));
      watched.add(socket);
      return true;
    }) as typeof agent.keepSocketAlive;
    agent.reuseSocket = (socket, request) => {
      this.#forget(socket);
      reuse(socket, request);
    };
    return agent;
  }

  /** The one that has waited the longest. */
  #drop(sockets: Pick<Set<Duplex>, 'keys'>): void {
    const [oldest] = sockets.keys().take(1);
    if (!oldest) return;
    this.#forget(oldest);
    oldest.destroy();
  }

  #forget(socket: Duplex): void {
    this.#idle.get(socket)?.delete(socket);
    this.#idle.delete(socket);
  }
}

/** Idle connections whose end is listened for already. */
const watched = new WeakSet<Duplex>();

const isEmpty = ({ sockets, freeSockets, requests }: http.Agent): boolean =>
  [sockets, freeSockets, requests].every((byHost) => Object.keys(byHost).length === 0);

function destroy(agents: Agents): void {
  agents.http.destroy();
  agents.https.destroy();
}

/**
 * Resolves and checks in one step, so that the address that was checked is the one that is connected to: a name that
 * answers differently the second time (DNS rebinding) has no second time.
 */
function guardedLookup(guard: Guard, tenantId: TenantId): LookupFunction {
  return (hostname, options, callback) => {
    guard.addressesOf(tenantId, hostname).then(
      (addresses) => {
        if (options.all) callback(null, addresses);
        else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      },
      (error) => callback(error, '', 0),
    );
  };
}
