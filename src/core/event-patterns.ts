/** How types of events are chosen: `*`, a type such as `message.received`, or all types below a prefix, such as `message.*`. */
import { closest } from './closest.ts';
import { EVENT_TYPES } from './events.ts';

export function covers(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

const PATTERNS = ['*', ...EVENT_TYPES, ...new Set(EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf('.'))}.*`))];

/** What is wrong with a pattern that can never match: a misspelt type would otherwise be silent for ever. Null: nothing. */
export function patternFault(pattern: string): string | null {
  if (isPattern(pattern)) return null;
  const meant = closest(pattern, PATTERNS);
  const hint = meant === undefined ? '; "*", "message.received" and "message.*" would' : `, did you mean "${meant}"?`;
  return `"${pattern}" matches no type of event${hint}`;
}

export function isPattern(pattern: string): boolean {
  if (/^custom\.(\*|[\w.-]+)$/.test(pattern)) return true;
  return EVENT_TYPES.some((type) => covers(pattern, type));
}
