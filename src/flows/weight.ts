/** How much a value is. What flows keep can be copied into itself, so it must be weighed before it is kept. Pure. */

/** Levels of lists and mappings in each other; JSON cannot write without end what can be read of it. */
const DEEPEST = 40;
/** Of one value that a step makes, and of all that a run or a chat keeps; about characters of JSON. */
export const VALUE_LIMIT = 256 * 1_024;
export const KEPT_LIMIT = 1_024 * 1_024;

/** About the characters of its JSON; infinite for what is nested too deeply. */
export function weigh(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 4;
  if (depth === DEEPEST) return Number.POSITIVE_INFINITY;
  let sum = 2;
  for (const [key, one] of Object.entries(value)) sum += key.length + 2 + weigh(one, depth + 1);
  return sum;
}
