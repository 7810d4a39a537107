/** What the account keeps about people: who is blocked, which labels chats have, how somebody shows. */
import { ask } from './account.js';
import { chats } from './chats.js';
import { Wid } from './ids.js';
import { Model } from './models.js';
import { define } from './modules.js';

const { BlocklistCollection: blocklist } = window.require('WAWebBlocklistCollection');
const { LabelCollection: labels } = window.require('WAWebLabelCollection');

labels.addOrRemoveLabels = async (changes, models) => {
  for (const chat of models) {
    const kept = (chat.labels ?? []).filter((id) => !changes.some((change) => change.id === id));
    chat.set('labels', [...kept, ...changes.flatMap(({ id, type }) => (type === 'add' ? [id] : []))]);
  }
};
for (const [id, name] of [
  ['1', 'New'],
  ['2', 'Paid'],
]) {
  labels.add(new Model({ id, name, colorIndex: Number(id), labelItemCollection: { _models: [] } }));
}

async function subscribePresence(wid) {
  const { state, t } = await ask({ ask: 'presenceOf', chat: String(wid) });
  chats.get(wid)?.presence.set('chatstate', { type: state, t });
}

class GroupAlreadyExistsError extends Error {}

async function createGroup({ title }, people) {
  const who = people.map(({ phoneNumber }) => String(phoneNumber));
  const { id } = await ask({ ask: 'createGroup', subject: title, who });
  return { wid: Wid.parse(id), participants: people.map(({ phoneNumber }) => ({ wid: phoneNumber })) };
}

define('WAWebBlockContactAction', {
  blockContact: async ({ contact }) => blocklist.add(new Model({ id: contact.id })),
  unblockContact: async (contact) => blocklist.remove(contact),
});
define('WAWebLabelColors', { colorIndexToHex: (index) => `#00000${index}`, getAllLabelColors: () => ['#000001', '#000002'] });
define('WAWebContactPresenceBridge', { subscribePresence });
define('WAWebGroupCreateJob', { createGroup, GroupAlreadyExistsError });
