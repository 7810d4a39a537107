/** What the account knows and can do besides messages. */
import type { Directory } from '../../../core/directory.ts';
import { type ChatId, chatKind, type PresenceState } from '../../../core/message.ts';
import type { Milliseconds } from '../../../core/runtime.ts';
import { directoryRefusal } from '../refusals.ts';
import type { Connection } from './connection.ts';
import { directoryInPage } from './page/page-directory.ts';
import { show } from './page/page-presence.ts';
import { presenceState } from './wire/map-notice.ts';

/** WhatsApp looks at one member after the other. */
const timeFor = (members: readonly ChatId[]): Milliseconds => 15_000 + 1_000 * members.length;

export function wppDirectory(connected: () => Connection): Directory {
  const ask = <T>(what: string, say: string, ...given: unknown[]): Promise<T> => askWithin(undefined, what, say, ...given);

  async function askWithin<T>(limit: Milliseconds | undefined, what: string, say: string, ...given: unknown[]): Promise<T> {
    const answer = await connected().call(say, (_, page) => page.evaluate(directoryInPage, what, given), limit);
    if ('value' in answer) return answer.value as T;
    throw directoryRefusal('wppconnect', say, answer);
  }
  return {
    contacts: () => ask('contacts', 'list the contacts'),
    async chats() {
      const chats = await ask<Awaited<ReturnType<Directory['chats']>>>('chats', 'list the chats');
      return chats.map((chat) => ({ ...chat, kind: chatKind(chat.id) }));
    },
    groups: () => ask('groups', 'list the groups'),
    group: (id) => ask('group', 'show the group', id),
    createGroup: (subject, participants) => askWithin(timeFor(participants), 'createGroup', 'create the group', subject, participants),
    changeMembers: (id, action, who) => askWithin(timeFor(who), 'changeMembers', 'change the members', id, action, who),
    setSubject: (id, subject) => ask('setSubject', 'change the subject', id, subject),
    setDescription: (id, description) => ask('setDescription', 'change the description', id, description),
    inviteLink: (id, renew) => ask('inviteLink', 'give an invitation link', id, renew),
    leaveGroup: (id) => ask('leaveGroup', 'leave the group', id),
    async presence(chat: ChatId): Promise<{ state: PresenceState; lastSeenAt: Milliseconds | null }> {
      const { state, lastSeenAt } = await ask<{ state: string; lastSeenAt: Milliseconds | null }>('presence', 'tell the presence', chat);
      return { state: presenceState(state) ?? 'unavailable', lastSeenAt };
    },
    setPresence: (available) => connected().call('change the presence', (_, page) => page.evaluate(show, available)),
    block: (contact, on) => ask('block', on ? 'block the contact' : 'unblock the contact', contact, on),
    labels: () => ask('labels', 'list the labels'),
    setLabels: (chat, labels) => ask('setLabels', 'label the chat', chat, labels),
  };
}
