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
/** Browsers that one key is signed in on at the same time. */
const MOST = 100;

/** Browsers in which somebody has shown a key once. What they hold afterwards is not the key, and ends with it. */
export class SignIns {
  readonly #store: SystemSignInStore;
  readonly #clock: Runtime['clock'];
  readonly #reads = new SharedReads<StoredKey | undefined>();

  constructor(db: Database, { clock }: Pick<Runtime, 'clock'>) {
    this.#store = new SystemSignInStore(db);
    this.#clock = clock;
  }

  /** What the browser is to show from now on, for so many milliseconds; it is kept hashed. */
  async create(keyId: KeyId): Promise<{ secret: string; lasts: Milliseconds }> {
    const [now, secret] = [this.#clock.now(), freshSecret()];
    await this.#store.insert({ hash: hashOf(secret), keyId, expiresAt: now + LASTS }, { now, most: MOST });
    return { secret, lasts: LASTS };
  }

  /** Whose key was shown; null once it was revoked, or the browser was signed out. */
  async authenticate(secret: string): Promise<Principal | null> {
    const hash = hashOf(secret);
    const row = await this.#reads.get(hash, () => this.#store.liveKey(hash, this.#clock.now()));
    return row ? principalOf(row) : null;
  }

  async end(secret: string): Promise<void> {
    await this.#store.remove(hashOf(secret));
  }
}
