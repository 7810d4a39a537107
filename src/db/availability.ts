import { HooklineError } from '../core/errors.ts';
import type { Logger } from '../core/runtime.ts';

/**
 * Whether the database does what it is asked. It is down from the first write that it has failed, or from when the hub
 * has lost its hold on it, until it has written again, and says both in the log once, however many ask meanwhile.
 */
export class Availability {
  readonly #log: Pick<Logger, 'error' | 'info'> | undefined;
  readonly #onDown: () => void;
  #failure: HooklineError | undefined;
  #closed: HooklineError | undefined;
  #downSince = 0;

  constructor({ log, onDown = () => undefined }: { log?: Pick<Logger, 'error' | 'info'> | undefined; onDown?: () => void } = {}) {
    this.#log = log;
    this.#onDown = onDown;
  }

  /** Why it is down; undefined while it is up. */
  get why(): HooklineError | undefined {
    return this.#closed ?? this.#failure;
  }

  failed(failure: HooklineError): void {
    const wasUp = this.why === undefined;
    this.#failure = failure;
    if (wasUp) this.#down(failure);
  }

  succeeded(): void {
    if (!this.#failure) return;
    this.#failure = undefined;
    this.#up();
  }

  /** Nobody is to ask it anything from here on until `open`: `refuseIfClosed` throws. */
  close(reason: HooklineError): void {
    const wasUp = this.why === undefined;
    this.#closed = reason;
    if (wasUp) this.#down(reason);
  }

  /** It may be asked again. It is up when it has written, not before. */
  open(): void {
    if (!this.#closed) return;
    this.#failure ??= this.#closed;
    this.#closed = undefined;
  }

  refuseIfClosed(): void {
    // A new one each time: it is thrown to whoever asks, and grows no stack of others.
    if (this.#closed) throw new HooklineError(this.#closed.code, this.#closed.message, { retryAfter: 5, cause: this.#closed.cause });
  }

  #down({ message }: HooklineError): void {
    this.#downSince = performance.now();
    this.#log?.error('The database fails; until it works again, what needs it is refused', { error: message });
    this.#onDown();
  }

  #up(): void {
    if (this.why) return;
    const seconds = Math.round((performance.now() - this.#downSince) / 100) / 10;
    this.#log?.info(`The database works again, after ${seconds} s`);
  }
}
