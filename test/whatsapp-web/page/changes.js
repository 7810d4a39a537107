/** What the account does to messages that are there: reactions, edits, revokes, forwards; and what it hears of others doing. */
import { account, ask, commands } from './account.js';
import { addMessage, calls, chats, chatWith, messages } from './chats.js';
import { deliver } from './functions.js';
import { MsgKey, Wid } from './ids.js';
import { Model } from './models.js';
import { define } from './modules.js';

const { PresenceCollection: presences } = window.require('WAWebPresenceCollection');

const change = (what) => ask({ ask: 'change', change: what });

async function sendReactionToMsg(message, emoji) {
  await change({ kind: 'reaction', target: String(message.id), emoji });
  return { messageSendResult: 'OK' };
}

async function addAndSendMessageEdit(message, { id, body }) {
  await change({ kind: 'edit', target: String(message.id), text: body });
  edit(message, body, id);
}

function edit(message, text, key) {
  message.set(message.isMedia ? 'caption' : 'body', text);
  message.set('latestEditMsgKey', key);
}

commands.sendRevokeMsgs = async (_chat, { list }) => {
  for (const message of list) {
    await change({ kind: 'revoke', target: String(message.id) });
    message.set('type', 'revoked');
  }
};

async function forwardMessages({ chat, msgs }) {
  for (const { id: origin, type, attributes } of msgs) {
    const id = new MsgKey({ fromMe: true, remote: chat.id, id: MsgKey.newId(), participant: chat.id.isGroup() ? account.lid : undefined });
    const { body, caption, mimetype, filename, size, fileId } = attributes;
    const raw = {
      id,
      type,
      body,
      caption,
      mimetype,
      filename,
      size,
      fileId,
      from: account.phone,
      to: chat.id,
      isForwarded: true,
      forwardedFrom: String(origin),
    };
    const message = addMessage({ ...raw, t: Math.floor(Date.now() / 1000), ack: 0, isNewMsg: true });
    await deliver(message.attributes);
  }
}

define('WAWebMsgType', { MSG_TYPE: { REVOKED: 'revoked' }, SYSTEM_MESSAGE_TYPES: [] });
define('WAWebSendReactionMsgAction', { sendReactionToMsg });
define('WAWebSendMessageEditAction', { addAndSendMessageEdit });
define('WAWebMsgActionCapability', { canEditText: (message) => message.id.fromMe, canEditCaption: () => false });
define('WAWebChatForwardMessage', { forwardMessages });

/** Looked up at each call: wa-js puts its own in place of WhatsApp's functions to hear of what they do. */
const module = (id) => window.require(id);

export const heard = {
  reaction({ target, by, emoji, id }) {
    const reaction = { msgKey: id, parentMsgKey: target, senderUserJid: by, reactionText: emoji, t: Date.now(), read: false };
    module('WAWebAddonReactionTableMode').addOrUpdateReactionsModelCollection(reaction, true);
  },
  edit({ target, text, id }) {
    edit(messages.get(target), text, MsgKey.from(id));
  },
  revoke({ target, id, by }) {
    const key = MsgKey.from(id);
    const from = Wid.parse(by);
    const notice = { type: 'protocol', subtype: 'revoke', isNewMsg: true, id: key, protocolMessageKey: MsgKey.from(target), from };
    messages.processMultipleMessages(chats.get(key.remote), [{ ...notice, to: account.phone, author: from }]);
  },
  vote({ target, by, options }) {
    const poll = messages.get(target);
    const selectedOptionLocalIds = poll.pollOptions.flatMap(({ name, localId }) => (options.includes(name) ? [localId] : []));
    const vote = { parentMsgKey: poll.id, selectedOptionLocalIds, senderTimestampMs: Date.now(), sender: Wid.parse(by) };
    module('WAWebPollsVotesSchema').upsertVotesDb([vote]);
  },
  members({ group, by, action, who }) {
    chatWith(Wid.parse(group));
    const participants = who.map((id) => ({ id: Wid.parse(id) }));
    const update = { chatId: Wid.parse(group), author: Wid.parse(by) };
    module('WAWebGroupApi').updateDBForGroupAction(update, { actionType: action, participants });
  },
  presence({ by, state }) {
    const presence = new Model({ id: Wid.parse(by), chatstate: { type: state }, hasData: true, isUser: true, isGroup: false });
    presences.remove(presence);
    presences.add(presence);
    presences.trigger('change:chatstate.type', presence.chatstate);
  },
  call({ id, by, video }) {
    calls.setActiveCall({ id, peerJid: by, isVideo: video, isGroup: false, outgoing: false, offerTime: Math.floor(Date.now() / 1000) });
  },
  receipt({ group, bareId, by, ack }) {
    const receipt = { ack, from: Wid.parse(group), participant: Wid.parse(by), externalIds: [bareId] };
    module('WAWebHandleReceipts').handleGroupSimpleReceipt(receipt);
  },
};
