import type { Knex } from 'knex';
import type { DialectName } from './dialect.ts';
import type { Topic } from './news.ts';

/** A running write transaction, as a room's store is given it. */
export interface Tx {
  readonly sql: Knex;
  readonly dialect: DialectName;
  /** Runs once the transaction is on disk, never if it is rolled back. For wake-ups only: what it throws reaches nobody but the log. */
  afterCommit(callback: () => void): void;
  /** Tells the other nodes of a cluster, where there are any, once the transaction is on disk. For wake-ups only. */
  tell(topic: Topic, text: string): void;
  /** Runs a part of the work while nobody else writes in the same transaction: what is set back in it would take theirs along. */
  alone<T>(part: () => Promise<T>): Promise<T>;
}
