import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { newId, type TenantId } from '../../src/core/ids.ts';
import { tenantStore } from '../../src/db/tenant-store.ts';
import { KeyReader, KeyTransactor } from '../../src/tenants/store.ts';
import { stores, testDatabase } from '../helpers/database.ts';

for (const dialect of await stores()) {
  test(`${dialect}: a row whose owner was deleted meanwhile is not-found, and the error tells nothing of the row`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const keys = tenantStore(db, { Reader: KeyReader, Transactor: KeyTransactor });
    const key = {
      id: newId('key', 1),
      name: 'canary',
      hash: 'canary',
      hint: 'canary',
      scopes: [],
      sessionId: null,
      createdAt: 1,
      revokedAt: null,
    };
    const error = await t.throwsAsync(
      keys.transact('tnt_gone' as TenantId, (transactor) => transactor.insert(key)),
      { instanceOf: HooklineError, code: 'not-found' },
    );
    t.notRegex(String(error?.cause), /canary/);
  });

  test(`${dialect}: an error of a statement does not repeat the texts that were bound to it`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const error = await t.throwsAsync(db.write((tx) => tx.sql('no_such_table').insert({ text: 'canary' })));
    t.notRegex(error?.message ?? '', /canary/);
  });
}
