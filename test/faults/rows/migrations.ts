/** `hookline migrate` is killed at a write of its own: up from nothing, up from an earlier schema with data, and down. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { migrationSource } from '../../../src/db/migrate.ts';
import { type DatabaseLocation, knexConfig } from '../../../src/db/open.ts';
import { copyOf, testLocation } from '../../helpers/database.ts';
import { spawnHub } from '../../helpers/hub.ts';
import { hasCompiler } from '../../helpers/requirements.ts';
import type { Row } from '../clients.ts';
import type { Injection } from '../inject.ts';
import { databaseOf, type FaultRow, type Stage } from '../stage.ts';
import { STACK } from '../through.ts';

/** Migrations that are taken back to have an earlier schema with data in it. */
const EARLIER = 3;

export const migrations: FaultRow = {
  what: '`hookline migrate` is killed at a write: up from nothing, up with data, down; run again, it completes',
  count: { of: 'kills of each', usual: 3 },
  needs: [hasCompiler],
  async run(stage) {
    const injection = await stage.injection();
    const nothing = await testLocation(stage.store);
    stage.teardown(nothing.remove);
    await look(nothing.location, (sql) => sql.raw('SELECT 1'));
    const world = await stage.world();
    world.load();
    await wait(2_000);
    stage.none('before any of it', await world.judged());
    const newest = await look(world.location, schema);

    await killed(stage, injection, 'down', world.location, async (at, name) => {
      const left = await look(at, schema);
      stage.must(Object.keys(left).length === 0, `${name}: tables are left: ${Object.keys(left)}`);
    });
    await killed(stage, injection, 'up', nothing.location, async (at, name) => {
      stage.must(same(await look(at, schema), newest), `${name}: another schema than without a kill`);
    });
    // Down by some, with what is in it.
    await look(world.location, async (sql) => {
      for (let nth = 0; nth < EARLIER; nth++) await sql.migrate.down({ migrationSource });
    });
    const kept = await look(world.location, rows);
    await killed(stage, injection, 'up', world.location, async (at, name) => {
      const { schemas, counts } = await look(at, async (sql) => ({ schemas: await schema(sql), counts: await rows(sql) }));
      stage.must(same(schemas, newest), `${name}: another schema than without a kill`);
      // The command line enters itself in the audit log.
      const lost = Object.keys(kept).filter((table) => table in schemas && table !== 'audit_entries' && counts[table] !== kept[table]);
      stage.must(lost.length === 0, `${name}: other counts of rows than before, of ${lost}`);
    });
  },
};

/** On a copy of `start` each time: killed at a write, then run again. */
async function killed(
  stage: Stage,
  injection: Injection,
  direction: 'up' | 'down',
  start: DatabaseLocation,
  check: (at: DatabaseLocation, name: string) => Promise<void>,
): Promise<void> {
  const all = await attempt(stage, injection, direction, start, undefined, check);
  let deaths = 0;
  for (let nth = 0; nth < stage.count; nth++) {
    const from = 1 + Math.floor(((nth + Math.random()) * all) / stage.count);
    if ((await attempt(stage, injection, direction, start, from, check)) > 0) deaths++;
  }
  stage.figure(
    `migrate ${direction} from ${Object.keys(await look(start, schema)).length} tables: writes; killed`,
    `${all}; ${deaths}`,
    'completes when run again',
  );
}

/** Resolves with the writes it took, or where it is to be killed, with 1 when it was. */
async function attempt(
  stage: Stage,
  injection: Injection,
  direction: 'up' | 'down',
  start: DatabaseLocation,
  from: number | undefined,
  check: (at: DatabaseLocation, name: string) => Promise<void>,
): Promise<number> {
  const { location, remove } = await copyOf(start);
  try {
    const name = `migrate ${direction}, killed at write ${from ?? '(none)'}`;
    const directory = await stage.directory();
    const of = databaseOf({ location });
    injection.set({ of, at: 'writes and fsyncs', act: 'kill', times: 1, ...(from !== undefined && { from }) });
    const first = await migrate(direction, location, directory, injection.env);
    const { seen, fired } = injection.counts;
    injection.clear();
    if (from === undefined) stage.must(first.code === 0, `${name}: exit ${first.code}: ${first.output}`);
    else {
      const second = await migrate(direction, location, directory, injection.env);
      stage.must(second.code === 0, `${name}: run again, exit ${second.code}: ${second.output.slice(0, 300)}`);
      stage.must(!STACK.test(second.output), `${name}: run again, a stack`);
      if (second.code !== 0) return fired;
    }
    await check(location, name);
    return from === undefined ? seen : fired;
  } finally {
    await remove();
  }
}

async function migrate(
  direction: 'up' | 'down',
  location: DatabaseLocation,
  directory: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const place: Record<string, string> =
    'url' in location
      ? { HOOKLINE_DATABASE_URL: location.url, HOOKLINE_DATA_DIR: directory }
      : { HOOKLINE_DATA_DIR: join(location.file, '..') };
  const args = ['migrate', direction, ...(direction === 'down' ? ['--yes'] : [])];
  const { child, output } = spawnHub(args, { ...env, ...place, HOOKLINE_TOKENS_DIR: join(directory, 'tokens') });
  const [code] = await once(child, 'close');
  return { code, output: output() };
}

async function look<T>(location: DatabaseLocation, work: (sql: Knex) => Promise<T>): Promise<T> {
  const sql = knex(knexConfig(location, { min: 0, max: 1 }));
  try {
    return await work(sql);
  } finally {
    await sql.destroy();
  }
}

const same = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The columns of every table, both in the order of their names. */
async function schema(sql: Knex): Promise<Record<string, string[]>> {
  const tables: Record<string, string[]> = {};
  for (const name of await tableNames(sql)) tables[name] = Object.keys(await sql(name).columnInfo()).sort();
  return tables;
}

async function rows(sql: Knex): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of await tableNames(sql)) counts[name] = Number(((await sql(name).count({ n: '*' }).first()) as { n: number }).n);
  return counts;
}

async function tableNames(sql: Knex): Promise<string[]> {
  const found: Row[] =
    sql.client.config.client === 'sqlite3'
      ? await sql('sqlite_master').select('name').where({ type: 'table' })
      : await sql('pg_tables').select('tablename as name').where({ schemaname: 'public' });
  return found
    .map(({ name }) => name)
    .filter((name) => !/^(sqlite_|knex_)/.test(name))
    .sort();
}
