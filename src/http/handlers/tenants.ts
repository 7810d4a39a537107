import type { TenantId } from '../../core/ids.ts';
import type { ApiKeys } from '../../tenants/api-keys.ts';
import type { Tenants } from '../../tenants/tenants.ts';
import type { ApiRequest, FindSession } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type { KeyBody, TenantBody, TenantChange } from '../shapes/tenants.ts';

export function tenantHandlers(
  tenants: Pick<Tenants, 'create' | 'list' | 'named' | 'get' | 'update' | 'remove'>,
  keys: Pick<ApiKeys, 'create' | 'list' | 'revoke'>,
  findSession: FindSession,
) {
  return {
    target: async (_caller: TenantId, { id = '' }: Record<string, string>): Promise<TenantId> => tenants.named(id),
    create: ({ body }: ApiRequest<unknown, TenantBody>) => tenants.create(body.name),
    list: ({ query }: ApiRequest<PageQuery>) => tenants.list(query),
    get: ({ target }: ApiRequest<unknown, unknown, TenantId>) => tenants.get(target),
    update: ({ target, body }: ApiRequest<unknown, TenantChange, TenantId>) => tenants.update(target, body),
    remove: ({ target }: ApiRequest<unknown, unknown, TenantId>) => tenants.remove(target),
    async createKey({ target, body: { session, ...body } }: ApiRequest<unknown, KeyBody, TenantId>) {
      const sessionId = session === undefined ? null : (await findSession(target, session)).id;
      return keys.create(target, { ...body, sessionId });
    },
    listKeys: async ({ target }: ApiRequest<unknown, unknown, TenantId>) => ({ data: await keys.list(target), nextCursor: null }),
    listOwnKeys: async ({ tenantId }: ApiRequest) => ({ data: await keys.list(tenantId), nextCursor: null }),
    revokeKey: ({ target, params: { keyId = '' } }: ApiRequest<unknown, unknown, TenantId>) => keys.revoke(target, keyId),
  };
}
