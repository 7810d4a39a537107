import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { wait } from '../../core/deadline.ts';
import { HooklineError, hasCode } from '../../core/errors.ts';
import type { MediaId } from '../../core/ids.ts';
import type { MessageView } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { AddressBook } from '../../messages/addresses/address-book.ts';
import type { Directories } from '../../messages/directory/directories.ts';
import type { MediaLibrary } from '../../messages/media/library.ts';
import { toChatId } from '../../messages/recipients.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import type { Raw } from '../requests.ts';
import { repliesNamed, type SendPorts, sendNow } from '../sent.ts';
import { contentOf, messageOf, statusOf } from './answers.ts';
import { jidOf, keyOf } from './ids.ts';
import type { OnInstance } from './instances.ts';
import {
  audioOf,
  type BlockStatus,
  type BotStatus,
  type ChatUnread,
  type ContactMessage,
  contactOf,
  type Edit,
  type FindChats,
  type FindContacts,
  type FindMessages,
  type ListMessage,
  listOf,
  type MediaOfMessage,
  type MessageKey,
  mediaOf,
  type Numbers,
  type PlaceMessage,
  type PollMessage,
  placeOf,
  pollOf,
  type Reaction,
  type ReadMessages,
  type SendPresence,
  stickerOf,
  type Text,
  textOf,
  type Written,
} from './requests.ts';

export interface MessagePorts extends SendPorts {
  outbox: Pick<Outbox, 'accept' | 'get' | 'list' | 'called' | 'total'>;
  directories: Pick<Directories, 'contacts' | 'chats'>;
  /** A person takes a chat over from the flows, or gives it back. `chat`: any of its addresses. */
  handOff(session: SessionRef, chat: string, on: boolean): Promise<unknown>;
  addresses: Pick<AddressBook, 'names'>;
  media: Pick<MediaLibrary, 'open'>;
}

/** A typing indicator is shown no longer than this (ms) for one request, which waits for its end. */
const LONGEST_PRESENCE = 20_000;
/** Rows that are read at the most for one page of messages. */
const MOST_ROWS = 10_000;
/** Chats of one answer; more are on further pages. */
const MOST_CHATS = 500;
const ALL = 100_000;

export function messageHandlers(ports: MessagePorts) {
  const { outbox, directories, addresses, media, clock } = ports;
  const { contacts, chats } = directories;

  /** The message that a key names, as the hub takes it: by the id of one that it has, else by all of WhatsApp's. */
  const referenceOf = async (session: SessionRef, { id, remoteJid, fromMe, participant }: MessageKey): Promise<string> => {
    const known = await outbox.called(session, id);
    // By WhatsApp's own, as clients read it in what is told of this one.
    if (known) return known.engineId ?? known.id;
    if (remoteJid !== undefined && fromMe !== undefined && /^[^_\s]+$/.test(id)) {
      const author = participant ? `_${toChatId(participant, 'key.participant')}` : '';
      return `${fromMe}_${toChatId(remoteJid, 'key.remoteJid')}_${id}${author}`;
    }
    throw new HooklineError('not-found', `The message "${id}" is not known here`);
  };

  /** Who is not on WhatsApp is told as Evolution API does. */
  const send = (request: OnInstance, raw: Raw): Promise<MessageView> =>
    sendNow(request, raw, ports).catch((error) => {
      if (!hasCode(error, 'recipient-unknown') || !error.extra?.to) throw error;
      const told = [{ jid: jidOf(String(error.extra.to)), exists: false, number: String(raw.to) }];
      throw new HooklineError('recipient-unknown', error.message, { extra: { told } });
    });

  const told = async (session: SessionRef, view: MessageView) => {
    const [named = view] = await repliesNamed(outbox, session, [view]);
    return messageOf(named);
  };

  const sends =
    <Body extends Written>(rawOf: (body: Body, replyTo: string | undefined) => Raw) =>
    async (request: OnInstance<Body>) => {
      const { target, body } = request;
      const replyTo = body.quoted ? await referenceOf(target, body.quoted.key) : undefined;
      return told(target, await send(request, rawOf(body, replyTo)));
    };

  /** About another message, in whose chat it is. */
  const sendsAbout = async (request: OnInstance, type: string, key: MessageKey, more: Raw = {}) =>
    told(request.target, await send(request, { type, messageId: await referenceOf(request.target, key), ...more }));

  return {
    text: sends<Text>(textOf),
    media: sends(mediaOf),
    audio: sends(audioOf),
    sticker: sends(stickerOf),
    place: sends<PlaceMessage>(placeOf),
    contact: sends<ContactMessage>(contactOf),
    poll: sends<PollMessage>(pollOf),
    list: sends<ListMessage>(listOf),
    reaction: (request: OnInstance<Reaction>) => sendsAbout(request, 'reaction', request.body.key, { emoji: request.body.reaction }),
    edit: (request: OnInstance<Edit>) => sendsAbout(request, 'edit', request.body.key, { text: request.body.text }),
    remove: (request: OnInstance<MessageKey>) => sendsAbout(request, 'revoke', request.body),

    async numbers({ target, body }: OnInstance<Numbers>) {
      const answers = [];
      for (const number of body.numbers) {
        const { exists, chatId, phone, lid } = await contacts.exists(target, number, { fresh: false });
        const jid = jidOf(chatId ?? (phone ? `${phone}@c.us` : number));
        answers.push({ jid, exists, number, name: '', ...(lid && { lid }) });
      }
      return answers;
    },
    async read({ target, body }: OnInstance<ReadMessages>) {
      for (const chat of new Set(body.readMessages.map(({ remoteJid }) => remoteJid))) await chats.seen(target, chat);
      return { message: 'Read messages', read: 'success' };
    },
    async unread({ target, body }: OnInstance<ChatUnread>) {
      const chat = body.chat || body.lastMessage?.key.remoteJid || '';
      await chats.unseen(target, chat);
      return { chatId: chat, markedChatUnread: true };
    },
    async presence({ target, body: { number, presence, delay = 0 } }: OnInstance<SendPresence>) {
      if (presence === 'available' || presence === 'unavailable') await chats.setPresence(target, presence === 'available');
      else {
        const show = (on: boolean) => (presence === 'recording' ? chats.recording(target, number, on) : chats.typing(target, number, on));
        await show(presence !== 'paused');
        if (presence !== 'paused' && delay > 0) {
          await wait(clock, Math.min(delay, LONGEST_PRESENCE));
          await show(false);
        }
      }
      return { presence };
    },
    async ownPresence({ target, body }: OnInstance<{ presence: string }>) {
      await chats.setPresence(target, body.presence === 'available');
      return { presence: body.presence };
    },
    async block({ target, body }: OnInstance<BlockStatus>) {
      await contacts.block(target, body.number, body.status === 'block');
      return { block: 'success' };
    },

    /** A bot that is paused or closed in a chat says nothing there: as the flows while a person has it. */
    async botStatus({ target, body: { remoteJid, status } }: OnInstance<BotStatus>) {
      await ports.handOff(target, remoteJid, status !== 'opened');
      return { bot: { instanceName: target.name, bot: { remoteJid, status, session: null } } };
    },

    async file({ tenantId, target, body }: OnInstance<MediaOfMessage>) {
      const { id } = body.message.key;
      const message = await outbox.called(target, id);
      if (!message) throw new HooklineError('not-found', `The message "${id}" is not known here`);
      if (!message.media?.id) throw new HooklineError('bad-request', `The message "${id}" has no file`);
      const file = await media.open(tenantId, message.media.id as MediaId);
      const bytes = await buffer((await file.read()) as Readable);
      return {
        mediaType: contentOf(message).messageType,
        fileName: file.filename ?? message.media.filename ?? id,
        ...(message.caption !== undefined && { caption: message.caption }),
        size: { fileLength: String(bytes.length), height: null, width: null },
        mimetype: file.mimetype,
        base64: bytes.toString('base64'),
        buffer: null,
      };
    },

    async findMessages({ tenantId, target, body }: OnInstance<FindMessages>) {
      const { where = {}, page = 1, offset = 50 } = body;
      const { remoteJid, id } = where.key ?? {};
      const one = id === undefined ? undefined : await outbox.called(target, id);
      const filter = remoteJid === undefined ? {} : { chats: await addresses.names(tenantId, toChatId(remoteJid, 'where.key.remoteJid')) };
      const total = id === undefined ? await outbox.total(tenantId, target.id, filter) : one ? 1 : 0;
      const upTo = page * offset;
      if (upTo > MOST_ROWS)
        throw new HooklineError('bad-request', `Messages further back than ${MOST_ROWS} are at GET /api/sessions/{id}/messages`);
      const found =
        id === undefined
          ? (await outbox.list(tenantId, target.id, { ...filter, limit: upTo })).data.slice(upTo - offset)
          : one
            ? [one]
            : [];
      const named = await repliesNamed(outbox, target, found);
      const records = named.map((view) => ({ id: view.id, ...messageOf(view), MessageUpdate: [{ status: statusOf(view) }] }));
      return { messages: { total, pages: Math.max(1, Math.ceil(total / offset)), currentPage: page, records } };
    },
    async findContacts({ target, body: { where = {} } }: OnInstance<FindContacts>) {
      const { data } = await contacts.list(target, { limit: ALL });
      const jid = where.remoteJid ?? (where.id?.includes('@') ? where.id : undefined);
      const wanted = jid && toChatId(jid, 'where.remoteJid');
      return data
        .filter(({ id, name, phone }) => ((wanted ?? id) === id || `${phone}@c.us` === wanted ? (where.pushName ?? name) === name : false))
        .map(({ id, name, saved, phone }) => ({
          ...{ id, remoteJid: jidOf(phone ? `${phone}@c.us` : id), pushName: name, profilePicUrl: null },
          ...{ createdAt: null, updatedAt: null, instanceId: target.id, isGroup: false, isSaved: saved, type: 'contact' },
        }));
    },
    async findChats({ tenantId, target, body: { where = {}, page = 1, offset = MOST_CHATS } }: OnInstance<FindChats>) {
      const { data } = await chats.list(target, { limit: ALL });
      const jid = where.remoteJid ?? (where.id?.includes('@') ? where.id : undefined);
      const wanted = jid && toChatId(jid, 'where.remoteJid');
      const found = data.filter(({ id, phone }) => wanted === undefined || id === wanted || `${phone}@c.us` === wanted);
      const answers = [];
      for (const { id, name, unread, lastMessageAt, phone } of found.slice((page - 1) * offset, page * offset)) {
        const { data: last } = await outbox.list(tenantId, target.id, { chats: await addresses.names(tenantId, id), limit: 1 });
        const [lastMessage = null] = await Promise.all(last.map(async (view) => ({ id: view.id, ...(await told(target, view)) })));
        answers.push({
          ...{ id, remoteJid: jidOf(phone ? `${phone}@c.us` : id), pushName: name, profilePicUrl: null, updatedAt: lastMessageAt },
          ...{ windowStart: null, windowExpires: null, windowActive: false },
          ...{ lastMessage, unreadCount: unread, isSaved: false },
        });
      }
      return answers;
    },
    async findReceipts({
      target,
      body: { where = {} },
    }: OnInstance<{ where?: { id?: string | undefined; keyId?: string | undefined } | undefined }>) {
      const id = where.keyId ?? where.id;
      if (id === undefined) throw new HooklineError('bad-request', 'Name the message: where.keyId');
      const message = await outbox.called(target, id);
      if (!message) return [];
      const { remoteJid, fromMe } = keyOf(message);
      return [{ keyId: id, remoteJid, fromMe, status: statusOf(message), instanceId: target.id }];
    },
  };
}
