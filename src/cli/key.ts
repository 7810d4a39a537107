import type { Scope } from '../tenants/scopes.ts';
import { answer, answerRows } from './output.ts';
import { withTenants } from './storage.ts';

export async function createKey(tenant: string, options: { name: string; scopes?: Scope[] }): Promise<void> {
  const made = await withTenants(async ({ keys, tenantId, recorded }) => {
    const owner = await tenantId(tenant);
    const resource = { type: 'key', id: null };
    return recorded({ action: 'tenants.keys.create', tenantId: owner, resource }, () => keys.create(owner, options));
  });
  answer(made, `${made.id}\nAPI key, shown this once: ${made.key}\n`);
}

export async function listKeys(tenant: string): Promise<void> {
  const found = await withTenants(async ({ keys, tenantId }) => keys.list(await tenantId(tenant)));
  answerRows(found, ['id', 'name', 'hint', 'scopes', 'session', 'createdAt', 'lastUsedAt', 'revokedAt']);
}

export async function revokeKey(keyId: string): Promise<void> {
  await withTenants(async ({ keys, recorded }) => {
    const owner = await keys.ownerOf(keyId);
    const resource = { type: 'key', id: keyId };
    return recorded({ action: 'tenants.keys.delete', tenantId: owner, resource }, () => keys.revoke(owner, keyId));
  });
  answer({ id: keyId, revoked: true }, `${keyId} is revoked\n`);
}
