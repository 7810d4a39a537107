/** What of a value from outside is kept where nobody knows what it holds: its shape, and no more than so much of it. */

const LONGEST_TEXT = 4_096;
const MOST_ENTRIES = 100;
const DEEPEST = 8;
/** Characters of JSON, in all. */
const MOST = 16_384;

/**
 * A copy of these fields in which what is too long, too deep or too much is cut; `truncated: true` then stands among them. What
 * says nothing (null, false, empty) and what is no JSON is left out; the small come first, so that one large field costs no other.
 */
export function boundedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let truncated = false;
  const cut = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') {
      if (value.length <= LONGEST_TEXT) return value;
      truncated = true;
      return `${value.slice(0, LONGEST_TEXT).toWellFormed()}…`;
    }
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth >= DEEPEST) {
      truncated = true;
      return undefined;
    }
    if (Array.isArray(value)) {
      if (value.length > MOST_ENTRIES) truncated = true;
      return value.slice(0, MOST_ENTRIES).map((entry) => cut(entry, depth + 1) ?? null);
    }
    const entries = Object.entries(value);
    if (entries.length > MOST_ENTRIES) truncated = true;
    return kept(entries.slice(0, MOST_ENTRIES).map(([key, part]): [string, unknown] => [key, cut(part, depth + 1)]));
  };
  const sized = Object.entries(fields)
    .map(([key, value]): [string, unknown] => [key, cut(value, 0)])
    .filter(([, value]) => saysSomething(value))
    .map(([key, value]) => ({ key, value, size: JSON.stringify([key, value]).length }))
    .sort((a, b) => a.size - b.size);
  const chosen = new Set<string>();
  let left = MOST;
  for (const field of sized) {
    left -= field.size;
    if (left >= 0) chosen.add(field.key);
  }
  if (chosen.size < sized.length) truncated = true;
  // In the order in which they came.
  const byKey = new Map(sized.map(({ key, value }) => [key, value]));
  const bounded = kept(Object.keys(fields).flatMap((key): [string, unknown][] => (chosen.has(key) ? [[key, byKey.get(key)]] : [])));
  return truncated ? { ...bounded, truncated: true } : bounded;
}

/** `__proto__` would be no member but the prototype. */
const kept = (entries: readonly [string, unknown][]): Record<string, unknown> =>
  Object.fromEntries(entries.filter(([key, value]) => value !== undefined && key !== '__proto__'));

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
