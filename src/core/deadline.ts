import { HooklineError } from './errors.ts';
import type { Clock, Milliseconds, Timer } from './runtime.ts';

export function wait(clock: Clock, delay: Milliseconds): Promise<void> {
  return new Promise((resolve) => clock.after(delay, resolve));
}

/**
 * Settles as `work` does, or rejects with `engine-timeout` after `limit` ms; `work` itself goes on unheard. `late`: what has not
 * happened by then, as in "The engine did not answer".
 */
export function withTimeout<T>(clock: Clock, limit: Milliseconds, late: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limit, () => reject(new HooklineError('engine-timeout', `${late} within ${limit / 1_000} s.`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

/** Resolves when `work` does, or after `limit` ms, whichever is first; `work` goes on. Rejects when it does within that time. */
export async function atMost(clock: Clock, limit: Milliseconds, work: Promise<void>): Promise<void> {
  let timer: Timer | undefined;
  const late = new Promise<void>((resolve) => {
    timer = clock.after(limit, resolve);
  });
  await Promise.race([work, late]).finally(() => timer?.cancel());
}
