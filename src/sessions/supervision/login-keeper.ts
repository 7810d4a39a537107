/**
 * Keeps the login of one session safe: a copy of it after each login and at each clean stop, and what happens where the login is not
 * there any more. It is put back from a copy once; only then somebody is asked to scan.
 */
import { messageOf } from '../../core/errors.ts';
import { iso } from '../../core/iso.ts';
import type { Logger } from '../../core/runtime.ts';
import type { Hold, Login, LoginCopies } from '../login/login-copies.ts';
import type { StatusChange } from '../store.ts';

type Event = NonNullable<StatusChange['events']>[number];

/** How it was found that the login is not there. */
export type LossOfLogin = 'no-start' | 'no-login';

const FOUND: Record<LossOfLogin, string> = {
  'no-start': 'The browser did not start on the files of this login',
  'no-login': 'WhatsApp Web found no login in the files of this session, and asked for a scan',
};
const SCAN = 'Connect the session and scan its QR code, or restore a backup.';

export class LoginKeeper {
  readonly #login: Login;
  /** None is kept of a session that is linked anew by a request. */
  readonly #copies: LoginCopies | null;
  readonly #log: Logger;
  #isOpen = false;
  #isLinkedAnew = false;
  /** `restored`: put back, and not connected since. `lost`: it was of no use, or there was none that opens. */
  #state: 'well' | 'restored' | 'lost' = 'well';

  /** `copies`: null where none are kept. */
  constructor({ tenantId, engine, profile }: Login, copies: LoginCopies | null, log: Logger) {
    this.#login = { tenantId, engine, profile };
    this.#copies = copies;
    this.#log = log;
  }

  /** Why a session that had a login shows a code; null where nobody knows of one. */
  get reason(): string | null {
    return this.#state === 'lost' ? 'login-lost' : null;
  }

  /** A code is shown to somebody: what connects after it is another login. */
  codeShown(): void {
    this.#isLinkedAnew = true;
  }

  async opened(): Promise<void> {
    // Left there, they would be older than those of the login that is there now, and go with the next two of it.
    if (this.#isLinkedAnew)
      await this.forget().catch((error) => this.#log.warn('Copies of the former login could not be removed', { why: messageOf(error) }));
    this.#isOpen = true;
    this.#isLinkedAnew = false;
    this.#state = 'well';
  }

  /** The engine was stopped. Whether what it leaves is a login that worked. */
  ended(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#isLinkedAnew = false;
    return wasOpen;
  }

  /** Rejects never: the session goes on without. */
  async copy(hold: Hold): Promise<void> {
    await this.#copies?.take(this.#login, hold).catch((error) => {
      this.#log.info('No copy of the login was made', { why: messageOf(error) });
    });
  }

  /** The login is not valid any more, or goes with its session. */
  async forget(): Promise<void> {
    this.#isOpen = false;
    await this.#copies?.forget(this.#login.profile);
  }

  /**
   * Puts the login back, once until it is connected again; `place`: see `LoginCopies.putBack`. Returns whether to start on it, and what
   * is to be told; null: there is nothing to put back, and nothing new to tell.
   */
  async putBack(found: LossOfLogin, place: (fresh: string) => Promise<void>): Promise<{ isBack: boolean; events: Event[] } | null> {
    if (!this.#copies || this.#state === 'lost') return null;
    if (this.#state === 'restored') return this.#lost(`${FOUND[found]}, and again after a copy of it was put back.`);
    const outcome = await this.#copies.putBack(this.#login, place);
    if (outcome === null) return null;
    if ('failed' in outcome) return this.#lost(`${FOUND[found]}, and no copy of it can be put back: ${outcome.failed}`);
    this.#state = 'restored';
    const text = `${FOUND[found]}. A copy of it was put back.`;
    this.#log.warn(text, { of: iso(outcome.of) });
    const data = { reason: 'login-restored', text, advice: null, copiedAt: iso(outcome.of) };
    return { isBack: true, events: [{ type: 'session.attention', data }] };
  }

  #lost(text: string): { isBack: boolean; events: Event[] } {
    this.#state = 'lost';
    this.#log.error(text);
    return { isBack: false, events: [{ type: 'session.attention', data: { reason: 'login-lost', text, advice: SCAN } }] };
  }
}
