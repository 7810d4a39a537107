/** Groups as far as the page knows them: their subject, and who is in them. What an administrator does reaches the server. */
import { account, ask } from './account.js';
import { chats } from './chats.js';
import { Wid } from './ids.js';
import { Collection, hide, Model } from './models.js';
import { define } from './modules.js';

class Participant extends Model {}
hide(Participant.prototype, 'proxyName', 'participant');

class Participants extends Collection {
  iAmMember() {
    return this.get(account.phone) !== undefined;
  }

  iAmAdmin() {
    return this.get(account.phone)?.isAdmin === true;
  }

  canAdd() {
    return this.iAmAdmin();
  }

  canRemove() {
    return this.iAmAdmin();
  }

  canPromote(participant) {
    return this.iAmAdmin() && !participant.isAdmin;
  }

  canDemote(participant) {
    return this.iAmAdmin() && participant.isAdmin;
  }
}

class GroupMetadata extends Model {
  constructor({ id, subject, desc, owner, creation, participants }) {
    super({ id, subject, desc, owner, creation, stale: false });
    hide(this, 'participants', new Participants());
    for (const { id: wid, admin } of participants) this.participants.add(new Participant({ id: Wid.parse(wid), isAdmin: admin }));
  }

  canSetSubject() {
    return this.participants.iAmAdmin();
  }

  canSetDescription() {
    return this.participants.iAmAdmin();
  }
}

class GroupMetadataCollection extends Collection {
  onParentGroupChange() {}

  async find(wid) {
    const known = this.get(wid);
    if (known) return known;
    const { group } = await ask({ ask: 'group', id: String(wid) });
    const { owner, ...metadata } = group ?? { participants: [] };
    this.add(new GroupMetadata({ ...metadata, id: wid, owner: owner && Wid.parse(owner) }));
    const chat = chats.get(wid);
    if (chat) chat.groupMetadata = this.get(wid);
    return this.get(wid);
  }
}

const groups = new GroupMetadataCollection();
const command = (group, what) => ask({ ask: 'groupCommand', command: { group: String(group), ...what } });

function changing(action, apply) {
  return async (chat, participants) => {
    const who = participants.map(({ id }) => String(id));
    await command(chat.id, { action, who });
    for (const participant of participants) apply(groups.get(chat.id).participants, participant);
  };
}

define('WAWebGroupMetadataCollection', { default: groups });
define('WAWebParticipantModel', { Participant, ParticipantModel: Participant });
define('WAWebModifyParticipantsGroupAction', {
  addParticipants() {},
  promoteCommunityParticipants() {},
  demoteCommunityParticipants() {},
  removeParticipants: changing('remove', (all, participant) => all.remove(participant)),
  promoteParticipants: changing('promote', (_, participant) => participant.set('isAdmin', true)),
  demoteParticipants: changing('demote', (_, participant) => participant.set('isAdmin', false)),
});
define('WAWebGroupModifyParticipantsJob', {
  async addGroupParticipants(group, who) {
    const added = who.map(({ phoneNumber }) => phoneNumber);
    await command(group, { action: 'add', who: added.map(String) });
    for (const id of added) groups.get(group).participants.add(new Participant({ id, isAdmin: false }));
    return { status: 200, participants: added.map((userWid) => ({ userWid, code: '200' })) };
  },
  removeGroupParticipants() {},
  promoteGroupParticipants() {},
  demoteGroupParticipants() {},
});
define('WAWebGroupModifyInfoJob', {
  async setGroupSubject(group, subject) {
    await command(group, { action: 'subject', text: subject });
    groups.get(group).set('subject', subject);
  },
  setGroupDescription: (group, description) => command(group, { action: 'description', text: description }),
  setGroupProperty() {},
});
define('WAWebGroupInviteJob', {
  sendQueryGroupInviteCode: async () => 'CODE1',
  sendRevokeGroupInviteCode: async () => 'CODE2',
});
define('WAWebExitGroupAction', { sendExitGroup: (chat) => command(chat.id, { action: 'leave' }) });
