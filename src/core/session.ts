import type { SessionId, TenantId } from './ids.ts';

/** A session as every room knows it: whose it is, and its name as it was when it was looked up, for events and logs. */
export interface SessionRef {
  id: SessionId;
  name: string;
  tenantId: TenantId;
}
