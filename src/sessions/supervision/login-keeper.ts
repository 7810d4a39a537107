/**
 * Keeps the login of one session safe: a copy of it after each login and at each clean stop, and what happens where the login is not
 * there any more. It is put back from a copy once; only then somebody is asked to scan.
 */
import { messageOf } from '../../core/errors.ts';
import { iso } from '../../core/iso.ts';
import type { Logger, Milliseconds } from '../../core/runtime.ts';
import type { Login } from '../login/copy-port.ts';
import type { Hold, LoginCopies } from '../login/login-copies.ts';
import type { Session, StatusChange } from '../store.ts';

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
  /** It has worked, or was put there, since it was copied last. */
  #isAhead = false;
  /** The copy that this machine began with, which is not to be tried twice. */
  #begunWith: Milliseconds | undefined;
  #isLinkedAnew = false;
  /** Of the session as it was found: null once that is known to be over. */
  #found: Pick<Session, 'phone' | 'status'> | null;
  /** `restored`: put back, and not connected since. `lost`: it was of no use, or there was none that opens. */
  #state: 'well' | 'restored' | 'lost' = 'well';

  /** `copies`: null where none are kept. */
  constructor({ id, tenantId, engine, profile, phone, status }: Session, copies: LoginCopies | null, log: Logger) {
    this.#login = { id, tenantId, engine, profile };
    this.#found = { phone, status };
    this.#copies = copies;
    this.#log = log;
  }

  /** Why a session that had a login shows a code; null where nobody knows of one. */
  get reason(): string | null {
    return this.#state === 'lost' ? 'login-lost' : null;
  }

  /** Another machine begins with a copy, and there is none of the login as it is now. */
  get isToBeCopied(): boolean {
    return this.#isAhead && (this.#copies?.travel ?? false);
  }

  /** Whether a machine that has not run it yet begins with a copy. */
  get travels(): boolean {
    return this.#copies?.travel ?? false;
  }

  /** See `LoginCopies.generation`. */
  async generation(): Promise<number | undefined> {
    return this.#copies?.generation(this.#login);
  }

  /** A code is shown to somebody: what connects after it is another login. */
  codeShown(): void {
    this.#isLinkedAnew = true;
  }

  /** Whether it is another login than before. */
  async opened(): Promise<boolean> {
    const isNew = this.#isLinkedAnew;
    // Left there, they would be older than those of the login that is there now, and go with the next two of it.
    const former = isNew ? this.forget() : this.#copies?.works(this.#login);
    await former?.catch((error) => this.#log.warn('Copies of the former login could not be removed', { why: messageOf(error) }));
    this.#isOpen = true;
    this.#isAhead = true;
    this.#begunWith = undefined;
    this.#isLinkedAnew = false;
    this.#state = 'well';
    return isNew;
  }

  /** The engine was stopped. Whether what it leaves is a login that worked. */
  ended(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#isLinkedAnew = false;
    return wasOpen;
  }

  /** Rejects never: the session goes on without. `urgent`: others wait for it. */
  async copy(hold: Hold, { urgent = false } = {}): Promise<void> {
    this.#isAhead = true;
    try {
      await this.#copies?.take(this.#login, hold, { urgent });
      this.#isAhead = this.#isOpen;
    } catch (error) {
      this.#log[urgent ? 'warn' : 'info']('No copy of the login was made', { why: messageOf(error) });
    }
  }

  /**
   * Sees that the profile on this machine is the newest there is; see `LoginCopies.ready`. Returns what is to be told: nothing of a copy
   * that was put there, since nothing was lost by that.
   */
  async ready(): Promise<Event[]> {
    const found = (await this.#copies?.ready(this.#login)) ?? { is: 'here' };
    const { phone = null, status = 'loggedOut' } = this.#found ?? {};
    this.#found = null;
    if (found.is === 'here') return [];
    if (found.is === 'none') {
      const wasThere = found.isVoid ? ['connected', 'disconnected'].includes(status) : phone !== null && status !== 'loggedOut';
      return wasThere
        ? this.#lost('The machine that ran this session is gone, and with it its login, of which there is no copy.').events
        : [];
    }
    if (found.is === 'copy') {
      this.#begunWith = found.of;
      this.#log.info('The login was put on this machine from its copy', { of: iso(found.of) });
      if (found.failed === null) return [];
      return this.#restored(
        `The newest copy of the login of this session cannot be used: ${found.failed} An older one was put in its place.`,
        found.of,
      );
    }
    if (found.is === 'older')
      return this.#restored(
        `The copy of the login of this session cannot be used: ${found.failed} An older login was there, and is used.`,
        found.of,
      );
    return this.#lost(`No copy of the login of this session can be used: ${found.failed}`).events;
  }

  /** The login is not valid any more, or goes with its session. */
  async forget(): Promise<void> {
    this.#found = null;
    this.#isOpen = false;
    this.#isAhead = false;
    await this.#copies?.forget(this.#login);
  }

  /**
   * Puts the login back, once until it is connected again; `place`: see `LoginCopies.putBack`. Returns whether to start on it, and what
   * is to be told; null: there is nothing to put back, and nothing new to tell.
   */
  async putBack(found: LossOfLogin, place: (fresh: string) => Promise<void>): Promise<{ isBack: boolean; events: Event[] } | null> {
    if (!this.#copies || this.#state === 'lost') return null;
    if (this.#state === 'restored') return this.#lost(`${FOUND[found]}, and again after a copy of it was put back.`);
    const outcome = await this.#copies.putBack(this.#login, place, this.#begunWith);
    if (outcome === null && this.#begunWith !== undefined)
      return this.#lost(`${FOUND[found]}, which were put there from the only copy of it.`);
    if (outcome === null) return null;
    if ('failed' in outcome) return this.#lost(`${FOUND[found]}, and no copy of it can be put back: ${outcome.failed}`);
    this.#state = 'restored';
    return { isBack: true, events: this.#restored(`${FOUND[found]}. A copy of it was put back.`, outcome.of) };
  }

  #restored(text: string, of: Milliseconds): Event[] {
    this.#log.warn(text, { of: iso(of) });
    return [{ type: 'session.attention', data: { reason: 'login-restored', text, advice: null, copiedAt: iso(of) } }];
  }

  #lost(text: string): { isBack: boolean; events: Event[] } {
    this.#state = 'lost';
    this.#log.error(text);
    return { isBack: false, events: [{ type: 'session.attention', data: { reason: 'login-lost', text, advice: SCAN } }] };
  }
}
