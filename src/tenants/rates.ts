import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import type { LedgerEvent } from '../core/events.ts';
import type { TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { type LimitOf, limitReached } from '../core/limits.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Usage } from './limits.ts';

type RateName = 'requestsPerMinute' | 'eventsPerMinute';

/** Seconds. A window begins with the first that is counted in it. */
const WINDOW = 60;

/** What each tenant does in a minute, in this process: the requests of all its keys, and the events that come of whatever it does. */
export class Rates {
  readonly #limits: Record<RateName, LimitOf>;
  readonly #clock: Runtime['clock'];
  // The limits differ from tenant to tenant, so that these only count.
  readonly #counted = {
    requestsPerMinute: new RateLimiterMemory({ points: 1, duration: WINDOW }),
    eventsPerMinute: new RateLimiterMemory({ points: 1, duration: WINDOW }),
  };

  constructor(limits: Record<RateName, LimitOf>, { clock }: Pick<Runtime, 'clock'>) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Counts one more request. Rejects with `limit-reached` (429) when it is one too many. */
  async request(tenantId: TenantId): Promise<void> {
    const limit = await this.#limits.requestsPerMinute(tenantId);
    const { consumedPoints: used, msBeforeNext } = await this.#counted.requestsPerMinute.penalty(tenantId);
    if (limit === null || used <= limit) return;
    const seconds = Math.ceil(msBeforeNext / 1_000);
    throw limitReached({ name: 'requestsPerMinute', limit, used }, `Go on in ${seconds} s.`, seconds);
  }

  /** Counts what was appended to the ledger. */
  readonly heard = (events: readonly LedgerEvent[]): void => {
    const counts = new Map<TenantId, number>();
    for (const { tenantId } of events) counts.set(tenantId, (counts.get(tenantId) ?? 0) + 1);
    for (const [tenantId, count] of counts) void this.#counted.eventsPerMinute.penalty(tenantId, count);
  };

  /** Before a tenant is let make more events of its own accord: rejects with `limit-reached` (429) while there are too many. */
  async mayMakeEvents(tenantId: TenantId): Promise<void> {
    const limit = await this.#limits.eventsPerMinute(tenantId);
    if (limit === null) return;
    const { consumedPoints: used = 0, msBeforeNext = 0 } = (await this.#counted.eventsPerMinute.get(tenantId)) ?? {};
    if (used < limit) return;
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
    throw limitReached({ name: 'eventsPerMinute', limit, used }, `What comes in is taken; go on in ${seconds} s.`, seconds);
  }

  async used(tenantId: TenantId, name: RateName): Promise<Usage> {
    const counted = await this.#counted[name].get(tenantId);
    if (!counted || counted.msBeforeNext <= 0) return { used: 0 };
    return { used: counted.consumedPoints, resetsAt: iso(this.#clock.now() + counted.msBeforeNext) };
  }
}
