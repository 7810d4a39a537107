import { covers } from '../../core/event-patterns.ts';
import type { LedgerEvent } from '../../core/events.ts';
import type { EndpointId } from '../../core/ids.ts';
import type { ChatId, ChatKind } from '../../core/message.ts';

/** What an endpoint wants to hear of. */
export interface Filter {
  /** Patterns, see core/event-patterns.ts. */
  events: readonly string[];
  /** Ids or names; empty for all. What has no session (`webhook.disabled`) passes whatever is listed here. */
  sessions: readonly string[];
}

/** Of which chats and people it wants to hear. What is left out lets all pass, and so does what an event says nothing of. */
export interface ChatFilter {
  chatKinds?: ChatKind[];
  chats?: ChatId[];
  senders?: ChatId[];
}

export function matches(filter: Filter, event: Pick<LedgerEvent, 'type' | 'sessionId' | 'sessionName'>): boolean {
  if (!filter.events.some((pattern) => covers(pattern, event.type))) return false;
  const { sessions } = filter;
  if (sessions.length === 0 || event.sessionId === null) return true;
  return sessions.includes(event.sessionId) || (event.sessionName !== null && sessions.includes(event.sessionName));
}

/** Whether the endpoint is to hear of the event, whichever chat it is about. That it was disabled itself is news for the others. */
export function owes(
  endpoint: Filter & { id: EndpointId },
  event: Pick<LedgerEvent, 'type' | 'sessionId' | 'sessionName' | 'json'>,
): boolean {
  // A test goes to one endpoint, whatever the filters say: who asked for it has noted its delivery.
  if (event.type === 'webhook.test' || !matches(endpoint, event)) return false;
  return event.type !== 'webhook.disabled' || (JSON.parse(event.json) as { endpointId: string }).endpointId !== endpoint.id;
}

/** What an event says of where and by whom it happened: every name of the chat and of who sent it; null where it says nothing. */
export interface Whereabouts {
  kind: ChatKind | null;
  chat: readonly ChatId[] | null;
  sender: readonly ChatId[] | null;
}

/** Every name of an address, the address itself among them. */
type NamesOf = (address: ChatId) => Promise<readonly ChatId[]>;

/** In a group `from` of a message is the group, and `author` who wrote. */
export async function whereaboutsOf({ json }: Pick<LedgerEvent, 'json'>, namesOf: NamesOf): Promise<Whereabouts> {
  const { chat, from, author } = (JSON.parse(json) ?? {}) as {
    chat?: { id?: unknown; kind?: ChatKind } | null;
    from?: unknown;
    author?: unknown;
  };
  const chatId = typeof chat?.id === 'string' ? chat.id : null;
  const told = partyNames(author) ?? partyNames(from);
  const [known, sender] = await Promise.all([chatId && namesOf(chatId), told && allNames(told, namesOf)]);
  // In a chat with one person both are the same, and each may be told by another name.
  const isPartner = chatId !== null && (told?.includes(chatId) ?? false);
  return { kind: chat?.kind ?? null, chat: known ? [...known, ...(isPartner ? (sender ?? []) : [])] : null, sender: sender || null };
}

/** Whether an event from there passes. */
export function passes({ chatKinds, chats, senders }: ChatFilter, { kind, chat, sender }: Whereabouts): boolean {
  if (chatKinds && kind !== null && !chatKinds.includes(kind)) return false;
  if (chats && chat !== null && !chats.some((one) => chat.includes(one))) return false;
  return !(senders && sender !== null && !senders.some((one) => sender.includes(one)));
}

/** As they stand in the event; null for nobody. */
function partyNames(value: unknown): ChatId[] | null {
  const { id, lid, phone, username } = (value ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string') return null;
  const at = (name: unknown, server: string) => (typeof name === 'string' ? [name.includes('@') ? name : `${name}@${server}`] : []);
  return [id, ...at(lid, 'lid'), ...at(phone, 'c.us'), ...at(username, 'username')];
}

async function allNames(told: readonly ChatId[], namesOf: NamesOf): Promise<ChatId[]> {
  return [...new Set([...told, ...(await Promise.all(told.map(namesOf))).flat()])];
}
