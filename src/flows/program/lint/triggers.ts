import type { Fault } from '../../../core/errors.ts';
import { EVENT_TYPES } from '../../../core/events.ts';
import { didYouMean } from '../../../schema-errors/did-you-mean.ts';
import type { Path } from '../../language/parse.ts';
import type { Anytime, Trigger } from '../../language/schema.ts';
import { MOST_PATTERNS, patternFault } from '../../text/patterns.ts';
import { toWords } from '../../text/words.ts';
import { isHeard } from '../../understanding/trigger-events.ts';
import type { Checked } from './checked.ts';

/** What starts a flow, or leads on at any time. */
export function* lintTriggers({ parsed: { place, flow }, unread }: Checked): Iterable<Fault> {
  const triggers: [Trigger | Anytime, Path][] = [
    ...flow.start.map((trigger, index): [Trigger, Path] => [trigger, ['start', index]]),
    ...(flow.anytime ?? []).map((trigger, index): [Anytime, Path] => [trigger, ['anytime', index]]),
  ];
  for (const [trigger, path] of triggers) yield* lintTrigger(trigger, path, { place, unread });
  const patterns = triggers.flatMap(([trigger, path]) => entriesOf(trigger, 'matches', path));
  for (const [pattern, where] of patterns.slice(0, MOST_PATTERNS)) {
    const fault = patternFault(pattern);
    if (fault) yield { path: place(where), message: fault };
  }
  const [, tooMany] = patterns[MOST_PATTERNS] ?? [];
  if (tooMany) {
    const message = `is one of ${patterns.length} patterns, and a flow may have ${MOST_PATTERNS}: join some with "|", or use "says"`;
    yield { path: place(tooMany), message };
  }
}

function* lintTrigger(
  trigger: Trigger | Anytime,
  path: Path,
  { place, unread }: Pick<Checked['parsed'], 'place'> & Pick<Checked, 'unread'>,
): Iterable<Fault> {
  for (const key of ['says', 'exactly', 'about'] as const) {
    for (const [text, where] of entriesOf(trigger, key, path)) {
      if (toWords(text).length === 0) yield { path: place(where), message: `"${text}" has no word in it, so nothing would ever match it` };
    }
  }
  if ('event' in trigger) {
    const known = (EVENT_TYPES as readonly string[]).includes(trigger.event) || trigger.event.startsWith('custom.');
    if (!known)
      yield { path: place([...path, 'event']), message: `there is no event "${trigger.event}"${didYouMean(trigger.event, EVENT_TYPES)}` };
    else if (!isHeard(trigger.event)) yield { path: place([...path, 'event']), message: whyNot(trigger.event) };
  }
  const isTold = unread.names.has('to') || unread.names.has('tagged');
  if ('schedule' in trigger && trigger.schedule.to === undefined && trigger.schedule.tagged === undefined && !isTold) {
    yield { path: place([...path, 'schedule']), message: 'needs "to" (whom to write to) or "tagged"' };
  }
}

function whyNot(event: string): string {
  if (event === 'message.received') return 'a message starts flows by "says", "anything" and the like';
  if (event.startsWith('message.')) return `"${event}" is about the hub's own messages, which start nothing`;
  if (/^(?:flow|custom|chat)\./.test(event)) return `"${event}" comes of the flows themselves: one starts another with "call"`;
  return `"${event}" happens in no chat, so there would be nobody to answer`;
}

/** The texts of a trigger, with where they stand. */
export function entriesOf(trigger: Trigger | Anytime, key: string, path: Path): [string, Path][] {
  const value = (trigger as Record<string, unknown>)[key];
  if (typeof value === 'string') return [[value, [...path, key]]];
  return Array.isArray(value) ? value.map((text, index) => [String(text), [...path, key, index]]) : [];
}
