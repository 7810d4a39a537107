import type { Knex } from 'knex';
import type { PoolClient } from 'pg';
import type { DialectName } from './dialect.ts';
import type { SqliteConnection } from './kept-statements.ts';

type Value = string | number | null;

/** The pool of a knex, or the one connection of its transaction. */
interface Client {
  acquireConnection(): Promise<SqliteConnection | PoolClient>;
  releaseConnection(connection: unknown): Promise<void>;
  emit(event: 'query', query: { sql: string; bindings: readonly Value[] }): unknown;
}

/**
 * The rows that a statement answers, in the transaction of `sql` if it is one. For what runs with every message: to
 * build a statement and to see it through knex costs more than the statement itself. `?` stands for a value, and may
 * stand for nothing else in the text.
 */
export async function rowsOf<Row>(sql: Knex, text: string, values: readonly Value[]): Promise<Row[]> {
  const client: Client = sql.client;
  // Whoever watches the statements of a knex sees these, too.
  client.emit('query', { sql: text, bindings: values });
  const connection = await client.acquireConnection();
  try {
    if ('all' in connection) return await allOf(connection, text, values);
    let number = 0;
    const numbered = text.replaceAll('?', () => `$${++number}`);
    return (await connection.query<never>(numbered, values as Value[])).rows;
  } finally {
    await client.releaseConnection(connection);
  }
}

function allOf<Row>(connection: SqliteConnection, text: string, values: readonly Value[]): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    connection.all(text, values, (error, rows) => (error ? reject(error) : resolve(rows as Row[])));
  });
}

type Column = 'text' | 'integer' | 'bigint';

/**
 * A table of one bound value, for statements that take many rows: their text does not depend on how many, so it is
 * prepared once. Goes into `FROM`; the rows come in their order.
 */
export function listed(columns: Record<string, Column>, dialect: DialectName): string {
  const picked = Object.entries(columns).map(([name, type], index) => `CAST(value ->> ${index} AS ${type}) AS ${name}`);
  const list = dialect === 'postgres' ? 'json_array_elements(CAST(? AS json))' : 'json_each(?)';
  return `(SELECT ${picked.join(', ')} FROM ${list})`;
}

/** The value of a `listed` table: the columns of each row, in their order. Postgres takes no half of a surrogate pair. */
export const list = (rows: readonly (readonly Value[])[]): string =>
  JSON.stringify(rows.map((row) => row.map((value) => (typeof value === 'string' ? value.toWellFormed() : value))));
