import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { HubEvent } from '../../../client/index.ts';
import { hear, lookAgain } from './events.ts';
import { soon } from './soon.ts';

export interface One<T> {
  /** Null until it is known. What was known stays while a later look fails. */
  value: T | null;
  /** Why the last look failed: a `Problem` or `Offline`. */
  trouble: unknown;
  /** Asks again. */
  reload(): Promise<void>;
  /** What an answer to something else has told already. */
  set(value: T): void;
}

interface Options {
  /** Types of the events after which it is asked for again. */
  after?: readonly string[];
  /** Whether an event of these types is about it. */
  isAbout?(event: HubEvent): boolean;
}

/** What `read` answers, kept up to date. `key` names what is asked for; null: nothing is. */
export function useOne<T>(key: string | null, read: () => Promise<T>, { after = [], isAbout = () => true }: Options = {}): One<T> {
  const found = useSignal<{ key: string | null; value: T | null; trouble: unknown }>({ key, value: null, trouble: null });
  const asked = useRef(0);
  const shown = found.value.key === key ? found.value : { key, value: null, trouble: null };

  async function reload(): Promise<void> {
    if (key === null) return;
    const mine = ++asked.current;
    const former = found.peek().key === key ? found.peek().value : null;
    const next = await read().then(
      (value) => ({ key, value, trouble: null }),
      (trouble) => ({ key, value: former, trouble }),
    );
    // What was asked later has the newer answer.
    if (mine === asked.current) found.value = next;
  }

  useEffect(() => {
    if (key === null) return;
    const again = soon(() => void reload());
    again.call();
    const stops = [lookAgain(again.call), hear(after, (event) => isAbout(event) && again.call())];
    return () => {
      asked.current++;
      again.cancel();
      for (const stop of stops) stop();
    };
  }, [key]);

  return {
    ...{ value: shown.value, trouble: shown.trouble, reload },
    set(value) {
      asked.current++;
      found.value = { key, value, trouble: null };
    },
  };
}
