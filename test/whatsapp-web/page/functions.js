/** WhatsApp's functions that wa-js calls to send, to look things up and to show presence. */
import { ask } from './account.js';
import { addMessage, chats, chatWith, messages } from './chats.js';
import { MsgKey, Wid } from './ids.js';
import { Collection, Emitter } from './models.js';
import { define } from './modules.js';

const VERSION = '2.3000.1048032155';
const LEVELS = { MD_DOWNGRADE: -7, INACTIVE: -6, CONTENT_UNUPLOADABLE: -5, CONTENT_TOO_BIG: -4, CONTENT_GONE: -3, EXPIRED: -2, FAILED: -1 };
const RESULTS = ['OK', 'ERROR_NETWORK', 'ERROR_EXPIRED', 'ERROR_CANCELLED', 'ERROR_UPLOAD', 'ERROR_UNKNOWN'];

/** Serialised as it goes over the wire. */
const wire = (raw) =>
  JSON.parse(JSON.stringify(raw, (_key, value) => (value instanceof Wid || value instanceof MsgKey ? `${value}` : value)));

/** Hands a message that is in the chat to the server; resolves with its answer. */
export async function deliver(raw) {
  const message = messages.get(raw.id);
  const { ack, error } = await ask({ ask: 'send', message: wire(raw) });
  if (error) message.set('ack', LEVELS.FAILED);
  else if (message.ack < ack) message.set('ack', ack);
  return { messageSendResult: error ?? 'OK', t: message.t };
}

/** WhatsApp's own way: the message is in the chat at once, the second promise settles with the server's answer. */
function addAndSendMsgToChat(_chat, raw) {
  return [Promise.resolve(addMessage(raw)), deliver(raw)];
}

/** A person is written to who is on WhatsApp; a group or newsletter is there, or it is not. */
async function findOrCreateLatestChat(wid) {
  const created = !chats.get(wid);
  const { exists } = created || wid.isUser() ? await ask({ ask: 'exists', address: String(wid) }) : { exists: true };
  if (!exists) return { chat: null, created: false };
  chatWith(wid);
  return { chat: { id: wid }, created };
}

/** The page has every message of its chats in memory: there are none around one that it does not know. */
function getSearchContext({ msgKey }) {
  const found = new Collection();
  found.loadAroundPromise = Promise.resolve();
  if (messages.get(msgKey)) found.add(messages.get(msgKey));
  return { collection: found };
}

/** To a newsletter WhatsApp sends by a way of its own; the message is in the chat only when it is out. */
async function sendNewsletterMessageJob({ msgData }) {
  const { error } = await ask({ ask: 'send', message: wire(msgData) });
  if (error) throw new Error(error);
  return { success: true, ack: { t: msgData.t }, serverId: 1 };
}

/** `count` messages of the chat that came before the anchor. */
async function before({ anchor, count }) {
  const history = chats.get(anchor.remote)?.msgs.getModelsArray() ?? [];
  const end = history.findIndex((message) => message.id.equals(anchor));
  const earlier = end < 0 ? history : history.slice(0, end);
  return { messages: count > 0 ? earlier.slice(-count) : [], status: 200 };
}

/** Hidden numbers that the server told, by phone number. */
const lids = new Map();

const presence = (kind) => (chat) => ask({ ask: 'presence', chat: String(chat.id), presence: kind });

const keyPair = () => ({ pubKey: crypto.getRandomValues(new Uint8Array(32)) });
const keys = { noise: keyPair(), identity: keyPair(), adv: keyPair() };
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));

/** What the QR code says: WhatsApp's reference and this device's public keys. */
export const qrCode = (ref) => [ref, ...[keys.noise, keys.identity, keys.adv].map(({ pubKey }) => base64(pubKey))].join(',');

define('WAWebWid', { default: Wid });
define('WAWebWidFactory', {
  createWid: Wid.parse,
  createWidFromWidLike: Wid.parse,
  createUserWid: (user, server = 'c.us') => new Wid(String(user).split('@')[0], server),
  createUserWidOrThrow: (user, server = 'c.us') => new Wid(String(user).split('@')[0], server),
  isWidlike: (value) => value instanceof Wid,
  toUserWid: (wid) => wid,
});
define('WAWebMsgKey', { default: MsgKey });
define('WAWebAckConstants', {
  ACK: { ...LEVELS, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3, PLAYED: 4, PEER: 5 },
  ACK_STRING: { SENDER: 'sender' },
  EDIT_ATTR: {},
});
define('WAWebSendMsgResult', { SendMsgResult: Object.fromEntries(RESULTS.map((name) => [name, name])) });
define('WAWebSendMsgChatAction', { addAndSendMsgToChat });
define('WAWebFindChatAction', { findOrCreateLatestChat, findChat: async (wid) => chatWith(wid) });
define('WAWebQueryExistsJob', {
  async queryWidExists(wid) {
    const { exists, lid } = await ask({ ask: 'exists', address: String(wid) });
    if (lid) lids.set(String(wid), Wid.parse(lid));
    return exists ? { wid, biz: false } : null;
  },
  queryPhoneExists: async () => null,
  async queryUsernameExists(username) {
    const { lid, keyRequired } = await ask({ ask: 'username', name: username });
    if (keyRequired) return { keyRequired, username, isUsernameSearch: true };
    return lid ? { wid: Wid.parse(lid), biz: false, username, wasUpdated: false, isUsernameSearch: true } : null;
  },
  queryWidUsernameExists: async () => undefined,
});
define('WAWebUpdateUnreadChatAction', {
  async sendSeen({ chat }) {
    await ask({ ask: 'seen', chat: String(chat.id) });
    chat.set('unreadCount', 0);
  },
  async markUnread(chat) {
    await ask({ ask: 'unseen', chat: String(chat.id) });
    chat.set('unreadCount', -1);
  },
});
define('WAWebChatPresence', {
  markComposing: presence('composing'),
  markPaused: presence('paused'),
  markRecording: presence('recording'),
  sendPresenceAvailable() {},
  sendPresenceUnavailable() {},
});
define('WAWebDBMessageFind', { msgFindBefore: before, msgFindAfter: before, msgFindByDirection: before });
define('WAWebGetEphemeralFieldsMsgActionsUtils', { getEphemeralFields: () => ({}) });
define('WAWebMsgReply', { canReplyMsg: ({ type }) => type !== 'revoked' });
define('WAWebChatMessageSearch', { getSearchContext });
define('WAWebSendNewsletterMessageJob', { sendNewsletterMessageJob });
define('WAWebNewsletterMsgRecords', { addNewsletterMsgsRecords: async () => {}, updateNewsletterMsgRecord: async () => {} });
define('WAWebMsgDataFromModel', { msgDataFromMsgModel: async (message) => message.attributes });
define('WAWebQuotedMsgModelUtils', {
  getQuotedMsgObj: (message) => messages.filter((candidate) => candidate.id.id === message.quotedStanzaID)[0],
});
define('WAWebLidMigrationUtils', { Lid1X1MigrationUtils: { isLidMigrated: () => false, isSyncdSessionMigrated: () => false } });
define('WAWebLidPnCache', { lidPnCache: { getPhoneNumber: () => undefined, getCurrentLid: () => undefined } });
define('WAWebApiContact', { getCurrentLid: (wid) => lids.get(String(wid)), getPhoneNumber: () => undefined });
define('WAWebSignalStore', { waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: keys.identity }) } });
define('WAWebNoiseInfo', { waNoiseInfo: { get: async () => ({ staticKeyPair: keys.noise }) } });
define('WAWebAdv', { getADVSecretKey: () => base64(keys.adv.pubKey), setADVSignedIdentity() {} });
define('WABase64', { encodeB64: base64, decodeB64: (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer });
define('WATimeUtils', { unixTime: () => Math.floor(Date.now() / 1000), unixTimeMs: () => Date.now() });
define('WAWebGetABProp', { getABPropConfigValue: () => false });
/** Linking by phone number: the page's keys are the same, only the way to the phone is another one. */
define('WAWebAltDeviceLinkingApi', {
  initializeAltDeviceLinking: async () => {},
  async genLinkDeviceCodeForPhoneNumber(phone) {
    const { code, error } = await ask({ ask: 'pair', phone });
    if (error) throw new Error(error);
    return code;
  },
});
define('WAWebLinkDeviceEvents', { WAWebLinkDeviceEvents: new Emitter() });
define('WALinkify', { findFirstWebLink: (text) => /https?:\/\/\S+/.exec(text)?.[0] ?? null, findLinks: () => [] });
define('WAWebLinkPreviewChatAction', {
  getLinkPreview: async (url) => ({ url, data: { title: `What is at ${url}`, canonicalUrl: url, matchedText: url } }),
});
define('WAWebMiscBrowser', {
  default: { id: () => 'stand-in', info: () => ({ os: 'Linux', name: 'Chrome' }), hardRefresh() {}, startDownloading() {} },
});
define('WAWebBuildConstants', {
  VERSION_STR: VERSION,
  VERSION_BASE: VERSION,
  VERSION_PRIMARY: '2',
  VERSION_SECONDARY: '3000',
  WINDOWS_BUILD: null,
  SANITIZED_VERSION_STR: VERSION,
});
define('WAWebBackendEventBus', { BackendEventBus: new Emitter(), BackendEvent: { LOGOUT: 'logout', REFRESH_QR: 'refresh_qr' } });
define('WAWebLogoutReasonConstants', { LogoutReason: { UserInitiated: 'user_initiated' }, LOGOUT_REASON_CODE: { CLIENT_FATAL: '0' } });
define('WAWebLogoutReason', { getErrorCodeFromLogoutReason: () => null, setPrevLogoutReasonCode() {}, setPrevCustomLogoutMessage() {} });
define('WAWebCallState', { CallState: { ReceivedCall: 3, ReceivedCallWithoutOffer: 8 } });
/** wa-js wraps these to hear of reactions, votes, groups and receipts; changes.js calls them. */
define('WAWebAddonReactionTableMode', { addOrUpdateReactionsModelCollection() {} });
define('WAWebPollsVotesSchema', { upsertVotesDb: async () => {} });
define('WAWebGroupApi', { updateDBForGroupAction: async () => {} });
define('WAWebHandleReceipts', {
  handleChatSimpleReceipt: async () => {},
  handleGroupSimpleReceipt: async () => {},
  handleStatusSimpleReceipt: async () => {},
});
