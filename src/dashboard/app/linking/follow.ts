import { Offline, Problem } from '../ask.ts';
import type { LinkState, Watcher } from './source.ts';

interface Following {
  /** A stream of Server-Sent Events. */
  url: string;
  events: readonly string[];
  /** The state that an event tells by itself; without it each is a reason to ask. */
  told?: (event: MessageEvent<string>) => LinkState;
  /** The state, asked for. Rejects as `ask` does. */
  read(): Promise<LinkState>;
}

const PAUSE = 3_000;

/**
 * Asks for the state at first and whenever the stream tells of something. Where there is no stream (a proxy holds it back, too
 * many are open, the key has no right to it), it is asked for every 3 seconds; and once more when the page is looked at again.
 */
export function follow({ url, events, told, read }: Following, { state, online, ended }: Watcher): () => void {
  let isOver = false;
  let stream: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  const stop = (): void => {
    isOver = true;
    stream?.close();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
  const refresh = async (): Promise<void> => {
    const mine = ++asked;
    try {
      const now = await read();
      // What was asked later has the newer answer.
      if (isOver || mine !== asked) return;
      online(true);
      state(now);
    } catch (error) {
      if (isOver) return;
      if (error instanceof Offline || (error instanceof Problem && (error.status >= 500 || error.status === 429)))
        online(error instanceof Problem);
      else {
        stop();
        ended(error as Error);
      }
    }
  };
  const listen = (): void => {
    stream = new EventSource(url);
    stream.onopen = () => void refresh();
    for (const name of events) {
      stream.addEventListener(name, (event) => {
        if (!told) return void refresh();
        asked++;
        state(told(event));
      });
    }
    stream.addEventListener('ended', () => void refresh());
    stream.onerror = () => {
      if (isOver) return;
      void refresh();
      if (stream?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(listen, PAUSE);
    };
  };
  function look(): void {
    if (document.visibilityState === 'visible') void refresh();
  }

  document.addEventListener('visibilitychange', look);
  void refresh();
  listen();
  return stop;
}
