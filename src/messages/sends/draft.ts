import { type Fault, HooklineError } from '../../core/errors.ts';
import { fingerprintOf as fingerprint } from '../../core/fingerprint.ts';
import { newId } from '../../core/ids.ts';
import { listAsText } from '../../core/list-text.ts';
import type { ChatId, InboundMessage, SendRequest } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { wakesAt } from '../message/status.ts';
import type { StoredMessage } from '../message/stored.ts';
import { cardPhone, toChatId } from '../recipients.ts';
import { dueTime, faultsOf, type Referred } from './faults.ts';

/** How long a send is tried when the caller does not say until when. */
export const EXPIRES_AFTER: Milliseconds = 24 * 60 * 60_000;

/** What accepting a send needs besides what was asked. */
export interface Acceptance extends Referred {
  idempotencyKey?: string | null;
  /** The flow that sends it. */
  flow?: string | undefined;
  /** Of the chat of `target`, where `isElsewhere`. */
  names?: readonly ChatId[];
}

/** The message that a send becomes when it is accepted now; its media is still to be noted. Throws `recipient-invalid` and `invalid-body`. */
export function draftOfSend(
  session: SessionRef,
  send: SendRequest,
  now: Milliseconds,
  { idempotencyKey = null, flow, target, quoted, names = [] }: Acceptance = {},
): StoredMessage {
  refuse(faultsOf(send, now, { target, quoted }));
  const to = chatOf(send, target, names);
  const mentions = send.mentions?.map((mention, index) => toChatId(mention, `mentions.${index}`));
  const scheduled = send.sendAt !== undefined && send.sendAt > now;
  const draft: StoredMessage = {
    ...blank(session, now),
    direction: 'outbound',
    type: asText(send) ? 'text' : send.type,
    status: scheduled ? 'scheduled' : 'queued',
    chatId: to,
    content: {
      from: null,
      to,
      ...saidBy(send),
      ...(send.replyTo !== undefined && { replyTo: send.replyTo }),
      ...(mentions && { mentions }),
      ...(send.typing !== undefined && { typing: send.typing }),
      ...(flow !== undefined && { flow }),
    },
    history: [{ status: scheduled ? 'scheduled' : 'queued', at: now }],
    reference: send.reference ?? null,
    priority: priorityOf(send, target),
    idempotencyKey,
    fingerprint: idempotencyKey === null ? null : fingerprintOf(session, send),
    sendAt: send.sendAt ?? null,
    expiresAt: send.expiresAt ?? dueTime(send, now) + EXPIRES_AFTER,
    at: now,
  };
  return { ...draft, wakesAt: wakesAt(draft, now) };
}

/** A reaction, edit or revoke goes where its message is. */
function chatOf(send: SendRequest, target: StoredMessage | undefined, names: readonly ChatId[]): ChatId {
  if (!target || send.type === 'forward') return toChatId(send.to ?? '');
  if (isElsewhere(send, target) && !names.includes(toChatId(send.to ?? ''))) {
    refuse([{ path: 'to', message: `The message is in the chat ${target.chatId}. Leave "to" out, or give that.` }]);
  }
  return target.chatId;
}

/** Whether a reaction, edit or revoke says `to` by another address than the one of its message's chat, whose name it then must be. */
export function isElsewhere({ type, to }: SendRequest, { chatId }: StoredMessage): boolean {
  return type !== 'forward' && to !== undefined && toChatId(to) !== chatId;
}

/** What is about a message that still waits must not pass it. */
function priorityOf({ priority = 0 }: SendRequest, target: StoredMessage | undefined): number {
  return target?.status === 'queued' ? Math.min(priority, target.priority) : priority;
}

const asText = (send: SendRequest): boolean => send.type === 'list' && send.fallback === 'text';

function saidBy(send: SendRequest): Partial<StoredMessage['content']> {
  switch (send.type) {
    case 'text': {
      const { text, linkPreview } = send;
      return { text, ...(linkPreview !== undefined && { linkPreview }) };
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return send.caption === undefined ? {} : { caption: send.caption };
    case 'location': {
      const { latitude, longitude, name, address } = send;
      return { location: { latitude, longitude, ...(name !== undefined && { name }), ...(address !== undefined && { address }) } };
    }
    case 'contact':
      return { contacts: send.contacts.map((card) => ({ ...card, phones: card.phones.map(cardPhone) })) };
    case 'poll': {
      const { question, options, selectable = 1 } = send;
      return { poll: { question, options, selectable } };
    }
    case 'list': {
      const { title, text, footer, button, sections } = send;
      if (asText(send)) return { text: listAsText(send) };
      return { list: { ...(title !== undefined && { title }), text, ...(footer !== undefined && { footer }), button, sections } };
    }
    case 'forward':
    case 'revoke':
      return { messageId: send.messageId };
    case 'reaction':
      return { messageId: send.messageId, emoji: send.emoji };
    case 'edit':
      return { messageId: send.messageId, text: send.text };
  }
}

/** The message that an engine handed in; one of the account's own was sent on the phone. */
export function draftOfInbound(session: SessionRef, message: InboundMessage, now: Milliseconds): StoredMessage {
  const { engineId, fromMe, type, chat, timestamp, media, ...content } = message;
  const status = fromMe ? 'sent' : 'received';
  return {
    ...blank(session, now),
    direction: fromMe ? 'outbound' : 'inbound',
    type,
    status,
    chatId: chat.id,
    engineId,
    content: { ...content, ...(media && { media: { id: null, url: null, ...media, status: 'pending' } }) },
    history: [{ status, at: now }],
    at: timestamp,
  };
}

const blank = (session: SessionRef, now: Milliseconds) => ({
  id: newId('msg', now),
  tenantId: session.tenantId,
  sessionId: session.id,
  engineId: null,
  aftermath: {},
  error: null,
  reference: null,
  priority: 0,
  attempts: 0,
  repeats: 0,
  idempotencyKey: null,
  fingerprint: null,
  sendAt: null,
  expiresAt: null,
  notBefore: null,
  pace: null,
  wakesAt: null,
  createdAt: now,
});

function refuse(errors: Fault[]): void {
  const [first] = errors;
  if (first) throw new HooklineError('invalid-body', `${first.path}: ${first.message}`, { errors });
}

/** Hash of what was asked. */
export const fingerprintOf = (session: SessionRef, send: SendRequest): string => fingerprint({ ...send, session: session.id });
