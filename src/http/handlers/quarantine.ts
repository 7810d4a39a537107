import type { TenantId } from '../../core/ids.ts';
import type { Quarantine } from '../../quarantine/quarantine.ts';
import type { ApiRequest } from '../route.ts';
import type { QuarantineQuery } from '../shapes/quarantine.ts';

/** The operator who names no tenant is answered for all of them. */
const whose = (tenantId: TenantId): TenantId | undefined => (tenantId === '' ? undefined : tenantId);

export function quarantineHandlers(quarantine: Pick<Quarantine, 'list' | 'get' | 'retry' | 'remove'>) {
  return {
    target: (tenantId: TenantId, { id = '' }: Record<string, string>) => quarantine.get(whose(tenantId), id),
    list: ({ tenantId, query }: ApiRequest<QuarantineQuery>) => quarantine.list(whose(tenantId), query),
    get: async ({ target }: ApiRequest<unknown, unknown, Awaited<ReturnType<Quarantine['get']>>>) => target,
    retry: ({ tenantId, params }: ApiRequest) => quarantine.retry(whose(tenantId), params.id ?? ''),
    remove: ({ tenantId, params }: ApiRequest) => quarantine.remove(whose(tenantId), params.id ?? ''),
  };
}
