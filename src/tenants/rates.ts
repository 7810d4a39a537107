import type { Counts } from '../core/counts.ts';
import type { LedgerEvent } from '../core/events.ts';
import type { TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { type LimitOf, limitReached } from '../core/limits.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Usage } from './limits.ts';

type RateName = 'requestsPerMinute' | 'eventsPerMinute';

/** What each tenant does in a minute: the requests of all its keys, and the events that come of whatever it does. */
export class Rates {
  readonly #limits: Record<RateName, LimitOf>;
  readonly #clock: Runtime['clock'];
  readonly #counted: Record<RateName, Counts>;

  constructor(limits: Record<RateName, LimitOf>, counted: Record<RateName, Counts>, { clock }: Pick<Runtime, 'clock'>) {
    this.#limits = limits;
    this.#counted = counted;
    this.#clock = clock;
  }

  /** Counts one more request. Rejects with `limit-reached` (429) when it is one too many. */
  async request(tenantId: TenantId): Promise<void> {
    const limit = await this.#limits.requestsPerMinute(tenantId);
    const { used, msLeft } = await this.#counted.requestsPerMinute.add(tenantId, { most: limit });
    if (limit === null || used <= limit) return;
    const seconds = Math.ceil(msLeft / 1_000);
    throw limitReached({ name: 'requestsPerMinute', limit, used }, `Go on in ${seconds} s.`, seconds);
  }

  /** Counts what was appended to the ledger, on whichever node. */
  readonly heard = (events: readonly LedgerEvent[]): void => {
    const counts = new Map<TenantId, number>();
    for (const { tenantId } of events) counts.set(tenantId, (counts.get(tenantId) ?? 0) + 1);
    for (const [tenantId, count] of counts) void this.#counted.eventsPerMinute.add(tenantId, { count });
  };

  /** Before a tenant is let make more events of its own accord: rejects with `limit-reached` (429) while there are too many. */
  async mayMakeEvents(tenantId: TenantId): Promise<void> {
    const limit = await this.#limits.eventsPerMinute(tenantId);
    if (limit === null) return;
    const { used, msLeft } = await this.#counted.eventsPerMinute.get(tenantId);
    if (used < limit) return;
    const seconds = Math.max(1, Math.ceil(msLeft / 1_000));
    throw limitReached({ name: 'eventsPerMinute', limit, used }, `What comes in is taken; go on in ${seconds} s.`, seconds);
  }

  async used(tenantId: TenantId, name: RateName): Promise<Usage> {
    const { used, msLeft } = await this.#counted[name].get(tenantId);
    return msLeft > 0 ? { used, resetsAt: iso(this.#clock.now() + msLeft) } : { used };
  }
}
