import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { HooklineError } from '../../core/errors.ts';
import type { MediaId } from '../../core/ids.ts';
import type { MessageView } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { AddressBook } from '../../messages/addresses/address-book.ts';
import type { Directories } from '../../messages/directory/directories.ts';
import type { MediaLibrary } from '../../messages/media/library.ts';
import { toChatId } from '../../messages/recipients.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { filled, needNothingElse, type Raw } from '../requests.ts';
import { repliesNamed, type SendPorts, sendNow } from '../sent.ts';
import { messageOf } from './answers.ts';
import {
  addressesOf,
  type Cards,
  cardsOf,
  type Delete,
  type Draft,
  type Edit,
  type Forward,
  fileOf,
  type ListMessage,
  listed,
  listOf,
  type Mentioned,
  type Message,
  type MessagesQuery,
  mentionedOf,
  type Online,
  type Phones,
  type PlaceMessage,
  type PollMessage,
  placeOf,
  pollOf,
  type React,
  type Reply,
  replyOf,
  type State,
  textOf,
  type Voice,
  voiceOf,
} from './requests.ts';
import type { OnSession } from './sessions.ts';

export interface MessagePorts extends SendPorts {
  outbox: Pick<Outbox, 'accept' | 'get' | 'list' | 'called'>;
  sessions: Pick<Sessions, 'isConnected' | 'get'>;
  directories: Pick<Directories, 'contacts' | 'chats'>;
  addresses: Pick<AddressBook, 'names'>;
  media: Pick<MediaLibrary, 'open'>;
}

const WHOLE_ID = /^(?:true|false)_[^_\s]+@[^_\s]+_\S+$/;
const success = (response: unknown) => ({ status: 'success', response });
const done = (message: string) => success({ message });

export function messageHandlers(ports: MessagePorts) {
  const { outbox, sessions, addresses, media } = ports;
  const { contacts, chats } = ports.directories;

  const shown = async ({ tenantId, target }: OnSession, views: readonly MessageView[]) => {
    const { phone } = await sessions.get(tenantId, target.id);
    const me = phone === null ? null : `${phone}@c.us`;
    return (await repliesNamed(outbox, target, views)).map((view) => messageOf(view, me));
  };

  const known = async (session: SessionRef, id: string): Promise<MessageView> => {
    const message = await outbox.called(session, id);
    if (!message) throw new HooklineError('not-found', `The message "${id}" is not known here`);
    return message;
  };
  /** As the hub takes it. */
  const referenceOf = async (session: SessionRef, id: string): Promise<string> => {
    const message = await outbox.called(session, id);
    if (!message && WHOLE_ID.test(id)) return id;
    return message?.id ?? (await known(session, id)).id;
  };

  /** None of them goes out where one is wrong; with an Idempotency-Key each once. */
  const sendAll = async (request: OnSession, raws: readonly Raw[]): Promise<MessageView[]> => {
    for (const raw of raws) {
      const { to } = ports.readSend(raw);
      if (to !== undefined) toChatId(to, 'phone');
    }
    const settled = await Promise.allSettled(
      raws.map((raw, nth) => {
        const header = (name: string): string | undefined => {
          const value = request.header(name);
          return value !== undefined && nth > 0 && name === 'idempotency-key' ? `${value}.${nth}` : value;
        };
        return sendNow({ ...request, header }, raw, ports);
      }),
    );
    const sent = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed && sent.length > 0 && failed.reason instanceof HooklineError) {
      const { code, message } = failed.reason;
      throw new HooklineError(code, `${message} To ${sent.map(({ to }) => to).join(', ')} it was accepted.`);
    }
    if (failed) throw failed.reason;
    return sent;
  };

  const sends =
    <Body extends Phones>(draftOf: (body: Body) => Draft) =>
    async (request: OnSession<Body>) => {
      const { body, target } = request;
      const { raw, quoted } = draftOf(body);
      const replyTo = quoted ? await referenceOf(target, quoted) : undefined;
      const views = await sendAll(
        request,
        addressesOf(body).map((to) => filled({ ...raw, to, replyTo })),
      );
      return { ...success(await shown(request, views)), mapper: 'return' };
    };
  const sendAbout = async (request: OnSession, type: string, id: string, more: Raw = {}) =>
    shown(request, await sendAll(request, [{ type, messageId: await referenceOf(request.target, id), ...more }]));

  const inEach = async (body: Phones, act: (chat: string) => Promise<unknown>): Promise<void> => {
    for (const chat of addressesOf(body)) await act(chat);
  };

  return {
    text: sends<Message>(textOf),
    reply: sends<Reply>(replyOf),
    mentioned: sends<Mentioned>(mentionedOf),
    image: sends(fileOf('image')),
    file: sends(fileOf()),
    sticker: sends(fileOf('sticker')),
    voice: sends<Voice>(voiceOf),
    place: sends<PlaceMessage>(placeOf),
    cards: sends<Cards>(cardsOf),
    poll: sends<PollMessage>(pollOf),
    list: sends<ListMessage>(listOf),

    async edit(request: OnSession<Edit>) {
      const [edited] = await sendAbout(request, 'edit', request.body.id, { text: request.body.newText });
      return success(edited);
    },
    async react(request: OnSession<React>) {
      await sendAbout(request, 'reaction', request.body.msgId, { emoji: request.body.reaction || '' });
      return done('Reaction sended');
    },
    async remove(request: OnSession<Delete>) {
      needNothingElse(request.body, { onlyLocal: 'a message is deleted for everybody' });
      await sendAbout(request, 'revoke', request.body.messageId);
      return done('Message deleted');
    },
    async forward(request: OnSession<Forward>) {
      const { target, body } = request;
      const ids = await Promise.all(listed(body.messageId).map((id) => referenceOf(target, id)));
      const raws = addressesOf(body).flatMap((to) => ids.map((messageId) => ({ type: 'forward', to, messageId })));
      return success(await shown(request, await sendAll(request, raws)));
    },

    async typing({ target, body }: OnSession<State>) {
      await inEach(body, (chat) => chats.typing(target, chat, body.value ?? true));
      return success(true);
    },
    async recording({ target, body }: OnSession<State>) {
      await inEach(body, (chat) => chats.recording(target, chat, body.value ?? true));
      return success(true);
    },
    async seen({ target, body }: OnSession<Phones>) {
      await inEach(body, (chat) => chats.seen(target, chat));
      return success(addressesOf(body).map(() => true));
    },
    async unseen({ target, body }: OnSession<Phones>) {
      await inEach(body, (chat) => chats.unseen(target, chat));
      return done('unseen checked');
    },
    async block({ target, body }: OnSession<Phones>) {
      await inEach(body, (person) => contacts.block(target, person, true));
      return done('Contact blocked');
    },
    async unblock({ target, body }: OnSession<Phones>) {
      await inEach(body, (person) => contacts.block(target, person, false));
      return done('Contact UnBlocked');
    },
    async online({ target, body }: OnSession<Online>) {
      await chats.setPresence(target, body.isOnline ?? true);
      return done('Set Online Presence Successfully');
    },
    async number({ target, params: { phone = '' } }: OnSession) {
      const { exists, chatId } = await contacts.exists(target, phone, { fresh: false });
      const [user = '', server = ''] = (chatId ?? toChatId(phone, 'phone')).split('@');
      const id = { server, user, _serialized: `${user}@${server}` };
      return success({ id, status: exists ? 200 : 404, numberExists: exists, canReceiveMessage: exists, isBusiness: false });
    },

    async messages(request: OnSession<unknown, MessagesQuery>) {
      const { tenantId, target, query, params } = request;
      const [chat = ''] = addressesOf({ phone: params.phone ?? '', isGroup: query.isGroup });
      const { count = 20 } = query;
      const { data } = await outbox.list(tenantId, target.id, {
        chats: await addresses.names(tenantId, toChatId(chat, 'phone')),
        limit: count < 1 ? 1_000 : count,
      });
      // Oldest first, as there.
      return success(await shown(request, data.reverse()));
    },
    async message(request: OnSession) {
      const [message] = await shown(request, [await known(request.target, request.params.message ?? '')]);
      return success(message);
    },
    async fileOf({ tenantId, target, params: { message: id = '' } }: OnSession) {
      const message = await known(target, id);
      if (!message.media?.id) throw new HooklineError('bad-request', 'Message does not contain media');
      const file = await media.open(tenantId, message.media.id as MediaId);
      const bytes = await buffer((await file.read()) as Readable);
      return { base64: bytes.toString('base64'), mimetype: file.mimetype };
    },
  };
}
