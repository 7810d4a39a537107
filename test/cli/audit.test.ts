import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { AuditLog } from '../../src/audit/audit.ts';
import { openDatabase } from '../../src/db/open.ts';
import { runHere } from '../helpers/command.ts';
import { testRuntime } from '../helpers/runtime.ts';

const LAUNCHER = fileURLToPath(new URL('../../hookline.js', import.meta.url));

test('every command that changes something is on record, done or refused, and nothing that it was given', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-cli-audit-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  const hookline = (args: string[], input = ''): Promise<{ code: number; stdout: string }> =>
    new Promise((resolve) => {
      const child = execFile(process.execPath, [LAUNCHER, ...args], { cwd, env: { PATH: process.env.PATH } }, (error, stdout) =>
        resolve({ code: Number(error?.code ?? 0), stdout }),
      );
      child.stdin?.end(input);
    });
  const here = (args: string[]) => runHere(args, {}, cwd);
  await hookline(['migrate', 'up']);
  await here(['migrate', 'up']);
  const tenant = /tnt_\w+/.exec((await hookline(['tenant', 'create', 'shop'])).stdout)?.[0];
  t.is((await here(['tenant', 'create', 'shop'])).code, 1);
  const key = await hookline(['key', 'create', 'shop', '--name', 'till', '--scopes', 'messages:send']);
  const keyId = /key_\w+/.exec(key.stdout)?.[0];
  const secret = /hlk_\S+/.exec(key.stdout)?.[0] ?? '';
  await hookline(['key', 'revoke', keyId ?? '']);
  t.is((await here(['key', 'revoke', secret])).code, 1);
  await hookline(['secret', 'set', 'clinic_key', '--tenant', 'shop'], 'hush-hush');
  await hookline(['secret', 'remove', 'clinic_key', '--tenant', 'shop']);
  t.is((await here(['secret', 'remove', 'clinic_key', '--tenant', 'shop'])).code, 1);
  await hookline(['secrets', 'rotate']);
  for (const reading of [
    ['tenant', 'list'],
    ['key', 'list', 'shop'],
    ['secret', 'list', '--tenant', 'shop'],
    ['migrate', 'status'],
  ]) {
    t.is((await here(reading)).code, 0);
  }
  const db = openDatabase({ file: join(cwd, 'data', 'hookline.sqlite') });
  t.teardown(() => db.close());
  const { data } = await new AuditLog(db, testRuntime()).list(undefined, { limit: 100 });
  t.deepEqual(
    data.map(({ action, tenantId, resource, code }) => [action, tenantId, resource?.type ?? null, resource?.id ?? null, code]).reverse(),
    [
      ['migrate.up', null, null, null, null],
      ['tenants.create', tenant, 'tenant', tenant, null],
      ['tenants.create', null, 'tenant', null, 'tenant-exists'],
      ['tenants.keys.create', tenant, 'key', keyId, null],
      ['tenants.keys.delete', tenant, 'key', keyId, null],
      ['tenants.keys.delete', null, 'key', null, 'not-found'],
      ['flow-secrets.put', tenant, 'flow-secret', 'clinic_key', null],
      ['flow-secrets.delete', tenant, 'flow-secret', 'clinic_key', null],
      ['flow-secrets.delete', tenant, 'flow-secret', null, 'not-found'],
      ['secrets.rotate', null, null, null, null],
    ],
  );
  for (const { actor, address } of data) t.deepEqual([actor, address], [{ kind: 'cli', keyId: null, name: userInfo().username }, null]);
  const all = JSON.stringify(data);
  for (const text of [secret, 'hush']) t.false(all.includes(text), text);
});
