/**
 * What the engine does in the page. Each function here runs inside Chromium: it is sent there as text, so it sees its
 * arguments and the page's globals and nothing of this file.
 */
import type { Look } from '../wire/map-event.ts';
import type { WireMessage } from '../wire/map-message.ts';
import type { PageMessage, PageModules, Wpp } from './page-types.ts';

declare const WPP: Wpp;
declare const WAPI: { processMessageObj(message: PageMessage, own: boolean, notifications: boolean): WireMessage | undefined };

/** wppconnect marks its hooks in the page so, all of them in one go. */
declare const onAnyMessage: { exposed?: boolean };

export function look(): Look {
  const me = WPP.conn.getMyUserWid();
  let lid: string | null = null;
  try {
    lid = WPP.conn.getMyUserLid()._serialized;
  } catch {
    // An account that WhatsApp has given none.
  }
  return {
    registered: WPP.conn.isRegistered(),
    authenticated: WPP.conn.isAuthenticated(),
    mainReady: WPP.conn.isMainReady(),
    listening: typeof onAnyMessage !== 'undefined' && onAnyMessage.exposed === true,
    socket: WPP.whatsapp.Socket.state,
    account: me ? { phone: me.user, pushName: WPP.whatsapp.Conn.pushname || null, lid } : null,
    ...(WPP.conn.isMainReady() && { facts: { kind: WPP.whatsapp.Conn.isSMB ? 'business' : 'personal', newChatsUntil: lockedUntil() } }),
  };

  function lockedUntil(): number | null {
    const page = globalThis as unknown as PageModules;
    try {
      const { REACHOUT_TIMELOCK_IDB_KEY: key, isUserReachoutTimelocked } = page.require('WAWebReachoutTimelockUtils');
      if (!isUserReachoutTimelocked()) return null;
      const ends = page.require('WAWebUserPrefsIndexedDBStorage').userPrefsIdb.get(key)?.time_enforcement_ends;
      // Of one whose end is not said it is asked again in the next hour.
      const until = Number(ends) || (Math.floor(Date.now() / 3_600_000) + 1) * 3_600_000;
      return until > Date.now() ? until : null;
    } catch {
      return null;
    }
  }
}

/** Whether the account may write to this person, though it may begin no new chats: WhatsApp Web knows whom it has a chat with. */
export function mayWrite(person: string): boolean {
  const { canSendMsgWhileTimelocked } = (globalThis as unknown as PageModules).require('WAWebReachoutTimelockUtils');
  const contact = WPP.whatsapp.ContactStore.get(person);
  return contact !== undefined && canSendMsgWhileTimelocked({ chat: WPP.chat.get(person), contact });
}

/** A code for the phone with this number; later ones are heard of (page-hear.ts). */
export function pairingCode(phone: string): Promise<string> {
  return WPP.conn.startLinkDeviceCodeForPhoneNumber(phone);
}

/** The ack of the message with this bare id among the latest of the chat; null when it is not there. */
export async function findAck({ chat, bareId }: { chat: string; bareId: string }): Promise<number | null> {
  const has = (message: PageMessage) => message.id.fromMe && message.id.id === bareId;
  const loaded = WPP.whatsapp.MsgStore.getModelsArray().find(has);
  if (loaded) return loaded.ack;
  const found = await WPP.chat.find(chat);
  const latest = await WPP.chat.getMessages(found.id._serialized, { count: 200 });
  return latest.find(has)?.ack ?? null;
}

/** Makes sure that the chat is there: presence and read marks are refused for one that WhatsApp does not list yet. */
export async function openChat(chat: string): Promise<void> {
  if (!WPP.chat.get(chat)) await WPP.chat.find(chat);
}

/**
 * Inbound messages since `since` (seconds), oldest first: all of them, read on the phone meanwhile or not. What cannot be got
 * out of the page, be it one message or a whole chat, is in `failed`, and keeps nothing else out.
 */
export async function inboundSince(since: number): Promise<{ messages: WireMessage[]; failed: { raw: unknown; error: string }[] }> {
  const found: PageMessage[] = [];
  const failed: { raw: unknown; error: string }[] = [];
  const isNew = (message: PageMessage) => !message.id?.fromMe && !(message.t < since);
  for (const chat of await WPP.chat.list({ ignoreGroupMetadata: true })) {
    if (!chat.unreadCount && (chat.t ?? 0) < since) continue;
    // Most chats have little that is new; one that has more than a look shows is looked at more deeply.
    for (let [count, tries] = [Math.max(50, chat.unreadCount ?? 0), 1]; ; ) {
      try {
        const latest = await WPP.chat.getMessages(chat.id._serialized, { count });
        if (latest.length >= count && count < 25_000 && latest.every((message) => message.t >= since)) {
          count *= 8;
          continue;
        }
        found.push(...latest.filter(isNew));
        break;
      } catch (error) {
        if (tries++ < 3) {
          await new Promise((resolve) => setTimeout(resolve, 500));
          continue;
        }
        failed.push({ raw: { chat: String(chat.id?._serialized) }, error: `The chat could not be listed: ${error}` });
        break;
      }
    }
  }
  // A time that is no time puts no order on the others.
  const time = ({ t }: PageMessage) => (t > 0 ? t : Number.POSITIVE_INFINITY);
  found.sort((a, b) => (time(a) === time(b) ? 0 : time(a) - time(b)));
  const messages: WireMessage[] = [];
  for (const message of found) {
    try {
      const wire = WAPI.processMessageObj(message, false, false);
      if (wire) messages.push(wire);
    } catch (error) {
      failed.push({ raw: { id: String(message.id) }, error: `The message could not be read in the page: ${error}` });
    }
  }
  return { messages, failed };
}

export function isListed(chat: string): boolean {
  return WPP.chat.get(chat) !== undefined;
}

export interface LookUp {
  chatId: string;
  lid: string | null;
  phone: string | null;
}

/** Whose username this is now; null when it is nobody's, or such as nobody can have. `keyRequired`: it takes a PIN that only they can give. */
export async function lookUpUsername(name: string): Promise<LookUp | { keyRequired: true } | null> {
  const found = await WPP.contact.queryUsernameExists(name).catch((error: unknown) => {
    if ((error as { errorType?: string }).errorType) return null;
    throw error;
  });
  if (!found || 'keyRequired' in found) return found && { keyRequired: true };
  const chatId = found.wid._serialized;
  const known = await WPP.contact.getPnLidEntry(chatId).catch(() => null);
  return { chatId, lid: chatId, phone: known?.phoneNumber?._serialized.split('@')[0] ?? null };
}

/** Under which address WhatsApp knows a person, and by which others; null when it does not. */
export async function lookUp(address: string): Promise<LookUp | null> {
  const found = await WPP.contact.queryExists(address);
  if (!found) return null;
  const chatId = found.wid._serialized;
  const known = chatId.endsWith('@lid') ? await WPP.contact.getPnLidEntry(chatId).catch(() => null) : null;
  const lid = chatId.endsWith('@lid') ? chatId : (found.lid?._serialized ?? null);
  const phone = chatId.endsWith('@c.us') ? chatId : known?.phoneNumber?._serialized;
  return { chatId, lid, phone: phone?.split('@')[0] ?? null };
}
