/** Whether a text has a phrase in it, by whole words. Pure; linear in the length of the text. */

/** A phrase as it was written, and the words that are looked for. */
export interface Phrase {
  text: string;
  words: readonly string[];
}

/** Accents (after decomposition), and what turns a plain `1` or heart into an emoji. */
const IGNORED_MARKS = /[\u0300-\u036f\ufe0e\ufe0f\u20e3]/g;

/** In scripts without spaces each letter is a word of its own, so that a phrase is found anywhere. An emoji is a word, too. */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[[\p{L}\p{M}\p{N}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]]+|\p{Extended_Pictographic}/gv;

/** `É` and `e`, `ß` and `SS`, `ﬁ` and `fi` are the same to a contact: compatibility forms, accents and case are dropped. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(IGNORED_MARKS, '').toUpperCase().toLowerCase();
}

export function toWords(text: string): string[] {
  return fold(text).match(WORD) ?? [];
}

export function toPhrase(text: string): Phrase {
  return { text, words: toWords(text) };
}

export function contains(words: readonly string[], phrase: readonly string[]): boolean {
  if (phrase.length === 0) return false;
  for (let start = 0; start + phrase.length <= words.length; start++) {
    if (phrase.every((word, index) => words[start + index] === word)) return true;
  }
  return false;
}

interface Startable {
  program: { flow: { flow: string }; phrases: readonly Phrase[] };
}

/**
 * The flow that a text starts, or undefined. Where several could, the longest phrase wins, since it says most about what
 * is meant: by words, then by letters; then the flow whose name comes first.
 */
export function chooseFlow<F extends Startable>(flows: readonly F[], text: string): { flow: F; phrase: Phrase } | undefined {
  const words = toWords(text);
  let best: { flow: F; phrase: Phrase } | undefined;
  for (const flow of flows) {
    for (const phrase of flow.program.phrases) {
      if (!contains(words, phrase.words)) continue;
      if (!best || precedes({ flow, phrase }, best)) best = { flow, phrase };
    }
  }
  return best;
}

interface Claim {
  flow: Startable;
  phrase: Phrase;
}

function precedes(a: Claim, b: Claim): boolean {
  const byWords = a.phrase.words.length - b.phrase.words.length;
  const byLetters = a.phrase.words.join('').length - b.phrase.words.join('').length;
  if (byWords !== 0) return byWords > 0;
  if (byLetters !== 0) return byLetters > 0;
  return a.flow.program.flow.flow < b.flow.program.flow.flow;
}
