import test from 'ava';
import type { Knex } from 'knex';
import { hasCode } from '../../src/core/errors.ts';
import { migrate, migrationStatus } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { stores, testLocation } from '../helpers/database.ts';

async function tables(sql: Knex): Promise<string[]> {
  const sqlite = sql.client.config.client === 'sqlite3';
  const rows: { name: string }[] = sqlite
    ? await sql('sqlite_master').select('name').where({ type: 'table' })
    : await sql('pg_tables').select('tablename as name').where({ schemaname: 'public' });
  return rows.map(({ name }) => name).filter((name) => !/^(sqlite_|knex_)/.test(name));
}

for (const store of await stores()) {
  test(`${store}: the schema goes up, all the way down, and up again`, async (t) => {
    const { location, remove } = await testLocation(store);
    t.teardown(remove);
    const look = async (): Promise<string[]> => {
      const db = openDatabase(location);
      const found = await tables(db.sql);
      await db.close();
      return found.sort();
    };
    const run = await migrate(location);
    t.true(run.length >= 4);
    t.deepEqual(await migrate(location), [], 'a second run finds nothing to do');
    const up = await look();
    t.true(up.includes('whatsapp_instances') && up.includes('events') && up.includes('messages'));
    t.deepEqual([...(await migrate(location, 'down'))].reverse(), run);
    t.deepEqual(await look(), []);
    t.deepEqual(await migrate(location), run);
    t.deepEqual(await look(), up);
  });

  test(`${store}: taking everything back is done whole or not at all, and a lock that was left set stops nobody`, async (t) => {
    const { location, remove } = await testLocation(store);
    t.teardown(remove);
    const run = await migrate(location);
    const db = openDatabase(location);
    await db.sql('knex_migrations_lock').update({ is_locked: 1 });
    // The migrations that come after it have been taken back by then.
    const view = `CREATE VIEW tenants_seen AS SELECT * FROM tenants`;
    if (store === 'postgres') await db.sql.raw(view);
    else
      await db.sql.raw(
        "CREATE TRIGGER kept BEFORE DELETE ON knex_migrations WHEN old.name LIKE '001%' BEGIN SELECT RAISE(ABORT, 'kept'); END",
      );
    await t.throwsAsync(migrate(location, 'down'));
    t.deepEqual((await migrationStatus(location)).done, run);
    await db.sql.raw(store === 'postgres' ? 'DROP VIEW tenants_seen' : 'DROP TRIGGER kept');
    await db.sql('knex_migrations_lock').update({ is_locked: 1 });
    await db.close();
    t.is((await migrate(location, 'down')).length, run.length);
    t.deepEqual(await migrate(location), run);
  });

  test(`${store}: a database that a newer Hookline has changed is left alone`, async (t) => {
    const { location, remove } = await testLocation(store);
    t.teardown(remove);
    await migrate(location);
    const db = openDatabase(location);
    await db.sql('knex_migrations').insert({ name: '999_future', batch: 2, migration_time: new Date(0) });
    await db.close();
    for (const look of [() => migrate(location), () => migrate(location, 'down'), () => migrationStatus(location)]) {
      const error = await t.throwsAsync(look);
      t.true(hasCode(error, 'invalid-configuration'));
      t.regex(error?.message ?? '', /newer Hookline .* 999_future\. Run that version/);
    }
  });
}
