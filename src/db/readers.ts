import type { Knex } from 'knex';
import type { Client } from 'pg';
import type { Availability } from './availability.ts';

type Connection = Client & { connection: { stream: { destroy(): void } }; __knex__disposed?: unknown };

/** The connections to Postgres that read, which can be broken off together. */
export class Readers {
  readonly #open = new Set<Connection>();

  /** To be called with each new connection. */
  add(connection: Connection): void {
    this.#open.add(connection);
    connection.on('end', () => this.#open.delete(connection));
  }

  /** Whoever waits for an answer of one is told at once, and none is used again. */
  breakOff(): void {
    for (const connection of this.#open) drop(connection, 'broken off');
  }
}

/**
 * While the hub has no hold on the database nothing is asked of it: whoever reads is refused at once. A connection on which
 * an answer took `longest` ms or more is not used again: whether it still comes, behind what is asked next, nobody knows.
 */
export function guardReads(sql: Knex, { availability, longest }: { availability: Availability; longest: number }): void {
  const { client } = sql;
  const acquire = client.acquireConnection.bind(client) as () => Promise<Connection>;
  const release = client.releaseConnection.bind(client) as (connection: Connection) => Promise<void>;
  const since = new WeakMap<Connection, number>();
  client.acquireConnection = async () => {
    availability.refuseIfClosed();
    const connection = await acquire();
    since.set(connection, performance.now());
    return connection;
  };
  client.releaseConnection = async (connection: Connection) => {
    if (performance.now() - (since.get(connection) ?? 0) >= longest) drop(connection, 'no answer in time');
    return release(connection);
  };
}

function drop(connection: Connection, why: string): void {
  connection.__knex__disposed ??= why;
  connection.connection.stream.destroy();
}
