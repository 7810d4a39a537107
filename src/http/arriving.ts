import type { Context } from 'koa';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';
import { withIdleTimeout } from '../messages/media/with-idle-timeout.ts';

/** How long a body may take to come. */
export interface ArrivalTimes {
  clock: Clock;
  /** From its first to its last byte. */
  deadline: Milliseconds;
  /** For nothing of it coming at all. */
  idle: Milliseconds;
}

/** The bytes of a body as they come. Rejects with `request-timeout`, and with `bad-request` when it is broken off. */
export async function* arriving(ctx: Context, times: ArrivalTimes): AsyncGenerator<Uint8Array> {
  try {
    // Left early, the stream stays: destroying it would end the connection before the refusal is sent.
    yield* withIdleTimeout(async () => ctx.req.iterator({ destroyOnReturn: false }), { ...times, late: () => late(ctx) });
  } catch (error) {
    throw error instanceof HooklineError
      ? error
      : new HooklineError('bad-request', `The body did not come whole: ${messageOf(error)}.`, { cause: error });
  }
}

/** As `reading` settles, which reads the body to its end, or rejects with `request-timeout`. */
export async function inTime<T>(ctx: Context, { clock, deadline, idle }: ArrivalTimes, reading: Promise<T>): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(late(ctx));
  const timer = clock.after(deadline, end);
  ctx.req.setTimeout(idle, end);
  try {
    return await Promise.race([reading, over]);
  } finally {
    timer.cancel();
    ctx.req.setTimeout(0);
    ctx.req.off('timeout', end);
  }
}

function late(ctx: Context): HooklineError {
  // The rest would be waited for: whoever stopped sending is not heard on this connection any more.
  ctx.set('Connection', 'close');
  return new HooklineError('request-timeout', 'The body did not come in time. Nothing was stored; send it again over a better connection.');
}
