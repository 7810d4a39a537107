/**
 * Databases on the test Postgres. To make one costs ten times what it costs to empty one; so those that tests have done with are
 * kept as spares for the next ones, which tell no difference.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { memoizeAsync } from '../../src/core/memoize.ts';
import { findPostgres } from './requirements.ts';
import { templateName } from './template.ts';

interface PostgresPlace {
  location: { url: string };
  remove(): Promise<void>;
}

/** As many as are in use at the same time, on the whole; further ones are dropped. */
const MOST_SPARES = 24;
/** Of what tests leave behind. A larger one is dropped, so that no test meets tables that are mostly holes. */
const MOST_BYTES = 4 * 2 ** 20;

/** A new database, with what is in `template`. */
export async function newDatabase(template = 'template1'): Promise<PostgresPlace> {
  const name = newName();
  await administer((server) => create(server, name, template));
  return { location: { url: await urlOf(name) }, remove: () => administer((server) => drop(server, name)) };
}

/** A migrated, empty database: a spare one, or a new one where there is none. */
export async function migratedDatabase(): Promise<PostgresPlace> {
  const name = newName();
  const template = await postgresTemplate();
  await administer(async (server) => {
    if (await takeSpare(server, name, template)) return;
    await drop(server, name);
    await create(server, name, template.name);
  });
  return { location: { url: await urlOf(name) }, remove: () => administer((server) => keepAsSpare(server, name, template)) };
}

/** A name that nobody had before: whoever still knows the former one of a spare finds nothing there. */
const newName = (): string => `hookline_test_${randomBytes(6).toString('hex')}`;

async function create(server: pg.Client, name: string, template: string): Promise<void> {
  await server.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
}

async function drop(server: pg.Client, name: string): Promise<void> {
  await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

const rename = (server: pg.Client, name: string, to: string): Promise<boolean> =>
  server.query(`ALTER DATABASE ${name} RENAME TO ${to}`).then(
    () => true,
    () => false,
  );

async function sparesLike(server: pg.Client, prefix: string): Promise<string[]> {
  const { rows } = await server.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY random()', [prefix]);
  return rows.map(({ datname }) => datname);
}

async function keepAsSpare(server: pg.Client, name: string, { spares }: Template): Promise<void> {
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  const isKept =
    (await sparesLike(server, spares)).length < MOST_SPARES && (await rename(server, name, `${spares}${randomBytes(6).toString('hex')}`));
  if (!isKept) await drop(server, name);
}

/** Whether there is one under this name now that is as the template. */
async function takeSpare(server: pg.Client, name: string, { spares, state }: Template): Promise<boolean> {
  for (const spare of await sparesLike(server, spares)) {
    // Where not, somebody else was faster.
    if (await rename(server, spare, name)) return isEmptied(await urlOf(name), state);
  }
  return false;
}

/** What a migrated, empty database is like. */
interface State {
  /** Of tables, indexes and all else that is defined. */
  shape: string;
  bytes: number;
  /** SQL that puts into empty tables what the migrations put there. */
  fill: string;
}

async function measure(client: pg.Client): Promise<Omit<State, 'fill'>> {
  // Whatever defines or changes something writes a row here; what counts rows for the planner (ANALYZE, VACUUM) is seen in the last two.
  const catalogs = ['class', 'attribute', 'attrdef', 'constraint', 'index', 'namespace', 'policy', 'proc', 'trigger', 'type'];
  const parts = [
    ...catalogs.map((name) => `(SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_${name})`),
    `(SELECT count(*) FROM pg_statistic WHERE starelid >= ${FIRST_OWN})`,
    `(SELECT sum(reltuples) FROM pg_class WHERE oid >= ${FIRST_OWN})`,
  ];
  const bytes = `SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE oid >= ${FIRST_OWN} AND relkind IN ('r', 'i', 't')`;
  const { rows } = await client.query(`SELECT concat_ws(' ', ${parts.join(', ')}) AS shape, (${bytes})::float8 AS bytes`);
  return rows[0];
}

/** Postgres' own objects have lower numbers. */
const FIRST_OWN = 16_384;

/** Tables in which something was written, be it gone again. */
async function tablesIn(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0",
  );
  return rows.map(({ name }) => name);
}

/** False where it cannot be made to be as the template; then it is not to be used. */
function isEmptied(url: string, state: State): Promise<boolean> {
  return withClient(url, async (client) => {
    const { shape, bytes } = await measure(client);
    if (shape !== state.shape || bytes > state.bytes + MOST_BYTES) return false;
    // As one statement, at whose end only it is asked whether any row still names one that is gone.
    const deletions = (await tablesIn(client)).map((table, number) => `gone_${number} AS (DELETE FROM ${table})`);
    await client.query(`WITH ${deletions.join(', ')} SELECT; ${state.fill}`);
    return true;
  });
}

/** Empties one as it is done before it is used again, and says whether it may be. */
export const isAsNew = async (url: string): Promise<boolean> => isEmptied(url, (await postgresTemplate()).state);

async function fillOf(client: pg.Client): Promise<string> {
  const statements: string[] = [];
  for (const table of await tablesIn(client)) {
    const { rows } = await client.query(`SELECT json_agg(row) AS all FROM ${table} AS row`);
    const values = client.escapeLiteral(JSON.stringify(rows[0].all ?? []));
    statements.push(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, ${values})`);
  }
  const { rows } = await client.query("SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public'");
  for (const { sequencename, start_value, last_value } of rows)
    statements.push(`SELECT setval('${sequencename}', ${last_value ?? start_value}, ${last_value !== null})`);
  return statements.join('; ');
}

interface Template {
  name: string;
  /** How the names of the spares begin that are copies of it. */
  spares: string;
  state: State;
}

const postgresTemplate = memoizeAsync(async (): Promise<Template> => {
  const hash = await templateName();
  const name = `${hash}_described`;
  const spares = `${hash.replace('template', 'spare')}_`;
  const described = await administer(async (server) => {
    // One process makes it, the others wait.
    await server.query('SELECT pg_advisory_lock(4853015)');
    const found = await descriptionOf(server, name);
    if (found) return found;
    // Loaded here: it is much, and seldom needed.
    const { migrate } = await import('../../src/db/migrate.ts');
    const draft = `${name}_draft`;
    await drop(server, draft);
    await server.query(`CREATE DATABASE ${draft}`);
    const url = await urlOf(draft);
    await migrate({ url });
    const state = await withClient(url, async (client): Promise<State> => ({ ...(await measure(client)), fill: await fillOf(client) }));
    await server.query(`COMMENT ON DATABASE ${draft} IS ${server.escapeLiteral(JSON.stringify(state))}`);
    for (const outdated of await sparesLike(server, 'hookline_spare_')) await drop(server, outdated);
    await rename(server, draft, name);
    return descriptionOf(server, name);
  });
  return { name, spares, state: JSON.parse(described as string) };
});

async function descriptionOf(server: pg.Client, database: string): Promise<string | undefined> {
  const { rows } = await server.query("SELECT shobj_description(oid, 'pg_database') AS text FROM pg_database WHERE datname = $1", [
    database,
  ]);
  return rows[0]?.text;
}

async function urlOf(database: string): Promise<string> {
  const url = new URL((await findPostgres()) ?? 'postgres://nowhere');
  url.pathname = `/${database}`;
  return url.href;
}

async function administer<T>(work: (server: pg.Client) => Promise<T>): Promise<T> {
  const url = await findPostgres();
  if (!url) throw new Error('No Postgres here: ask stores() first');
  return withClient(url, work);
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
