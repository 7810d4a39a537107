import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { HubEvent, Page } from '../../../client/index.ts';
import { hear, lookAgain } from './events.ts';
import { soon } from './soon.ts';

export interface Listed<T> {
  /** Null until they are known. What was known stays while a later look fails. */
  items: readonly T[] | null;
  /** Why the last look failed: a `Problem` or `Offline`. */
  trouble: unknown;
  /** Asks again. */
  reload(): Promise<void>;
  /** Null: these are all. */
  older: (() => Promise<void>) | null;
  isLoadingOlder: boolean;
  /** What an answer to something else has told already: replaces the one with its id, or takes it out (null). */
  put(id: string, item: T | null): void;
}

interface Options<T> {
  /** Types of the events after which the list is asked for again. */
  after?: readonly string[];
  /** The id of the one item that such an event is about; then that alone is asked for, where it is shown. Null: it changes nothing here. */
  about?(event: HubEvent): string | null | undefined;
  /** Asks for one by its id. */
  one?(id: string): Promise<T>;
  idOf?(item: T): string;
  /** Where new ones are put in front: so many stay, and those behind are asked for again. For a list whose cursors are ids. */
  most?: number;
}

interface Found<T> {
  key: string | null;
  items: readonly T[] | null;
  next: string | null;
  trouble: unknown;
}

/** Beyond so many single ones the list is asked for as a whole. */
const FEW = 4;

/** The list that `read` answers, page by page, kept up to date. `key` names what is asked for; null: nothing is. */
export function useList<T>(
  key: string | null,
  read: (cursor: string | undefined) => Promise<Page<T>>,
  { after = [], about, one, idOf = (item) => (item as { id: string }).id, most = Number.POSITIVE_INFINITY }: Options<T> = {},
): Listed<T> {
  const none: Found<T> = { key, items: null, next: null, trouble: null };
  const found = useSignal<Found<T>>(none);
  const isLoadingOlder = useSignal(false);
  const asked = useRef(0);
  const answered = useRef(0);
  /** While the list is asked for: its answer may be older. */
  const putMeanwhile = useRef(new Map<string, T | null>());
  const shown = found.value.key === key ? found.value : none;
  const current = (): Found<T> => (found.peek().key === key ? found.peek() : none);

  async function reload(): Promise<void> {
    if (key === null) return;
    const mine = ++asked.current;
    putMeanwhile.current.clear();
    const next = await read(undefined).then(
      (page) => merged(current(), page),
      (trouble) => ({ ...current(), trouble }),
    );
    if (mine !== asked.current) return;
    answered.current = mine;
    found.value = [...putMeanwhile.current].reduce((list, [id, item]) => withPut(list, id, item), next);
    putMeanwhile.current.clear();
  }

  /** Pages that were asked for before stay behind the new first one, as far as they go on from it. */
  function merged(former: Found<T>, { data, nextCursor }: Page<T>): Found<T> {
    const last = data.at(-1);
    const at = last && former.items ? former.items.findIndex((item) => idOf(item) === idOf(last)) : -1;
    const fresh = new Set(data.map(idOf));
    const rest = at >= 0 && nextCursor !== null ? (former.items ?? []).slice(at + 1).filter((item) => !fresh.has(idOf(item))) : [];
    return { key, items: [...data, ...rest], next: rest.length > 0 ? former.next : nextCursor, trouble: null };
  }

  function withPut(list: Found<T>, id: string, item: T | null): Found<T> {
    const { items } = list;
    if (!items) return list;
    const isNew = !items.some((known) => idOf(known) === id);
    const rest = items.flatMap((known) => (idOf(known) !== id ? [known] : item === null ? [] : [item]));
    if (!isNew || item === null) return { ...list, items: rest };
    const last = rest[most - 2];
    if (rest.length < most || !last) return { ...list, items: [item, ...rest] };
    return { ...list, items: [item, ...rest.slice(0, most - 1)], next: idOf(last) };
  }

  function put(id: string, item: T | null): void {
    if (answered.current !== asked.current) putMeanwhile.current.set(id, item);
    found.value = withPut(current(), id, item);
  }

  async function older(): Promise<void> {
    const { next, items } = current();
    if (key === null || next === null || isLoadingOlder.peek()) return;
    isLoadingOlder.value = true;
    await read(next).then(
      ({ data, nextCursor }) => {
        const known = new Set(items?.map(idOf));
        const more = data.filter((item) => !known.has(idOf(item)));
        if (current().next === next) found.value = { ...current(), items: [...(current().items ?? []), ...more], next: nextCursor };
      },
      (trouble) => {
        found.value = { ...current(), trouble };
      },
    );
    isLoadingOlder.value = false;
  }

  useEffect(() => {
    if (key === null) return;
    const again = soon(() => void reload());
    const owed = new Set<string>();
    const some = soon(() => {
      const ids = [...owed];
      owed.clear();
      if (ids.length > FEW) return void reload();
      for (const id of ids) {
        void one?.(id).then(
          (item) => put(id, item),
          () => again.call(),
        );
      }
    });
    again.call();
    const stops = [
      lookAgain(again.call),
      hear(after, (event) => {
        const id = about?.(event);
        if (id === null) return;
        if (id === undefined || !one || !current().items?.some((item) => idOf(item) === id)) return again.call();
        owed.add(id);
        some.call();
      }),
    ];
    return () => {
      answered.current = ++asked.current;
      again.cancel();
      some.cancel();
      for (const stop of stops) stop();
    };
  }, [key]);

  const { items, trouble, next } = shown;
  return { items, trouble, reload, older: next === null ? null : older, isLoadingOlder: isLoadingOlder.value, put };
}
