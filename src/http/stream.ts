import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Context } from 'koa';
import type { Stream } from './route.ts';

/** Bytes that may wait for a client before no further chunk is asked for. */
const MOST_BUFFERED = 64 * 1_024;
/** Milliseconds in which a client can take the rest once the stream has ended. */
const LINGER = 5_000;

/** Writes an answer that goes on, at the pace of its reader. */
export function pour(ctx: Context, { headers, chunks, signal, over }: Stream): void {
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
