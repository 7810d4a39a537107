/** What becomes of a message after it was written: edits, reactions, votes, its end. Pure. */
import type { Notice, Party } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { wasTaken } from './status.ts';
import type { StoredMessage } from './stored.ts';

/** Something about a message that a notice tells, or that the hub did itself (`by` is null then). */
export type Change = { at: Milliseconds } & (
  | { kind: 'reaction'; by: Party | null; fromMe: boolean; emoji: string | null }
  | { kind: 'edited'; text: string }
  | { kind: 'revoked' }
  | { kind: 'poll-vote'; by: Party; options: string[] }
);
export type NoticeOfMessage = Extract<Notice, { target: string }>;

/** WhatsApp lets a message be edited for 15 minutes; whoever does so without end is not kept whole. */
const MOST_EDITS = 100;

/** The member that an edit changes. */
export const saidIn = ({ media }: StoredMessage['content']): 'caption' | 'text' => (media ? 'caption' : 'text');

/** The message as it is now, or null when this says nothing new: it came twice, or what it tells was overtaken since. */
export function afterChange(message: StoredMessage, change: Change): StoredMessage | null {
  const { aftermath } = message;
  switch (change.kind) {
    case 'edited':
      return afterEdit(message, change);
    case 'revoked':
      return aftermath.revokedAt === undefined ? { ...message, aftermath: { ...aftermath, revokedAt: change.at } } : null;
    case 'reaction': {
      const { emoji, at, fromMe } = change;
      const from = fromMe ? null : change.by;
      const reactions = replaced(aftermath.reactions, { emoji, from, at }, (known) => known.emoji === emoji);
      return reactions && { ...message, aftermath: { ...aftermath, reactions } };
    }
    case 'poll-vote': {
      const { options, by: from, at } = change;
      const votes = replaced(aftermath.votes, { options, from, at }, (known) => isSameSet(known.options, options));
      return votes && { ...message, aftermath: { ...aftermath, votes } };
    }
  }
}

function afterEdit(message: StoredMessage, { text, at }: Change & { kind: 'edited' }): StoredMessage | null {
  const { content, aftermath } = message;
  const said = saidIn(content);
  const { [said]: before = '' } = content;
  const edits = aftermath.edits ?? [];
  if (before === text || (edits.at(-1)?.at ?? at) > at) return null;
  return {
    ...message,
    content: { ...content, [said]: text },
    aftermath: { ...aftermath, edits: [...edits, { text: before, at }].slice(-MOST_EDITS) },
  };
}

/** The list with this entry in the place of the same person's former one; null when that is as new and says the same. */
function replaced<T extends { from: Party | null; at: Milliseconds }>(
  list: readonly T[] = [],
  entry: T,
  saysTheSame: (known: T) => boolean,
): T[] | null {
  const known = list.find(({ from }) => isSamePerson(from, entry.from));
  if (known && (known.at > entry.at || saysTheSame(known))) return null;
  return [...list.filter((one) => one !== known), entry];
}

/** One person has two addresses, and either may be the one that is known. Null is the account itself. */
function isSamePerson(a: Party | null, b: Party | null): boolean {
  if (a === null || b === null) return a === b;
  return a.id === b.id || (a.lid !== null && a.lid === b.lid) || (a.phone !== null && a.phone === b.phone);
}

const isSameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((option) => b.includes(option));

/** What a send does to the message that it is about once WhatsApp has taken it; null for one that is about none, or had that effect before. */
export function effectOf(before: StoredMessage, after: StoredMessage, at: Milliseconds): Change | null {
  if (wasTaken(before) || !wasTaken(after)) return null;
  const { type, content } = after;
  switch (type) {
    case 'reaction':
      return { kind: 'reaction', by: null, fromMe: true, emoji: content.emoji || null, at };
    case 'edit':
      return { kind: 'edited', text: content.text ?? '', at };
    case 'revoke':
      return { kind: 'revoked', at };
    default:
      return null;
  }
}

const DONE_BY: Partial<Record<string, NoticeOfMessage['kind']>> = { reaction: 'reaction', edit: 'edited', revoke: 'revoked' };

/** Whether a notice is the echo of a send that is just being handed over. */
export function isEcho(notice: NoticeOfMessage, target: StoredMessage | undefined, inFlight: readonly StoredMessage[]): boolean {
  return inFlight.some(
    ({ type, content: { messageId } }) => DONE_BY[type] === notice.kind && (messageId === notice.target || messageId === target?.id),
  );
}
