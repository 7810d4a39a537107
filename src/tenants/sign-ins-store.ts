import type { KeyId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { ofTable } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { KEY_COLUMNS, type StoredKey, toKey } from './store.ts';

export interface SignIn {
  hash: string;
  keyId: KeyId;
  expiresAt: Milliseconds;
}

/** Whose sign-in it is is what its secret says. */
export class SystemSignInStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those of the same key whose time is over go with it, and those beyond the newest `most`. */
  async insert({ hash, keyId, expiresAt }: SignIn, { now, most }: { now: Milliseconds; most: number }): Promise<void> {
    await this.#db.write(
      async ({ sql }) => {
        const mine = sql('sign_ins').where({ key_id: keyId });
        await mine.clone().andWhere('expires_at', '<=', now).delete();
        await sql('sign_ins').insert({ hash, key_id: keyId, expires_at: expiresAt });
        const older = await mine.clone().orderBy('expires_at', 'desc').orderBy('hash').offset(most).limit(most).select('hash');
        if (older.length > 0) {
          await sql('sign_ins')
            .whereIn(
              'hash',
              older.map((row: Pick<SignIn, 'hash'>) => row.hash),
            )
            .delete();
        }
      },
      { waited: 0 },
    );
  }

  /** The key that was shown, unless it was revoked, or the time is over. */
  async liveKey(hash: string, now: Milliseconds): Promise<StoredKey | undefined> {
    const row = await this.#db
      .sql('sign_ins')
      .join('api_keys', 'api_keys.id', 'sign_ins.key_id')
      .where('sign_ins.hash', hash)
      .andWhere('sign_ins.expires_at', '>', now)
      .whereNull('api_keys.revoked_at')
      .first(ofTable('api_keys', KEY_COLUMNS));
    return row && toKey(row);
  }

  async remove(hash: string): Promise<void> {
    await this.#db.write((tx) => tx.sql('sign_ins').where({ hash }).delete(), { waited: 0 });
  }
}
