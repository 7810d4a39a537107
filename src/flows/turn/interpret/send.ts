/** Steps that send: from what the flow says to what the outbox takes. */
import { LONGEST_CAPTION, type MediaSource } from '../../../core/message.ts';
import { type Doing, type File, TEXT_LIMIT, type Typing, typingOf, type Wording } from '../../language/schema.ts';
import type { Position } from '../../program/program.ts';
import { cut, render } from '../../text/templates.ts';
import type { Send } from '../state.ts';
import type { Play } from './play.ts';
import { type Scope, scopeOf } from './scope.ts';

export function scopeNow(play: Play, more: Parameters<typeof scopeOf>[3] = {}): Scope {
  const { world, tags, remembered, effort } = play;
  return scopeOf(play.program, play.state, { now: world.now, chat: { ...world.chat, tags, remembered } }, { ...more, effort });
}

/** Puts it into the outbox, filled in from `scope`; WhatsApp takes no empty message, and a template may well come out empty. */
export function say(play: Play, step: Position, wording: Wording, typing?: Typing | undefined, scope = scopeNow(play)): void {
  const text = written(play, wording, scope);
  if (text.trim() !== '') send(play, step, { type: 'text', text }, typing);
}

export function send(play: Play, step: Position, content: Send, typing?: Typing | undefined): void {
  const shown = typing ?? play.program.flow.typing;
  const asked = play.typing ?? (shown === undefined ? undefined : typingOf(shown));
  play.typing = undefined;
  // A reaction is no typing; where nothing is said of it, it is as the tenant has it.
  const shows = content.type === 'reaction' ? { typing: false } : asked === undefined ? {} : { typing: asked };
  play.effects.push({ kind: 'send', step, send: { ...content, ...shows } });
}

function written(play: Play, wording: Wording, scope: Scope): string {
  return render(choose(wording, play), scope);
}

export function choose(wording: Wording, { world }: Play): string {
  if (typeof wording === 'string') return wording;
  return wording.one_of[Math.floor(world.random() * wording.one_of.length)] ?? '';
}

/** The question, then its options, numbered. */
export function sayMenu(
  play: Play,
  step: Position,
  wording: Wording,
  offers: readonly { line: string }[],
  typing?: Typing | undefined,
): void {
  const text = [written(play, wording, scopeNow(play)), ...offers.map(({ line }) => line)].join('\n');
  send(play, step, { type: 'text', text: cut(text, TEXT_LIMIT) }, typing);
}

const MEDIA_VERBS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;

/** What a step of the families "say" and "send" puts into the outbox. False for a step of another family. */
export function sendStep(play: Play, position: Position, step: Doing): boolean {
  if ('say' in step) {
    sayStep(play, position, step.say, step.typing);
    return true;
  }
  const verb = MEDIA_VERBS.find((one) => one in step);
  if (verb !== undefined) {
    const { caption, typing, ...rest } = step as { caption?: string; typing?: Typing } & Record<string, File>;
    sendFile(play, position, verb, rest[verb] as File, caption, typing);
    return true;
  }
  if ('location' in step) {
    const { lat: latitude, lng: longitude, name, address } = step.location;
    const scope = scopeNow(play);
    const named = {
      ...(name !== undefined && { name: render(name, scope, 'plain') }),
      ...(address !== undefined && { address: render(address, scope, 'plain') }),
    };
    send(play, position, { type: 'location', latitude, longitude, ...named }, step.typing);
    return true;
  }
  if ('contact' in step) {
    const { name, phone, organization } = step.contact;
    const scope = scopeNow(play);
    const phones = [phone].flat().map((one) => render(one, scope, 'plain'));
    const card = {
      name: cut(render(name, scope, 'plain'), 200),
      phones,
      ...(organization !== undefined && { organization: render(organization, scope, 'plain') }),
    };
    send(play, position, { type: 'contact', contacts: [card] }, step.typing);
    return true;
  }
  if ('react' in step) {
    const messageId = play.state.last?.messageId;
    if (messageId) send(play, position, { type: 'reaction', messageId, emoji: step.react });
    return true;
  }
  return false;
}

function sayStep(play: Play, position: Position, what: Extract<Doing, { say: unknown }>['say'], typing: Typing | undefined): void {
  if (typeof what === 'string' || !('text' in what || 'image' in what || 'video' in what || 'document' in what)) {
    say(play, position, what as Wording, typing);
    return;
  }
  const wording: Wording | undefined = what.one_of ? { one_of: what.one_of } : what.text;
  const verb = (['image', 'video', 'document'] as const).find((one) => what[one] !== undefined);
  if (verb === undefined) {
    if (wording !== undefined) say(play, position, wording, typing);
    return;
  }
  const caption = wording === undefined ? undefined : choose(wording, play);
  sendFile(play, position, verb, what[verb] as File, caption, typing);
}

function sendFile(
  play: Play,
  position: Position,
  type: (typeof MEDIA_VERBS)[number],
  file: File,
  caption: string | undefined,
  typing: Typing | undefined,
): void {
  const scope = scopeNow(play);
  const under = caption === undefined ? '' : cut(render(caption, scope), LONGEST_CAPTION);
  const content = { type, media: sourceOf(file, scope), ...(under.trim() !== '' && { caption: under }) };
  send(play, position, content, typing);
}

function sourceOf(file: File, scope: Scope): MediaSource {
  const { url, media, filename } = typeof file === 'string' ? (isMediaId(file) ? { media: file } : { url: file }) : file;
  const named = filename === undefined ? {} : { filename: cut(render(filename, scope, 'plain'), 255) };
  if (media !== undefined) return { mediaId: render(media, scope, 'plain'), ...named };
  // A URL that an answer holds whole is that URL; what is filled into one is a part of it.
  const template = url ?? '';
  const whole = /^\s*\{\{[^}]*\}\}\s*$/.test(template);
  const filled = render(template, scope, whole ? 'plain' : 'url');
  return isMediaId(filled) ? { mediaId: filled, ...named } : { url: filled, ...named };
}

const isMediaId = (text: string): boolean => /^med_[0-9a-z]+$/.test(text);
