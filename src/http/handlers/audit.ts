import type { AuditLog } from '../../audit/audit.ts';
import type { ApiRequest } from '../route.ts';
import type { AuditQuery } from '../shapes/audit.ts';

export function auditHandlers(audit: Pick<AuditLog, 'list'>) {
  return {
    list: ({ tenantId, query }: ApiRequest<AuditQuery>) => audit.list(tenantId === '' ? undefined : tenantId, query),
  };
}
