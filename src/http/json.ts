/**
 * Reading JSON costs by the number of values in it, hardly by its length: a hundred thousand empty objects hold the hub up, one
 * text of the same length does not. So values are counted before any is made, and the entries of a long list are left as
 * they are written, for whoever takes them to read one at a time.
 */
import { setImmediate as others } from 'node:timers/promises';
import { parse } from '@hapi/bourne';
import { HooklineError, messageOf } from '../core/errors.ts';

/** Of a body, or of one entry of it: what is read in one go. */
const MOST_VALUES = 20_000;
/** Of all entries together: a hundred for each of a thousand. */
const MOST_IN_ENTRIES = 100_000;
/** Characters that are looked through before others have their turn. */
const STRIDE = 128 * 1_024;
/** No list has more. */
const MOST_ENTRIES = 5_000;

/** The value that a body says; `{}` for an empty one. Rejects with `bad-request`, and with `payload-too-large` for more values than any body has. */
export async function readJson(text: string): Promise<unknown> {
  return (await frameOf(text, false)).value;
}

/**
 * As `readJson`, for an object with lists that may be long: their entries are given as `JsonEntry`. An entry with more than
 * `largest` characters is refused as a body would be.
 */
export async function readEntries(text: string, largest: number): Promise<unknown> {
  const { value, entries } = await frameOf(text, true);
  for (const [name, list] of Object.entries(value as object)) {
    if (!Array.isArray(list) || Array.isArray(value)) continue;
    (value as Record<string, unknown>)[name] = list.map((number: number, index) => {
      const entry = entries[number] as string;
      const place = `${name}.${index}`;
      if (entry.length > largest) throw tooLarge(`${place} has ${entry.length} characters, and an entry may have ${largest}`);
      return new JsonEntry(entry, place);
    });
  }
  return value;
}

/** One entry of a list, as it is written. */
export class JsonEntry {
  readonly #text: string;
  readonly #place: string;

  constructor(text: string, place: string) {
    this.#text = text;
    this.#place = place;
  }

  /** Throws `bad-request`. */
  read(): unknown {
    return made(this.#text, ` at ${this.#place}`);
  }
}

/** The value, in which each entry of a list of the outermost object is its number in `entries`, where those are wanted. */
async function frameOf(text: string, wanted: boolean): Promise<{ value: unknown; entries: string[] }> {
  if (text === '') return { value: {}, entries: [] };
  if (!/^[ \t\n\r]*[[{]/.test(text)) throw unreadable('it is neither an object nor a list');
  if (!wanted && text.length <= 2 * MOST_VALUES) return { value: made(text), entries: [] };
  const { frame, entries } = await split(text, wanted);
  return { value: made(frame), entries };
}

/**
 * Counts the values of a text, and takes the entries of its lists out of it, leaving their numbers. What remains is JSON and
 * each entry is just when the whole is: nothing is judged here but size.
 */
async function split(text: string, wanted: boolean): Promise<{ frame: string; entries: string[] }> {
  const frame: string[] = [];
  const entries: string[] = [];
  let depth = 0;
  /** What opened the two outermost levels. */
  let outer = '';
  /** Where that begins which is in neither `frame` nor `entries` yet. */
  let from = 0;
  let [inFrame, inEntries, inEntry] = [0, 0, 0];
  const isInList = (): boolean => wanted && depth >= 2 && outer === '{[';
  const count = (): void => {
    if (isInList()) [inEntries, inEntry] = [inEntries + 1, inEntry + 1];
    else inFrame++;
    if (Math.max(inFrame, inEntry) >= MOST_VALUES) throw tooLarge(`it has more than ${MOST_VALUES} values in one piece`);
    if (inEntries >= MOST_IN_ENTRIES) throw tooLarge(`its lists have more than ${MOST_IN_ENTRIES} values`);
  };
  const endEntry = (at: number): void => {
    const entry = text.slice(from, at);
    if (/\S/.test(entry)) frame.push(String(entries.push(entry) - 1));
    [from, inEntry] = [at, 0];
    if (entries.length > MOST_ENTRIES) throw tooLarge(`its lists have more than ${MOST_ENTRIES} entries`);
  };
  let turn = STRIDE;
  for (let at = 0; at < text.length; at++) {
    if (at >= turn) {
      turn = at + STRIDE;
      await others();
    }
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (depth < 2) outer = outer.slice(0, depth) + text[at];
        depth++;
        count();
        if (depth === 2 && isInList()) {
          frame.push(text.slice(from, at + 1));
          from = at + 1;
        }
        break;
      case COMMA:
        if (depth === 2 && isInList()) {
          endEntry(at);
          frame.push(',');
          from = at + 1;
        }
        count();
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (depth === 2 && isInList()) endEntry(at);
        depth = Math.max(0, depth - 1);
        break;
    }
  }
  frame.push(text.slice(from));
  return { frame: frame.join(''), entries };
}

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 44, 91, 93, 123, 125];

/** Where the string that begins at `start` has its last quote: the first one that no odd number of backslashes is before. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

function made(text: string, where = ''): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw unreadable(messageOf(error), where, error);
  }
}

const unreadable = (why: string, where = '', cause?: unknown): HooklineError =>
  new HooklineError('bad-request', `The body cannot be read as JSON${where}: ${why}.`, { cause });

const tooLarge = (why: string): HooklineError => new HooklineError('payload-too-large', `The body is too large: ${why}.`);
