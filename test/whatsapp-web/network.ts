/**
 * WhatsApp as the page sees it: accounts with their messages, devices that are linked to them, pages that are open.
 * It lives in the process of the test, so it outlives the hub, its browsers and its restarts.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { PasskeyCredential, PasskeyOptions } from '../../src/sessions/passkey.ts';
import type { Passkey } from './authenticator.ts';

/** A message as WhatsApp's own page keeps it; addresses and ids are serialised. Further fields reach wa-js as they are. */
export interface WireMessage {
  id: string;
  type: string;
  from: string;
  to: string;
  author?: string;
  body?: string;
  notifyName?: string;
  /** Seconds. */
  t: number;
  ack: number;
  [field: string]: unknown;
}

export interface Account {
  /** Digits. */
  phone: string;
  name: string;
  lid: string;
  messages: WireMessage[];
  /** By chat. */
  unread: Map<string, number>;
  /** What its linked device did, oldest first. */
  sightings: Sighting[];
  isBusiness: boolean;
  /** WhatsApp lets it begin no new chats until then (ms). */
  newChatsUntil: number | null;
  /** Whether others see it online, each time that the device says so. */
  shows: boolean[];
  /** What each device that links has to do before; null: nothing. */
  gate: Gate | null;
  /** What came of that, oldest first. */
  gated: Gated[];
  /** What each device that links shows until it is answered; null: nothing. */
  news: News | null;
  /** What its pages pressed in dialogs, oldest first. */
  pressed: string[];
}

/** "What's new on WhatsApp Web": who does not answer it in time is unlinked, as if the phone had done it. */
export interface News extends ShownDialog {
  /** In ms. */
  unlinksAfter: number;
  /** Told how it ended. */
  over(end: 'pressed' | 'unlinked'): void;
}

/** What covers the chats; gone with any of its buttons. */
export interface ShownDialog {
  title: string;
  text: string;
  buttons: string[];
}

/** WhatsApp asks for the passkey of the account once a code was scanned or typed. */
export interface Gate {
  passkey: Passkey;
  /** What the page's button says that has to be pressed first; null: there is none. */
  button: string | null;
  /** Stands on both screens once the passkey has signed. */
  code: string | null;
  /** The QR code stays behind the question, and goes on. */
  over: boolean;
  /** How long an answer may take, in ms. */
  validFor: number;
}

/** `fault`: what is wrong with what was signed; `looks`: what of it is not as a browser's own would be. */
export type Gated = { fault: string | null; looks: string[] } | { unsigned: string } | { matches: boolean };

export interface Device {
  id: string;
  /** The latest that its page was given for a code: whether the code is shown yet, it cannot say. */
  ref: string | null;
  /** A code that the phone with this number may type. */
  pairing: { code: string; phone: string } | null;
  account: Account | null;
  /** Whose device it becomes once this is signed. */
  gate: { account: Account; challenge: string } | null;
  pages: Set<Page>;
}

/** One open page: takes what is pushed to it. */
export type Page = (name: string, data: unknown) => void;

/** What the phone and its chat partners saw of the linked device. */
export type Sighting =
  | { kind: 'message'; message: WireMessage }
  /** Refused by the server: it would have been a new chat. */
  | { kind: 'nack'; message: WireMessage }
  | { kind: 'presence'; chat: string; presence: 'composing' | 'recording' | 'paused' }
  | { kind: 'seen' | 'unseen'; chat: string }
  | { kind: 'change'; change: Change }
  | { kind: 'group'; command: GroupCommand }
  | { kind: 'logout' | 'takeover' };

export interface Group {
  id: string;
  subject: string;
  desc?: string;
  owner?: string;
  participants: { id: string; admin: boolean }[];
}

export type GroupCommand = { group: string } & (
  | { action: 'add' | 'remove' | 'promote' | 'demote'; who: string[] }
  | { action: 'subject' | 'description'; text: string }
  | { action: 'leave' }
);

/** What the device did to a message that was there. */
export type Change =
  | { kind: 'reaction'; target: string; emoji: string }
  | { kind: 'edit'; target: string; text: string }
  | { kind: 'revoke'; target: string };

export interface Policy {
  /** What becomes of a send: taken, never answered, lost on the way to WhatsApp, or refused with another of its own results. */
  send: 'ok' | 'hang' | 'ERROR_NETWORK' | 'ERROR_UNKNOWN';
  /** Whether codes for linking by phone number are given out. */
  pairing: 'ok' | 'refused';
  /** `blank`: a page that WhatsApp's code never comes to. */
  page: 'ok' | 'blank';
  /** What the page's own policy lets its scripts ask: anything, or WhatsApp alone, as the real one does. */
  connects: 'anywhere' | 'itself';
  /** Before a send is answered, in ms. */
  sendDelay: number;
  /** Told of each send when it is there; it is answered only when this resolves. */
  onSend: (message: WireMessage) => Promise<void>;
  /** The levels that each taken send then gets, one after the other: 2 delivered, 3 read. */
  autoAck: number[];
  /** Addresses that are not on WhatsApp. */
  missing: string[];
  /** Hidden numbers, by address. */
  lids: Record<string, string>;
  /** Hidden numbers by username; null: a PIN is before it. */
  usernames: Record<string, string | null>;
  /** How everybody shows; `t` in seconds. */
  presence: { state: string; t?: number };
}

/** What a page asks for by `POST /phone/<name>`. */
export type PageRequest =
  | { ask: 'renew' | 'logout' | 'takeover' }
  | { ask: 'pair'; phone: string }
  | { ask: 'passkey'; credential: PasskeyCredential; looks: string[] }
  | { ask: 'unsigned'; error: string }
  | { ask: 'compared'; matches: boolean }
  | { ask: 'pressed'; title: string; button: string }
  | { ask: 'send'; message: WireMessage }
  | { ask: 'seen' | 'unseen'; chat: string }
  | { ask: 'presence'; chat: string; presence: 'composing' | 'recording' | 'paused' }
  | { ask: 'change'; change: Change }
  | { ask: 'group'; id: string }
  | { ask: 'createGroup'; subject: string; who: string[] }
  | { ask: 'presenceOf'; chat: string }
  | { ask: 'shows'; available: boolean }
  | { ask: 'groupCommand'; command: GroupCommand }
  | { ask: 'exists'; address: string }
  | { ask: 'username'; name: string };

const ACK_INTERVAL = 50;

export class Network {
  readonly policy: Policy = {
    send: 'ok',
    pairing: 'ok',
    page: 'ok',
    connects: 'anywhere',
    sendDelay: 0,
    onSend: async () => undefined,
    autoAck: [],
    missing: [],
    lids: {},
    usernames: {},
    presence: { state: 'unavailable' },
  };
  /** Bytes on WhatsApp's servers, by id. */
  readonly files = new Map<string, Buffer>();
  readonly groups = new Map<string, Group>();
  readonly #devices = new Map<string, Device>();
  readonly #timers = new Set<NodeJS.Timeout>();

  keep(bytes: Buffer): string {
    const id = randomUUID();
    this.files.set(id, bytes);
    return id;
  }

  device(id: string): Device {
    const device = this.#devices.get(id) ?? { id, ref: null, pairing: null, account: null, gate: null, pages: new Set() };
    this.#devices.set(id, device);
    return device;
  }

  gatedFor(account: Account): Device {
    const device = [...this.#devices.values()].find(({ gate }) => gate?.account === account);
    if (device) return device;
    throw new Error(`Nobody is asked for the passkey of ${account.phone}`);
  }

  devicesOf(account: Account): Device[] {
    return [...this.#devices.values()].filter((device) => device.account === account);
  }

  showing(code: string): Device | undefined {
    return [...this.#devices.values()].find((device) => device.ref !== null && device.ref === code.split(',')[0] && device.pages.size > 0);
  }

  waitingFor(code: string): Device | undefined {
    return [...this.#devices.values()].find((device) => device.pairing?.code === code && device.pages.size > 0);
  }

  /** A page has opened: first of all it is told how things stand, so that nothing pushed later can overtake that. */
  attach(device: Device, page: Page): void {
    device.pages.add(page);
    device.gate = null;
    page('boot', device.account && this.standing(device.account));
    if (device.account?.news) page('dialog', device.account.news);
    if (!device.account) this.renewCode(device);
  }

  standing(account: Account): object {
    const { phone, lid, name, messages, unread, isBusiness, newChatsUntil } = account;
    return { me: { phone, lid, name, business: isBusiness }, messages, unread: Object.fromEntries(unread), newChatsUntil };
  }

  /** Somebody has scanned, or typed, the code of this device. */
  link(device: Device, account: Account): void {
    device.ref = null;
    device.pairing = null;
    if (account.gate) this.askPasskey(device, account, account.gate);
    else this.#linked(device, account);
  }

  askPasskey(device: Device, account: Account, { button, over, validFor }: Gate): void {
    const challenge = randomBytes(32).toString('base64url');
    device.gate = { account, challenge };
    const asked = { challenge, rpId: 'whatsapp.com', allowCredentials: [], userVerification: 'required', extensions: { uvm: true } };
    const publicKey: PasskeyOptions = { ...asked, timeout: validFor };
    for (const page of device.pages) page('gate', { publicKey, button, over });
  }

  /** The question is over without a link: back to a QR code. */
  leaveGate(device: Device): void {
    device.gate = null;
    for (const page of device.pages) page('ungate', {});
    this.renewCode(device);
  }

  #linked(device: Device, account: Account): void {
    device.gate = null;
    device.account = account;
    for (const page of device.pages) page('linked', this.standing(account));
    if (account.news) this.#showNews(device, account, account.news);
  }

  #showNews(device: Device, account: Account, news: News): void {
    for (const page of device.pages) page('dialog', news);
    this.#later(news.unlinksAfter, () => {
      if (account.news !== news || device.account !== account) return;
      account.news = null;
      this.unlink(device);
      news.over('unlinked');
    });
  }

  #pressed(account: Account, title: string, button: string): void {
    account.pressed.push(button);
    if (account.news?.title !== title) return;
    account.news.over('pressed');
    account.news = null;
  }

  /** The device is taken off the list of linked devices. */
  unlink(device: Device): void {
    device.account = null;
    for (const page of device.pages) page('unlinked', {});
  }

  #signed(device: Device, credential: PasskeyCredential, looks: string[]): object {
    const { gate } = device;
    if (!gate?.account.gate) return {};
    const { passkey, code } = gate.account.gate;
    const fault = passkey.faultOf(credential, gate.challenge);
    gate.account.gated.push({ fault, looks });
    if (fault) this.leaveGate(device);
    else if (code) return { code };
    else this.#linked(device, gate.account);
    return {};
  }

  #compared(device: Device, matches: boolean): void {
    if (!device.gate) return;
    device.gate.account.gated.push({ matches });
    if (matches) this.#linked(device, device.gate.account);
    else this.leaveGate(device);
  }

  push(account: Account, name: string, data: unknown): void {
    for (const device of this.devicesOf(account)) for (const page of device.pages) page(name, data);
  }

  renewCode(device: Device): void {
    device.ref = `2@${randomBytes(48).toString('base64')}`;
    for (const page of device.pages) page('ref', { ref: device.ref });
  }

  ack(account: Account, id: string, ack: number): void {
    const message = account.messages.find((candidate) => candidate.id === id);
    if (!message) throw new Error(`${account.phone} has no message ${id}`);
    message.ack = ack;
    this.push(account, 'ack', { id, ack });
  }

  /** Answers a page; the promise of a hanging send settles when the site closes the connection. */
  async answer(device: Device, request: PageRequest): Promise<object> {
    if (request.ask === 'renew') this.renewCode(device);
    if (request.ask === 'pair') {
      if (this.policy.pairing === 'refused') return { error: 'rate-overlimit' };
      device.pairing = { code: letters(), phone: request.phone };
      return device.pairing;
    }
    if (request.ask === 'exists') {
      const { missing, lids } = this.policy;
      const { address } = request;
      const isThere = address.endsWith('@g.us') ? this.groups.has(address) : !address.endsWith('@newsletter') && !missing.includes(address);
      return { exists: isThere, lid: lids[address] };
    }
    if (request.ask === 'username') {
      const lid = this.policy.usernames[request.name];
      return lid === null ? { keyRequired: true } : { lid };
    }
    if (request.ask === 'passkey') return this.#signed(device, request.credential, request.looks);
    if (request.ask === 'compared') this.#compared(device, request.matches);
    if (request.ask === 'unsigned' && device.gate) {
      device.gate.account.gated.push({ unsigned: request.error });
      this.leaveGate(device);
    }
    const { account } = device;
    if (!account) return {};
    switch (request.ask) {
      case 'send':
        return this.#take(account, request.message);
      case 'presence':
        account.sightings.push({ kind: 'presence', chat: request.chat, presence: request.presence });
        break;
      case 'pressed':
        this.#pressed(account, request.title, request.button);
        break;
      case 'seen':
        account.unread.delete(request.chat);
        account.sightings.push({ kind: 'seen', chat: request.chat });
        break;
      case 'unseen':
        account.unread.set(request.chat, -1);
        account.sightings.push({ kind: 'unseen', chat: request.chat });
        break;
      case 'createGroup': {
        const [id, owner] = [`12036${Date.now()}@g.us`, `${account.phone}@c.us`];
        const participants = [owner, ...request.who].map((who) => ({ id: who, admin: who === owner }));
        this.groups.set(id, { id, subject: request.subject, owner, participants });
        return { id };
      }
      case 'shows':
        account.shows.push(request.available);
        break;
      case 'presenceOf':
        return this.policy.presence;
      case 'group':
        return { group: this.groups.get(request.id) };
      case 'groupCommand':
        account.sightings.push({ kind: 'group', command: request.command });
        break;
      case 'change':
        account.sightings.push({ kind: 'change', change: request.change });
        break;
      case 'takeover':
        account.sightings.push({ kind: 'takeover' });
        break;
      case 'logout':
        device.account = null;
        account.sightings.push({ kind: 'logout' });
        break;
    }
    return {};
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #take(account: Account, message: WireMessage): Promise<object> {
    const { send, sendDelay, autoAck } = this.policy;
    if (send === 'ERROR_NETWORK') return { error: send };
    const isNew = message.to.endsWith('@c.us') && !account.messages.some(({ from }) => from === message.to);
    if (isNew && (account.newChatsUntil ?? 0) > Date.now()) {
      account.sightings.push({ kind: 'nack', message });
      return { error: 'ERROR_UNKNOWN' };
    }
    account.sightings.push({ kind: 'message', message });
    await this.policy.onSend(message);
    if (sendDelay > 0) await new Promise<void>((resolve) => this.#later(sendDelay, resolve));
    if (send === 'hang') return new Promise(() => undefined);
    if (send !== 'ok') return { error: send };
    account.messages.push({ ...message, ack: 1 });
    autoAck.forEach((ack, index) => {
      this.#later(ACK_INTERVAL * (index + 1), () => this.ack(account, message.id, ack));
    });
    return { ack: 1 };
  }

  #later(delay: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, delay);
    this.#timers.add(timer);
  }
}

const LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';
const letters = (): string => [...randomBytes(8)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
