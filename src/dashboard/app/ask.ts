import { signal } from '@preact/signals';
import { createClient, Offline, Problem } from '../../client/index.ts';

export { Offline, Problem };

/** Whose things the operator looks at; null for whoever has a key of a tenant. */
export const acting = signal<string | null>(null);

/** Counts the answers that said that nobody is signed in (any more). */
export const refusals = signal(0);

/** How far the clock of the hub is before the one here, in ms: the times that it tells are by its own. */
let ahead = 0;

/** The time by the clock of the hub; `Date` tells it to the second. */
export const hubNow = (): number => Date.now() + ahead;

function setClock(date: string | null): void {
  const difference = Date.parse(date ?? '') - Date.now();
  if (Math.abs(difference - ahead) > 2_000) ahead = difference;
}

/** The hub that serves this page, with the header that says that one of its own pages asks. Its methods reject with `Problem` or `Offline`. */
export const hub = createClient({
  headers: { 'x-hookline-page': '1' },
  /** Of each call, as it is then. */
  get tenant() {
    return acting.peek() ?? undefined;
  },
  onAnswer({ status, headers }) {
    setClock(headers.get('date'));
    if (status === 401) refusals.value++;
  },
});

/** One request to a path that is no operation of the API: those of link pages and of signing in. */
export const ask = <T>(method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}): Promise<T> =>
  hub.request<T>(method, path, options);
