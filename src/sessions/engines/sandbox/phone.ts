import { createHash, randomUUID } from 'node:crypto';
import { boundedFields } from '../../../core/bounded.ts';
import { HooklineError } from '../../../core/errors.ts';
import type { MessageId } from '../../../core/ids.ts';
import {
  type AckLevel,
  type ChatId,
  chatKind,
  type InboundMessage,
  type Notice,
  type ParticipantsAction,
  type PresenceState,
  withoutContent,
} from '../../../core/message.ts';
import { phoneIn, plainNumber, readAddress } from '../../../core/phone-number.ts';
import type { Clock, Milliseconds } from '../../../core/runtime.ts';
import type { CloseReason } from '../../engine.ts';
import { partyOf } from './directory.ts';
import type { SeenMessage } from './disk.ts';
import { newMessageId, type SandboxEngine } from './engine.ts';
import type { Faults } from './faults.ts';
import type { ReceivedFile } from './files.ts';

/** What shall reach the phone. */
export interface Receive
  extends Pick<
    InboundMessage,
    | 'text'
    | 'replyTo'
    | 'mentions'
    | 'location'
    | 'contacts'
    | 'poll'
    | 'list'
    | 'choice'
    | 'title'
    | 'videoNote'
    | 'viewOnce'
    | 'raw'
    | 'forwarded'
  > {
  /** Who writes: a phone number or a WhatsApp address. */
  from: string;
  /** How the writer calls itself, and the name that `from` is not: its hidden number, or the number behind that one. */
  name?: string;
  username?: string;
  lid?: string;
  phone?: string;
  /** Where, when it is not the private chat with `from`: `…@g.us`. */
  chat?: string;
  type?: string;
  media?: { mimetype: string; filename?: string } & ReceivedFile;
  /** The same one twice is one message. */
  engineId?: string;
  /** Typed on the phone itself, in the chat with `from`. */
  fromMe?: boolean;
  at?: Milliseconds;
}

/** What shall happen around messages. `messageId`: the hub's id or WhatsApp's. */
export type Happens = { chat?: string; from: string; name?: string; at?: Milliseconds } & (
  | { kind: 'reaction'; messageId: string; emoji: string | null }
  | { kind: 'edited'; messageId: string; text: string }
  | { kind: 'revoked'; messageId: string }
  | { kind: 'poll-vote'; messageId: string; options: string[] }
  | { kind: 'presence'; state: PresenceState; lastSeenAt?: Milliseconds }
  | { kind: 'participants'; action: ParticipantsAction; participants: string[] }
  | { kind: 'call'; video?: boolean }
);

/** Shown over the chats in a real WhatsApp Web. */
export interface DialogShown {
  kind: 'dialog';
  text: string;
}

const CUTS = {
  network: 'network',
  loggedOut: 'logged-out',
  conflict: 'conflict',
  banned: 'banned',
} as const satisfies Record<string, CloseReason>;
export type CutReason = keyof typeof CUTS;

/** Plays the phone of a sandbox session: what a person would do with a real one in the hand. */
export class SandboxPhone {
  readonly #engine: SandboxEngine;
  readonly #clock: Clock;
  readonly #hub: { engineIdOf(id: MessageId): Promise<string | null>; settled(): Promise<void> };

  /** `settled`: when the session has acted on what the phone did. */
  constructor(engine: SandboxEngine, clock: Clock, hub: { engineIdOf(id: MessageId): Promise<string | null>; settled(): Promise<void> }) {
    this.#engine = engine;
    this.#clock = clock;
    this.#hub = hub;
  }

  /** Scans the QR code that is shown, or types the pairing code: `qr-not-waiting` when there is none. */
  async scan({ phone, name }: { phone?: string; name?: string } = {}): Promise<void> {
    await this.#hub.settled();
    // Where a passkey is asked for, it is linked once that has signed.
    const number = phone === undefined ? (this.#engine.pairing ?? this.#ownNumber()) : digits(phone, 'phone');
    await this.#engine.link({ phone: number, name: name ?? 'Sandbox' });
    await this.#hub.settled();
  }

  /** Resolves when the hub has stored the message. While it is not connected the phone keeps it until it is. */
  async receive(input: Receive): Promise<{ engineId: string }> {
    const account = await this.#engine.disk.account();
    if (!account) throw new HooklineError('session-not-connected', 'The phone is not linked to the session. Scan its QR code first.');
    const message = this.#inbound(input, addressOf(account.phone, 'phone'), account.name);
    if (input.media) await this.#engine.disk.keepMedia(message.engineId, input.media);
    await this.#engine.receive({ message });
    return { engineId: message.engineId };
  }

  /** Resolves when the hub has stored it, as `receive` does. */
  async happens(input: Happens | DialogShown): Promise<void> {
    if (input.kind === 'dialog') {
      await this.#engine.showDialog(input.text);
      await this.#hub.settled();
      return;
    }
    const notice = await this.#notice(input);
    await this.#engine.receive({ notice, key: randomUUID() });
  }

  /** `messageId`: the hub's id of a message that was sent, or WhatsApp's. `participant`: who has got it, in a group. */
  async ack({ messageId, ack, participant }: { messageId: string; ack: AckLevel; participant?: string }): Promise<void> {
    const engineId = await this.#engineIdOf(messageId);
    await this.#engine.ack(engineId, ack, participant === undefined ? undefined : addressOf(participant, 'participant'));
  }

  async disconnect({ reason }: { reason: CutReason }): Promise<void> {
    await this.#hub.settled();
    await this.#engine.cut(CUTS[reason]);
    await this.#hub.settled();
  }

  /** Takes the place of the faults that were set before; `{}` ends them all. */
  faults(faults: Faults): void {
    const { unknown, lids, ...exists } = faults.exists ?? {};
    const bare = (number: string): string => phoneIn(number) ?? number;
    this.#engine.setFaults({
      ...faults,
      exists: {
        ...exists,
        ...(unknown && { unknown: unknown.map(bare) }),
        ...(lids && { lids: Object.fromEntries(Object.entries(lids).map(([number, lid]) => [bare(number), lid])) }),
      },
    });
  }

  /** Every message that the phone was sent, oldest first. `cursor`: a `nextCursor` of this phone. */
  async outbox({ limit, cursor }: { limit: number; cursor?: string }): Promise<{ data: SeenMessage[]; nextCursor: string | null }> {
    const from = cursor === undefined ? 0 : /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.NaN;
    const page = await this.#engine.disk.seen(from, limit);
    if (page) return { data: page.data, nextCursor: page.next === null ? null : String(page.next) };
    throw new HooklineError('invalid-query', 'The cursor is not one that was given out here.', {
      errors: [{ path: 'cursor', message: 'Give "nextCursor" of the page before, or leave it out.' }],
    });
  }

  #inbound(input: Receive, own: ChatId, ownName: string | null): InboundMessage {
    const { type = 'text', text, media, fromMe = false, at = this.#clock.now(), name, username, lid, phone } = input;
    const mentions = input.mentions?.map((mention) => addressOf(mention, 'mentions'));
    const { replyTo, location, contacts, poll, list, choice, title, videoNote, viewOnce, raw, forwarded } = input;
    const from = addressOf(input.from, 'from');
    const chat = input.chat === undefined ? from : addressOf(input.chat, 'chat');
    const kind = chatKind(chat);
    const also = {
      ...(lid !== undefined && { lid: addressOf(lid, 'lid') }),
      ...(username !== undefined && { username }),
      ...(phone !== undefined && { phone: digits(phone, 'phone') }),
    };
    const writer = fromMe ? partyOf(own, ownName) : { ...partyOf(from, name ?? null), ...also };
    const inGroup = kind !== 'private';
    const suffix = inGroup ? `_${writer.id}` : '';
    return {
      engineId: input.engineId ?? `${fromMe}_${chat}_${newMessageId()}${suffix}`,
      fromMe,
      // WhatsApp's own word for a round video.
      ...(type === 'ptv' ? { type: 'video', videoNote: true } : withoutContent(type)),
      chat: { id: chat, kind },
      from: inGroup && !fromMe ? partyOf(chat, null) : writer,
      to: fromMe ? chat : own,
      ...(inGroup && { author: writer }),
      ...(text !== undefined && (media ? { caption: text } : { text })),
      ...(media && {
        media: {
          mimetype: media.mimetype,
          size: 'size' in media ? media.size : Buffer.byteLength(media.base64, 'base64'),
          ...(media.filename !== undefined && { filename: media.filename }),
        },
      }),
      ...defined({ replyTo, mentions, location, contacts, poll, list, choice, title, forwarded }),
      ...(videoNote && { videoNote }),
      ...(viewOnce && { viewOnce }),
      ...(raw && { raw: boundedFields(raw) }),
      timestamp: at,
    };
  }

  async #notice({ from, name, at = this.#clock.now(), ...what }: Happens): Promise<Notice> {
    const account = await this.#engine.disk.account();
    const by = partyOf(addressOf(from, 'from'), name ?? null);
    const chat = what.chat === undefined ? by.id : addressOf(what.chat, 'chat');
    const about = { at, chat, by, fromMe: by.phone !== null && by.phone === account?.phone };
    switch (what.kind) {
      case 'reaction':
        return { kind: what.kind, ...about, target: await this.#engineIdOf(what.messageId), emoji: what.emoji || null };
      case 'edited':
        return { kind: what.kind, ...about, target: await this.#engineIdOf(what.messageId), text: what.text };
      case 'revoked':
        return { kind: what.kind, ...about, target: await this.#engineIdOf(what.messageId) };
      case 'poll-vote':
        return { kind: what.kind, at, chat, by, target: await this.#engineIdOf(what.messageId), options: what.options };
      case 'presence':
        return { kind: what.kind, at, chat, by, state: what.state, lastSeenAt: what.lastSeenAt ?? null };
      case 'participants': {
        if (chatKind(chat) !== 'group') throw needsGroup();
        const participants = what.participants.map((one) => partyOf(addressOf(one, 'participants'), null));
        return { kind: what.kind, at, chat, by, action: what.action, participants };
      }
      case 'call':
        return { kind: what.kind, at, by, callId: newMessageId(), video: what.video ?? false, group: chatKind(chat) === 'group' };
    }
  }

  async #engineIdOf(messageId: string): Promise<string> {
    const engineId = messageId.startsWith('msg_') ? await this.#hub.engineIdOf(messageId as MessageId) : messageId;
    if (!engineId) throw new HooklineError('not-found', 'This session has no message with this id that WhatsApp knows.');
    return engineId;
  }

  /** A number of its own for each session, always the same one. */
  #ownNumber(): string {
    const hash = createHash('sha256').update(this.#engine.disk.directory).digest();
    return `5500${String(hash.readUIntBE(0, 6) % 1e9).padStart(9, '0')}`;
  }
}

function digits(number: string, path: string): string {
  const found = phoneIn(number);
  if (found !== null) return found;
  throw new HooklineError('invalid-body', `"${number}" is not a phone number.`, {
    errors: [{ path, message: 'Give a phone number with its country code, such as 5511999990000.' }],
  });
}

const needsGroup = (): HooklineError =>
  new HooklineError('invalid-body', 'Say in which group they come and go.', {
    errors: [{ path: 'chat', message: 'Give the id of a group, such as 120363041234567890@g.us.' }],
  });

/** WhatsApp has more addresses than can be written to, such as that of the status. */
function addressOf(value: string, path: string): ChatId {
  const read = readAddress(value);
  if (read?.kind === 'other') return read.id;
  const own = plainNumber(value).trim();
  return !read && /^[\w.-]+@[a-z.]+$/.test(own) ? own : `${digits(value, path)}@c.us`;
}

function defined<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}
