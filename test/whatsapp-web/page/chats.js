/** Chats, contacts and messages, and the collections in which wa-js looks for them. */
import { account } from './account.js';
import { mediaDataOf } from './files.js';
import { MsgKey, Wid } from './ids.js';
import { Collection, Emitter, hide, Model } from './models.js';
import { define } from './modules.js';

const MEDIA = ['image', 'video', 'ptv', 'ptt', 'audio', 'document', 'sticker'];

class Msg extends Model {
  constructor(attributes) {
    super(attributes);
    if (!attributes.fileId) return;
    const { data, download } = mediaDataOf(attributes);
    hide(this, 'mediaData', data);
    hide(this, 'downloadMedia', download);
  }

  updateAck(ack) {
    this.set('ack', ack);
  }

  msgContextInfo() {
    return { quotedMsg: { type: this.type, body: this.body }, quotedStanzaID: this.id.id, quotedParticipant: this.sender };
  }

  get sender() {
    return this.author ?? this.from;
  }

  get senderObj() {
    return contacts.get(this.sender) ?? new Contact(this.sender);
  }

  get isSentByMe() {
    return this.id.fromMe;
  }

  get isNotification() {
    return ['gp2', 'e2e_notification', 'notification_template'].includes(this.type);
  }

  get isStatusV3() {
    return this.id.remote.isStatusV3();
  }

  get isMedia() {
    return MEDIA.includes(this.type);
  }

  get isMMS() {
    return this.isMedia;
  }
}
hide(Msg.prototype, 'proxyName', 'msg');

class Chat extends Model {
  constructor(id, name) {
    super({ id, name, unreadCount: 0, archive: false, isReadOnly: false, t: 0 });
    hide(this, 'msgs', new Collection());
    hide(this, 'groupMetadata', undefined);
    hide(this, 'pausedTimerId', undefined);
    hide(this, 'mute', { isMuted: false });
    hide(this, 'presence', new Model({ id, isOnline: false, hasData: true }));
    this.presence.subscribe = async () => {};
  }

  get contact() {
    return contacts.get(this.id);
  }

  get hasUnread() {
    return this.unreadCount !== 0;
  }

  /** Whoever has written gives leave to answer. */
  getTcToken() {
    return this.msgs.getModelsArray().some((message) => !message.isSentByMe) ? new Uint8Array(8) : undefined;
  }

  getParticipantCount() {
    return 2;
  }
}
hide(Chat.prototype, 'proxyName', 'chat');

class Contact extends Model {
  constructor(id, name) {
    const isMe = id.equals(account.phone) || id.equals(account.lid);
    super({
      id,
      name,
      pushname: name,
      formattedName: name ?? `+${id.user}`,
      formattedShortName: name ?? `+${id.user}`,
      isMe,
      isMyContact: false,
      isWAContact: true,
      isBusiness: false,
    });
  }
}
hide(Contact.prototype, 'proxyName', 'contact');

class ChatCollection extends Collection {}
class ContactCollection extends Collection {}
class MsgCollection extends Collection {
  async processMultipleMessages(_chat, added) {
    return added;
  }
}
class CallCollection extends Collection {
  processIncomingCall() {}

  setActiveCall(call) {
    return call;
  }
}

export const chats = new ChatCollection();
export const contacts = new ContactCollection();
export const messages = new MsgCollection();
export const calls = new CallCollection();
const newsletters = new Collection();
Object.assign(chats, { modelClass: Chat });
Object.assign(contacts, { modelClass: Contact });
Object.assign(messages, { modelClass: Msg });

export function chatWith(wid, name) {
  if (!contacts.get(wid)) contacts.add(new Contact(wid, name));
  else if (name) contacts.get(wid).set('pushname', name);
  if (!chats.get(wid)) chats.add(new Chat(wid, name));
  if (wid.isNewsletter() && !newsletters.get(wid)) newsletters.add(chats.get(wid));
  return chats.get(wid);
}

/** Adds a message as it comes over the wire, or as wa-js prepared it; `isNewMsg` tells it apart from history. */
export function addMessage(wire) {
  const id = MsgKey.from(wire.id);
  const known = messages.get(id);
  if (known) return known;
  const wid = (value) => value && Wid.parse(value);
  const message = new Msg({ ...wire, id, from: wid(wire.from), to: wid(wire.to), ...(wire.author && { author: wid(wire.author) }) });
  if (message.author) chatWith(message.author, wire.notifyName);
  const chat = chatWith(id.remote, message.author ? undefined : wire.notifyName);
  if (wire.senderUsername) contacts.get(message.author ?? id.remote).set('username', wire.senderUsername);
  chat.lastReceivedKey = id;
  chat.set('t', message.t);
  chat.msgs.add(message);
  messages.add(message);
  return message;
}

/** wa-js takes some stores by their class (`…Impl`) and others by the instance. */
define('WAWebChatCollection', { ChatCollectionImpl: ChatCollection, ChatCollection: chats });
define('WAWebContactCollection', { ContactCollectionImpl: ContactCollection, ContactCollection: contacts });
define('WAWebMsgCollection', { MsgCollectionImpl: MsgCollection, MsgCollection: messages });
define('WAWebCallCollection', { CallCollectionImpl: CallCollection, CallCollection: calls });
for (const name of ['Reactions', 'Sticker', 'BusinessCategoriesResult']) {
  class Impl extends Collection {}
  define(`WAWeb${name}Collection`, { [`${name}CollectionImpl`]: Impl, [`${name}Collection`]: new Impl() });
}
const SINGLE = [
  'Blocklist',
  'BotProfile',
  'BusinessProfile',
  'Cart',
  'Catalog',
  'EmojiVariant',
  'Label',
  'MsgInfo',
  'Mute',
  'Note',
  'Order',
];
const MORE = ['PinInChat', 'Presence', 'ProductMessageList', 'ProfilePicThumb', 'QuickReply', 'RecentEmoji', 'StickerSearch', 'TextStatus'];
for (const name of [...SINGLE, ...MORE]) define(`WAWeb${name}Collection`, { [`${name}Collection`]: new (class extends Collection {})() });
define('WAWebStatusCollection', { StatusV3CollectionImpl: class extends Collection {}, StatusV3Collection: new Collection() });
define('WAWebNewsletterCollection', { default: newsletters });
define('WAWebMsgModel', { Msg, MsgModel: Msg });
define('WAWebChatModel', { Chat, ChatModel: Chat });
define('WAWebContactModel', { Contact, ContactModel: Contact });
define('WAWebCollections', { default: { Chat: chats, Msg: messages } });
define('WAWebEventEmitter', { default: Emitter });
define('WAWebBaseModel', { BaseModel: Model, defineModel: (model) => model });
define('WAWebBaseCollection', { default: Collection });
