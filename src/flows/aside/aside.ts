import { Piscina } from 'piscina';
import { compileCacheEnv } from '../../core/compile-cache.ts';
import { during } from '../../core/during.ts';
import { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Logger } from '../../core/runtime.ts';
import { TASKS, type TaskInput, type TaskName, type TaskResult } from './tasks.ts';
import type { Work } from './thread.ts';

/** Threads, which are all tenants' together: with one, a tenant could hold up all others. */
const THREADS = 2;
/** Milliseconds without work after which a thread is given back. */
const IDLE = 10_000;
/** What a thread may take: more, and it ends, and the hub goes on. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };
/** Milliseconds of a task from when it begins. */
const LIMITS: Record<TaskName, number> = {
  ...{ read: 5_000, check: 5_000, draw: 5_000, format: 5_000 },
  ...{ simulate: 2_000, checkTests: 5_000, test: 5_000, match: 2_000 },
};
/** What one tenant may have waiting. */
const MOST_WAITING = 16;
/** Milliseconds to wait for a thread to begin. */
const BOOT = 60_000;

/** A task that came to no end: it took too long, or too much memory. */
export class OutOfBounds extends Error {
  readonly bound: 'time' | 'memory';

  constructor(bound: 'time' | 'memory') {
    super(bound === 'time' ? 'it takes too long' : 'it takes too much memory');
    this.bound = bound;
  }
}

interface Waiting {
  task: TaskName;
  tenantId: TenantId;
  input: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Work in threads, which are started when there is some and given back when there is none. Each tenant has one at the most:
 * who asks for more waits for itself.
 */
export class Aside {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #onBound: (task: TaskName, bound: OutOfBounds['bound']) => void;
  readonly #lines = new Map<TenantId, Waiting[]>();
  readonly #ready: TenantId[] = [];
  readonly #begun = new Map<number, () => void>();
  #running = 0;
  #count = 0;
  #pool: Piscina | undefined;

  constructor(log: Pick<Logger, 'warn'>, onBound: (task: TaskName, bound: OutOfBounds['bound']) => void = () => undefined) {
    this.#log = log;
    this.#onBound = onBound;
  }

  /**
   * `small`: what takes no time at its worst is done at once, without a thread. Rejects with `OutOfBounds`, and with
   * `rate-limited` where the tenant has too much waiting.
   */
  async run<Name extends TaskName>(
    tenantId: TenantId,
    task: Name,
    input: TaskInput<Name>,
    { small }: { small: boolean },
  ): Promise<TaskResult<Name>> {
    if (small) return during({ tenantId, what: `flows.${task}` }, () => TASKS[task](input as never) as TaskResult<Name>);
    return new Promise<TaskResult<Name>>((resolve, reject) => {
      const line = this.#lines.get(tenantId) ?? [];
      if (line.length >= MOST_WAITING) {
        const detail = `${MOST_WAITING} of your flows wait to be read or tried already. Wait for an answer before you ask again.`;
        reject(new HooklineError('rate-limited', detail, { retryAfter: 1 }));
        return;
      }
      line.push({ task, tenantId, input, resolve: resolve as (result: unknown) => void, reject });
      if (line.length === 1) this.#ready.push(tenantId);
      this.#lines.set(tenantId, line);
      this.#next();
    });
  }

  /** Ends what is running. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  #next(): void {
    while (this.#running < THREADS) {
      const tenantId = this.#ready.shift();
      const waiting = tenantId && this.#lines.get(tenantId)?.[0];
      if (!waiting) return;
      this.#running++;
      this.#do(waiting)
        .then(waiting.resolve, waiting.reject)
        .finally(() => {
          this.#running--;
          const line = this.#lines.get(tenantId) ?? [];
          line.shift();
          if (line.length > 0) this.#ready.push(tenantId);
          else this.#lines.delete(tenantId);
          this.#next();
        });
    }
  }

  async #do({ task, tenantId, input }: Waiting): Promise<unknown> {
    const id = ++this.#count;
    const limit = new AbortController();
    let timer = setTimeout(() => limit.abort(), BOOT);
    this.#begun.set(id, () => {
      clearTimeout(timer);
      timer = setTimeout(() => limit.abort(), LIMITS[task]);
    });
    try {
      return await this.#open().run({ id, task, input } as Work, { signal: limit.signal });
    } catch (error) {
      const bound = boundOf(error, limit.signal);
      if (!bound) throw error;
      this.#onBound(task, bound);
      this.#log.warn('Work of a flow was ended: it came out of its bounds', { tenantId, task, bound });
      throw new OutOfBounds(bound);
    } finally {
      clearTimeout(timer);
      this.#begun.delete(id);
    }
  }

  #open(): Piscina {
    if (this.#pool) return this.#pool;
    this.#pool = new Piscina({
      filename: new URL(`./thread${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href,
      ...{ minThreads: 0, maxThreads: THREADS, idleTimeout: IDLE, concurrentTasksPerWorker: 1 },
      ...{ resourceLimits: MEMORY, recordTiming: false },
      // What the process was started with (a loader, a profiler) is no matter of the threads.
      execArgv: [],
      // Half of what a thread costs to begin.
      env: { ...process.env, ...compileCacheEnv() },
    });
    this.#pool.on('message', ({ begun }: { begun?: number }) => {
      if (begun !== undefined) this.#begun.get(begun)?.();
    });
    return this.#pool;
  }
}

function boundOf(error: unknown, signal: AbortSignal): OutOfBounds['bound'] | undefined {
  if (signal.aborted) return 'time';
  return (error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : undefined;
}
