import type { MediaId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { chatKind, type MediaView, type MessageDetail, type MessageView } from '../../core/message.ts';
import type { HoldReason } from '../sends/hold-reason.ts';
import { saidIn } from './message-changes.ts';
import type { Receipt } from './store.ts';
import type { StoredMessage } from './stored.ts';

const times = ({ sendAt, expiresAt }: StoredMessage) => ({
  sendAt: sendAt === null ? null : iso(sendAt),
  expiresAt: expiresAt === null ? null : iso(expiresAt),
});

/** The message as every event and answer shows it; what it does not have is left out. */
export function viewOf(message: StoredMessage): MessageView {
  const { from, to, linkPreview: _, typing: __, ...said } = message.content;
  const { edits, revokedAt } = message.aftermath;
  const editedAt = edits?.at(-1)?.at;
  return {
    id: message.id,
    engineId: message.engineId,
    sessionId: message.sessionId,
    direction: message.direction,
    type: message.type,
    status: message.status,
    chat: { id: message.chatId, kind: chatKind(message.chatId) },
    from,
    to,
    ...said,
    ...(editedAt !== undefined && { editedAt: iso(editedAt) }),
    ...(revokedAt !== undefined && { revokedAt: iso(revokedAt) }),
    ...(message.reference !== null && { reference: message.reference }),
    ...((message.status === 'scheduled' || message.status === 'queued') && times(message)),
    ...(message.error && { error: message.error }),
    timestamp: iso(message.at),
  };
}

/** As they stand now; one that was taken back is none. */
const reactionsOf = ({ aftermath: { reactions = [] } }: StoredMessage): MessageDetail['reactions'] =>
  reactions.flatMap(({ emoji, from, at }) => (emoji === null ? [] : [{ emoji, fromMe: from === null, from, at: iso(at) }]));

/** As a list shows it: with the reactions, where there are some. */
export function listedOf(message: StoredMessage): MessageView {
  const reactions = reactionsOf(message);
  return { ...viewOf(message), ...(reactions.length > 0 && { reactions }) };
}

/** Those of `messages` that have a file in the library. */
export const mediaIdsOf = (messages: readonly StoredMessage[]): MediaId[] =>
  messages.flatMap(({ content: { media } }) => (media?.id ? [media.id as MediaId] : []));

/** The messages with their media as it is now; what the library no longer knows stays as it was. */
export function withMedia(messages: readonly StoredMessage[], now: ReadonlyMap<string, MediaView>): StoredMessage[] {
  return messages.map((message) => {
    const media = now.get(message.content.media?.id ?? '');
    return media ? { ...message, content: { ...message.content, media } } : message;
  });
}

function contentBeforeEdits({ content, aftermath }: StoredMessage): StoredMessage['content'] {
  const first = aftermath.edits?.[0];
  return first ? { ...content, [saidIn(content)]: first.text } : content;
}

/** The answer to the first request, for a request that repeats it under the same Idempotency-Key. */
export function viewAsAccepted(message: StoredMessage): MessageView {
  const status = message.history[0]?.status ?? message.status;
  return viewOf({ ...message, content: contentBeforeEdits(message), status, engineId: null, error: null, aftermath: {} });
}

/** `receipts`: of a message to a group. `waitsFor`: of one that is still to leave. */
export function detailOf(
  message: StoredMessage,
  { receipts, waitsFor }: { receipts: readonly Receipt[]; waitsFor: HoldReason | null },
): MessageDetail {
  const { edits = [], votes = [] } = message.aftermath;
  return {
    ...viewOf(message),
    attempts: message.attempts,
    priority: message.priority,
    ...times(message),
    ...(waitsFor && { waitsFor: { reason: waitsFor.reason, until: waitsFor.until === null ? null : iso(waitsFor.until) } }),
    ...(receipts.length > 0 && { recipients: receipts.map(({ participant, status, at }) => ({ id: participant, status, at: iso(at) })) }),
    history: message.history.map(({ at, ...entry }) => ({ ...entry, at: iso(at) })),
    edits: edits.map(({ text, at }) => ({ text, at: iso(at) })),
    reactions: reactionsOf(message),
    votes: votes.flatMap(({ at, ...vote }) => (vote.options.length === 0 ? [] : [{ ...vote, at: iso(at) }])),
  };
}
