import { HooklineError } from '../../core/errors.ts';
import type { MessageView } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { ApiRequest } from '../../http/route.ts';
import type { AddressBook } from '../../messages/addresses/address-book.ts';
import { toChatId } from '../../messages/recipients.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { needNothingElse, type Raw } from '../requests.ts';
import { repliesNamed, type SendPorts, sendNow } from '../sent.ts';
import { meOf, messageOf, type Seen, type WahaMessage } from './answers.ts';
import {
  type ContactMessage,
  contactOf,
  type Edit,
  type Forward,
  fileOf,
  type LinkMessage,
  type ListMessage,
  linkOf,
  listOf,
  type MessagesQuery,
  type PlaceMessage,
  type PollMessage,
  placeOf,
  pollOf,
  type Reaction,
  type Text,
  textOf,
  type Written,
} from './requests.ts';
import type { OnSession } from './sessions.ts';

export interface MessagePorts extends SendPorts {
  outbox: Pick<Outbox, 'accept' | 'get' | 'list' | 'called'>;
  sessions: Pick<Sessions, 'isConnected' | 'get'>;
  addresses: Pick<AddressBook, 'names'>;
  /** Where the hub is reached, by whom this request comes from. */
  originOf(header: ApiRequest['header']): string;
}

/** Rows that are read at the most for one page of messages. */
const MOST_ROWS = 10_000;
/** Names a chat and a message, as WhatsApp does. */
const WHOLE_ID = /^(?:true|false)_[^_\s]+@[^_\s]+_\S+$/;

const unknown = (id: string): HooklineError => new HooklineError('not-found', `The message "${id}" is not known here`);

export function messageHandlers(ports: MessagePorts) {
  const { outbox, sessions, addresses, originOf } = ports;

  const seenBy = async ({ tenantId, target, header }: OnSession): Promise<Seen> => ({
    me: meOf(await sessions.get(tenantId, target.id))?.id ?? null,
    origin: originOf(header),
  });

  /** As the hub takes it: by the id of a message that it has, else by all of WhatsApp's. */
  const referenceOf = async (session: SessionRef, id: string): Promise<string> => {
    const known = await outbox.called(session, id);
    if (known) return known.id;
    if (WHOLE_ID.test(id)) return id;
    throw unknown(id);
  };

  const shown = async (request: OnSession, views: readonly MessageView[]): Promise<WahaMessage[]> => {
    const seen = await seenBy(request);
    return (await repliesNamed(outbox, request.target, views)).map((view) => messageOf(view, seen));
  };
  const send = async (request: OnSession, raw: Raw) => (await shown(request, [await sendNow(request, raw, ports)]))[0];

  const sends =
    <Body extends Written>(rawOf: (body: Body, replyTo: string | undefined) => Raw) =>
    async (request: OnSession<Body>) => {
      const { target, body } = request;
      const replyTo = body.reply_to ? await referenceOf(target, body.reply_to) : undefined;
      return send(request, rawOf(body, replyTo));
    };

  const page = async ({ tenantId, target, query }: OnSession<unknown, MessagesQuery>, chat: string): Promise<MessageView[]> => {
    const { limit = 10, offset = 0, 'filter.fromMe': fromMe, 'filter.timestamp.gte': since } = query;
    needNothingElse(query, {
      'filter.timestamp.lte': 'pages lead back to older messages: give an offset',
      'filter.ack': 'how far a message has come stands in each of them',
    });
    const { data } = await outbox.list(tenantId, target.id, {
      ...(chat !== 'all' && { chats: await addresses.names(tenantId, toChatId(chat, 'chatId')) }),
      ...(fromMe !== undefined && { direction: fromMe ? 'outbound' : 'inbound' }),
      ...(since !== undefined && { since: since * 1_000 }),
      limit: Math.min(offset + limit, MOST_ROWS),
    });
    return data.slice(offset);
  };

  return {
    seenBy,
    text: sends<Text>(textOf),
    link: sends<LinkMessage>(linkOf),
    image: sends(fileOf('image')),
    file: sends(fileOf('document')),
    voice: sends(fileOf('voice')),
    video: sends(fileOf('video')),
    poll: sends<PollMessage>(pollOf),
    place: sends<PlaceMessage>(placeOf),
    contact: sends<ContactMessage>(contactOf),
    list: sends<ListMessage>(listOf),

    async forward(request: OnSession<Forward>) {
      const { chatId: to, messageId } = request.body;
      return send(request, { type: 'forward', to, messageId: await referenceOf(request.target, messageId) });
    },
    async react(request: OnSession<Reaction>) {
      const { messageId, reaction: emoji } = request.body;
      return send(request, { type: 'reaction', messageId: await referenceOf(request.target, messageId), emoji });
    },
    async edit(request: OnSession<Edit>) {
      const messageId = await referenceOf(request.target, request.params.message ?? '');
      return send(request, { type: 'edit', messageId, text: request.body.text });
    },
    async remove(request: OnSession) {
      return send(request, { type: 'revoke', messageId: await referenceOf(request.target, request.params.message ?? '') });
    },

    async messages(request: OnSession<unknown, MessagesQuery>) {
      return shown(request, await page(request, request.params.chat ?? ''));
    },
    async message(request: OnSession) {
      const id = request.params.message ?? '';
      const view = await outbox.called(request.target, id);
      if (!view) throw unknown(id);
      return (await shown(request, [view]))[0];
    },
  };
}
