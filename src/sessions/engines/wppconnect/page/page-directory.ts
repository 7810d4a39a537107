/**
 * Contacts, chats, groups, presence and labels, inside Chromium: each function is sent there as text, so it sees its
 * arguments and the page's globals and nothing of this file.
 */
import type { PageChat, Wpp } from './page-types.ts';

declare const WPP: Wpp;

interface PageParty {
  id: string;
  lid: string | null;
  phone: string | null;
  name: string | null;
}

/** A refusal as a value, with wa-js's code: an error loses it on its way out of the page. */
export type Answer<T> = { value: T } | { error: string; code: string; socket: string };

/** One call of the directory; `what` names it. All in one function, for its parts cannot see each other from outside. */
export async function directoryInPage(what: string, given: unknown[]): Promise<Answer<unknown>> {
  const text = (index: number) => given[index] as string;
  const calls: Record<string, () => unknown> = {
    async contacts() {
      const blocked = new Set(WPP.blocklist.all().map((wid) => wid._serialized));
      const people = (await WPP.contact.list()).filter(({ id, isMe }) => !isMe && (id.server === 'c.us' || id.server === 'lid'));
      return Promise.all(
        people.map(async ({ id, name, pushname, verifiedName, username, isMyContact, isBusiness }) => ({
          ...(await party(id._serialized)),
          name: name || pushname || verifiedName || null,
          ...(username && { username }),
          saved: isMyContact === true,
          business: isBusiness === true,
          blocked: blocked.has(id._serialized),
        })),
      );
    },
    async chats() {
      return (await WPP.chat.list({ ignoreGroupMetadata: true })).map((chat) => ({
        id: chat.id._serialized,
        name: titleOf(chat) || null,
        // -1: marked as unread by hand.
        unread: Math.abs(chat.unreadCount ?? 0),
        lastMessageAt: chat.t ? chat.t * 1000 : null,
        archived: chat.archive === true,
        labels: chat.labels ?? [],
      }));
    },
    async groups() {
      const groups = await WPP.chat.list({ ignoreGroupMetadata: true, onlyGroups: true });
      return Promise.all(groups.map((chat) => groupOf(chat, false)));
    },
    async group() {
      return groupOf(await WPP.group.ensureGroup(text(0)), true);
    },
    async createGroup() {
      const { gid, participants } = await WPP.group.create(text(0), given[1] as string[]);
      const group = await groupOf(await WPP.group.ensureGroup(gid._serialized), true);
      return { group, results: results(participants) };
    },
    async changeMembers() {
      const [id, action, who] = given as [string, string, string[]];
      await WPP.group.ensureGroup(id);
      if (action === 'add') return results(await WPP.group.addParticipants(id, who));
      const change = {
        remove: WPP.group.removeParticipants,
        promote: WPP.group.promoteParticipants,
        demote: WPP.group.demoteParticipants,
      }[action];
      // One by one, for wa-js refuses all for the sake of one.
      const changed = [];
      for (const one of who) {
        const error = await Promise.resolve(change?.(id, [one])).then(
          () => null,
          (reason: unknown) => reasonOf(reason),
        );
        changed.push({ id: one, ok: error === null, ...(error !== null && { error }) });
      }
      return changed;
    },
    setSubject: () => WPP.group.setSubject(text(0), text(1)),
    setDescription: () => WPP.group.setDescription(text(0), text(1)),
    async inviteLink() {
      const code = await (given[1] ? WPP.group.revokeInviteCode(text(0)) : WPP.group.getInviteCode(text(0)));
      return `https://chat.whatsapp.com/${code}`;
    },
    leaveGroup: () => WPP.group.leave(text(0)),
    async presence() {
      const chat = await WPP.chat.find(text(0));
      await WPP.contact.subscribePresence([chat.id._serialized]);
      // What is known comes a moment after it was asked for.
      for (const end = Date.now() + 2_000; !chat.presence?.chatstate?.type && Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { isOnline, chatstate } = chat.presence ?? {};
      return { state: chatstate?.type ?? (isOnline ? 'available' : 'unavailable'), lastSeenAt: chatstate?.t ? chatstate.t * 1000 : null };
    },
    block: () => (given[1] ? WPP.blocklist.blockContact(text(0)) : WPP.blocklist.unblockContact(text(0))),
    async labels() {
      const labels = await WPP.labels.getAllLabels();
      return labels.map(({ id, name, hexColor }) => ({ id: String(id), name, color: hexColor || null }));
    },
    async setLabels() {
      const wanted = given[1] as string[];
      const chat = WPP.chat.get(text(0));
      if (!chat) throw Object.assign(new Error('there is no such chat'), { code: 'chat_not_found' });
      const known = (await WPP.labels.getAllLabels()).map(({ id }) => String(id));
      const unknown = wanted.find((id) => !known.includes(id));
      if (unknown) throw Object.assign(new Error(`there is no label ${unknown}`), { code: 'label_not_exist' });
      const has = (chat.labels ?? []).map(String);
      const changes = [
        ...wanted.filter((id) => !has.includes(id)).map((labelId) => ({ labelId, type: 'add' as const })),
        ...has.filter((id) => !wanted.includes(id)).map((labelId) => ({ labelId, type: 'remove' as const })),
      ];
      if (changes.length > 0) await WPP.labels.addOrRemoveLabels(text(0), changes);
    },
  };
  try {
    const value = await calls[what]?.();
    // What wa-js answers to a command is WhatsApp's own object, which nobody reads.
    const answers = !/^(set|leave|block)/.test(what);
    return { value: answers ? value : null };
  } catch (error) {
    const { code = '' } = error as { code?: string };
    return { error: reasonOf(error), code: String(code), socket: WPP.whatsapp.Socket.state };
  }

  function reasonOf(error: unknown): string {
    return (error as { message?: string }).message ?? String(error);
  }

  function titleOf(chat: PageChat): string | undefined {
    return chat.groupMetadata?.subject || chat.name || chat.formattedTitle || chat.contact?.name || chat.contact?.pushname;
  }

  async function party(id: string): Promise<PageParty> {
    const hidden = id.endsWith('@lid');
    // Of a hidden number the phone's is looked up in memory; of a phone's the hidden one would be asked of WhatsApp.
    const phone = hidden ? (await WPP.contact.getPnLidEntry(id).catch(() => null))?.phoneNumber?._serialized : id;
    return { id, lid: hidden ? id : null, phone: phone?.split('@')[0] ?? null, name: null };
  }

  async function groupOf(chat: PageChat, withMembers: boolean): Promise<object> {
    const { desc, owner, creation, participants } = chat.groupMetadata ?? {};
    const members = withMembers ? (participants?.getModelsArray() ?? []) : [];
    return {
      id: chat.id._serialized,
      subject: titleOf(chat) ?? '',
      description: desc || null,
      owner: owner?._serialized ?? null,
      createdAt: creation ? creation * 1000 : null,
      participants: await Promise.all(
        members.map(async ({ id, isAdmin, isSuperAdmin }) => ({
          ...(await party(id._serialized)),
          admin: isAdmin === true || isSuperAdmin === true,
        })),
      ),
    };
  }

  function results(codes: Record<string, { wid: string; code: number; message?: string }>): object[] {
    return Object.values(codes).map(({ wid, code, message }) =>
      code === 200 ? { id: wid, ok: true } : { id: wid, ok: false, error: message ?? `WhatsApp answered ${code}` },
    );
  }
}
