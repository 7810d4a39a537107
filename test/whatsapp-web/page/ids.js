/** Addresses and message keys. */
export class Wid {
  constructor(user, server) {
    this.user = user;
    this.server = server;
    this._serialized = `${user}@${server}`;
  }

  static parse(text) {
    const [, user, server] = /^([^@:]*)(?::\d+)?@(.+)$/.exec(String(text)) ?? [];
    if (!server) throw new Error(`wid error: invalid wid ${text}`);
    return new Wid(user, server === 's.whatsapp.net' ? 'c.us' : server);
  }

  static isXWid() {
    return false;
  }

  static isWid(value) {
    return value instanceof Wid;
  }

  toString() {
    return this._serialized;
  }

  toJid() {
    return this._serialized;
  }

  equals(other) {
    return String(other) === this._serialized;
  }

  isUser() {
    return ['c.us', 'lid', 'bot'].includes(this.server);
  }

  isRegularUser() {
    return this.isUser();
  }

  isLid() {
    return this.server === 'lid';
  }

  isGroup() {
    return this.server === 'g.us';
  }

  isBroadcast() {
    return this.server === 'broadcast';
  }

  isStatusV3() {
    return this._serialized === 'status@broadcast';
  }

  isStatus() {
    return this.isStatusV3();
  }

  isNewsletter() {
    return this.server === 'newsletter';
  }

  isPSA() {
    return this._serialized === '0@c.us';
  }

  isBot() {
    return this.server === 'bot';
  }

  isServer() {
    return false;
  }

  isHosted() {
    return false;
  }

  isGroupCall() {
    return false;
  }
}

/** `true|false_<chat>_<id>[_<author>]` */
export class MsgKey {
  constructor(fields) {
    // wa-js knows this class by the text of this error.
    if (!fields) throw new Error('MsgKey error: obj is null/undefined');
    const { from, to, selfDir, fromMe, remote, id, participant } = fields;
    this.fromMe = from && to ? selfDir === 'out' : Boolean(fromMe);
    this.remote = from && to ? (this.fromMe ? to : from) : Wid.parse(remote);
    this.id = id;
    if (participant) this.participant = participant;
    this._serialized = [this.fromMe, this.remote, id, participant].filter((part) => part !== undefined && part !== null).join('_');
  }

  static fromString(text) {
    const [fromMe, remote, id, participant] = String(text).split('_');
    return new MsgKey({ fromMe: fromMe === 'true', remote, id, participant: participant && Wid.parse(participant) });
  }

  static from(key) {
    return key instanceof MsgKey ? key : MsgKey.fromString(key);
  }

  static newId() {
    return `3EB0${crypto.randomUUID().replaceAll('-', '').slice(0, 18).toUpperCase()}`;
  }

  toString() {
    return this._serialized;
  }

  equals(other) {
    return String(other) === this._serialized;
  }

  clone() {
    return MsgKey.fromString(this);
  }
}
