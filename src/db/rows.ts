import type { Knex } from 'knex';
import type { DialectName } from './dialect.ts';

type Value = string | number | null;

/** What knex itself calls below its builders (https://knexjs.org/guide/extending.html). */
interface Client {
  acquireConnection(): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
  query(connection: unknown, query: { sql: string; bindings: readonly Value[] }): Promise<{ response: unknown[] | { rows: unknown[] } }>;
}

/**
 * The rows that a statement answers, in the transaction of `sql` if it is one. For what runs with every message: a
 * builder costs about as much as the statement itself, and here the text is ready. `?` stands for a value, and nothing
 * else in the text may be one.
 */
export async function rowsOf<Row>(sql: Knex, text: string, values: readonly Value[]): Promise<Row[]> {
  const client: Client = sql.client;
  const connection = await client.acquireConnection();
  try {
    const { response } = await client.query(connection, { sql: text, bindings: values });
    return (Array.isArray(response) ? response : response.rows) as Row[];
  } finally {
    await client.releaseConnection(connection);
  }
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
