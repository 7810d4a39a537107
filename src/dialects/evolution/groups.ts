import type { GroupMember, MemberAction } from '../../core/directory.ts';
import type { Directories } from '../../messages/directory/directories.ts';
import type { GroupDetail, GroupView } from '../../messages/directory/groups.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import { jidOf } from './ids.ts';
import type { OnInstance } from './instances.ts';
import type { GroupQuery, GroupsQuery, NewGroup, Participants, SendInvite } from './requests.ts';

const ALL = 10_000;

export interface GroupPorts {
  groups: Directories['groups'];
  outbox: Pick<Outbox, 'accept'>;
}

type OnGroup<Body = unknown> = OnInstance<Body, GroupQuery>;

/** By the phone's number where it is known, as other products name people. */
const personOf = ({ id, phone, admin }: GroupMember, owner: string | undefined) => ({
  id: jidOf(phone ? `${phone}@c.us` : id),
  admin: admin ? (id === owner ? 'superadmin' : 'admin') : null,
});

function groupOf({ id, subject, description, owner, createdAt }: GroupView, participants: readonly GroupMember[] | null) {
  return {
    id,
    subject,
    subjectOwner: null,
    subjectTime: null,
    pictureUrl: null,
    ...(participants && { size: participants.length }),
    creation: createdAt === null ? null : Math.floor(Date.parse(createdAt) / 1_000),
    owner: owner && jidOf(owner.phone ? `${owner.phone}@c.us` : owner.id),
    desc: description,
    descId: null,
    restrict: null,
    announce: null,
    ...(participants && { participants: participants.map((one) => personOf(one, owner?.id)) }),
  };
}

const whole = (group: GroupDetail) => groupOf(group, group.participants);

export function groupHandlers({ groups, outbox }: GroupPorts) {
  const linkOf = async ({ target, query }: OnGroup, renew: boolean) => {
    const { link } = await groups.inviteLink(target, query.groupJid, { renew });
    return { inviteUrl: link, inviteCode: link.split('/').at(-1) };
  };
  return {
    async create({ target, body }: OnInstance<NewGroup>) {
      const { results, ...made } = await groups.create(target, body.subject, body.participants);
      const group = body.description ? await groups.update(target, made.id, { description: body.description }) : made;
      const refused = results.filter(({ ok }) => !ok).map(({ id, error }) => ({ jid: jidOf(id), error }));
      return { ...whole(group), ...(refused.length > 0 && { participantsRefused: refused }) };
    },
    async rename({ target, query, body }: OnGroup<{ subject: string }>) {
      await groups.update(target, query.groupJid, { subject: body.subject });
      return { update: 'success' };
    },
    async describe({ target, query, body }: OnGroup<{ description: string }>) {
      await groups.update(target, query.groupJid, { description: body.description });
      return { update: 'success' };
    },
    inviteCode: (request: OnGroup) => linkOf(request, false),
    async revokeInviteCode(request: OnGroup) {
      const { inviteCode } = await linkOf(request, true);
      return { revoked: true, inviteCode };
    },
    /** A text with the link to each: durable, as every send. */
    async sendInvite({ tenantId, target, body }: OnInstance<SendInvite>) {
      const { link } = await groups.inviteLink(target, body.groupJid, { renew: false });
      const text = body.description ? `${body.description}\n\n${link}` : link;
      for (const to of body.numbers) await outbox.accept(tenantId, target, { type: 'text', to, text });
      return { send: true, inviteUrl: link };
    },
    get: async ({ target, query }: OnGroup) => whole(await groups.get(target, query.groupJid)),
    async list({ target, query }: OnInstance<unknown, GroupsQuery>) {
      const { data } = await groups.list(target, { limit: ALL });
      if (query.getParticipants !== true) return data.map((group) => groupOf(group, null));
      const answers = [];
      // One after the other: the phone is asked for each.
      for (const { id } of data) answers.push(whole(await groups.get(target, id)));
      return answers;
    },
    async participants({ target, query }: OnGroup) {
      const { owner, participants } = await groups.get(target, query.groupJid);
      return { participants: participants.map((one) => personOf(one, owner?.id)) };
    },
    async change({ target, query, body }: OnGroup<Participants>) {
      const results = await groups.changeMembers(target, query.groupJid, body.action as MemberAction, body.participants);
      return {
        updateParticipants: results.map(({ id, phone, ok, error }) => ({
          ...{ status: ok ? '200' : '403', jid: jidOf(phone ? `${phone}@c.us` : id) },
          ...(error !== undefined && { content: { error } }),
        })),
      };
    },
    async leave({ target, query }: OnGroup) {
      await groups.leave(target, query.groupJid);
      return { groupJid: query.groupJid, leave: true };
    },
  };
}
