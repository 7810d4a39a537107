import type { MemberAction } from '../../core/directory.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Directories } from '../../messages/directory/directories.ts';
import type { ApiRequest } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type {
  ChatLabels,
  ChatsQuery,
  ContactsQuery,
  CreateGroup,
  ExistsQuery,
  GroupsQuery,
  OwnPresence,
  Participants,
  UpdateGroup,
} from '../shapes/directory.ts';
import type { Typing } from '../shapes/messages.ts';

type OnSession<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

const contactOf = ({ params: { contact = '' } }: OnSession): string => contact;
const chatOf = ({ params: { chat = '' } }: OnSession): string => chat;
const groupOf = ({ params: { group = '' } }: OnSession): string => group;

/** People, chats and groups, as the phone of the session has them. */
export function directoryHandlers({ contacts, chats, groups }: Directories) {
  const change = (action: MemberAction) => async (request: OnSession<Participants>) => ({
    results: await groups.changeMembers(request.target, groupOf(request), action, request.body.participants),
  });
  return {
    contacts: ({ target, query }: OnSession<unknown, ContactsQuery>) => contacts.list(target, query),
    contact: (request: OnSession) => contacts.get(request.target, contactOf(request)),
    exists: (request: OnSession<unknown, ExistsQuery>) =>
      contacts.exists(request.target, contactOf(request), { fresh: request.query.fresh ?? false }),
    block: (request: OnSession) => contacts.block(request.target, contactOf(request), true),
    unblock: (request: OnSession) => contacts.block(request.target, contactOf(request), false),

    chats: ({ target, query }: OnSession<unknown, ChatsQuery>) => chats.list(target, query),
    typing: (request: OnSession<Typing>) => chats.typing(request.target, chatOf(request), request.body.on),
    recording: (request: OnSession<Typing>) => chats.recording(request.target, chatOf(request), request.body.on),
    seen: (request: OnSession) => chats.seen(request.target, chatOf(request)),
    unseen: (request: OnSession) => chats.unseen(request.target, chatOf(request)),
    presence: (request: OnSession) => chats.presence(request.target, chatOf(request)),
    setPresence: ({ target, body }: OnSession<OwnPresence>) => chats.setPresence(target, body.available),
    labels: ({ target, query }: OnSession<unknown, PageQuery>) => chats.labels(target, query),
    setLabels: (request: OnSession<ChatLabels>) => chats.setLabels(request.target, chatOf(request), request.body.labels),

    groups: ({ target, query }: OnSession<unknown, GroupsQuery>) => groups.list(target, query),
    createGroup: ({ target, body }: OnSession<CreateGroup>) => groups.create(target, body.subject, body.participants),
    group: (request: OnSession) => groups.get(request.target, groupOf(request)),
    updateGroup: (request: OnSession<UpdateGroup>) => groups.update(request.target, groupOf(request), request.body),
    leaveGroup: (request: OnSession) => groups.leave(request.target, groupOf(request)),
    participants: (request: OnSession<unknown, PageQuery>) => groups.participants(request.target, groupOf(request), request.query),
    add: change('add'),
    remove: change('remove'),
    promote: change('promote'),
    demote: change('demote'),
    inviteLink: (request: OnSession) => groups.inviteLink(request.target, groupOf(request), { renew: false }),
    renewInviteLink: (request: OnSession) => groups.inviteLink(request.target, groupOf(request), { renew: true }),
  };
}
