import { randomBytes } from 'node:crypto';
import type { Passkey } from './authenticator.ts';
import type { Account, Gate, Gated, Group, Network, ShownDialog, Sighting, WireMessage } from './network.ts';

/** What a chat partner writes; a chat that is not `from` is a group in which `from` is the author. */
export interface Incoming {
  /** `5511888887777@c.us` or `…@lid`. */
  from: string;
  chat?: string;
  text?: string;
  type?: string;
  notifyName?: string;
  /** Typed on the phone itself: then `chat` is whom it went to. */
  fromMe?: boolean;
  id?: string;
  file?: Buffer;
  /** As WhatsApp's page has them, for what the fields above do not name. */
  fields?: Record<string, unknown>;
}

/** A person's phone with one account: what a person does with it, and what is seen on it. */
export class Phone {
  readonly #network: Network;
  readonly #account: Account;

  constructor(network: Network, number: string, name: string) {
    this.#network = network;
    this.#account = {
      phone: number,
      name,
      lid: `9${number}`,
      messages: [],
      unread: new Map(),
      sightings: [],
      shows: [],
      gate: null,
      gated: [],
      news: null,
      pressed: [],
      isBusiness: true,
      newChatsUntil: null,
    };
  }

  /** Whether a page shows this code now. */
  sees(code: string): boolean {
    return this.#network.showing(code) !== undefined;
  }

  /** Links the device whose page shows `code`. */
  scan(code: string): void {
    const device = this.#network.showing(code);
    if (!device) throw new Error('No page shows this code');
    this.#network.link(device, this.#account);
  }

  /** Links the device whose page shows this pairing code, as it shows it, for the number of this phone. */
  type(shown: string): void {
    const device = this.#network.waitingFor(shown.replace('-', ''));
    if (device?.pairing?.phone !== this.#account.phone) throw new Error('No page shows this code for this phone');
    this.#network.link(device, this.#account);
  }

  /** From now on a device that scans has to be signed for with this passkey; how WhatsApp asks for it is in `gate`. */
  askPasskey(passkey: Passkey, gate: Partial<Omit<Gate, 'passkey'>> = {}): void {
    this.#account.gate = { passkey, button: 'Continue', code: null, over: false, validFor: 600_000, ...gate };
  }

  /** WhatsApp takes its question back and asks once more, with another challenge. */
  askAgain(): void {
    const { gate } = this.#account;
    if (gate) this.#network.askPasskey(this.#network.gatedFor(this.#account), this.#account, gate);
  }

  /** The QR code behind the question is renewed, as WhatsApp does every 20 s. */
  renewBehind(): void {
    this.#network.renewCode(this.#network.gatedFor(this.#account));
  }

  /** Somebody calls it off on the phone while the passkey is asked for. */
  callOff(): void {
    this.#network.leaveGate(this.#network.gatedFor(this.#account));
  }

  /** What came of asking for the passkey, oldest first. */
  gated(): Gated[] {
    return this.#account.gated;
  }

  /** A message reaches the account. Pages that are open get it at once; those that open later find it unread. Returns its id. */
  receive({ from, chat = from, text, type = 'chat', notifyName, fromMe = false, id, file, fields }: Incoming): string {
    const bare = randomBytes(10).toString('hex').toUpperCase();
    const inGroup = chat.endsWith('@g.us');
    const me = `${this.#account.phone}@c.us`;
    const message: WireMessage = {
      id: id ?? [fromMe, chat, bare, ...(inGroup ? [from] : [])].join('_'),
      type,
      from: fromMe ? me : chat,
      to: fromMe ? chat : me,
      ...(inGroup && { author: from }),
      ...(text !== undefined && { body: text }),
      ...(notifyName !== undefined && { notifyName }),
      t: Math.floor(Date.now() / 1000),
      ack: 1,
      ...(file && { fileId: this.#network.keep(file), size: file.length }),
      ...fields,
    };
    this.#account.messages.push(message);
    if (!fromMe) this.#account.unread.set(chat, (this.#account.unread.get(chat) ?? 0) + 1);
    this.#network.push(this.#account, 'message', message);
    return message.id;
  }

  /** What came as `ciphertext` can be decrypted after all. */
  decrypt(messageId: string, { type = 'chat', text, fields = {} }: Pick<Incoming, 'type' | 'text' | 'fields'>): void {
    const message = this.#account.messages.find(({ id }) => id === messageId);
    if (!message) throw new Error(`${this.#account.phone} has no message ${messageId}`);
    const readable = { ...(text !== undefined && { body: text }), ...fields };
    Object.assign(message, readable, { type });
    this.#network.push(this.#account, 'decrypted', { id: messageId, type, fields: readable });
  }

  /** How far a message that the device sent has come: 1 sent, 2 delivered, 3 read, 4 played, below 0 failed. */
  ack(messageId: string, level: number): void {
    this.#network.ack(this.#account, messageId, level);
  }

  /** WhatsApp lets the account begin no new chats until then (ms); null: it does again. */
  lockNewChats(until: number | null): void {
    this.#account.newChatsUntil = until;
    this.#network.push(this.#account, 'limits', { newChatsUntil: until });
  }

  /** An account of WhatsApp itself, not of WhatsApp Business; to be said before it is linked. */
  bePersonal(): void {
    this.#account.isBusiness = false;
  }

  /** Takes the device off the list of linked devices. */
  unlink(): void {
    for (const device of this.#network.devicesOf(this.#account)) this.#network.unlink(device);
  }

  /**
   * The next device that links is shown what is new in WhatsApp Web, and is unlinked unless it answers within `unlinksAfter` ms.
   * Resolves with how that ended.
   */
  showNews(unlinksAfter: number, { title, text, buttons }: Partial<ShownDialog> = {}): Promise<'pressed' | 'unlinked'> {
    const shown = {
      title: title ?? "What's new on WhatsApp Web",
      text: text ?? 'A fresh look, and more.',
      buttons: buttons ?? ['Continue'],
    };
    return new Promise((over) => {
      this.#account.news = { ...shown, unlinksAfter, over };
    });
  }

  /** Its pages show this over the chats. */
  showDialog(dialog: ShownDialog): void {
    this.#network.push(this.#account, 'dialog', dialog);
  }

  /** What was pressed in dialogs, oldest first. */
  pressed(): string[] {
    return this.#account.pressed;
  }

  /** Lets the page's socket be in one of WhatsApp's states: `TIMEOUT`, `CONFLICT`, `TOS_BLOCK`, `CONNECTED`… */
  setSocketState(state: string): void {
    this.#network.push(this.#account, 'socket', { state });
  }

  /** Lets the page load itself anew, as WhatsApp Web does for a new version. */
  reloadPage(): void {
    this.#network.push(this.#account, 'reload', {});
  }

  /** What the linked device did, oldest first. */
  outbox(): Sighting[] {
    return this.#account.sightings;
  }

  /** Whether others see the account online, as its linked device said it, oldest first. */
  shows(): boolean[] {
    return this.#account.shows;
  }

  /** The messages that the linked device handed over, oldest first. */
  sent(): WireMessage[] {
    return this.outbox().flatMap((sighting) => (sighting.kind === 'message' ? [sighting.message] : []));
  }

  /** The bytes of a message that the device sent, as its receiver gets them. */
  fileOf(messageId: string): Buffer | undefined {
    const fileId = this.sent().find(({ id }) => id === messageId)?.fileId;
    return this.#network.files.get(String(fileId));
  }

  /** The file of a message is no longer on WhatsApp's servers. */
  loseFile(messageId: string): void {
    this.#network.files.delete(String(this.#account.messages.find(({ id }) => id === messageId)?.fileId));
  }

  /** The account is in this group. */
  join(group: Group): void {
    this.#network.groups.set(group.id, group);
  }

  /** A chat partner does something to a message, or around it. */
  hear(what: Hearsay): void {
    const { kind, ...data } = what;
    const id = `false_${'target' in data ? data.target.split('_')[1] : ''}_${randomBytes(10).toString('hex').toUpperCase()}`;
    this.#network.push(this.#account, kind, { id, ...data });
  }
}

type Hearsay =
  /** An empty emoji takes the reaction back. */
  | { kind: 'reaction'; target: string; by: string; emoji: string }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'revoke'; target: string; by: string }
  | { kind: 'vote'; target: string; by: string; options: string[] }
  | { kind: 'members'; group: string; by: string; action: 'add' | 'remove' | 'promote' | 'demote'; who: string[] }
  | { kind: 'call'; by: string; video: boolean }
  /** How somebody shows, in WhatsApp's word: `composing`, `recording_audio`, `available`… */
  | { kind: 'presence'; by: string; state: string }
  /** One member of a group got a message. */
  | { kind: 'receipt'; group: string; bareId: string; by: string; ack: number };
