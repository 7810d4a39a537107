/** What a message starts: the triggers of all flows of a tenant, looked up by word. Pure. */
import { type Anytime, listOf, TEXT_LIMIT, type Trigger } from '../language/schema.ts';
import { matchesPattern } from '../text/patterns.ts';
import { fold, type Phrase, Text, toPhrase, wordsIn } from '../text/words.ts';
import { ENOUGH, gist, likeness, nearTo } from './fuzzy.ts';
import type { Utterance } from './inbound.ts';

/** How much a way to start says about what is meant; a higher one wins. */
const RANK = {
  button: 8,
  exactly: 7,
  says: 6,
  matches: 5,
  about: 4,
  media: 3,
  first_contact: 2,
  anything: 1,
  nothing_else_matched: 0,
} as const;
type Way = keyof typeof RANK;

/** Why a flow starts: which of its ways fits, and by what. */
export interface Hit {
  way: Way;
  /** The phrase, example, pattern or id; empty where there is none. */
  by: string;
  /** Among hits of one way: the longer phrase, the nearer example. */
  words: number;
  letters: number;
}

export interface Heard {
  said: Utterance;
  /** The text without accents and capitals, and its words. */
  folded: string | null;
  words: readonly string[];
  text: Text;
  /** Whether one of them is this word, or near it. */
  near(word: string): boolean;
  /** Whether the text matches this regular expression. */
  matches(pattern: string): boolean;
  /** The chat's first message. */
  first: boolean;
}

/** Whether a folded text matches a regular expression. It may be known from elsewhere: to try it can take long. */
export type Matches = (pattern: string, folded: string) => boolean;

/** What goes beyond the length of a message starts nothing. */
export function heard(
  said: Utterance,
  { first = false, matches = matchesPattern }: { first?: boolean; matches?: Matches | undefined } = {},
): Heard {
  const folded = said.text === null ? null : fold(said.text.slice(0, TEXT_LIMIT));
  const words = folded === null ? [] : wordsIn(folded);
  return {
    said,
    folded,
    words,
    text: new Text(words),
    near: nearTo(words),
    matches: (pattern) => folded !== null && matches(pattern, folded),
    first,
  };
}

/** A trigger made ready to be tried: `says` with its words, and so on. */
export type Ready =
  | { way: 'says' | 'exactly'; phrases: readonly Phrase[] }
  | { way: 'about'; examples: readonly { text: string; gist: readonly string[] }[] }
  | { way: 'matches'; patterns: readonly string[] }
  | { way: 'media'; kinds: readonly string[] }
  | { way: 'button'; ids: readonly string[] }
  | { way: 'first_contact' | 'anything' | 'nothing_else_matched' };

/** Null for what no message starts: `schedule`, `event`, `api`. */
export function ready(trigger: Trigger | Anytime): Ready | null {
  if ('says' in trigger) return { way: 'says', phrases: listOf(trigger.says).map(toPhrase) };
  if ('exactly' in trigger) return { way: 'exactly', phrases: listOf(trigger.exactly).map(toPhrase) };
  if ('matches' in trigger) return { way: 'matches', patterns: listOf(trigger.matches) };
  if ('about' in trigger) return { way: 'about', examples: listOf(trigger.about).map((text) => ({ text, gist: gist(text) })) };
  if ('media' in trigger) return { way: 'media', kinds: listOf(trigger.media) };
  if ('button' in trigger) return { way: 'button', ids: listOf(trigger.button) };
  if ('first_contact' in trigger) return { way: 'first_contact' };
  if ('anything' in trigger) return { way: 'anything' };
  if ('nothing_else_matched' in trigger) return { way: 'nothing_else_matched' };
  return null;
}

/** Characters of a phrase, and so more than its words. */
const LONGEST_PHRASE = 200;

/** The best hit of one trigger, or null. */
function tryTrigger(trigger: Ready, { said, words, text, near, matches, first }: Heard): Hit | null {
  switch (trigger.way) {
    case 'says':
      return longest(
        'says',
        trigger.phrases.filter((phrase) => text.has(phrase.words)),
      );
    case 'exactly': {
      const whole = words.length > LONGEST_PHRASE ? '' : words.join(' ');
      return longest(
        'exactly',
        trigger.phrases.filter((phrase) => phrase.words.length > 0 && phrase.words.join(' ') === whole),
      );
    }
    case 'about': {
      let best: Hit | null = null;
      for (const { text, gist } of trigger.examples) {
        const score = likeness(near, gist);
        if (score >= ENOUGH && (!best || score > best.words))
          best = { way: 'about', by: text, words: score, letters: gist.join('').length };
      }
      return best;
    }
    case 'matches': {
      const pattern = trigger.patterns.find(matches);
      return pattern === undefined ? null : plain('matches', pattern);
    }
    case 'media': {
      const kind = trigger.kinds.find((one) => one === said.type || (one === 'any' && said.media !== null));
      return kind === undefined ? null : plain('media', kind);
    }
    case 'button':
      return said.choice !== null && trigger.ids.includes(said.choice) ? plain('button', said.choice) : null;
    case 'first_contact':
      return first ? plain('first_contact', '') : null;
    default:
      return said.type === null ? null : plain(trigger.way, '');
  }
}

const plain = (way: Way, by: string): Hit => ({ way, by, words: 0, letters: 0 });

function longest(way: Way, phrases: readonly Phrase[]): Hit | null {
  let best: Hit | null = null;
  for (const { text, words } of phrases) {
    const hit = { way, by: text, words: words.length, letters: words.join('').length };
    if (!best || isBefore(hit, best)) best = hit;
  }
  return best;
}

/** The one that says more about what is meant comes later: by its way, then by words, then by letters. */
const compare = (a: Hit, b: Hit): number => RANK[a.way] - RANK[b.way] || a.words - b.words || a.letters - b.letters;
const isBefore = (a: Hit, b: Hit): boolean => compare(a, b) > 0;

/** The best hit of several triggers, or null. */
export function bestHit(triggers: readonly (Ready | null)[], said: Heard): Hit | null {
  let best: Hit | null = null;
  for (const trigger of triggers) {
    const hit = trigger && tryTrigger(trigger, said);
    if (hit && (!best || isBefore(hit, best))) best = hit;
  }
  return best;
}

/** The regular expressions of triggers. */
export const patternsOf = (triggers: readonly (Ready | null)[]): string[] =>
  triggers.flatMap((trigger) => (trigger?.way === 'matches' ? trigger.patterns : []));

export interface Startable {
  program: { flow: { flow: string }; triggers: readonly (Ready | null)[] };
}

const phrasesOf = ({ program }: Startable): readonly Phrase[] =>
  program.triggers.flatMap((trigger) => (trigger && 'phrases' in trigger ? trigger.phrases : []));

/** The triggers of many flows: phrases by their rarest word, so that a message is compared with few of them. */
export class StartIndex<F extends Startable> {
  readonly #byWord = new Map<string, { flow: F; way: 'says' | 'exactly'; phrase: Phrase }[]>();
  /** Those that every message must be tried with. */
  readonly #others: { flow: F; trigger: Ready }[] = [];

  constructor(flows: readonly F[]) {
    const counts = new Map<string, number>();
    for (const phrase of flows.flatMap(phrasesOf)) for (const word of phrase.words) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const flow of flows) {
      for (const trigger of flow.program.triggers) {
        if (!trigger) continue;
        if (trigger.way !== 'says' && trigger.way !== 'exactly') this.#others.push({ flow, trigger });
        else for (const phrase of trigger.phrases) this.#note(flow, { way: trigger.way, phrase }, counts);
      }
    }
  }

  #note(flow: F, claim: { way: 'says' | 'exactly'; phrase: Phrase }, counts: ReadonlyMap<string, number>): void {
    const [first, ...rest] = claim.phrase.words;
    if (first === undefined) return;
    const rarest = rest.reduce((best, word) => ((counts.get(word) ?? 0) < (counts.get(best) ?? 0) ? word : best), first);
    const known = this.#byWord.get(rarest);
    if (known) known.push({ flow, ...claim });
    else this.#byWord.set(rarest, [{ flow, ...claim }]);
  }

  /** Every flow that the message may start with the best of its hits, the best first; then by name. */
  find(said: Heard): { flow: F; hit: Hit }[] {
    const best = new Map<F, Hit>();
    const keep = (flow: F, hit: Hit | null): void => {
      const known = best.get(flow);
      if (hit && (!known || isBefore(hit, known))) best.set(flow, hit);
    };
    for (const word of new Set(said.words)) {
      for (const { flow, way, phrase } of this.#byWord.get(word) ?? []) keep(flow, tryTrigger({ way, phrases: [phrase] }, said));
    }
    for (const { flow, trigger } of this.#others) keep(flow, tryTrigger(trigger, said));
    return [...best]
      .map(([flow, hit]) => ({ flow, hit }))
      .sort((a, b) => compare(b.hit, a.hit) || (a.flow.program.flow.flow < b.flow.program.flow.flow ? -1 : 1));
  }
}
