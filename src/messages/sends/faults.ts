/** What is wrong with a send, beyond what its shape says. Pure. */
import type { Fault } from '../../core/errors.ts';
import { chatKind, LONGEST_CAPTION, LONGEST_TEXT, type SendRequest } from '../../core/message.ts';
import { readAddress } from '../../core/phone-number.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { StoredMessage } from '../message/stored.ts';

/** How far ahead a message may be scheduled. */
const LATEST: Milliseconds = 366 * 24 * 60 * 60_000;
/** A little earlier than now is now: clocks differ, and requests take their time. More is another zone or year, or a mistake. */
const LONG_AGO: Milliseconds = 10 * 60_000;
/** WhatsApp shows no more rows of a list, in all its sections. */
const MOST_ROWS = 10;

/** When a send is due. */
export const dueTime = (send: SendRequest, now: Milliseconds): Milliseconds => Math.max(send.sendAt ?? now, now);

/** The messages that a send speaks of, where the session has them. */
export interface Referred {
  /** What a reaction, edit, revoke or forward is about. */
  target?: StoredMessage | undefined;
  /** What it answers. */
  quoted?: StoredMessage | undefined;
}

export function faultsOf(send: SendRequest, now: Milliseconds, { target, quoted }: Referred): Fault[] {
  const faults = [...contentFaults(send, target), ...blankFaults(send), ...newsletterFaults(send, target)];
  faults.push(...replyFaults(send, quoted), ...mentionFaults(send));
  if (send.sendAt !== undefined && send.sendAt > now + LATEST) {
    faults.push({ path: 'sendAt', message: 'This is more than a year ahead. Give an earlier time.' });
  }
  if (send.sendAt !== undefined && send.sendAt < now - LONG_AGO) {
    faults.push({
      path: 'sendAt',
      message: 'This is more than ten minutes ago. Give the time at which it is to be sent, or leave it out to send it now.',
    });
  }
  if (send.expiresAt !== undefined && send.expiresAt <= dueTime(send, now)) {
    faults.push({ path: 'expiresAt', message: 'This is before the message could be sent. Give a later time, or leave it out.' });
  }
  if (send.priority !== undefined && !Number.isSafeInteger(send.priority)) {
    faults.push({ path: 'priority', message: 'A priority is a whole number.' });
  }
  return faults;
}

function contentFaults(send: SendRequest, target: StoredMessage | undefined): Fault[] {
  switch (send.type) {
    case 'text':
      return lengthFaults('text', send.text, 1, LONGEST_TEXT);
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return lengthFaults('caption', send.caption ?? '', 0, LONGEST_CAPTION);
    case 'poll':
      return pollFaults(send);
    case 'list':
      return listFaults(send);
    case 'reaction':
      return [...targetFaults(send, target), ...(isReaction(send.emoji) ? [] : [NO_REACTION])];
    case 'edit':
      return [...targetFaults(send, target), ...lengthFaults('text', send.text, 1, LONGEST_TEXT)];
    case 'forward':
    case 'revoke':
      return targetFaults(send, target);
    case 'location':
    case 'contact':
      return [];
  }
}

function lengthFaults(path: string, { length }: string, least: number, most: number): Fault[] {
  if (length >= least && length <= most) return [];
  return [{ path, message: `A ${path} has ${least} to ${most} characters; this one has ${length}.` }];
}

/** Of what is only blanks and characters that nobody sees WhatsApp shows nothing, or does not take it. */
const BLANK = /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]+$/u;

function blankFaults(send: SendRequest): Fault[] {
  return visible(send).flatMap(([path, text]) =>
    BLANK.test(text) ? [{ path, message: 'There is nothing in it that can be seen. Write something, or leave the message out.' }] : [],
  );
}

/** The texts without which WhatsApp has nothing to show. */
function visible(send: SendRequest): [path: string, text: string][] {
  switch (send.type) {
    case 'text':
    case 'edit':
      return [['text', send.text]];
    case 'poll':
      return [['question', send.question], ...send.options.map((option, at): [string, string] => [`options.${at}`, option])];
    case 'list': {
      const rows = send.sections.flatMap((section, at) =>
        section.rows.map(({ title }, row): [string, string] => [`sections.${at}.rows.${row}.title`, title]),
      );
      return [['text', send.text], ['button', send.button], ...rows];
    }
    case 'contact':
      return send.contacts.map(({ name }, at) => [`contacts.${at}.name`, name]);
    default:
      return [];
  }
}

/** What the library that drives WhatsApp Web refuses for a newsletter. */
const NOT_FOR_NEWSLETTERS: readonly string[] = ['location', 'contact', 'list', 'edit'] satisfies SendRequest['type'][];

function newsletterFaults({ type, to }: SendRequest, target: StoredMessage | undefined): Fault[] {
  const chat = type === 'edit' ? (target?.chatId ?? '') : (to ?? '');
  if (!isOfKind(chat, 'newsletter') || !NOT_FOR_NEWSLETTERS.includes(type)) return [];
  return [{ path: 'type', message: `A newsletter takes texts, files and polls, no ${type}.` }];
}

function mentionFaults({ mentions = [] }: SendRequest): Fault[] {
  return mentions.flatMap((mention, at) => {
    const isPerson = !isOfKind(mention, 'group') && !isOfKind(mention, 'newsletter') && readAddress(mention)?.kind !== 'username';
    if (isPerson) return [];
    const message = 'Only people can be mentioned. Give a phone number with its country code, …@c.us or …@lid.';
    return [{ path: `mentions.${at}`, message }];
  });
}

function isOfKind(address: string, kind: 'group' | 'newsletter'): boolean {
  const read = readAddress(address);
  return read?.kind === 'other' && chatKind(read.id) === kind;
}

/** WhatsApp's own: `true|false_<chat>_<id>`, in a group with its author, in the chat with oneself with `out` or `in`. */
const MESSAGE_ID = /^(?:true|false)_[^_\s]+@[a-z.]+_[^_\s]+(?:_[^_\s]+)?$/;

function replyFaults({ replyTo }: SendRequest, quoted: StoredMessage | undefined): Fault[] {
  const message = replyTo === undefined ? null : wrongReply(replyTo, quoted);
  return message === null ? [] : [{ path: 'replyTo', message }];
}

/** What the hub has not stored may be in the chat all the same: the phone knows older messages. */
function wrongReply(replyTo: string, quoted: StoredMessage | undefined): string | null {
  if (!quoted && replyTo.startsWith('msg_')) return 'This session has no such message.';
  if (!quoted && !MESSAGE_ID.test(replyTo)) {
    return "This is no id of a message. Give the hub's (msg_…), or WhatsApp's (true_… or false_…) as GET /api/messages/{id} has it in engineId.";
  }
  if (quoted && ABOUT_OTHERS.includes(quoted.type)) return `This is a ${quoted.type} of another message. Give the id of that one.`;
  if (quoted?.aftermath.revokedAt !== undefined) return 'This message was deleted for everybody. Leave "replyTo" out.';
  return null;
}

function pollFaults({ options, selectable }: SendRequest & { type: 'poll' }): Fault[] {
  const faults: Fault[] = options.flatMap((option, index) =>
    options.indexOf(option) < index
      ? [{ path: `options.${index}`, message: `"${option}" is there twice. Each option needs its own text.` }]
      : [],
  );
  if (selectable !== undefined && selectable > options.length) {
    faults.push({ path: 'selectable', message: `There are ${options.length} options, so a person cannot choose ${selectable}.` });
  }
  return faults;
}

function listFaults({ sections }: SendRequest & { type: 'list' }): Fault[] {
  const rows = sections.flatMap((section, at) => section.rows.map(({ id }, index) => ({ id, path: `sections.${at}.rows.${index}.id` })));
  const faults = rows.flatMap(({ id, path }, index) =>
    rows.findIndex((row) => row.id === id) < index ? [{ path, message: `"${id}" is there twice. An answer could not be told apart.` }] : [],
  );
  if (rows.length > MOST_ROWS) {
    faults.push({ path: 'sections', message: `A list has at most ${MOST_ROWS} rows in all its sections; this one has ${rows.length}.` });
  }
  return faults;
}

const NO_REACTION: Fault = { path: 'emoji', message: 'A reaction is one emoji, or empty to take it back.' };
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function isReaction(emoji: string): boolean {
  if (emoji === '') return true;
  // A flag of a country has no pictograph of its own, a key cap none at all.
  return (
    emoji.length <= 64 &&
    [...graphemes.segment(emoji)].length === 1 &&
    /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(emoji)
  );
}

/** What is no message by itself, and so can be the target of nothing. */
const ABOUT_OTHERS: readonly string[] = ['reaction', 'edit', 'revoke'];

function targetFaults({ type }: SendRequest, target: StoredMessage | undefined): Fault[] {
  const message = wrongTarget(type, target);
  return message === null ? [] : [{ path: 'messageId', message }];
}

function wrongTarget(type: SendRequest['type'], target: StoredMessage | undefined): string | null {
  if (!target) return 'This session has no such message.';
  const own = target.direction === 'outbound';
  if (ABOUT_OTHERS.includes(target.type)) return `This is a ${target.type} of another message. Give the id of that one.`;
  if (target.status === 'scheduled') return 'This message is scheduled and not sent yet. Cancel it, or wait until it is sent.';
  if (target.status === 'failed' || target.status === 'expired' || target.status === 'canceled') {
    return `This message is ${target.status}: it was never sent.`;
  }
  if (target.aftermath.revokedAt !== undefined) return 'This message was deleted for everybody.';
  if (type === 'revoke' && !own) return 'Only messages of the account itself can be deleted for everybody.';
  if (type === 'edit' && !(own && target.type === 'text')) return 'Only text messages of the account itself can be edited.';
  return null;
}
