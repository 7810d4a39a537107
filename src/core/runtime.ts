/** Milliseconds since 1970-01-01T00:00Z. Every time inside the hub is one of these; ISO 8601 only at the edges. */
export type Milliseconds = number;

export interface Timer {
  cancel(): void;
}

/** Time, as an argument: pure code takes `now()`, whatever waits takes `after()`, tests bring their own. */
export interface Clock {
  now(): Milliseconds;
  /** Milliseconds since whenever, by a clock that nobody sets: for how long something takes, and for what is only in memory. */
  steady(): Milliseconds;
  /** Runs `callback` once after `delay` ms (any length). A timer does not keep the process alive. */
  after(delay: number, callback: () => void): Timer;
}

/** From 0 (included) to 1 (excluded). */
export type Random = () => number;

export const LOG_LEVELS = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Record<string, unknown>;
/** Secrets, keys, QR codes and message bodies in `fields` are hidden below `debug` (see ops/logging.ts). */
export type Logger = Record<LogLevel, (message: string, fields?: LogFields) => void> & {
  child(fields: LogFields): Logger;
};

/** What every room is given: nothing in the hub reads the time or rolls dice by itself. */
export interface Runtime {
  clock: Clock;
  random: Random;
  log: Logger;
}

/** `setTimeout` fires at once beyond 2^31-1 ms, so longer waits are walked in steps. */
const LONGEST_STEP = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(delay, callback) {
    let handle: NodeJS.Timeout;
    const step = (left: number): void => {
      const wait = Math.min(Math.max(left, 0), LONGEST_STEP);
      handle = setTimeout(() => (left > wait ? step(left - wait) : callback()), wait);
      handle.unref();
    };
    step(delay);
    return { cancel: () => clearTimeout(handle) };
  },
};

export const systemRandom: Random = Math.random;
