/**
 * What stands between a scan and the login: the question for the passkey of the account, the button before it, and the code after it.
 */
import { HooklineError } from '../../../core/errors.ts';
import type { Clock, Logger, Milliseconds } from '../../../core/runtime.ts';
import { PASSKEY_VALID, type PasskeyCredential } from '../../passkey.ts';
import { CONTINUE } from './gate-words.ts';
import type { Page } from './library.ts';
import { lookAtGate, press } from './page/page-gate.ts';
import type { Signs } from './page/page-passkey.ts';
import type { Watch } from './watch.ts';

/** Before a button is pressed once more that did nothing (ms). */
const PRESS_AGAIN: Milliseconds = 5_000;

export class LoginGate {
  readonly #watch: Pick<Watch, 'passkey' | 'answered' | 'withdrawn' | 'isBetween' | 'mayPass' | 'gate'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** The question of the page that waits for what a passkey signs. */
  #asked: { id: string; answer(credential: PasskeyCredential | null): void } | null = null;
  #pressedAt = Number.NEGATIVE_INFINITY;

  constructor(watch: Watch, { clock, log }: { clock: Clock; log: Logger }) {
    this.#watch = watch;
    this.#clock = clock;
    this.#log = log;
  }

  /** Who has asked is gone. */
  pageLoaded(): void {
    this.#asked = null;
  }

  /** Whatever stands before the login is seen, and what needs nobody is passed. */
  async pass(page: Page): Promise<void> {
    if (!this.#watch.isBetween) return;
    const gate = await page.evaluate(lookAtGate);
    this.#watch.gate(gate);
    const now = this.#clock.steady();
    if (gate.showsQr || gate.code !== null || !this.#watch.mayPass || now - this.#pressedAt < PRESS_AGAIN) return;
    if (!(await page.evaluate(press, { words: CONTINUE, within: 'body' }))) return;
    this.#pressedAt = now;
    this.#log.info('WhatsApp Web asked whether to go on before it links; "Continue" was pressed');
  }

  /** The page asks for the passkey of the account: what this resolves with is what it signs. A later question takes the place of an earlier one. */
  async signs(said: Signs): Promise<PasskeyCredential | null> {
    if ('over' in said) {
      if (this.#asked?.id !== said.over) return null;
      this.#asked = null;
      this.#watch.withdrawn();
      return null;
    }
    this.#asked?.answer(null);
    this.#asked = null;
    const { id, publicKey } = said;
    const validFor = Math.min(typeof publicKey.timeout === 'number' ? publicKey.timeout : PASSKEY_VALID, PASSKEY_VALID);
    if (!this.#watch.passkey(publicKey, validFor)) return null;
    const { promise, resolve } = Promise.withResolvers<PasskeyCredential | null>();
    this.#asked = { id, answer: resolve };
    return promise;
  }

  /** Null: nobody will sign. Throws `engine-failed` when it is no longer asked for. */
  answer(credential: PasskeyCredential | null): void {
    if (!this.#asked) throw new HooklineError('engine-failed', 'WhatsApp Web no longer asks for the passkey.');
    this.#asked.answer(credential);
    this.#asked = null;
    this.#watch.answered();
  }
}
