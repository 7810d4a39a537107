import { HooklineError } from './errors.ts';
import type { Clock, Milliseconds } from './runtime.ts';

export function wait(clock: Clock, delay: Milliseconds): Promise<void> {
  return new Promise((resolve) => clock.after(delay, resolve));
}

/** Settles as `work` does, or rejects with `engine-timeout` after `limit` ms; `work` itself goes on unheard. */
export function within<T>(clock: Clock, limit: Milliseconds, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limit, () => {
      reject(new HooklineError('engine-timeout', `WhatsApp Web did not ${what} within ${limit / 1000} s`));
    });
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
