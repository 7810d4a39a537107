/** Texts as people mean them: words without accents and capitals. Pure; linear in the length of the text. */

/** Accents (after decomposition), and what turns a plain `1` or heart into an emoji. */
const IGNORED_MARKS = /[\u0300-\u036f\ufe0e\ufe0f\u20e3]/g;

/** In scripts without spaces each letter is a word of its own, so that a phrase is found anywhere. An emoji is a word, too. */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[[\p{L}\p{M}\p{N}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]]+|\p{Extended_Pictographic}/gv;

/** `É` and `e`, `ß` and `SS`, `ﬁ` and `fi` are the same to a contact: compatibility forms, accents and case are dropped. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(IGNORED_MARKS, '').toUpperCase().toLowerCase();
}

export const toWords = (text: string): string[] => wordsIn(fold(text));

/** Of a text that was folded. */
export const wordsIn = (folded: string): string[] => folded.match(WORD) ?? [];

/** A phrase as it was written, and the words that are looked for. */
export interface Phrase {
  text: string;
  words: readonly string[];
}

export function toPhrase(text: string): Phrase {
  return { text, words: toWords(text) };
}

/** The words of a text, to be looked through for many phrases. */
export class Text {
  readonly words: readonly string[];
  #places: ReadonlyMap<string, readonly number[]> | undefined;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  /** In a long text looks only where the word of the phrase stands that the text has least of. */
  has(phrase: readonly string[]): boolean {
    if (this.words.length < LONG) return contains(this.words, phrase);
    this.#places ??= placesOf(this.words);
    let rarest: { places: readonly number[]; offset: number } | undefined;
    for (const [offset, word] of phrase.entries()) {
      const places = this.#places.get(word);
      if (!places) return false;
      if (!rarest || places.length < rarest.places.length) rarest = { places, offset };
    }
    if (!rarest) return false;
    const { places, offset } = rarest;
    return places.some((place) => place >= offset && phrase.every((word, index) => this.words[place - offset + index] === word));
  }
}

/** Words of a text that is worth an index of them. */
const LONG = 50;

function placesOf(words: readonly string[]): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const [index, word] of words.entries()) {
    const places = all.get(word);
    if (places) places.push(index);
    else all.set(word, [index]);
  }
  return all;
}

export function contains(words: readonly string[], phrase: readonly string[]): boolean {
  if (phrase.length === 0) return false;
  for (let start = 0; start + phrase.length <= words.length; start++) {
    if (phrase.every((word, index) => words[start + index] === word)) return true;
  }
  return false;
}
