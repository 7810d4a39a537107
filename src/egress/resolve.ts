import type { TenantId } from '../core/ids.ts';

export interface Address {
  address: string;
  family: number;
}

/** Rejects with what is of the class `dns` (failure.ts) when the name has no address. `tenantId`: for whom it is asked. */
export type Resolve = (hostname: string, tenantId: TenantId) => Promise<Address[]>;
