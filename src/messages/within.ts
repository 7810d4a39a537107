import { HooklineError } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';

/** Rejects with `engine-timeout` when `work` has not settled after `limit` ms; what it does afterwards is ignored. */
export function within<T>(clock: Clock, limit: Milliseconds, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limit, () =>
      reject(new HooklineError('engine-timeout', `The engine did not answer within ${limit / 1_000} s.`)),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
