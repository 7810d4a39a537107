/**
 * Sending, inside Chromium: the function is sent there as text, so it sees its arguments and the page's globals and
 * nothing of this file.
 */
import type { OutgoingMessage } from '../../../../core/message.ts';
import type { PageChat, PageModules, Sent, Wpp } from './page-types.ts';

declare const WPP: Wpp;

export interface SendOrder {
  message: OutgoingMessage;
  /** The id without chat and author. */
  bareId: string;
  /** Of a contact message. */
  cards: { displayName: string; vcard: string }[];
}

export type SendOutcome =
  | { engineId: string; ack: number; result: string }
  | { error: string; code: string; socket: string; handedOver: boolean };

/**
 * The reserved id gets the chat that WhatsApp really uses (a phone number may stand for a hidden one) and, in a group,
 * the author: wa-js refuses a message whose key does not name its chat. `upload` holds the file of a media message: the
 * browser reads it from the disk by itself.
 */
export async function sendInPage({ message, bareId, cards }: SendOrder, upload: { files: File[] } | null): Promise<SendOutcome> {
  let engineId = '';
  let chat: PageChat | undefined;
  try {
    // Without a line WhatsApp Web would keep the message for itself, and send it when nobody expects it any more.
    if (WPP.whatsapp.Socket.state !== 'CONNECTED') throw Object.assign(new Error('there is no connection'), { code: 'offline' });
    // Whoever is known by username alone is not in the chats yet: WhatsApp wants to know how they were found.
    const found = await WPP.chat.find(message.to, message.to.endsWith('@lid') ? 'username_contactless_search' : undefined);
    chat = found;
    const to = found.id._serialized;
    const reserved = `true_${to}_${bareId}${found.id.isGroup() ? `_${WPP.conn.getMyUserLid()._serialized}` : ''}`;
    engineId = reserved;
    if (!mayWrite()) throw Object.assign(new Error('no new chats for now'), { code: 'new_chats_locked' });
    const left = WPP.whatsapp.MsgStore.get(reserved);
    if (left && left.ack > 0) return { engineId, ack: left.ack, result: 'OK' };
    if (left?.ack === 0) throw new Error('an earlier try of it is still under way');
    if (left) {
      // Given up on an earlier try. In its way, a second one would never be seen to be added.
      found.msgs.remove(left);
      WPP.whatsapp.MsgStore.remove(left);
    }
    const options = {
      messageId: reserved,
      waitForAck: true,
      // By default wa-js marks the chat as read, and its other side would believe that a person has seen it.
      markIsRead: false,
      ...(message.replyTo && { quotedMsg: message.replyTo }),
      ...(message.mentions?.length && { mentionedList: message.mentions }),
    };
    const sent = await dispatch();
    const result = sent.sendMsgResult as { messageSendResult?: string } | string | null;
    return { engineId: sent.id, ack: sent.ack, result: (typeof result === 'string' ? result : result?.messageSendResult) ?? 'OK' };

    /** WhatsApp would take it and send it to nobody. */
    function mayWrite(): boolean {
      const { contact } = found;
      try {
        const lock = (globalThis as unknown as PageModules).require('WAWebReachoutTimelockUtils');
        return !contact || found.id.isGroup() || lock.canSendMsgWhileTimelocked({ chat: found, contact });
      } catch {
        return true;
      }
    }

    function dispatch(): Promise<Sent> {
      switch (message.type) {
        case 'text':
          return WPP.chat.sendTextMessage(to, message.text, { ...options, linkPreview: message.linkPreview ?? false });
        case 'location': {
          const { latitude: lat, longitude: lng, name, address } = message.location;
          return WPP.chat.sendLocationMessage(to, { ...options, lat, lng, name, address });
        }
        case 'contact': {
          const [first] = cards;
          const raw =
            cards.length === 1
              ? { type: 'vcard', body: first?.vcard, vcardFormattedName: first?.displayName }
              : { type: 'multi_vcard', vcardList: cards };
          return WPP.chat.sendRawMessage(to, raw, options);
        }
        case 'poll': {
          const { question, options: choices, selectable } = message.poll;
          // To WhatsApp 0 is "as many as you like".
          return WPP.chat.sendCreatePollMessage(to, question, choices, {
            ...options,
            selectableCount: selectable >= choices.length ? 0 : selectable,
          });
        }
        case 'list': {
          const { title, text, footer, button, sections } = message.list;
          const rows = (section: (typeof sections)[number]) =>
            section.rows.map((row) => ({ rowId: row.id, title: row.title, description: row.description ?? '' }));
          return WPP.chat.sendListMessage(to, {
            ...options,
            title,
            description: text,
            footer,
            buttonText: button,
            sections: sections.map((section) => ({ title: section.title, rows: rows(section) })),
          });
        }
        case 'forward':
          return forward(message.target);
        case 'reaction':
          return WPP.chat.sendReactionToMessage(message.target, message.emoji).then(done);
        case 'edit':
          return WPP.chat.editMessage(message.target, message.text, { ...options, linkPreview: false }).then(done);
        case 'revoke':
          return revoke(message.target);
        default: {
          const file = upload?.files[0];
          if (!file) throw new Error('WhatsApp Web could not read the file');
          const { mimetype, filename } = message.media;
          return WPP.chat.sendFileMessage(to, new File([file], filename ?? message.type, { type: mimetype }), {
            ...options,
            type: message.type === 'voice' ? 'audio' : message.type,
            isPtt: message.type === 'voice',
            mimetype,
            ...(filename && { filename }),
            ...(message.caption && { caption: message.caption }),
          });
        }
      }
    }

    /** What changes a message is no message of its own: it is done under the reserved id and known by it. */
    function done({ sendMsgResult }: { sendMsgResult: unknown }): Sent {
      return { id: reserved, ack: 1, sendMsgResult };
    }

    /** WhatsApp makes the ids of forwarded messages itself; the one that it makes next is the reserved one. */
    async function forward(target: string): Promise<Sent> {
      const { MsgKey, MsgStore } = WPP.whatsapp;
      const newId = MsgKey.newId;
      MsgKey.newId = () => {
        MsgKey.newId = newId;
        return bareId;
      };
      try {
        await WPP.chat.forwardMessages(to, [target], { displayCaptionText: true });
      } finally {
        MsgKey.newId = newId;
      }
      const went = MsgStore.get(reserved);
      for (const end = Date.now() + 20_000; went?.ack === 0 && Date.now() < end; ) await new Promise((resolve) => setTimeout(resolve, 50));
      return { id: reserved, ack: went?.ack ?? 0, sendMsgResult: 'OK' };
    }

    /** Asked to revoke what it may not, wa-js deletes the message for this account alone. */
    async function revoke(target: string): Promise<Sent> {
      const { id } = await WPP.chat.getMessageById(target);
      if (!id.fromMe && !(found.id.isGroup() && (await WPP.group.iAmAdmin(to)))) {
        throw Object.assign(new Error('only the author or an administrator of the group can revoke a message'), { code: 'not_allowed' });
      }
      const { isRevoked, sendMsgResult } = await WPP.chat.deleteMessage(to, target, true, true);
      return { id: reserved, ack: isRevoked ? 1 : -1, sendMsgResult };
    }
  } catch (error) {
    const { code = '', message: words = String(error) } = error as { code?: string; message?: string };
    // WhatsApp puts a message into its store before it sends it; one to a newsletter only when it is out.
    const isStored = engineId !== '' && WPP.whatsapp.MsgStore.get(engineId) !== undefined;
    const handedOver = isStored || (chat?.id.server === 'newsletter' && code === '');
    return { error: words, code: String(code), socket: WPP.whatsapp.Socket.state, handedOver };
  }
}

/** Where the page takes a file of the hub from. */
export function fileInput(): HTMLInputElement {
  const input = document.createElement('input');
  input.type = 'file';
  return input;
}

interface HTMLInputElement {
  type: string;
  files: File[];
}
declare const document: { createElement(name: 'input'): HTMLInputElement };
