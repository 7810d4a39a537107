import { HooklineError } from '../../core/errors.ts';

/** What a row is ordered by, the most important first, its id last: then no two rows have the same key. */
export type Key = readonly (string | number)[];

export interface PageAsked {
  limit: number;
  cursor?: string;
}

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/**
 * One page of a list that somebody else keeps whole and changes at will. The cursor is the key of the last row that was
 * given: a row that is there all the time is given once, whatever comes and goes around it. `invalid-query` for a cursor
 * of another list.
 */
export function pageOf<T>(rows: readonly T[], { limit, cursor }: PageAsked, keyOf: (row: T) => Key): Page<T> {
  const keyed = rows.map((row) => ({ row, key: keyOf(row) })).sort((a, b) => compare(a.key, b.key));
  const after = cursor === undefined ? undefined : keyIn(cursor, keyed[0]?.key);
  const rest = after ? keyed.filter(({ key }) => compare(key, after) > 0) : keyed;
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  return { data: page.map(({ row }) => row), nextCursor: last ? cursorOf(last.key) : null };
}

function compare(a: Key, b: Key): number {
  for (const [at, mine] of a.entries()) {
    const other = b[at] as typeof mine;
    if (mine !== other) return mine < other ? -1 : 1;
  }
  return 0;
}

const cursorOf = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** `sample`: a key of the list that is asked for. */
function keyIn(cursor: string, sample: Key | undefined): Key {
  const key = parsed(Buffer.from(cursor, 'base64url').toString());
  const isKey = Array.isArray(key) && key.every((part) => typeof part === 'string' || typeof part === 'number');
  const isOurs = isKey && (!sample || (key.length === sample.length && sample.every((part, at) => typeof part === typeof key[at])));
  if (isOurs) return key;
  const message = 'The cursor is not one that this list gave out. Give "nextCursor" of the page before, or leave it out.';
  throw new HooklineError('invalid-query', message, { errors: [{ path: 'cursor', message }] });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
