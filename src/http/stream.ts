import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from 'koa';
import type { Stream } from './route.ts';

/** Bytes that may wait for a client before no further chunk is asked for. */
const MOST_BUFFERED = 64 * 1_024;
/** Milliseconds in which a client can take the rest once the stream has ended. */
const LINGER = 5_000;

/** Writes an answer that goes on, at the pace of its reader. */
export function pipeStream(ctx: Context, { headers, chunks, signal, over }: Stream): void {
  ctx.respond = false;
  ctx.status = 200;
  ctx.set(headers);
  const { req, res } = ctx;
  res.once('close', over);
  signal.addEventListener('abort', () => setTimeout(() => res.destroy(), LINGER).unref());
  // Nothing is written in answer to HEAD, so that nothing would ever tell that it has gone.
  if (req.method === 'HEAD') over();
  pipeline(Readable.from(chunks, { objectMode: false, highWaterMark: MOST_BUFFERED }), res).catch((error) => ctx.app.emit('error', error));
}

/** Bytes that are let go by at once: what a connection holds anyway. */
const AT_ONCE = 1_024 * 1_024;
/** Milliseconds between two pieces (of 64 KiB) of what is larger, of all together: some 8 MB a second. */
const PAUSE = 8;
/** So many that are larger may be on their way at a time. */
const MOST_LARGE = 16;

/** Whether much may be left of the body that was sent. */
export const leavesMuch = ({ req, request }: Context): boolean => !req.readableEnded && (request.length ?? Infinity) > AT_ONCE;

/**
 * What is left unread of a body is thrown away, or the next request on the connection would wait behind it. Large ones at a
 * measured pace, that they share: who sends what is refused, over and over, would keep the hub reading. Where too many are on their way the
 * connection is closed of the one that has had its answer for longest.
 */
export function bodiesGoBy(): (ctx: Context) => void {
  const large = new Map<IncomingMessage, ServerResponse>();
  const closeOldest = (): void => {
    const [oldest] = [...large].find(([, res]) => res.writableFinished) ?? [];
    oldest?.destroy();
  };
  return (ctx) => {
    const { req, res } = ctx;
    if (req.readableEnded || req.destroyed) return;
    if (leavesMuch(ctx)) {
      if (large.size >= MOST_LARGE) closeOldest();
      large.set(req, res);
      req.once('close', () => large.delete(req));
    }
    req.on('data', () => {
      if (!large.has(req)) return;
      req.pause();
      setTimeout(() => req.resume(), PAUSE * large.size).unref();
    });
    // Who refused it may have left it paused; then Node would read it by itself, as fast as it comes.
    req.resume();
  };
}
