/** Numbers in words. Pure. */
import type { Token } from './token.ts';
import type { Language } from './words/words.ts';

/** Words of numbers joined to numbers: `mil duzentos e trinta`, `two hundred and five`, `2 mil e 500`, `meia dúzia`. */
export function counted(tokens: readonly Token[], language: Language): Token[] {
  const out: Token[] = [];
  for (let at = 0; at < tokens.length; ) {
    const run = countAt(tokens, at, language);
    const first = tokens[at] as Token;
    out.push(
      run ? { kind: run.isArticle ? '1' : 'N', value: run.value, text: first.text, isGlued: first.isGlued, isSpelled: true } : first,
    );
    at = run ? run.end : at + 1;
  }
  return out;
}

function countAt(tokens: readonly Token[], at: number, language: Language): { value: number; end: number; isArticle: boolean } | null {
  const first = tokens[at] as Token;
  const second = tokens[at + 1];
  const isJoinable = second?.kind === 'c' && ['scale', 'hundred', 'group'].includes(second.size ?? '');
  if (first.kind !== 'c' && !((first.kind === 'N' || first.kind === 'a') && isJoinable)) return halfGroup(tokens, at);
  let [total, group, room, limit, place, seen] = [0, 0, 1_000, Number.POSITIVE_INFINITY, at, 0];
  if (first.kind === 'N') [group, room, seen] = [first.value, 1, 1];
  if (first.kind !== 'c') place++;
  while (place < tokens.length) {
    const isJoined = seen > 0 && tokens[place]?.kind === '&';
    const word = tokens[place + (isJoined ? 1 : 0)];
    if (!word) break;
    const { value, size } = word;
    if (word.kind === 'N' && !word.isSpelled) {
      if (room < 1_000 || total === 0 || value >= 1_000 || word.isGlued) break;
      [group, room] = [value, 1];
    } else if (word.kind !== 'c') break;
    else if (size === 'unit' || size === 'one') {
      if (
        room < 10 ||
        (value === 0 && seen > 0) ||
        (isJoined && language === 'es' && room !== 10) ||
        (isJoined && language === 'en' && room === 10)
      )
        break;
      [group, room] = [group + value, value === 0 ? 0 : 1];
    } else if (size === 'teen' || size === 'ten') {
      if (room < 100 || (isJoined && language === 'es')) break;
      [group, room] = [group + value, size === 'ten' ? 10 : 1];
    } else if (size === 'hundreds') {
      if (room < 1_000) break;
      [group, room] = [group + value, 100];
    } else if (size === 'hundred') {
      if (isJoined || group >= 100 || room === 0) break;
      [group, room] = [(group || 1) * value, 100];
    } else if (size === 'scale') {
      // `mi` and `k` stand behind a number, or are something else.
      if (seen === 0 && word.text.length < 3) break;
      // `dos mil millones`.
      if (language === 'es' && limit === 1_000 && value === 1_000_000 && group === 0 && total < value && !isJoined)
        [total, limit] = [total * value, value];
      else if (value >= limit || room === 0 || (isJoined && group > 0)) break;
      else [total, group, room, limit] = [total + (group || 1) * value, 0, 1_000, value];
    } else {
      // `dezenas` alone are nobody knows how many.
      if (isJoined || total > 0 || room === 0 || (seen === 0 && word.text.endsWith('s'))) break;
      // `uma dúzia e meia`.
      const isHalfMore = tokens[place + 1]?.kind === '&' && tokens[place + 2]?.kind === 'j';
      return { value: ((group || 1) + (isHalfMore ? 0.5 : 0)) * value, end: place + (isHalfMore ? 3 : 1), isArticle: false };
    }
    place += isJoined ? 2 : 1;
    seen++;
  }
  if (seen === 0) return null;
  // `um milhão e meio`.
  if (
    limit >= 1_000_000 &&
    limit < Number.POSITIVE_INFINITY &&
    group === 0 &&
    tokens[place]?.kind === '&' &&
    tokens[place + 1]?.kind === 'j'
  )
    [total, place] = [total + limit / 2, place + 2];
  return { value: total + group, end: place, isArticle: seen === 1 && first.size === 'one' };
}

/** `meia dúzia`, `half a dozen`. */
function halfGroup(tokens: readonly Token[], at: number): { value: number; end: number; isArticle: boolean } | null {
  if (tokens[at]?.kind !== 'j' && tokens[at]?.kind !== 'H') return null;
  const group = tokens[at + 1];
  return group?.size === 'group' || (group?.size === 'scale' && group.value >= 1_000_000)
    ? { value: group.value / 2, end: at + 2, isArticle: false }
    : null;
}
