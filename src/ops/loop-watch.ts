import { monitorEventLoopDelay } from 'node:perf_hooks';
import { longestHeld } from '../core/during.ts';
import type { Clock, Logger, Milliseconds, Timer } from '../core/runtime.ts';

/** Longer than this nothing should hold the event loop: everybody waits for it. */
const LONGEST: Milliseconds = 50;
/** How exactly it is measured, and how often it is looked at. */
const RESOLUTION: Milliseconds = 10;
const LOOK: Milliseconds = 1_000;
/** From here on somebody should look at it; what is less stands in the metrics, and in the log as `info`. */
const WORRYING: Milliseconds = 500;
/** At most one line of the log in this time. */
const QUIET: Milliseconds = 10_000;

export interface LoopMeter {
  /** `what`: null where nobody has marked it. */
  held(what: string | null, took: Milliseconds): void;
}

/** Notices when the event loop was held, and tells by whom: see `during`. */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  readonly #meter: LoopMeter;
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  #timer: Timer | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor({ clock, log }: { clock: Clock; log: Pick<Logger, 'info' | 'warn'> }, meter: LoopMeter) {
    this.#clock = clock;
    this.#log = log;
    this.#meter = meter;
  }

  start(): void {
    longestHeld();
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.#delay.enable();
    this.#await();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#delay?.disable();
  }

  #await(): void {
    this.#timer = this.#clock.after(LOOK, () => {
      this.#look();
      this.#await();
    });
  }

  #look(): void {
    // Of a longer hold the look itself comes late, and the histogram may not have it yet: then the next look has.
    const took = (this.#delay?.max ?? 0) / 1e6 - RESOLUTION;
    this.#delay?.reset();
    if (took <= LONGEST) {
      longestHeld();
      return;
    }
    const piece = longestHeld();
    const who = piece && piece.took >= took / 2 ? piece : undefined;
    this.#meter.held(who?.what ?? null, took);
    const now = this.#clock.steady();
    if (now - this.#toldAt < QUIET) {
      this.#untold++;
      return;
    }
    const more = this.#untold > 0 ? { before: this.#untold } : {};
    this.#log[took < WORRYING ? 'info' : 'warn']('The event loop was held: everything else waited', {
      ...{ ms: Math.round(took), what: who?.what ?? 'unknown', ...(who?.tenantId && { tenantId: who.tenantId }) },
      ...more,
    });
    this.#toldAt = now;
    this.#untold = 0;
  }
}
