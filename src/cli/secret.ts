import { text } from 'node:stream/consumers';
import { loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { FlowSecrets } from '../flows/catalogue/secrets.ts';
import { loadSecretKey } from '../home/secret-key.ts';
import { sealedWith } from '../wiring/reseal.ts';
import { answer, answerRows, writeError } from './output.ts';
import { withTenants } from './storage.ts';

async function withSecrets<T>(
  tenant: string,
  work: (secrets: FlowSecrets, tenantId: TenantId) => Promise<T>,
  change?: { action: string; name: string },
): Promise<T> {
  const config = loadConfig({ dev: false });
  return withTenants(async ({ db, tenantId, runtime, recorded }) => {
    const sealed = { configured: config.secretKey, sealedWith: await sealedWith(db) };
    const key = await loadSecretKey(config.dataDir, { ...sealed, log: runtime.log });
    const owner = await tenantId(tenant);
    const done = (): Promise<T> => work(new FlowSecrets(db, key, runtime), owner);
    if (!change) return done();
    return recorded({ action: change.action, tenantId: owner, resource: { type: 'flow-secret', id: change.name } }, done);
  });
}

/** The value comes by standard input, so that it stands in no shell history and no list of processes. */
export async function setSecret(name: string, { tenant }: { tenant: string }): Promise<void> {
  if (process.stdin.isTTY) writeError(`The value of ${name}, then Enter and Ctrl-D: `);
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new HooklineError('invalid-body', 'The value comes by standard input, and there was none.');
  await withSecrets(tenant, (secrets, tenantId) => secrets.set(tenantId, name, value), { action: 'flow-secrets.put', name });
  answer({ name }, `Flows may use {{ secrets.${name} }} now.\n`);
}

export async function removeSecret(name: string, { tenant }: { tenant: string }): Promise<void> {
  await withSecrets(tenant, (secrets, tenantId) => secrets.remove(tenantId, name), { action: 'flow-secrets.delete', name });
  answer({ name, removed: true }, `Removed ${name}.\n`);
}

export async function listSecrets({ tenant }: { tenant: string }): Promise<void> {
  const rows = await withSecrets(tenant, (secrets, tenantId) => secrets.names(tenantId));
  answerRows(
    rows.map(({ name, updatedAt }) => ({ name, updated: iso(updatedAt) })),
    ['name', 'updated'],
  );
}
