import { text } from 'node:stream/consumers';
import { loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';
import { loadSecretKey } from '../db/secret-key.ts';
import { FlowSecrets } from '../flows/secrets.ts';
import { table, write, writeError } from './output.ts';
import { withTenants } from './storage.ts';

async function withSecrets<T>(
  tenant: string,
  work: (secrets: FlowSecrets, tenantId: Parameters<FlowSecrets['names']>[0]) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ dev: false });
  return withTenants(async ({ db, tenantId, runtime }) => {
    const key = await loadSecretKey(config.dataDir, { configured: config.secretKey, log: runtime.log });
    return work(new FlowSecrets(db, key, runtime), await tenantId(tenant));
  });
}

/** The value comes by standard input, so that it stands in no shell history and no list of processes. */
export async function setSecret(name: string, { tenant }: { tenant: string }): Promise<void> {
  if (process.stdin.isTTY) writeError(`The value of ${name}, then Enter and Ctrl-D: `);
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new HooklineError('invalid-body', 'The value comes by standard input, and there was none.');
  await withSecrets(tenant, (secrets, tenantId) => secrets.set(tenantId, name, value));
  write(`Flows may use {{ secrets.${name} }} now.\n`);
}

export async function removeSecret(name: string, { tenant }: { tenant: string }): Promise<void> {
  await withSecrets(tenant, (secrets, tenantId) => secrets.remove(tenantId, name));
  write(`Removed ${name}.\n`);
}

export async function listSecrets({ tenant }: { tenant: string }): Promise<void> {
  const rows = await withSecrets(tenant, (secrets, tenantId) => secrets.names(tenantId));
  write(
    table(
      rows.map(({ name, updatedAt }) => ({ name, updated: new Date(updatedAt).toISOString() })),
      ['name', 'updated'],
    ),
  );
}
