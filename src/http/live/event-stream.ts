import { StreamReply } from '../route.ts';
import { GONE, type OpenStream } from './open-streams.ts';

/** Chunks of Server-Sent Events as an answer that nobody on the way keeps or gathers, for as long as the stream is open. */
export function eventStream(open: OpenStream, chunks: AsyncIterable<string>): StreamReply {
  return new StreamReply({
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    chunks,
    signal: open.signal,
    over: () => open.end(GONE),
  });
}
