import type { TenantId } from '../../core/ids.ts';
import type { LimitName } from '../../core/limits.ts';
import type { LimitView } from '../../tenants/limits.ts';
import type { ApiRequest } from '../route.ts';

export function limitsHandler(report: (tenantId: TenantId) => Promise<Record<LimitName, LimitView>>) {
  return async ({ tenantId }: ApiRequest) => ({ limits: await report(tenantId) });
}
