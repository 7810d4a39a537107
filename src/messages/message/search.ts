/** Messages in which somebody has said something. */
import type { MessageId } from '../../core/ids.ts';
import { finder } from '../directory/search.ts';
import type { StoredMessage } from './stored.ts';

/** Messages that are looked through for one page, and those in memory at a time. */
const MOST_SEARCHED = 5_000;
const AT_ONCE = 500;

/** All that a person reads in it, as it was written. */
const wordsOf = ({ content }: StoredMessage): (string | null)[] => [
  ...[content.text, content.caption, content.title, content.media?.filename, content.choice?.title].map((text) => text ?? null),
  ...(content.poll ? [content.poll.question, ...content.poll.options] : []),
  ...(content.list ? [content.list.text ?? null, ...content.list.sections.flatMap(({ rows }) => rows.map(({ title }) => title))] : []),
  ...(content.contacts ?? []).map(({ name }) => name),
  ...(content.location ? [content.location.name ?? null, content.location.address ?? null] : []),
];

type Read = (limit: number, before: MessageId | undefined) => Promise<StoredMessage[] | undefined>;
type Found = Promise<{ found: StoredMessage[]; next: MessageId | null } | undefined>;

/** A page of all of them; undefined where `read` knows no such message. */
export async function pageRead(read: Read, { limit, cursor }: { limit: number; cursor: MessageId | undefined }): Found {
  const rows = await read(limit + 1, cursor);
  if (!rows) return undefined;
  const found = rows.slice(0, limit);
  return { found, next: rows.length > limit ? (found.at(-1)?.id ?? null) : null };
}

/**
 * Those with the words of `search`, the newest first; `read`: so many, from the one before a message. A page may hold few or none
 * and yet lead on. Undefined where `read` knows no such message.
 */
export async function searchMessages(
  read: Read,
  { search, limit, cursor }: { search: string; limit: number; cursor: MessageId | undefined },
): Found {
  const isMeant = finder(search);
  const found: StoredMessage[] = [];
  let last = cursor;
  for (let looked = 0; looked < MOST_SEARCHED; looked += AT_ONCE) {
    const some = await read(AT_ONCE, last);
    if (!some) return undefined;
    for (const message of some) {
      if (found.length === limit) return { found, next: last ?? null };
      last = message.id;
      if (isMeant(wordsOf(message))) found.push(message);
    }
    if (some.length < AT_ONCE) return { found, next: null };
  }
  return { found, next: last ?? null };
}
