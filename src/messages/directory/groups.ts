import type { Group, GroupMember, MemberAction, MemberResult } from '../../core/directory.ts';
import { iso } from '../../core/iso.ts';
import type { ChatId, Party } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import { type Page, type PageAsked, pageOf } from './paging.ts';
import { type Reach, toGroup } from './reach.ts';
import { finder, nameKey } from './search.ts';

/** A group as the API shows it. Times ISO 8601 UTC. */
export interface GroupView {
  id: ChatId;
  subject: string;
  description: string | null;
  owner: Party | null;
  createdAt: string | null;
}

export interface GroupDetail extends GroupView {
  participants: GroupMember[];
}

type ResultView = Pick<Party, 'id' | 'lid' | 'phone'> & Omit<MemberResult, 'id'>;

/** The groups that an account is in. */
export class Groups {
  readonly #reach: Reach;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  /** By subject, without their participants. */
  async list(session: SessionRef, { search, ...page }: PageAsked & { search?: string }): Promise<Page<GroupView>> {
    const isMeant = finder(search);
    const groups = (await this.#reach.engine(session).directory.groups()).filter(({ id, subject }) => isMeant([subject, id]));
    const { data, nextCursor } = pageOf(groups, page, ({ subject, id }) => [...nameKey(subject), id]);
    return { data: await this.#views(session, data), nextCursor };
  }

  async get(session: SessionRef, address: string): Promise<GroupDetail> {
    return this.#detail(session, await this.#group(session, toGroup(address)));
  }

  /** Nobody is left out in silence: `results` has one entry for each participant. */
  async create(session: SessionRef, subject: string, addresses: string[]): Promise<GroupDetail & { results: ResultView[] }> {
    const participants = await this.#reach.people(session, addresses);
    const { group, results } = await this.#reach.engine(session).directory.createGroup(subject, participants);
    return { ...(await this.#detail(session, group)), results: await this.#results(session, results) };
  }

  async update(session: SessionRef, address: string, change: { subject?: string; description?: string }): Promise<GroupDetail> {
    const id = toGroup(address);
    const { directory } = this.#reach.engine(session);
    if (change.subject !== undefined) await directory.setSubject(id, change.subject);
    if (change.description !== undefined) await directory.setDescription(id, change.description);
    return this.get(session, id);
  }

  async participants(session: SessionRef, address: string, page: PageAsked): Promise<Page<GroupMember>> {
    const { participants } = await this.get(session, address);
    return pageOf(participants, page, ({ id }) => [id]);
  }

  /** Who is added has to be on WhatsApp; who is in the group may be named by number or by hidden number, as one likes. */
  async changeMembers(session: SessionRef, address: string, action: MemberAction, addresses: string[]): Promise<ResultView[]> {
    const id = toGroup(address);
    const path = 'participants';
    const who =
      action === 'add'
        ? await this.#reach.people(session, addresses, path)
        : await this.#reach.among(session, (await this.#group(session, id)).participants, addresses, path);
    return this.#results(session, await this.#reach.engine(session).directory.changeMembers(id, action, who));
  }

  /** `renew`: the former link is no longer valid. */
  async inviteLink(session: SessionRef, address: string, { renew }: { renew: boolean }): Promise<{ link: string }> {
    const id = toGroup(address);
    return { link: await this.#reach.engine(session).directory.inviteLink(id, renew) };
  }

  async leave(session: SessionRef, address: string): Promise<void> {
    const id = toGroup(address);
    await this.#reach.engine(session).directory.leaveGroup(id);
  }

  #group(session: SessionRef, id: ChatId): Promise<Group> {
    return this.#reach.engine(session).directory.group(id);
  }

  async #detail(session: SessionRef, group: Group): Promise<GroupDetail> {
    const [view] = await this.#views(session, [group]);
    return { ...(view as GroupView), participants: await this.#reach.complete(session, group.participants) };
  }

  async #views(session: SessionRef, groups: readonly Group[]): Promise<GroupView[]> {
    const owners = await this.#reach.complete(
      session,
      groups.flatMap(({ owner }) => (owner === null ? [] : { id: owner, lid: null, phone: null, name: null })),
    );
    const ownerOf = new Map(owners.map((owner) => [owner.id, owner]));
    return groups.map(({ id, subject, description, owner, createdAt }) => ({
      id,
      subject,
      description,
      owner: ownerOf.get(owner ?? '') ?? null,
      createdAt: iso(createdAt),
    }));
  }

  async #results(session: SessionRef, results: readonly MemberResult[]): Promise<ResultView[]> {
    return this.#reach.complete(
      session,
      results.map(({ id, ok, error }) => ({ id, lid: null, phone: null, ok, ...(error !== undefined && { error }) })),
    );
  }
}
