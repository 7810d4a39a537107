/**
 * Hearing what happens around messages, inside Chromium: the function is sent there as text, so it sees its argument and
 * the page's globals and nothing of this file. wa-js's events are taken rather than wppconnect's, which leave out the
 * receiver of an ack and report calls that the account makes as incoming ones.
 */
import type { Wid, Wpp } from './page-types.ts';

export interface WireParty {
  id: string;
  /** Digits. */
  phone: string | null;
  name: string | null;
  username?: string;
}

/** Times as WhatsApp has them: seconds or milliseconds. */
export type Heard =
  | { kind: 'reaction'; target: string; by: WireParty; fromMe: boolean; emoji: string; t: number }
  | { kind: 'edited'; target: string; by: WireParty; fromMe: boolean; text: string; t: number }
  | { kind: 'revoked'; target: string; by: WireParty | null; fromMe: boolean; t: number }
  | { kind: 'poll-vote'; target: string; by: WireParty; options: string[]; t: number }
  | { kind: 'presence'; chat: string; by: WireParty; state: string; t: number }
  | { kind: 'participants'; chat: string; action: string; participants: WireParty[]; by: WireParty | null; t: number }
  | { kind: 'call'; callId: string; by: WireParty; video: boolean; group: boolean; t: number }
  | { kind: 'pairing-code'; code: string }
  /** Something that could not be read in the page. */
  | { kind: 'unreadable'; what: { raw: unknown; error: string } }
  | { kind: 'receipt'; engineId: string; ack: number; participant: string; t: number };

interface Message {
  id: { id: string; fromMe: boolean; toString(): string };
  author?: Wid;
  from: Wid;
  isMedia?: boolean;
  body?: string;
  caption?: string;
  latestEditSenderTimestampMs?: number;
}
type Events = {
  'conn.link_code_change': string;
  'chat.new_reaction': { msgId: unknown; sender: Wid; reactionText?: string; timestamp: number };
  'chat.msg_edited': { id: string; msg: Message };
  'chat.msg_revoke': { id: { fromMe: boolean }; refId: unknown; author?: Wid; from: Wid };
  'chat.poll_response': { msgId: unknown; sender: Wid; selectedOptions: ({ name: string } | undefined)[]; timestamp: number };
  'chat.presence_change': { id: Wid; isGroup?: boolean; state: string; t: number; participants?: { id: string; state: string }[] };
  'group.participant_changed': { groupId: string; action: string; participants: string[]; author?: string };
  'call.incoming_call': { id: string; isGroup?: boolean; isVideo?: boolean; offerTime: number; sender: Wid };
  'chat.msg_ack_change': { ack: number; chat: Wid; sender?: Wid; ids: { id: string }[] };
};
type Listen = <Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void) => void;
declare const WPP: Wpp & {
  on: Listen;
  whatsapp: { lidPnCache?: { getPhoneNumber(wid: Wid): Wid | undefined } };
};
/** The hub's ear in the page; what marks it as in use goes with the page. */
declare const hooklineHears: ((heard: Heard) => void) & { listening?: boolean };

/** To be called for each page, as often as one likes. */
export function hear(): void {
  if (hooklineHears.listening) return;
  const on: Listen = (name, listener) =>
    WPP.on(name, (event) => {
      try {
        listener(event);
      } catch (error) {
        hooklineHears({ kind: 'unreadable', what: { raw: { event: name, data: plain(event) }, error: String(error) } });
      }
    });
  on('chat.new_reaction', ({ msgId, sender, reactionText, timestamp }) => {
    const fromMe = isMe(sender);
    hooklineHears({ kind: 'reaction', target: String(msgId), by: party(sender), fromMe, emoji: reactionText ?? '', t: timestamp });
  });
  on('chat.msg_edited', ({ id, msg }) => {
    const by = party(msg.author ?? msg.from);
    // The body of what carries a file is its thumbnail.
    const text = (msg.isMedia ? msg.caption : msg.caption || msg.body) ?? '';
    hooklineHears({
      kind: 'edited',
      target: String(id),
      by,
      fromMe: msg.id.fromMe,
      text,
      t: msg.latestEditSenderTimestampMs ?? Date.now(),
    });
  });
  on('chat.msg_revoke', ({ id, refId, author, from }) => {
    const by = author ?? from;
    hooklineHears({ kind: 'revoked', target: String(refId), by: by ? party(by) : null, fromMe: id.fromMe, t: Date.now() });
  });
  on('chat.poll_response', ({ msgId, sender, selectedOptions, timestamp }) => {
    const options = selectedOptions.flatMap((option) => option?.name ?? []);
    hooklineHears({ kind: 'poll-vote', target: String(msgId), by: party(sender), options, t: timestamp });
  });
  on('chat.presence_change', ({ id, state, t, participants }) => {
    const chat = String(id);
    // In a group each member has a state of its own.
    for (const member of participants ?? []) hooklineHears({ kind: 'presence', chat, by: party(member.id), state: member.state, t });
    if (!participants) hooklineHears({ kind: 'presence', chat, by: party(id), state, t });
  });
  on('group.participant_changed', ({ groupId, action, participants, author }) => {
    const by = author ? party(author) : null;
    hooklineHears({ kind: 'participants', chat: groupId, action, participants: participants.map(party), by, t: Date.now() });
  });
  on('call.incoming_call', ({ id, isGroup, isVideo, offerTime, sender }) => {
    hooklineHears({ kind: 'call', callId: id, by: party(sender), video: isVideo === true, group: isGroup === true, t: offerTime });
  });
  on('conn.link_code_change', (code) => hooklineHears({ kind: 'pairing-code', code }));
  // That a message of a group reached one member; how far it came as a whole is wppconnect's ack.
  on('chat.msg_ack_change', ({ ack, chat, sender, ids }) => {
    if (!sender || !chat.isGroup()) return;
    const own = new Map(WPP.whatsapp.MsgStore.getModelsArray().flatMap(({ id }) => (id.fromMe ? [[id.id, String(id)] as const] : [])));
    for (const { id } of ids) {
      const engineId = own.get(id);
      if (engineId) hooklineHears({ kind: 'receipt', engineId, ack, participant: String(sender), t: Date.now() });
    }
  });
  hooklineHears.listening = true;

  /** What of an event can leave the page: models refer to each other in circles. */
  function plain(event: unknown): unknown {
    const shown = (value: unknown): unknown => {
      try {
        return typeof value === 'object' && value !== null ? String(value) : value;
      } catch {
        return null;
      }
    };
    if (typeof event !== 'object' || event === null) return event;
    return Object.fromEntries(Object.entries(event).map(([key, value]) => [key, Array.isArray(value) ? value.map(shown) : shown(value)]));
  }

  function isMe(wid: Wid): boolean {
    const user = String(wid);
    return user === String(WPP.conn.getMyUserWid()) || user === String(WPP.conn.getMyUserLid());
  }

  function party(who: Wid | string): WireParty {
    const id = String(who);
    const contact = WPP.whatsapp.ContactStore.get(id);
    const known = id.endsWith('@lid') && typeof who !== 'string' ? WPP.whatsapp.lidPnCache?.getPhoneNumber(who) : undefined;
    const phone = id.endsWith('@c.us') ? id : known ? String(known) : null;
    const name = contact?.pushname || contact?.name || null;
    return { id, phone: phone?.split('@')[0] ?? null, name, ...(contact?.username && { username: contact.username }) };
  }
}
