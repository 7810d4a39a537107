import { HooklineError } from '../../core/errors.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';

export interface IdleTimeout {
  clock: Clock;
  /** For everything. */
  deadline: Milliseconds;
  /** For nothing coming at all. */
  idle: Milliseconds;
  signal?: AbortSignal;
  late?: () => HooklineError;
}

/** The chunks as they come, from whoever may stop giving any. Rejects with `late()`, by default `engine-timeout`, and when `signal` aborts. */
export async function* withIdleTimeout(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  { clock, deadline, idle, signal, late = tooLate }: IdleTimeout,
): AsyncGenerator<Uint8Array> {
  const end = clock.steady() + deadline;
  const soon = <T>(work: Promise<T>): Promise<T> => within(work, { clock, signal, late, limit: Math.min(idle, end - clock.steady()) });
  const chunks = (await soon(open()))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await soon(chunks.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // One that hangs would never return from here either.
    chunks.return?.()?.catch(() => undefined);
  }
}

const tooLate = (): HooklineError => new HooklineError('engine-timeout', 'The media did not come in time.');

function within<T>(
  work: Promise<T>,
  { clock, signal, limit, late }: Pick<IdleTimeout, 'clock' | 'signal'> & { limit: Milliseconds; late: () => HooklineError },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new HooklineError('shutting-down', 'The hub is stopping.'));
    const timer = clock.after(limit, () => reject(late()));
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      timer.cancel();
      signal?.removeEventListener('abort', stop);
    });
  });
}
