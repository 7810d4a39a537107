/** From the events of the ledger to what waits in the chats. Pure. */
import type { LedgerEvent } from '../../core/events.ts';
import type { ChatId, MessageView, Party } from '../../core/message.ts';
import type { Chat } from '../chat.ts';
import type { Value } from '../language/schema.ts';
import { contactOf, NOTHING_SAID, nothingSaidIn, saidBy, type TurnInput, type Utterance } from '../understanding/inbound.ts';
import { FROM_PHONE, isFailureEvent } from '../understanding/trigger-events.ts';
import type { Arrival } from './inbox-store.ts';

/** What `flow.requested` says. */
interface Request {
  flow: string;
  chat: { id: string };
  by: 'api' | 'schedule';
  data: Record<string, Value>;
}

interface EventData {
  id?: string;
  messageId?: string | null;
  chat?: { id: string };
  from?: Party | null;
  fromMe?: boolean;
  options?: string[];
}

/** Nothing of a channel or status waits in a chat, and of what the account did itself only what was written on the phone. */
export function arrivalOf({ id, position, type, at, tenantId, sessionId, sessionName, json }: LedgerEvent): Arrival[] {
  if (sessionId === null) return [];
  const inbound = (rest: Pick<TurnInput, 'kind' | 'messageId' | 'said'> & Partial<TurnInput>): TurnInput => ({
    eventId: id,
    at,
    sessionName: sessionName ?? '',
    ...rest,
  });
  const arrival = (chat: string, message: TurnInput): Arrival[] => [{ position, chat: { tenantId, sessionId, id: chat }, message }];
  if (type === 'message.received') {
    const message = JSON.parse(json) as MessageView;
    if (message.chat.kind !== 'private' && message.chat.kind !== 'group') return [];
    const alias = aliasOf(message);
    return arrival(message.chat.id, inbound({ kind: 'message', messageId: message.id, said: saidBy(message), ...(alias && { alias }) }));
  }
  if (type === 'flow.requested') {
    const { flow, chat, by, data } = JSON.parse(json) as Request;
    return arrival(chat.id, inbound({ kind: 'request', messageId: null, said: nothingSaidIn(chat.id), request: { flow, by, data } }));
  }
  if (type === FROM_PHONE) {
    const message = JSON.parse(json) as MessageView;
    if (message.chat.kind !== 'private' && message.chat.kind !== 'group') return [];
    const said = { ...saidBy(message), contact: nothingSaidIn(message.chat.id).contact };
    return arrival(
      message.chat.id,
      inbound({ kind: 'event', messageId: message.id, said, event: { type, data: JSON.parse(json) as Value } }),
    );
  }
  const data = JSON.parse(json) as EventData;
  const chat = data.chat?.id ?? data.from?.id;
  if (chat === undefined || data.fromMe === true) return [];
  const contact = data.from ? contactOf(data.from) : nothingSaidIn(chat).contact;
  const said: Utterance = { ...NOTHING_SAID, contact, votes: type === 'poll.vote' ? (data.options ?? []) : null };
  const messageId = (isFailureEvent(type) ? data.id : data.messageId) ?? null;
  return arrival(chat, inbound({ kind: 'event', messageId, said, event: { type, data: data as Value } }));
}

/** The other name of a private chat, by hidden number or by phone, where the message tells both. */
function aliasOf({ chat, from }: MessageView): ChatId | undefined {
  if (chat.kind !== 'private' || from?.id !== chat.id) return undefined;
  const { lid, phone } = from;
  if (!chat.id.endsWith('@lid')) return lid ? (lid as ChatId) : undefined;
  return phone ? (`${phone}@c.us` as ChatId) : undefined;
}

/** The private chat in which the account itself wrote, on the phone. */
export function takenOver({ tenantId, sessionId, json }: LedgerEvent): Chat[] {
  if (sessionId === null) return [];
  const message = JSON.parse(json) as MessageView;
  return message.chat.kind === 'private' ? [{ tenantId, sessionId, id: message.chat.id }] : [];
}
