import { HooklineError } from '../../core/errors.ts';
import { envelope } from '../../core/events.ts';
import type { EndpointId, EventId, TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import { EndpointReader, EndpointTransactor } from '../endpoints/endpoint-store.ts';
import type { Page } from '../endpoints/endpoints.ts';
import type { EndpointHealth } from '../health/health.ts';
import {
  type Attempt,
  type AttemptView,
  type DeliveryStatus,
  type DeliveryView,
  type RequestView,
  signedHeadersOf,
} from '../owed/delivery.ts';
import { DeliveryReader, DeliveryTransactor } from '../owed/delivery-store.ts';
import type { Lanes } from '../ports.ts';
import { type EndpointStats, hourly, summarize } from './stats.ts';
import { loggedRequestsOf, type TellingOptions, Untellable } from './telling.ts';

/** What is owed to a tenant's endpoints and what became of it. Every id is the tenant's own or `not-found`. */
export class Deliveries {
  readonly #store: TenantStore<DeliveryReader, DeliveryTransactor>;
  readonly #endpoints: TenantStore<EndpointReader, EndpointTransactor>;
  readonly #lanes: Lanes;
  readonly #telling: TellingOptions;
  readonly #runtime: Runtime;

  readonly #health: EndpointHealth;

  constructor(
    db: Database,
    { lanes, health, telling, runtime }: { lanes: Lanes; health: EndpointHealth; telling: TellingOptions; runtime: Runtime },
  ) {
    this.#endpoints = tenantStore(db, { Reader: EndpointReader, Transactor: EndpointTransactor });
    this.#telling = telling;
    this.#store = tenantStore(db, { Reader: DeliveryReader, Transactor: DeliveryTransactor });
    this.#lanes = lanes;
    this.#health = health;
    this.#runtime = runtime;
  }

  /** Newest first. */
  async list(
    tenantId: TenantId,
    endpointId: string,
    { status, event, limit, cursor }: { status?: DeliveryStatus; event?: string; limit: number; cursor?: string },
  ): Promise<Page<DeliveryView>> {
    const found = await this.#store.read(tenantId, async (r) => {
      if (!(await r.hasEndpoint(endpointId))) throw new HooklineError('not-found', `There is no endpoint "${endpointId}".`);
      return r.list(endpointId, {
        limit: limit + 1,
        now: this.#runtime.clock.now(),
        ...(status && { status }),
        ...(event !== undefined && { event }),
        ...(cursor !== undefined && { before: ordinalOf(cursor) }),
      });
    });
    const page = found.slice(0, limit);
    return { data: page.map(({ view }) => view), nextCursor: found.length > limit ? String(page.at(-1)?.ordinal) : null };
  }

  /**
   * With every attempt, oldest first, and what is sent: as it is now, should a person have been erased from it since. `requests`: in another
   * product's words, without what is secret.
   */
  async get(tenantId: TenantId, id: string): Promise<DeliveryView & { body: string; requests?: RequestView[]; attempts: AttemptView[] }> {
    const { view, event, attempts } = await this.#store.read(tenantId, async (r) => {
      const found = await r.get(id, this.#runtime.clock.now());
      if (!found) throw missing(id);
      const { ordinal, view } = found;
      const [event, attempts] = [await r.event(ordinal), await r.attempts(ordinal)];
      return { view, event, attempts: attempts.map((one) => shown(one, view.eventId)) };
    });
    const endpoint = await this.#endpoints.read(tenantId, (r) => r.get(view.endpointId));
    if (!endpoint || endpoint.dialect === 'hookline') return { ...view, body: envelope(event), attempts };
    const told = await loggedRequestsOf(endpoint, event, this.#telling, this.#runtime.clock.now()).catch((error) => {
      if (error instanceof Untellable) return [];
      throw error;
    });
    const requests = told.map(({ url = endpoint.url, body }) => ({ url, body }));
    return { ...view, body: requests[0]?.body ?? '', requests, attempts };
  }

  /** How the endpoint fares: over its last 10,000 attempts at the most. */
  async stats(tenantId: TenantId, endpointId: EndpointId): Promise<EndpointStats> {
    const now = this.#runtime.clock.now();
    const [attempts, { waiting, oldestAt }, failing] = await this.#store.read(tenantId, (r) =>
      Promise.all([r.attemptsSince(endpointId, now - DAY, MOST_ATTEMPTS), r.backlog(endpointId), r.failing(endpointId, now)]),
    );
    const { breaker, rateLimit } = this.#health.of(endpointId);
    return {
      lastHour: summarize(attempts.filter(({ startedAt }) => startedAt >= now - HOUR)),
      lastDay: summarize(attempts),
      hours: hourly(attempts, now),
      ...{ breaker, slowedTo: rateLimit, waiting, oldestWaitingAt: iso(oldestAt), failing },
    };
  }

  /**
   * Sends it again under the same `webhook-id`, whatever became of it before; one that still waits is due now. It takes
   * its old place in the order of its lane: `waitsFor` says what goes before it.
   */
  async retry(tenantId: TenantId, id: string): Promise<DeliveryView> {
    return this.#store.transact(tenantId, async (t, tx) => {
      const now = this.#runtime.clock.now();
      const lane = await t.restart(id, now);
      const found = lane === undefined ? undefined : await t.get(id, now);
      if (lane === undefined || !found) throw missing(id);
      await this.#lanes.schedule(tx, [{ kind: 'webhook', key: lane, tenantId, dueAt: 0 }]);
      return found.view;
    });
  }
}

function shown({ signature, ...attempt }: Attempt, eventId: EventId): AttemptView {
  const signatures = signature?.split('\n') ?? [];
  const last = signatures.at(-1);
  const requestHeaders = last === undefined ? null : signedHeadersOf(eventId, { ...attempt, signature: last }, signatures.length);
  return { ...attempt, startedAt: iso(attempt.startedAt), requestHeaders };
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MOST_ATTEMPTS = 10_000;

const missing = (id: string): HooklineError => new HooklineError('not-found', `There is no delivery "${id}".`);

function ordinalOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new HooklineError('invalid-query', 'The cursor is not one that this list gave out.', {
    errors: [{ path: 'cursor', message: 'give the nextCursor of the page before, or leave it out' }],
  });
}
