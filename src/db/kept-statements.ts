import sqlite3 from 'sqlite3';

type Done = (this: unknown, error: Error | null, rows?: unknown[]) => void;

interface Statement {
  all(bindings: readonly unknown[], done: Done): void;
  run(bindings: readonly unknown[], done: Done): void;
  finalize(done?: () => void): void;
}

/** A connection of node-sqlite3, as knex uses it. */
export interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
  all(sql: string, bindings: readonly unknown[], done: Done): void;
  run(sql: string, bindings: readonly unknown[], done: Done): void;
  close(done: (error: Error | null) => void): void;
}

const Statement = (sqlite3 as unknown as { Statement: new (connection: SqliteConnection, sql: string, done: Done) => Statement }).Statement;

/** The hub has fewer different statements than this; what differs in its number of rows comes and goes. */
const KEPT = 256;
/** Characters. A statement keeps what was bound to it last, and a long one was given a lot. */
const LONGEST = 4_096;

/**
 * Has a connection prepare each statement once instead of at every use (https://sqlite.org/c3ref/stmt.html): that was a
 * third of what a small query cost. SQLite prepares a kept one anew by itself when the schema has changed. knex runs one
 * query at a time on a connection, so none is used twice at once.
 */
export function keepStatements(connection: SqliteConnection): void {
  const kept = new Map<string, Statement>();

  const drop = (sql: string): void => {
    kept.get(sql)?.finalize();
    kept.delete(sql);
  };

  const via =
    (how: 'all' | 'run', direct: SqliteConnection['all']) =>
    (sql: string, bindings: readonly unknown[], done: Done): void => {
      if (sql.length > LONGEST) {
        direct.call(connection, sql, bindings, done);
        return;
      }
      let statement = kept.get(sql);
      kept.delete(sql);
      statement ??= new Statement(connection, sql, (error) => {
        if (!error) return;
        kept.delete(sql);
        done.call(undefined, error);
      });
      kept.set(sql, statement);
      for (const oldest of kept.size > KEPT ? kept.keys() : []) {
        drop(oldest);
        break;
      }
      statement[how](bindings, function (error, rows) {
        // It may hold on to what it locked until it is reset.
        if (error) drop(sql);
        done.call(this, error, rows);
      });
    };

  const close = connection.close;
  connection.all = via('all', connection.all);
  connection.run = via('run', connection.run);
  connection.close = (done) => {
    for (const sql of kept.keys()) drop(sql);
    close.call(connection, done);
  };
}
