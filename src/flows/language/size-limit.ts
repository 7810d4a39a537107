/** How much a value is. What flows keep can be copied into itself, so it must be weighed before it is kept. Pure. */

/** Levels of lists and mappings in each other; JSON cannot write without end what can be read of it. */
const DEEPEST = 40;
/** Of one value that a step makes, and of all that a run or a chat keeps; about characters of JSON. */
export const VALUE_LIMIT = 256 * 1_024;
export const KEPT_LIMIT = 1_024 * 1_024;

interface Measured {
  weight: number;
  height: number;
}

/** Of values that are large, which are weighed with each step that is done beside them. Nothing changes a value. */
const measured = new WeakMap<object, Measured>();
const LARGE = 1_000;

/** About the characters of its JSON; infinite for what is nested too deeply. */
export function jsonSize(value: unknown): number {
  const { weight, height } = measure(value, 0);
  return height > DEEPEST ? Number.POSITIVE_INFINITY : weight;
}

/** The same of values by their names, which are put anew into a mapping while they stay what they are. */
export function jsonSizeOfAll(values: Readonly<Record<string, unknown>>): number {
  return Object.entries(values).reduce((sum, [key, value]) => sum + key.length + 2 + jsonSize(value), 2);
}

function measure(value: unknown, depth: number): Measured {
  if (typeof value === 'string') return { weight: value.length + 2, height: 0 };
  if (typeof value !== 'object' || value === null) return { weight: 4, height: 0 };
  const known = measured.get(value);
  if (known) return known;
  if (depth > DEEPEST) return { weight: 0, height: 1 };
  let [weight, height] = [2, 1];
  for (const [key, one] of Object.entries(value)) {
    const inner = measure(one, depth + 1);
    weight += key.length + 2 + inner.weight;
    height = Math.max(height, inner.height + 1);
  }
  // One that was cut short was not measured whole; it is told as too deep from above.
  if (weight > LARGE && depth + height <= DEEPEST) measured.set(value, { weight, height });
  return { weight, height };
}
