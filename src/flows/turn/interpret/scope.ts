import { DateTime } from 'luxon';
import { iso } from '../../../core/iso.ts';
import type { Hours, Value } from '../../language/schema.ts';
import type { Program } from '../../program/program.ts';
import type { Effort } from '../../text/effort.ts';
import { type Opening, openingAt, zoneOf } from '../../text/hours.ts';
import { type Place, today } from '../../text/locale-format.ts';
import type { TemplateData } from '../../text/templates.ts';
import type { Utterance } from '../../understanding/inbound.ts';
import type { RunState, World } from '../state.ts';

/** What texts and conditions are made of at one moment of a run. */
export interface Scope extends TemplateData {
  said: Utterance;
  chat: World['chat'];
  /** Of hours of the flow by their name; undefined for others. */
  opening(name: string): Opening | undefined;
  hours: Readonly<Record<string, Hours>>;
}

const NOBODY: Utterance = {
  ...{ text: null, type: null, choice: null, votes: null, media: null, location: null },
  contact: { name: null, phone: null },
};

export function placeOf({ flow }: Program, now: number): Place {
  return { locale: flow.locale ?? 'en', zone: zoneOf(flow), now };
}

/** What it costs to make one, for each name in it, and to look at opening hours; see `Effort`. */
const SCOPE = 2_000;
const NAMED = 40;
const OPENING = 1_000;

const blanks = new WeakMap<Program, Record<string, null>>();

/** Every answer that the flow may have. */
function unanswered(program: Program): Record<string, null> {
  const known = blanks.get(program) ?? Object.fromEntries(program.answers.map((key) => [key, null]));
  blanks.set(program, known);
  return known;
}

/** `answer`: what a check looks at. `secrets`: for a request, and for nothing else. */
export function scopeOf(
  program: Program,
  state: RunState,
  { now, chat }: Pick<World, 'now' | 'chat'>,
  { answer, secrets, effort }: { answer?: Value; secrets?: Record<string, string>; effort?: Effort } = {},
): Scope {
  effort?.spend(SCOPE + program.answers.length * NAMED);
  const place = placeOf(program, now);
  const said = state.last?.said ?? NOBODY;
  const name = said.contact.name?.trim() || null;
  const openings = new Map<string, Opening>();
  const opening = (hours: string): Opening | undefined => {
    const known = openings.get(hours);
    const stated = program.flow.hours?.[hours];
    if (known || !stated) return known;
    effort?.spend(OPENING);
    const found = openingAt(stated, now, effort);
    openings.set(hours, found);
    return found;
  };
  const values: Record<string, unknown> = {
    ...unanswered(program),
    ...state.answers,
    contact: { ...chat.remembered, name, first_name: name?.split(/\s+/)[0] ?? null, phone: said.contact.phone },
    message: { text: said.text, type: said.type, choice: said.choice, media: said.media, location: said.location },
    session: { name: state.last?.sessionName ?? '', engine: chat.engine },
    chat: { id: chat.id, kind: chat.kind },
    event: state.event ?? null,
    http: state.http ?? null,
    tags: chat.tags,
    now: iso(now),
    answer: answer ?? null,
    secrets: secrets ?? {},
  };
  // What the calendar is asked for is looked up only where somebody wants it.
  Object.defineProperty(values, 'today', { enumerable: true, get: () => today(place) });
  if (program.flow.hours) {
    const named = Object.keys(program.flow.hours);
    Object.defineProperty(values, 'hours', {
      enumerable: true,
      get: () => Object.fromEntries(named.map((key) => [key, shown(opening(key), place)])),
    });
  }
  return { values, place, said, chat, opening, hours: program.flow.hours ?? {}, effort };
}

function shown(opening: Opening | undefined, { zone }: Place): object {
  const iso = (time: number | null | undefined) =>
    time === null || time === undefined ? null : DateTime.fromMillis(time, { zone }).toUTC().toISO();
  return { open: opening?.open ?? false, next_open: iso(opening?.nextOpen), next_close: iso(opening?.nextClose) };
}
