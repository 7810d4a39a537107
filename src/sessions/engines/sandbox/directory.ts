import { randomBytes, randomInt } from 'node:crypto';
import type { ChatCard, Contact, Directory, Group, GroupMember, Label, MemberAction, MemberResult } from '../../../core/directory.ts';
import { setLatest } from '../../../core/memoize.ts';
import { type ChatId, chatKind, type Notice, type ParticipantsAction, type Party, type PresenceState } from '../../../core/message.ts';
import type { Clock, Milliseconds } from '../../../core/runtime.ts';
import { directoryRefusal } from '../refusals.ts';
import type { Book, StoredGroup } from './book.ts';
import type { PhoneDisk } from './disk.ts';

/** What the directory needs of the phone that it is in. */
interface Phone {
  /** Throws without a connection. */
  needOpen(): void;
  /** What WhatsApp tells of what was done here, as it tells of what others do. */
  hear(notice: Notice): Promise<void>;
}

/** Of each sort; the phone forgets the oldest of more. It writes its book whole, so that a large one would hold up everybody. */
const MOST = 5_000;
const MOST_PRESENCES = 1_000;
/** As at WhatsApp. */
const LARGEST_GROUP = 1_024;

const LABELS: Label[] = [
  { id: '1', name: 'New customer', color: '#ff9485' },
  { id: '2', name: 'Pending payment', color: '#ffd429' },
  { id: '3', name: 'Paid', color: '#55ccb3' },
];

const emptyBook = (): Book => ({ contacts: {}, chats: {}, groups: {}, available: true });

/**
 * The people, chats and groups of a sandbox phone: whoever wrote or was written to, and what was made of it through the
 * API. A change is on disk when its call resolves; how many messages are unread is only written with the next change.
 */
export class SandboxDirectory implements Directory {
  readonly #disk: PhoneDisk;
  readonly #clock: Clock;
  readonly #phone: Phone;
  readonly #presences = new Map<ChatId, { state: PresenceState; lastSeenAt: Milliseconds | null }>();
  #book = emptyBook();

  constructor(disk: PhoneDisk, clock: Clock, phone: Phone) {
    this.#disk = disk;
    this.#clock = clock;
    this.#phone = phone;
  }

  async load(): Promise<void> {
    this.#book = (await this.#disk.book()) ?? emptyBook();
  }

  /** A message went by in a chat; `from` wrote it, null for the account itself. */
  async note(chat: ChatId, from: Party | null, at: Milliseconds): Promise<void> {
    const { chats, contacts } = this.#book;
    const known = chats[chat];
    chats[chat] = { labels: [], ...known, unread: (known?.unread ?? 0) + (from ? 1 : 0), lastMessageAt: at };
    const person = from ?? (chatKind(chat) === 'private' ? partyOf(chat, null) : null);
    const before = person && contacts[person.id];
    if (person) {
      const { name = null, lid = null, blocked = false } = before ?? {};
      const username = person.username ?? before?.username;
      contacts[person.id] = { name: person.name ?? name, lid: person.lid ?? lid, ...(username !== undefined && { username }), blocked };
    }
    if (chatKind(chat) === 'group' && !this.#book.groups[chat]) await this.#join(chat, from);
    const isNew =
      !known ||
      (person &&
        (before?.name !== contacts[person.id]?.name ||
          before?.lid !== contacts[person.id]?.lid ||
          before?.username !== contacts[person.id]?.username));
    if (isNew) await this.#save();
  }

  /** Whose username this is, among those who have written; undefined when it is nobody's of them. */
  named(username: string): ChatId | undefined {
    return Object.entries(this.#book.contacts).find(([, contact]) => contact.username === username)?.[0];
  }

  /** A group that was left is there no more, whatever was written in it. */
  has(chat: ChatId): boolean {
    return chatKind(chat) === 'group' ? this.#book.groups[chat] !== undefined : this.#book.chats[chat] !== undefined;
  }

  read(chat: ChatId, unread: number): void {
    const known = this.#book.chats[chat];
    if (known) known.unread = unread;
  }

  /** What the phone was told by others. */
  async told(notice: Notice): Promise<void> {
    if (notice.kind === 'presence') {
      setLatest(this.#presences, notice.chat, { state: notice.state, lastSeenAt: notice.lastSeenAt }, MOST_PRESENCES);
    } else if (notice.kind === 'participants') {
      if (!this.#book.groups[notice.chat]) await this.#join(notice.chat, null);
      const who = notice.participants.map(({ id }) => id);
      this.#change(this.#book.groups[notice.chat] as StoredGroup, notice.action, who);
      await this.#save();
    }
  }

  async contacts(): Promise<Contact[]> {
    this.#phone.needOpen();
    return Object.entries(this.#book.contacts).map(([id, { name, lid, username, blocked }]) => ({
      ...partyOf(id, name),
      ...(lid && { lid }),
      ...(username !== undefined && { username }),
      saved: false,
      business: false,
      blocked,
    }));
  }

  async chats(): Promise<ChatCard[]> {
    this.#phone.needOpen();
    return Object.entries(this.#book.chats).map(([id, { unread, lastMessageAt, labels }]) => {
      const name = this.#book.groups[id]?.subject ?? this.#book.contacts[id]?.name ?? null;
      return { id, kind: chatKind(id), name, unread, lastMessageAt, archived: false, labels };
    });
  }

  async groups(): Promise<Group[]> {
    this.#phone.needOpen();
    return Object.values(this.#book.groups).map(shown);
  }

  async group(id: ChatId): Promise<Group> {
    return shown(this.#group(id));
  }

  async createGroup(subject: string, participants: ChatId[]): Promise<{ group: Group; results: MemberResult[] }> {
    this.#phone.needOpen();
    const owner = await this.#own();
    const id = `120363${randomInt(1e11, 1e12)}@g.us`;
    const members = [...new Set(participants)].filter((member) => member !== owner);
    const people = [this.#member(owner, true), ...members.map((member) => this.#member(member))];
    this.#book.groups[id] = { ...newGroup(id, subject, people), owner, createdAt: this.#clock.now() };
    this.#book.chats[id] = { unread: 0, lastMessageAt: null, labels: [] };
    await this.#save();
    return { group: await this.group(id), results: members.map((member) => ({ id: member, ok: true })) };
  }

  async changeMembers(id: ChatId, action: MemberAction, who: ChatId[]): Promise<MemberResult[]> {
    const results = this.#change(this.#group(id), action, who);
    await this.#save();
    const participants = results.filter(({ ok }) => ok).map((result) => partyOf(result.id, null));
    const by = partyOf(await this.#own(), null);
    if (participants.length > 0) {
      await this.#phone.hear({ kind: 'participants', at: this.#clock.now(), chat: id, action, participants, by });
    }
    return results;
  }

  async setSubject(id: ChatId, subject: string): Promise<void> {
    this.#group(id).subject = subject;
    await this.#save();
  }

  async setDescription(id: ChatId, description: string): Promise<void> {
    this.#group(id).description = description || null;
    await this.#save();
  }

  async inviteLink(id: ChatId, renew: boolean): Promise<string> {
    const group = this.#group(id);
    if (renew) {
      group.invite = newInvite();
      await this.#save();
    }
    return `https://chat.whatsapp.com/${group.invite}`;
  }

  async leaveGroup(id: ChatId): Promise<void> {
    this.#group(id);
    delete this.#book.groups[id];
    await this.#save();
  }

  async presence(chat: ChatId): Promise<{ state: PresenceState; lastSeenAt: Milliseconds | null }> {
    this.#phone.needOpen();
    return this.#presences.get(chat) ?? { state: 'unavailable', lastSeenAt: null };
  }

  async setPresence(available: boolean): Promise<void> {
    this.#phone.needOpen();
    this.#book.available = available;
    await this.#save();
  }

  async block(contact: ChatId, on: boolean): Promise<void> {
    this.#phone.needOpen();
    const { name = null, lid = null } = this.#book.contacts[contact] ?? {};
    this.#book.contacts[contact] = { name, lid, blocked: on };
    await this.#save();
  }

  async labels(): Promise<Label[]> {
    this.#phone.needOpen();
    return LABELS;
  }

  async setLabels(chat: ChatId, labels: string[]): Promise<void> {
    this.#phone.needOpen();
    const known = this.#book.chats[chat] ?? missing('chat_not_found', `Chat ${chat}`);
    for (const label of labels) if (!LABELS.some(({ id }) => id === label)) missing('label_not_exist', `Label ${label}`);
    known.labels = [...new Set(labels)];
    await this.#save();
  }

  #change(group: StoredGroup, action: ParticipantsAction, who: ChatId[]): MemberResult[] {
    return who.map((id): MemberResult => {
      const there = group.participants.find((participant) => participant.id === id);
      const comes = action === 'add' || action === 'join';
      if (comes && there) return { id, ok: false, error: 'is in the group already' };
      if (!comes && !there) return { id, ok: false, error: 'is not in the group' };
      if (comes && group.participants.length >= LARGEST_GROUP) return { id, ok: false, error: 'does not fit in: the group is full' };
      if (comes) group.participants.push(this.#member(id));
      else if (action === 'remove' || action === 'leave') group.participants = group.participants.filter((one) => one !== there);
      else if (there) there.admin = action === 'promote';
      return { id, ok: true };
    });
  }

  /** Whoever hears from a group is in it. */
  async #join(id: ChatId, from: Party | null): Promise<void> {
    const people = [...new Set([await this.#own(), ...(from ? [from.id] : [])])];
    const subject = `Group ${id.split('@')[0]?.slice(-4)}`;
    this.#book.groups[id] = newGroup(
      id,
      subject,
      people.map((person) => this.#member(person)),
    );
  }

  async #own(): Promise<ChatId> {
    return `${(await this.#disk.account())?.phone}@c.us`;
  }

  #group(id: ChatId): StoredGroup {
    this.#phone.needOpen();
    return this.#book.groups[id] ?? missing('group_not_exist', `Group ${id}`);
  }

  #member(id: ChatId, admin = false): GroupMember {
    return { ...partyOf(id, this.#book.contacts[id]?.name ?? null), admin };
  }

  async #save(): Promise<void> {
    const { contacts, chats, groups } = this.#book;
    const members = Object.values(groups).reduce((all, { participants }) => all + participants.length, 0);
    forgetOldest(contacts, Object.keys(contacts).length - MOST);
    forgetOldest(chats, Object.keys(chats).length - MOST);
    forgetOldest(groups, members - MOST, ({ participants }) => participants.length);
    await this.#disk.keepBook(this.#book);
  }
}

/** Keys are addresses, which an object keeps in the order in which they came. */
function forgetOldest<Value>(all: Record<string, Value>, surplus: number, weight: (value: Value) => number = () => 1): void {
  for (const [key, value] of surplus > 0 ? Object.entries(all) : []) {
    if (surplus <= 0) return;
    surplus -= weight(value);
    delete all[key];
  }
}

const newInvite = (): string => randomBytes(11).toString('base64url');

const newGroup = (id: ChatId, subject: string, participants: GroupMember[]): StoredGroup => ({
  id,
  subject,
  description: null,
  owner: null,
  createdAt: null,
  participants,
  invite: newInvite(),
});

const shown = ({ invite: _, ...group }: StoredGroup): Group => structuredClone(group);

export function partyOf(id: ChatId, name: string | null): Party {
  const [user = '', server] = id.split('@');
  return { id, lid: server === 'lid' ? id : null, phone: server === 'c.us' ? user : null, name };
}

function missing(code: string, what: string): never {
  throw directoryRefusal('sandbox', 'find it', { code, error: `${what} not found`, socket: 'CONNECTED' });
}
