/**
 * How long the event loop of a hub is held. Loaded into the hub's process before it (`underWatch`), where it writes a line
 * for each turn of the loop that took long: by the processor time of its thread, which a busy machine does not lengthen.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { preloading } from './preload.ts';

/** Milliseconds: what is shorter is not written down. */
const SHORTEST = 20;
const EVERY = 5;
const FILE = 'TEST_HELD_FILE';

export interface Held {
  /** When it was over, as Date.now() tells it. */
  at: number;
  /** Milliseconds of processor time. */
  held: number;
}

/** The environment of a hub that is to be watched. */
export function underWatch(directory: string): Record<string, string> {
  return { NODE_OPTIONS: preloading(import.meta.url), [FILE]: join(directory, 'held.jsonl') };
}

/** What has been written down, the first first. */
export function heldIn(directory: string): Held[] {
  const file = join(directory, 'held.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

const spent = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Calls `tell` with the milliseconds of each turn of this thread's loop; returns what ends that. */
function watch(tell: (held: number) => void): () => void {
  let before = spent();
  const timer = setInterval(() => {
    const now = spent();
    tell(now - before);
    before = now;
  }, EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

/** Watches the loop of this thread; returns what ends that, with the longest hold in milliseconds. */
export function watchHere(): () => number {
  let longest = 0;
  const end = watch((held) => {
    longest = Math.max(longest, held);
  });
  return () => {
    end();
    return longest;
  };
}

const file = process.env[FILE];
if (file && isMainThread) {
  watch((held) => {
    if (held >= SHORTEST) appendFileSync(file, `${JSON.stringify({ at: Date.now(), held })}\n`);
  });
}
