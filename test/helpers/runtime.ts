import type { Clock, LogFields, Logger, LogLevel, Milliseconds, Runtime } from '../../src/core/runtime.ts';
import { systemClock, systemRandom } from '../../src/core/runtime.ts';
import type { EngineContext } from '../../src/sessions/engine.ts';

export interface LogLine {
  level: LogLevel;
  message: string;
  fields: LogFields;
}

/** Keeps what is logged, for tests that ask what an operator would have read. */
export function memoryLogger(lines: LogLine[] = [], bound: LogFields = {}): Logger & { lines: LogLine[] } {
  const write = (level: LogLevel) => (message: string, fields?: LogFields) =>
    void lines.push({ level, message, fields: { ...bound, ...fields } });
  return {
    lines,
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    http: write('http'),
    verbose: write('verbose'),
    debug: write('debug'),
    silly: write('silly'),
    child: (fields) => memoryLogger(lines, { ...bound, ...fields }),
  };
}

/** The real clock and dice with a logger that keeps its lines. */
export function testRuntime(overrides: Partial<Runtime> = {}): Runtime & { log: ReturnType<typeof memoryLogger> } {
  const log = memoryLogger();
  return { clock: systemClock, random: systemRandom, ...overrides, log };
}

/** What an engine is given that runs by itself, without a session. */
export const engineContext = (given: Pick<EngineContext, 'profileDir' | 'host'> & Partial<EngineContext>): EngineContext => ({
  ...testRuntime(),
  sessionId: 'ses_1',
  sessionName: 'shop',
  settings: () => ({}),
  mayAct: () => true,
  ...given,
});

interface Waiting {
  at: Milliseconds;
  callback: () => void;
}

/** Time that stands still until it is told to move; what falls due on the way is run in order. */
export class FakeClock implements Clock {
  #now: Milliseconds;
  readonly #waiting = new Set<Waiting>();
  #setBackBy = 0;

  constructor(now: Milliseconds = Date.UTC(2026, 0, 5, 12)) {
    this.#now = now;
  }

  now(): Milliseconds {
    return this.#now;
  }

  after(delay: number, callback: () => void): { cancel(): void } {
    const entry = { at: this.#now + Math.max(delay, 0), callback };
    this.#waiting.add(entry);
    return { cancel: () => this.#waiting.delete(entry) };
  }

  /** Moves on by `duration` ms, firing timers at their time. What they start asynchronously must be drained by the test. */
  advance(duration: number): void {
    const end = this.#now + duration;
    for (;;) {
      const next = [...this.#waiting].filter((w) => w.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#waiting.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = end;
  }

  /** Somebody sets the clock back by `by` ms, or forward: it shows another time, and timers go on as before. */
  setBack(by: number): void {
    this.#now -= by;
    this.#setBackBy += by;
    for (const entry of this.#waiting) entry.at -= by;
  }

  /** What a clock shows that nobody sets. */
  steady(): Milliseconds {
    return this.#now + this.#setBackBy;
  }

  get pending(): number {
    return this.#waiting.size;
  }
}
