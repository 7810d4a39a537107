/** How types of events are chosen: `*`, a type such as `message.received`, or all types below a prefix, such as `message.*`. */
import { EVENT_TYPES } from './events.ts';

export function covers(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

/** Whether a pattern can ever match: a misspelt type would otherwise be silent for ever. */
export function isPattern(pattern: string): boolean {
  if (/^custom\.(\*|[\w.-]+)$/.test(pattern)) return true;
  return EVENT_TYPES.some((type) => covers(pattern, type));
}
