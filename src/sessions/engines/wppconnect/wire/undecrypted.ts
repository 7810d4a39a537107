import type { InboundMessage } from '../../../../core/message.ts';
import type { Clock, Milliseconds, Timer } from '../../../../core/runtime.ts';

/** Beyond it they are told at once. */
const MOST_WAITING = 1_000;

/**
 * A message that cannot be decrypted mostly can be a moment later, when its sender's phone has sent it again, and then comes
 * anew. For that long nothing is said of it. One that stays as it is is told as it is; should it be readable after all some day,
 * it comes anew then, too.
 */
export class Undecrypted {
  readonly #clock: Clock;
  readonly #patience: Milliseconds;
  readonly #tell: (message: InboundMessage) => void;
  readonly #waiting = new Map<string, Timer>();

  /** `tell`: of what stays. */
  constructor(clock: Clock, patience: Milliseconds, tell: (message: InboundMessage) => void) {
    this.#clock = clock;
    this.#patience = patience;
    this.#tell = tell;
  }

  /** The message, which just came; null while it is waited for. */
  take(message: InboundMessage): InboundMessage | null {
    const { engineId } = message;
    const isWaitedFor = this.#waiting.has(engineId);
    if (message.unavailable?.reason !== 'undecrypted') {
      this.#forget(engineId);
      return message;
    }
    if (!isWaitedFor && this.#waiting.size >= MOST_WAITING) return message;
    if (!isWaitedFor)
      this.#waiting.set(
        engineId,
        this.#clock.after(this.#patience, () => this.#stays(message)),
      );
    return null;
  }

  /** As `take`, for one that is found among those that came before. */
  takeListed(message: InboundMessage): InboundMessage | null {
    const isOld = message.timestamp + this.#patience <= this.#clock.now();
    return isOld && !this.#waiting.has(message.engineId) ? message : this.take(message);
  }

  /** What is waited for is asked for again after the next start. */
  stop(): void {
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }

  #stays(message: InboundMessage): void {
    this.#waiting.delete(message.engineId);
    this.#tell(message);
  }

  #forget(engineId: string): void {
    this.#waiting.get(engineId)?.cancel();
    this.#waiting.delete(engineId);
  }
}
