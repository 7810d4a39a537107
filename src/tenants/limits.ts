import type { TenantId } from '../core/ids.ts';
import { LIMIT_NAMES, type LimitName, type LimitOf, type TenantLimits } from '../core/limits.ts';
import type { Tenants } from './tenants.ts';

/** How much of a limit is used; of a rate also when it begins anew. */
export interface Usage {
  used: number;
  resetsAt?: string;
}

export interface LimitView extends Usage {
  /** Null: any number. */
  limit: number | null;
}

/** What each tenant may have: what the operator has set for it, else the hub's configuration. 0 stands for any number in both. */
export class Limits {
  readonly #tenants: Pick<Tenants, 'settingsOf'>;
  readonly #configured: Record<LimitName, number>;

  constructor(tenants: Pick<Tenants, 'settingsOf'>, configured: Record<LimitName, number>) {
    this.#tenants = tenants;
    this.#configured = configured;
  }

  /** One of them, for whoever has to keep it: some are asked for with every request. */
  named(name: LimitName): LimitOf {
    return async (tenantId) => {
      const { limits, media } = await this.#tenants.settingsOf(tenantId);
      const former = name === 'mediaBytes' ? media?.quotaBytes : undefined;
      return (limits?.[name] ?? former ?? this.#configured[name]) || null;
    };
  }

  async of(tenantId: TenantId): Promise<TenantLimits> {
    const limits = LIMIT_NAMES.map(async (name) => [name, await this.named(name)(tenantId)] as const);
    return Object.fromEntries(await Promise.all(limits)) as TenantLimits;
  }

  /** `usage`: of each limit, what of it is used. */
  async report(tenantId: TenantId, usage: Record<LimitName, () => Promise<Usage>>): Promise<Record<LimitName, LimitView>> {
    const limits = await this.of(tenantId);
    const views = LIMIT_NAMES.map(async (name) => [name, { limit: limits[name], ...(await usage[name]()) }] as const);
    return Object.fromEntries(await Promise.all(views)) as Record<LimitName, LimitView>;
  }
}
