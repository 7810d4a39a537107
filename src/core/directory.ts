/** The words for people, chats and groups: what an engine knows of them and can do with them, besides messages. */
import type { ChatId, ChatKind, ParticipantsAction, Party, PresenceState } from './message.ts';
import type { Milliseconds } from './runtime.ts';

export interface ChatCard {
  id: ChatId;
  kind: ChatKind;
  name: string | null;
  unread: number;
  lastMessageAt: Milliseconds | null;
  archived: boolean;
  labels: string[];
}

export interface GroupMember extends Party {
  admin: boolean;
}

export interface Group {
  id: ChatId;
  subject: string;
  description: string | null;
  owner: ChatId | null;
  createdAt: Milliseconds | null;
  /** Of the list of all groups it may be empty: ask for the one group. */
  participants: GroupMember[];
}

export interface Contact extends Party {
  /** Stored in the phone's address book. */
  saved: boolean;
  business: boolean;
  blocked: boolean;
}

export interface Label {
  id: string;
  name: string;
  color: string | null;
}

/** What an admin can do to members of a group. */
export type MemberAction = Extract<ParticipantsAction, 'add' | 'remove' | 'promote' | 'demote'>;

/** What became of one participant of a group command. */
export interface MemberResult {
  id: ChatId;
  ok: boolean;
  /** Why not, in words. */
  error?: string;
}

/**
 * What a phone can do besides messages; each call needs an open connection. A call that this engine has no way to do rejects with
 * `not-supported-by-engine` (and the engine's name in `extra.engine`), what WhatsApp refuses with `engine-failed`, a chat,
 * group or label that is not there with `not-found`.
 */
export interface Directory {
  contacts(): Promise<Contact[]>;
  chats(): Promise<ChatCard[]>;
  groups(): Promise<Group[]>;
  group(id: ChatId): Promise<Group>;
  createGroup(subject: string, participants: ChatId[]): Promise<{ group: Group; results: MemberResult[] }>;
  changeMembers(id: ChatId, action: MemberAction, who: ChatId[]): Promise<MemberResult[]>;
  setSubject(id: ChatId, subject: string): Promise<void>;
  setDescription(id: ChatId, description: string): Promise<void>;
  /** `https://chat.whatsapp.com/…`; `renew` makes the former one invalid. */
  inviteLink(id: ChatId, renew: boolean): Promise<string>;
  leaveGroup(id: ChatId): Promise<void>;
  /** Asks to be told of presence in a chat, and says what is known now. */
  presence(chat: ChatId): Promise<{ state: PresenceState; lastSeenAt: Milliseconds | null }>;
  /** How the account itself shows. */
  setPresence(available: boolean): Promise<void>;
  block(contact: ChatId, on: boolean): Promise<void>;
  labels(): Promise<Label[]>;
  /** The labels of a chat, all of them (ids). */
  setLabels(chat: ChatId, labels: string[]): Promise<void>;
}
