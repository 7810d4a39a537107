import type { ComponentChildren } from 'preact';
import { Offline } from '../ask.ts';
import type { Listed } from '../live/use-list.ts';
import type { One } from '../live/use-one.ts';
import { shellWords as words } from '../shell/words.ts';
import { fill } from '../words/words.ts';
import { say } from './say.ts';

interface Column<T> {
  /** What stands above it, and on a phone beside each. */
  head: string;
  cell(item: T): ComponentChildren;
  /** Figures stand at the right. */
  isNumber?: boolean;
}

interface Props<T> {
  list: Listed<T>;
  /** What is listed, for whoever hears it read. */
  label: string;
  /** The first one says which item a row is. */
  columns: readonly Column<T>[];
  idOf?(item: T): string;
  /** What there is to do where there are none. */
  empty: ComponentChildren;
}

interface AroundProps<T> {
  list: Listed<T>;
  /** What there is to do where there are none. */
  empty: ComponentChildren;
  /** Older ones stand before those that are shown, as in a conversation. */
  isOlderFirst?: boolean;
  children(items: readonly T[]): ComponentChildren;
}

/** A list of the API: what is made of its items, or that there are none, that they are being asked for, or why they are not here. */
export function Listing<T>({ list, empty, isOlderFirst = false, children }: AroundProps<T>) {
  const { items, trouble, older, isLoadingOlder, reload } = list;
  if (!items) return <Awaited trouble={trouble} reload={reload} />;
  const more = older && (
    <button type="button" class="quiet small" disabled={isLoadingOlder} onClick={() => void older()}>
      {isLoadingOlder ? words.loading : words.older}
    </button>
  );
  return (
    <div class="list">
      {trouble !== null && <Stale trouble={trouble} />}
      {isOlderFirst && more}
      {items.length === 0 ? empty : children(items)}
      {!isOlderFirst && more}
    </div>
  );
}

/** As a table. */
export function List<T>({ list, label, columns, empty, idOf = (item) => (item as { id: string }).id }: Props<T>) {
  return (
    <Listing list={list} empty={empty}>
      {(items) => (
        <table>
          <caption class="unseen">{label}</caption>
          <thead>
            <tr>
              {columns.map(({ head, isNumber }) => (
                <th key={head} scope="col" class={isNumber ? 'number' : undefined}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={idOf(item)}>
                {columns.map(({ head, cell, isNumber }, at) =>
                  at === 0 ? (
                    <th key={head} scope="row">
                      {cell(item)}
                    </th>
                  ) : (
                    <td key={head} data-head={head} class={isNumber ? 'number' : undefined}>
                      {cell(item)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Listing>
  );
}

/** What is not here yet, or will not be without somebody's help: in the problem's own words. */
export function Awaited({ trouble, reload }: Pick<One<unknown>, 'trouble' | 'reload'>) {
  if (trouble === null) {
    return (
      <p class="awaited" role="status">
        {words.loading}
      </p>
    );
  }
  return (
    <div class="awaited">
      <p class="told told-trouble" role="alert">
        <span class="mark" aria-hidden="true" />
        {trouble instanceof Offline ? words.offlineList : say(trouble)}
      </p>
      <button type="button" class="quiet small" onClick={() => void reload()}>
        {words.tryAgain}
      </button>
    </div>
  );
}

function Stale({ trouble }: { trouble: unknown }) {
  return (
    <p class="stale" role="status">
      {fill(words.stale, { why: trouble instanceof Offline ? words.offline : say(trouble) })}
    </p>
  );
}

/** Where there is nothing: why, and the next step. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
