import type { Contact as KnownContact } from '../../core/directory.ts';
import type { SessionRef } from '../../core/session.ts';
import type { AddressBook } from '../../messages/addresses/address-book.ts';
import type { Directories } from '../../messages/directory/directories.ts';
import { toChatId } from '../../messages/recipients.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import { needNothingElse } from '../requests.ts';
import { messageOf, presenceOf, type Seen, secondsOf } from './answers.ts';
import type { Chat, ChatsQuery, ContactQuery, NumberQuery, PageQuery, Person, Presence } from './requests.ts';
import type { OnSession } from './sessions.ts';

export interface DirectoryPorts {
  directories: Pick<Directories, 'contacts' | 'chats'>;
  addresses: Pick<AddressBook, 'names' | 'complete'>;
  outbox: Pick<Outbox, 'list'>;
  seenBy(request: OnSession): Promise<Seen>;
}

const ALL = 100_000;
const DONE = { success: true };

const contactOf = ({ id, name, phone, saved, blocked, business }: KnownContact) => ({
  ...{ id: phone ? `${phone}@c.us` : id, number: phone, name, pushname: name, shortName: name },
  ...{ isMe: false, isUser: true, isGroup: false, isWAContact: true, isMyContact: saved, isBlocked: blocked, isBusiness: business },
});

export function directoryHandlers({ directories, addresses, outbox, seenBy }: DirectoryPorts) {
  const { contacts, chats } = directories;

  const slice = <T>(all: readonly T[], { limit = ALL, offset = 0 }: PageQuery): T[] => all.slice(offset, offset + limit);

  const chatsOf = async (target: SessionRef, query: ChatsQuery) => {
    const { sortBy, sortOrder } = query;
    const isByTime = sortBy === undefined || /timestamp/i.test(sortBy);
    needNothingElse(
      { sortBy: !isByTime, sortOrder: sortOrder !== undefined && sortOrder !== 'desc' },
      { sortBy: 'the chat in which something was written last comes first', sortOrder: 'is desc' },
    );
    return slice((await chats.list(target, { limit: ALL })).data, query);
  };

  const lidOf = async ({ tenantId }: OnSession, address: string) => {
    const [known] = await addresses.complete(tenantId, [{ id: toChatId(address, 'lid'), lid: null, phone: null }]);
    return { lid: known?.lid ?? null, pn: known?.phone ? `${known.phone}@c.us` : null };
  };
  const lids = async ({ target }: OnSession) =>
    (await contacts.list(target, { limit: ALL })).data.flatMap(({ lid, phone }) =>
      lid === null ? [] : [{ lid, pn: phone && `${phone}@c.us` }],
    );

  return {
    async exists({ target, query }: OnSession<unknown, NumberQuery>) {
      const { exists, chatId } = await contacts.exists(target, query.phone, { fresh: false });
      return { numberExists: exists, ...(chatId !== null && { chatId }) };
    },
    async contacts({ target, query }: OnSession<unknown, PageQuery>) {
      return slice((await contacts.list(target, { limit: ALL })).data, query).map(contactOf);
    },
    async contact({ target, query }: OnSession<unknown, ContactQuery>) {
      return contactOf(await contacts.get(target, query.contactId));
    },
    async block({ target, body }: OnSession<Person>) {
      await contacts.block(target, body.contactId, true);
      return DONE;
    },
    async unblock({ target, body }: OnSession<Person>) {
      await contacts.block(target, body.contactId, false);
      return DONE;
    },

    async seen({ target, body }: OnSession<Chat>) {
      await chats.seen(target, body.chatId);
      return DONE;
    },
    async startTyping({ target, body }: OnSession<Chat>) {
      await chats.typing(target, body.chatId, true);
      return DONE;
    },
    async stopTyping({ target, body }: OnSession<Chat>) {
      await chats.typing(target, body.chatId, false);
      return DONE;
    },
    async read({ target, params }: OnSession) {
      await chats.seen(target, params.chat ?? '');
      return DONE;
    },
    async unread({ target, params }: OnSession) {
      await chats.unseen(target, params.chat ?? '');
      return DONE;
    },
    async setPresence({ target, body: { chatId, presence } }: OnSession<Presence>) {
      if (presence === 'online' || presence === 'offline') await chats.setPresence(target, presence === 'online');
      else if (presence === 'recording') await chats.recording(target, chatId ?? '', true);
      else await chats.typing(target, chatId ?? '', presence === 'typing');
      return DONE;
    },
    async presence({ target, params }: OnSession) {
      const { chat, state, lastSeenAt } = await chats.presence(target, params.chat ?? '');
      return presenceOf(chat.id, chat.id, state, lastSeenAt);
    },

    async chats({ target, query }: OnSession<unknown, ChatsQuery>) {
      return (await chatsOf(target, query)).map(({ id, name, kind, unread, archived, lastMessageAt }) => ({
        ...{ id, name, isGroup: kind === 'group', unreadCount: unread, archived },
        timestamp: lastMessageAt === null ? null : secondsOf(lastMessageAt),
      }));
    },
    async overview(request: OnSession<unknown, ChatsQuery>) {
      const { tenantId, target, query } = request;
      const seen = await seenBy(request);
      const answers = [];
      for (const { id, name } of await chatsOf(target, { ...query, limit: query.limit ?? 20 })) {
        const { data } = await outbox.list(tenantId, target.id, { chats: await addresses.names(tenantId, id), limit: 1 });
        answers.push({ id, name, picture: null, lastMessage: data[0] ? messageOf(data[0], seen) : null });
      }
      return answers;
    },

    async lids(request: OnSession<unknown, PageQuery>) {
      return slice(await lids(request), request.query);
    },
    lidCount: async (request: OnSession) => ({ count: (await lids(request)).length }),
    async phoneOf(request: OnSession) {
      const { lid = '' } = request.params;
      const address = lid.includes('@') ? lid : `${lid}@lid`;
      return { ...(await lidOf(request, address)), lid: address };
    },
    async lidOfPhone(request: OnSession) {
      const { phone = '' } = request.params;
      const address = phone.includes('@') ? phone : `${phone.replace(/\D/g, '')}@c.us`;
      return { ...(await lidOf(request, address)), pn: address.replace(/@s\.whatsapp\.net$/, '@c.us') };
    },
  };
}
