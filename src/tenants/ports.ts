import type { TenantId } from '../core/ids.ts';

/** What a tenant owns outside its rows (browsers, profiles) is given back before the rows go. */
export interface Belongings {
  giveBack(tenantId: TenantId): Promise<void>;
}
