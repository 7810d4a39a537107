/** One page of a list; `nextCursor` leads to the next one, null: there is none. */
export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** What is asked of a list: so many, from the one behind `cursor`, which is the `nextCursor` of the page before. */
export interface PageAsked {
  limit: number;
  cursor?: string | undefined;
}

/** As a store reads it: one row more than is given out says that there is a next page. */
export const pageRead = ({ limit, cursor }: PageAsked): { limit: number; after?: string } => ({
  limit: limit + 1,
  ...(cursor !== undefined && { after: cursor }),
});

/** `found`: what was read as `pageRead` says. */
export function pageOf<Row, View>(found: readonly Row[], limit: number, keyOf: (row: Row) => string, view: (row: Row) => View): Page<View> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { data: rows.map(view), nextCursor: found.length > limit && last ? keyOf(last) : null };
}
