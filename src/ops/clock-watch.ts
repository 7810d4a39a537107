import { messageOf } from '../core/errors.ts';
import type { Clock, Logger, Milliseconds, Timer } from '../core/runtime.ts';
import type { SetBack } from '../db/set-back.ts';

export interface ClockWatchPorts {
  /** The time that was shown when the hub last ran, and where that is kept. */
  seen: { read(): Promise<Milliseconds | null>; note(at: Milliseconds): Promise<void> };
  /** Move what is stored as "not before", one after the other. One that rejects is tried again, and those behind it wait. */
  setBack: readonly ((back: SetBack) => Promise<void>)[];
}

/** How often it looks, and by how much the clock must have been set back. */
const LOOK: Milliseconds = 1_000;
const LEAST: Milliseconds = 1_000;
/** How often the time is noted for the next start. */
const NOTE: Milliseconds = 30_000;
/** A machine may start with a wrong clock, which is set within this. */
const PATIENCE: Milliseconds = 120_000;

/**
 * Notices that the clock on the wall was set back: what was put off for five minutes would else be put off for as long as the clock
 * was set back besides. What it shows is held against a clock that nobody sets, and at a start against what it showed before.
 */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly #ports: ClockWatchPorts;
  /** What the clock shows above the one that nobody sets. It is never less than it was but when it was set back. */
  #lead = 0;
  /** What the clock showed at the last look. */
  #seen: Milliseconds = 0;
  /** At the start it showed so much less than when the hub last ran, and may yet be set. */
  #behind: { by: Milliseconds; since: Milliseconds; from: Milliseconds } | undefined;
  #todo: { step: ClockWatchPorts['setBack'][number]; by: Milliseconds; since: Milliseconds }[] = [];
  #notedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor({ clock, log }: { clock: Clock; log: Pick<Logger, 'info' | 'warn' | 'error'> }, ports: ClockWatchPorts) {
    this.#clock = clock;
    this.#log = log;
    this.#ports = ports;
  }

  async start(): Promise<void> {
    const now = this.#clock.now();
    this.#seen = now;
    this.#lead = now - this.#clock.steady();
    const by = ((await this.#ports.seen.read()) ?? now) - now;
    if (by >= LEAST) {
      this.#behind = { by, since: now, from: this.#clock.steady() };
      this.#log.warn(
        `The clock shows ${seconds(by)} s less than when the hub last ran. If it is not set within ${seconds(PATIENCE)} s, what waits for a while waits that much less.`,
      );
    }
    this.#await();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
    await this.#note();
  }

  /** Resolves when it has looked, and done what came of that. */
  settled(): Promise<void> {
    return this.#looking;
  }

  #await(): void {
    this.#timer = this.#clock.after(LOOK, () => {
      this.#looking = this.#look().finally(() => {
        if (!this.#stopped) this.#await();
      });
    });
  }

  async #look(): Promise<void> {
    const now = this.#clock.now();
    const lead = now - this.#clock.steady();
    const by = this.#lead - lead;
    if (by >= LEAST) this.#owe(by, Math.min(now, this.#seen - by), 'was set back');
    // Little by little it adds up.
    if (by >= LEAST || by < 0) this.#lead = lead;
    this.#seen = now;
    if (-by >= LEAST) this.#forward(-by);
    if (this.#behind && this.#clock.steady() - this.#behind.from >= PATIENCE) {
      this.#owe(this.#behind.by, this.#behind.since, 'stays behind what it was when the hub last ran');
      this.#behind = undefined;
    }
    await this.#catchUp();
    if (this.#clock.steady() - this.#notedAt >= NOTE) await this.#note();
  }

  #owe(by: Milliseconds, since: Milliseconds, what: string): void {
    this.#log.warn(`The clock ${what}, by ${seconds(by)} s. What waits for a while is set back with it; times that were asked for stay.`);
    for (const step of this.#ports.setBack) this.#todo.push({ step, by, since });
  }

  /** Nothing has to be moved: what is due is done at its usual pace. */
  #forward(by: Milliseconds): void {
    this.#log.info(`The clock was put forward by ${seconds(by)} s. What has become due by that is done at its usual pace.`);
    if (!this.#behind) return;
    this.#behind.by -= by;
    if (this.#behind.by < LEAST) this.#behind = undefined;
  }

  async #catchUp(): Promise<void> {
    for (let [next] = this.#todo; next; [next] = this.#todo) {
      try {
        await next.step({ now: this.#clock.now(), by: next.by, since: next.since });
        this.#todo.shift();
      } catch (error) {
        this.#log.error('What waits could not be set back with the clock; trying again', { error: messageOf(error) });
        return;
      }
    }
  }

  /** Not while something is still to be done about the time that was noted before. */
  async #note(): Promise<void> {
    if (this.#behind || this.#todo.length > 0) return;
    this.#notedAt = this.#clock.steady();
    await this.#ports.seen.note(this.#clock.now()).catch((error) => {
      this.#log.warn('The time could not be noted', { error: messageOf(error) });
    });
  }
}

const seconds = (duration: Milliseconds): number => Math.round(duration / 1_000);
