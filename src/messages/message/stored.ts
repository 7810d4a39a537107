import type { MessageId, SessionId, TenantId } from '../../core/ids.ts';
import type { ChatId, Direction, InboundMessage, MediaView, MessageStatus, Party } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Pace } from '../lane/pacing.ts';

export interface SendError {
  code: string;
  message: string;
}

interface HistoryEntry {
  status: MessageStatus;
  at: Milliseconds;
  error?: SendError;
}

/** What a message says and how it is to be said. */
interface Content
  extends Pick<
    InboundMessage,
    | 'text'
    | 'caption'
    | 'location'
    | 'contacts'
    | 'poll'
    | 'list'
    | 'choice'
    | 'title'
    | 'videoNote'
    | 'viewOnce'
    | 'unavailable'
    | 'raw'
    | 'forwarded'
    | 'author'
  > {
  from: Party | null;
  to: ChatId;
  /** As it was when the message was stored; messages/media knows what became of it. */
  media?: MediaView;
  /** As it was given: the hub's id or WhatsApp's. */
  replyTo?: string;
  mentions?: ChatId[];
  /** The message that a reaction, edit, revoke or forward is about, as it was given. */
  messageId?: string;
  emoji?: string;
  /** The flow that sent it. */
  flow?: string;
  linkPreview?: boolean;
  typing?: boolean | number;
}

/** What happened to a message since it was written; see aftermath.ts. */
interface Aftermath {
  /** What it said before, each until `at`; oldest first. */
  edits?: { text: string; at: Milliseconds }[];
  revokedAt?: Milliseconds;
  /** The last one of each person; an emoji of null was taken back. `from` is null for the account's own. */
  reactions?: { emoji: string | null; from: Party | null; at: Milliseconds }[];
  /** The last one of each person; without options it was taken back. */
  votes?: { options: string[]; from: Party; at: Milliseconds }[];
}

/** A row of `messages`, inbound and outbound alike. */
export interface StoredMessage {
  id: MessageId;
  tenantId: TenantId;
  sessionId: SessionId;
  direction: Direction;
  type: string;
  status: MessageStatus;
  chatId: ChatId;
  engineId: string | null;
  content: Content;
  aftermath: Aftermath;
  history: HistoryEntry[];
  error: SendError | null;
  reference: string | null;
  priority: number;
  attempts: number;
  /** How often in a row WhatsApp has given the answer `error`; see outcome.ts. */
  repeats: number;
  idempotencyKey: string | null;
  fingerprint: string | null;
  sendAt: Milliseconds | null;
  expiresAt: Milliseconds | null;
  notBefore: Milliseconds | null;
  /** Of the last time that it was handed over under pacing. */
  pace: Pace | null;
  wakesAt: Milliseconds | null;
  at: Milliseconds;
  createdAt: Milliseconds;
}
