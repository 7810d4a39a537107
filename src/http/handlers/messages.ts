import type { MessageId } from '../../core/ids.ts';
import type { SessionRef } from '../../core/session.ts';
import type { AddressBook } from '../../messages/addresses/address-book.ts';
import { toChatId } from '../../messages/recipients.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import { keyOf } from '../idempotency.ts';
import { type ApiRequest, type FindSession, Reply } from '../route.ts';
import type { CountsQuery, MessagesQuery } from '../shapes/messages.ts';
import type { Send, SendFile } from '../shapes/sends.ts';

type OnSession<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

export function messageHandlers(
  outbox: Pick<Outbox, 'accept' | 'list' | 'count' | 'get' | 'cancel' | 'retry'>,
  addresses: Pick<AddressBook, 'names'>,
  findSession: FindSession,
) {
  return {
    async send({ tenantId, target, body, header }: OnSession<Send | SendFile>): Promise<Reply> {
      const { message, replayed } = await outbox.accept(tenantId, target, body, { idempotencyKey: keyOf(header) });
      return new Reply({ body: message, headers: replayed ? { 'Idempotent-Replayed': 'true' } : {} });
    },
    async list({ tenantId, target, query: { chat, ...query } }: OnSession<unknown, MessagesQuery>) {
      const of = chat === undefined ? {} : { chats: await addresses.names(tenantId, toChatId(chat, 'chat')) };
      return outbox.list(tenantId, target.id, { ...query, ...of });
    },
    async count({ tenantId, query: { session, ...asked } }: ApiRequest<CountsQuery>) {
      const of = session === undefined ? {} : { sessionId: (await findSession(tenantId, session)).id };
      return outbox.count(tenantId, { ...asked, ...of });
    },
    get: ({ tenantId, params }: ApiRequest) => outbox.get(tenantId, params.id as MessageId),
    cancel: ({ tenantId, params }: ApiRequest) => outbox.cancel(tenantId, params.id as MessageId),
    retry: ({ tenantId, params }: ApiRequest) => outbox.retry(tenantId, params.id as MessageId),
  };
}
