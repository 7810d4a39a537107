/**
 * Letters to insert, remove, replace or swap with their neighbour to make `b` out of `a` (optimal string alignment). More than
 * `most` is not counted to its end: then it is infinite.
 */
export function distance(a: string, b: string, most = Number.POSITIVE_INFINITY): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, swapped ? (before[j - 1] ?? 0) + 1 : replaced));
    }
    // No way leads back from two rows that are too far.
    if (Math.min(...row) > most && Math.min(...next) > most) return Number.POSITIVE_INFINITY;
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The candidate that someone who wrote `word` most likely meant; undefined when none is within a third of its letters. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 100) return undefined;
  const tolerance = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .filter((candidate) => Math.abs(candidate.length - word.length) <= tolerance)
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase(), tolerance) }))
    .filter(({ far }) => far <= tolerance)
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.candidate;
}
