/**
 * The one event stream of the app. Pages hear of events, and are told when they may have missed some; where there can be no stream
 * (the key has no right to it, too many are open) they look again every 10 seconds instead.
 */
import { signal } from '@preact/signals';
import { type HubEvent, isProblem } from '../../../client/index.ts';
import { hub, Offline } from '../ask.ts';

/** `polling`: there is no stream, and it is looked again now and then. */
export const connection = signal<'connecting' | 'live' | 'polling' | 'offline'>('connecting');

interface Listener {
  types: readonly string[];
  hear(event: HubEvent): void;
}

const listeners = new Set<Listener>();
const lookers = new Set<() => void>();

const covers = (pattern: string, type: string): boolean =>
  pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));

/** Calls `listener` for each event of these types ("message.*", "*"); returns how to stop that. */
export function hear(types: readonly string[], listener: (event: HubEvent) => void): () => void {
  const entry = { types, hear: listener };
  listeners.add(entry);
  return () => listeners.delete(entry);
}

/** Calls `look` when events may have been missed: what is shown is to be asked for again. Returns how to stop that. */
export function lookAgain(look: () => void): () => void {
  lookers.add(look);
  return () => lookers.delete(look);
}

const missed = (): void => {
  for (const look of [...lookers]) look();
};

/** Milliseconds that a page may be out of sight before its connection is made anew. */
const SLEEP = 60_000;
const POLL = 10_000;

/** Begins it; returns how to end it. `hasStream`: whether the key may read the stream. */
export function goLive({ hasStream }: { hasStream: boolean }): () => void {
  const over = new AbortController();
  let current = new AbortController();
  let lastId: string | undefined;
  let unseenAt: number | null = null;
  let wake = (): void => undefined;

  function tell(event: HubEvent): void {
    lastId = event.id;
    for (const { types, hear } of [...listeners]) if (types.some((type) => covers(type, event.type))) hear(event);
  }

  /** Until it is ended, or to be made anew. */
  async function read(): Promise<void> {
    current = new AbortController();
    const events = hub.follow({
      after: lastId,
      signal: AbortSignal.any([current.signal, over.signal]),
      onOpen() {
        connection.value = 'live';
        // Not all that changes is told of by an event.
        missed();
      },
      onLost(why) {
        connection.value = why instanceof Offline ? 'offline' : isProblem(why, 'limit-reached', 'rate-limited') ? 'polling' : 'connecting';
      },
      onGap: missed,
    });
    for await (const event of events) tell(event);
  }

  async function run(): Promise<void> {
    while (!over.signal.aborted) {
      try {
        await read();
      } catch (error) {
        // It is kept no more; what is now is asked for as it opens.
        if (isProblem(error, 'not-found') && lastId !== undefined) {
          lastId = undefined;
          continue;
        }
        connection.value = 'polling';
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  /** After sleep a connection may be dead without having been told so. */
  function look(): void {
    if (document.visibilityState !== 'visible') {
      unseenAt ??= Date.now();
      return;
    }
    if (unseenAt !== null && Date.now() - unseenAt > SLEEP) anew();
    unseenAt = null;
  }
  function anew(): void {
    current.abort();
    wake();
  }

  const poll = setInterval(() => {
    if (connection.value === 'polling' && document.visibilityState === 'visible') missed();
  }, POLL);
  document.addEventListener('visibilitychange', look);
  addEventListener('online', anew);
  addEventListener('offline', anew);
  if (hasStream) void run();
  else connection.value = 'polling';
  return () => {
    over.abort();
    wake();
    clearInterval(poll);
    document.removeEventListener('visibilitychange', look);
    removeEventListener('online', anew);
    removeEventListener('offline', anew);
    connection.value = 'connecting';
  };
}
