import { missing } from '../sessions/names.ts';
import { sessionStore } from '../sessions/store.ts';
import type { Scope } from '../tenants/scopes.ts';
import { answer, answerRows } from './output.ts';
import { withTenants } from './storage.ts';

export interface KeyOptions {
  name: string;
  scopes?: Scope[];
  /** Id or name of the one session that it is for. */
  session?: string;
}

export async function createKey(tenant: string, { session, ...options }: KeyOptions): Promise<void> {
  const made = await withTenants(async ({ db, keys, tenantId, recorded }) => {
    const owner = await tenantId(tenant);
    const resource = { type: 'key', id: null };
    return recorded({ action: 'tenants.keys.create', tenantId: owner, resource }, async () => {
      if (session === undefined) return keys.create(owner, options);
      const found = await sessionStore(db).read(owner, (sessions) => sessions.byIdOrName(session));
      return keys.create(owner, { ...options, sessionId: (found ?? missing()).id });
    });
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
