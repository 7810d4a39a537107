/** The Postgres databases of tests, which are used again: what one test leaves behind is nothing to the next. */
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { stores } from '../helpers/database.ts';
import { isAsNew, migratedDatabase } from '../helpers/postgres-databases.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

async function database(t: ExecutionContext): Promise<{ url: string; client: pg.Client }> {
  const { location, remove } = await migratedDatabase();
  const client = new pg.Client({ connectionString: location.url });
  await client.connect();
  t.teardown(async () => {
    await client.end();
    await remove();
  });
  return { url: location.url, client };
}

/** Every row of every table, and where every sequence stands. */
async function contentOf(client: pg.Client): Promise<Record<string, unknown>> {
  const { rows: tables } = await client.query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  const content: Record<string, unknown> = {};
  for (const { name } of tables) content[name] = (await client.query(`SELECT * FROM ${name} AS row ORDER BY row::text`)).rows;
  content.sequences = (await client.query('SELECT sequencename, last_value FROM pg_sequences ORDER BY 1')).rows;
  return content;
}

onPostgres('what was written, changed and removed is as it was', async (t) => {
  const { url, client } = await database(t);
  const former = await contentOf(client);
  t.is((former.tenants as object[]).length, 0);
  t.true((former.knex_migrations as object[]).length > 0);
  await client.query(`
    INSERT INTO tenants (id, name, created_at, updated_at) VALUES ('tnt_a', 'a', 1, 1);
    INSERT INTO api_keys (id, tenant_id, name, hash, hint, scopes, created_at)
      VALUES ('key_a', 'tnt_a', 'a', 'a', 'aaaa', '[]', 1);
    SELECT nextval('events_position_seq');
    UPDATE seals SET without_place = 7;
    DELETE FROM knex_migrations`);
  t.notDeepEqual(await contentOf(client), former);
  t.true(await isAsNew(url));
  t.deepEqual(await contentOf(client), former);
});

for (const [what, change] of [
  ['that was defined otherwise', 'ALTER TABLE tenants ADD COLUMN shoe_size integer'],
  ['in which the planner knows more than in a new one', 'ANALYZE tenants'],
  ['that has grown', "INSERT INTO hub_settings SELECT number::text, repeat('x', 1000) FROM generate_series(1, 10000) AS number"],
] as const)
  onPostgres(`one ${what} is not used again`, async (t) => {
    const { url, client } = await database(t);
    await client.query(change);
    t.false(await isAsNew(url));
  });
