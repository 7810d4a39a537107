import { lookup } from 'node:dns/promises';
import PQueue from 'p-queue';
import type { Resolve } from './guard.ts';

/**
 * Half of libuv's threads as main.ts sets them. A lookup cannot be called off, and one that hangs keeps its thread for
 * as long as the system's resolver likes: the database must always find one that is free.
 */
const AT_ONCE = 8;

/** The system's own lookup (its hosts file, too), so many at once and each name once at a time. */
export function boundedLookup(ask: Resolve = (hostname) => lookup(hostname, { all: true })): Resolve {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const asked = new Map<string, ReturnType<Resolve>>();
  return (hostname) => {
    const running = asked.get(hostname);
    if (running) return running;
    const answer = queue.add(() => ask(hostname)).finally(() => asked.delete(hostname));
    asked.set(hostname, answer);
    return answer;
  };
}
