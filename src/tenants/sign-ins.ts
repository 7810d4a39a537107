import type { KeyId } from '../core/ids.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { freshSecret, hashOf } from '../core/secret.ts';
import { SharedReads } from '../core/shared-reads.ts';
import type { Database } from '../db/open.ts';
import { type Principal, principalOf } from './api-keys.ts';
import { SystemSignInStore } from './sign-ins-store.ts';
import type { StoredKey } from './store.ts';

/** How long a browser stays signed in. */
const LASTS: Milliseconds = 7 * 24 * 60 * 60_000;
/** Who may do everything is asked again sooner. */
const OPERATOR_LASTS: Milliseconds = 12 * 60 * 60_000;
/** Browsers that one key is signed in on at the same time. */
const MOST = 100;

/** Browsers in which somebody has shown a key once. What they hold afterwards is not the key, and ends with it. */
export class SignIns {
  readonly #store: SystemSignInStore;
  readonly #clock: Runtime['clock'];
  readonly #operator: () => string;
  readonly #used: (id: KeyId) => void;
  readonly #reads = new SharedReads<StoredKey | undefined>();

  /** `operator`: the hash of the operator's key. `used`: told of the key behind each request. */
  constructor(db: Database, { clock }: Pick<Runtime, 'clock'>, { operator, used }: { operator: () => string; used: (id: KeyId) => void }) {
    this.#store = new SystemSignInStore(db);
    this.#clock = clock;
    this.#operator = operator;
    this.#used = used;
  }

  /** What the browser is to show from now on, for so many milliseconds; it is kept hashed. */
  async create(keyId: KeyId): Promise<{ secret: string; lasts: Milliseconds }> {
    const [now, secret] = [this.#clock.now(), freshSecret()];
    await this.#store.insert({ hash: hashOf(secret), keyId, expiresAt: now + LASTS }, { now, most: MOST });
    return { secret, lasts: LASTS };
  }

  /** As `create`, for whoever has shown the operator's key; it ends when the hub is given another one. */
  async createOperator(): Promise<{ secret: string; lasts: Milliseconds }> {
    const [now, secret] = [this.#clock.now(), freshSecret()];
    await this.#store.insertOperator({ hash: hashOf(secret), keyHash: this.#operator(), expiresAt: now + OPERATOR_LASTS }, now);
    return { secret, lasts: OPERATOR_LASTS };
  }

  /** Whose key was shown; null once it was revoked, or the browser was signed out. */
  async authenticate(secret: string): Promise<Principal | null> {
    const hash = hashOf(secret);
    const row = await this.#reads.get(hash, () => this.#store.liveKey(hash, this.#clock.now()));
    if (row) {
      this.#used(row.id);
      return principalOf(row);
    }
    const isOperator = await this.#store.isOperator({ hash, keyHash: this.#operator() }, this.#clock.now());
    return isOperator ? { kind: 'admin' } : null;
  }

  async end(secret: string): Promise<void> {
    await this.#store.remove(hashOf(secret));
  }
}
