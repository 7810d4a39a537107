import { randomUUID } from 'node:crypto';
import { HooklineError } from '../core/errors.ts';
import type { Fence } from './writer.ts';

/** What is asked of the connection that holds the database. Not the driver's own type, which nobody who takes this package needs. */
export interface HoldingConnection {
  query<Row extends object>(text: string, values?: unknown[]): Promise<{ rows: Row[]; rowCount: number | null }>;
  on(event: 'notification', listener: (told: { channel: string; payload?: string | undefined }) => void): unknown;
}

/** In what way a hub has a Postgres database: alone, or as a node of a cluster. Its connection is the one that holds the database. */
export interface Tenure {
  /** How connections of this kind are named. */
  readonly name: string;
  readonly lock: 'pg_try_advisory_lock' | 'pg_try_advisory_lock_shared';
  readonly fence: Omit<Fence, 'lost'>;
  /** Why the lock was not to be had. `owner`: who has it, in parentheses, or empty. */
  readonly refusal: (owner: string) => string;
  /** Makes the row of `fence`; whoever has had the database in another way writes nothing more. False on a schema that has none. */
  claim(client: HoldingConnection): Promise<boolean>;
  /** Rejects with `database-in-use` where others have had it, or taken this one for dead, while no connection held it. */
  verify(client: HoldingConnection): Promise<void>;
  /** Every second or two. Rejects when the connection is of no more use, or the row is gone. */
  beat(client: HoldingConnection): Promise<unknown>;
  /** Before it lets go by its own will. */
  leave(client: HoldingConnection): Promise<void>;
}

/** Whether the tables of both kinds are there. */
export async function isThere(client: HoldingConnection, table: 'hub_owner' | 'nodes'): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return rows[0]?.there === true;
}

export class Alone implements Tenure {
  readonly name = 'hookline';
  readonly lock = 'pg_try_advisory_lock';
  /** What `hub_owner` says while the database is of this hub; new for each hold. */
  readonly #token = randomUUID();
  readonly fence = { row: `hub_owner WHERE id = 1 AND token = '${this.#token}'` };

  refusal(owner: string): string {
    return `The database is held by another hub${owner}. Stop it, or give this hub another database with HOOKLINE_DATABASE_URL.`;
  }

  async claim(client: HoldingConnection): Promise<boolean> {
    if (!(await isThere(client, 'hub_owner'))) return false;
    await client.query('INSERT INTO hub_owner (id, token, beats) VALUES (1, $1, 0) ON CONFLICT (id) DO UPDATE SET token = excluded.token', [
      this.#token,
    ]);
    if (await isThere(client, 'nodes')) await client.query('DELETE FROM nodes');
    return true;
  }

  /** Another hub may have had the database, and let go of it: what this one remembers is then of before. */
  async verify(client: HoldingConnection): Promise<void> {
    const asked = client.query<{ token: string }>('SELECT token FROM hub_owner WHERE id = 1');
    // The table is not there any more: somebody has taken the schema back.
    const { rows } = await asked.catch((error) => (error.code === '42P01' ? { rows: [] } : Promise.reject(error)));
    if (rows[0]?.token === this.#token) return;
    throw new HooklineError(
      'database-in-use',
      'Another hub has had the database since this one lost its connection to it. Start this one again to go on with it.',
    );
  }

  beat(client: HoldingConnection): Promise<unknown> {
    return client.query('SELECT 1');
  }

  async leave(): Promise<void> {}
}
