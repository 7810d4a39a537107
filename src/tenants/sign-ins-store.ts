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

interface OperatorSignIn {
  hash: string;
  /** Of the operator's key that was shown: with another one it is over. */
  keyHash: string;
  expiresAt: Milliseconds;
}

const OPERATOR = 'operator-sign-in:';

const toOperator = (value: string): Omit<OperatorSignIn, 'hash'> => JSON.parse(value);

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

  /** The operator's key is no row of `api_keys`: of whom showed it a setting is kept, with the hash of that key. */
  async insertOperator({ hash, keyHash, expiresAt }: OperatorSignIn, now: Milliseconds): Promise<void> {
    await this.#db.write(
      async ({ sql }) => {
        const over = (await sql('hub_settings').where('name', 'like', `${OPERATOR}%`).select('name', 'value')).filter(
          ({ value }) => toOperator(value).expiresAt <= now,
        );
        if (over.length > 0) {
          await sql('hub_settings')
            .whereIn(
              'name',
              over.map(({ name }) => name),
            )
            .delete();
        }
        await sql('hub_settings').insert({ name: `${OPERATOR}${hash}`, value: JSON.stringify({ keyHash, expiresAt }) });
      },
      { waited: 0 },
    );
  }

  /** Whether the operator's key of this hash was shown, and the time is not over. */
  async isOperator({ hash, keyHash }: Omit<OperatorSignIn, 'expiresAt'>, now: Milliseconds): Promise<boolean> {
    const row = await this.#db
      .sql('hub_settings')
      .where({ name: `${OPERATOR}${hash}` })
      .first('value');
    const found = row && toOperator(row.value);
    return found !== undefined && found.keyHash === keyHash && found.expiresAt > now;
  }

  async remove(hash: string): Promise<void> {
    await this.#db.write(
      async ({ sql }) => {
        await sql('sign_ins').where({ hash }).delete();
        await sql('hub_settings')
          .where({ name: `${OPERATOR}${hash}` })
          .delete();
      },
      { waited: 0 },
    );
  }
}
