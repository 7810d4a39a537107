/**
 * From a document to a flow: all that the schema has to say of it, and the flow that is left without what is wrong, so that the
 * checks behind the schema can look at the rest. What is left of a flow with faults is checked and never run.
 */
import { type Document, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { z } from 'zod';
import { besideWhat, MOST_FAULTS, spreadIssues, ZodMessages } from '../../schema-errors/zod-messages.ts';
import { ANYTIME, anytimeSchema, asFlow, type Flow, flowSchema } from './schema.ts';

export type Path = readonly (string | number)[];

export interface Salvaged {
  /** Null where nothing is left. */
  flow: Flow | null;
  faults: { offset: number; message: string }[];
  /** The text of what was left out. */
  leftOut: string[];
  /** Steps of which something is missing, as `steps.2.then.0`. */
  torn: Set<string>;
}

interface Found {
  path: Path;
  what: 'key' | 'value';
  message: string;
}

/** Times that what is wrong is left out, until nothing is. */
const ROUNDS = 12;
/** In the place of a step that cannot be read: it leads to the next one, and says nothing. */
const NO_STEP = { wait: '1s' };
/** Of a flow whose name cannot be read. */
export const UNNAMED = 'unnamed';
const IN_PLACE: Record<string, unknown> = { flow: UNNAMED, version: 1, start: [{ api: true }], steps: [NO_STEP] };
const IN_ANYTIME: Record<string, unknown> = { flow: ANYTIME, version: 1, anytime: [{ says: 'x', go: 'x' }], parts: { x: [NO_STEP] } };

/** `text`: what the document was read from. `unread`: names in lines that were left out before. Changes the document. */
export function readFlow(document: Document, text: string, unread: ReadonlySet<string>): Salvaged {
  const faults: Salvaged['faults'] = [];
  const [leftOut, torn] = [[] as string[], new Set<string>()];
  /** Where keys were taken for others: what is below them is looked at for the first time. */
  let fresh: Path[] = [[]];
  for (let round = 0; round < ROUNDS; round++) {
    const value: unknown = document.toJS();
    const explanations = new ZodMessages();
    const result = parse(value, explanations);
    if (result.success) return { flow: result.data, faults, leftOut, torn };
    const found = withoutTwins([...foundIn(result.error, value, explanations)]);
    for (const { path, what, message } of found.filter((one) => !isMeant(found, one))) {
      const isNew = fresh.some(
        (under) => under.every((segment, index) => segment === path[index]) && (round === 0 || path.length > under.length),
      );
      if (!isNew || isUnread(document, path, message, unread)) continue;
      faults.push({ offset: offsetOf(document, path, what), message });
    }
    // Nobody is told more.
    if (!isMap(document.contents) || found.length >= MOST_FAULTS) break;
    fresh = mend(document, text, found, { leftOut, torn });
  }
  return { flow: null, faults, leftOut, torn };
}

function parse(value: unknown, { note }: ZodMessages): { success: true; data: Flow } | { success: false; error: z.ZodError } {
  const isAnytime = typeof value === 'object' && value !== null && 'flow' in value && value.flow === ANYTIME;
  if (!isAnytime) return flowSchema.safeParse(value, { error: note });
  const result = anytimeSchema.safeParse(value, { error: note });
  return result.success ? { success: true, data: asFlow(result.data) } : result;
}

/** Each fault where it is: several keys that are not known are several. */
export function* foundIn(error: z.ZodError, value: unknown, explanations: ZodMessages): Iterable<Found> {
  let count = 0;
  for (const issue of error.issues.values().flatMap((one) => spreadIssues(one, value))) {
    const message = explanations.words(issue.message);
    const path = issue.path as Path;
    if (issue.code !== 'unrecognized_keys') yield { path, what: issue.code === 'invalid_key' ? 'key' : 'value', message };
    else {
      const messages = message.split('\n');
      for (const [index, key] of issue.keys.slice(0, MOST_FAULTS).entries()) {
        yield { path: [...path, key], what: 'key', message: besideWhat(issue, key) ?? messages[index] ?? '' };
      }
    }
    if (++count === MOST_FAULTS) return;
  }
}

/** Of a value that is wrong in two ways the first is told. */
function withoutTwins(found: readonly Found[]): Found[] {
  const seen = new Set<string>();
  return found.filter(({ path, what, message }) => {
    const place = JSON.stringify([path, what]);
    if (message !== '' && seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}

const MISSING = /^"([^"]+)" is missing$/;
const UNKNOWN_KEY = /^unknown key "([^"]+)", did you mean "([^"]+)"\?/;
const MEANT = /did you mean "([^"]+)"\?$/;

/** That something is missing which stands there under a misspelt key is said once; so is nothing that has no words. */
function isMeant(found: readonly Found[], { path, message }: Found): boolean {
  const missing = MISSING.exec(message)?.[1];
  if (missing === undefined) return message === '';
  const container = JSON.stringify(path.slice(0, -1));
  return found.some((one) => UNKNOWN_KEY.exec(one.message)?.[2] === missing && JSON.stringify(one.path.slice(0, -1)) === container);
}

/** It may stand in a line that could not be read. */
function isUnread(document: Document, path: Path, message: string, unread: ReadonlySet<string>): boolean {
  if (unread.size === 0) return false;
  const missing = MISSING.exec(message)?.[1];
  if (missing !== undefined) return unread.has(missing);
  const node = document.getIn(path, true);
  return node === undefined || node === null || (isScalar(node) && node.value === null);
}

/** In the place of a value without which nothing around it could be looked at, by what is said of it. */
const STAND_INS: [RegExp, string | number][] = [
  [/^must be a duration/, '1s'],
  [/^is no time zone/, 'UTC'],
  [/^must be times such as/, '00:00-24:00'],
  [/^must be a time such as/, '00:00'],
  [/^must be a method and a URL/, 'GET https://example.com/'],
  [/^must be 1\b/, 1],
];

function standIn(node: Scalar, message: string): string | number | undefined {
  if (/put .* in quotes$/s.test(message)) return node.source ?? String(node.value);
  return STAND_INS.find(([words]) => words.test(message))?.[1];
}

/** Takes keys and words for those that were meant, and leaves out what is wrong beyond that. Answers where keys were changed. */
function mend(document: Document, text: string, found: readonly Found[], { leftOut, torn }: Pick<Salvaged, 'leftOut' | 'torn'>): Path[] {
  const changed: Path[] = [];
  const gone = new Set<unknown>();
  const missing: Path[] = [];
  for (const one of found) {
    const { path, message } = one;
    if (message !== '' && isMeant(found, one)) continue;
    const [, odd, meant] = UNKNOWN_KEY.exec(message) ?? [];
    if (odd !== undefined && meant !== undefined) {
      const at = path.at(-1) === odd ? path : [...path, odd];
      const map = document.getIn(at.slice(0, -1), true);
      const pair = pairAt(document, at);
      if (pair && isMap(map) && !map.has(meant) && isScalar(pair.key)) {
        pair.key.value = meant;
        changed.push([...at.slice(0, -1), meant]);
        continue;
      }
      if (pair) gone.add(pair);
      continue;
    }
    const node = document.getIn(path, true);
    const word = MEANT.exec(message)?.[1];
    if (word !== undefined && isScalar(node) && !/unknown key/.test(message)) {
      node.value = word;
      continue;
    }
    const instead = isScalar(node) ? standIn(node, message) : undefined;
    if (instead !== undefined && isScalar(node) && node.value !== instead) {
      node.value = instead;
      continue;
    }
    const step = stepAt(path);
    if (step !== null) torn.add(step);
    if (node === undefined || MISSING.test(message)) missing.push(path.slice(0, -1));
    else if (path.length > 0) gone.add(itemAt(document, path));
  }
  for (const path of missing) gone.add(path.length === 0 ? document.contents : itemAt(document, path));
  leaveOut(document, text, gone, leftOut);
  return changed;
}

/** The step that something stands in, as `steps.2.then.0`; null outside of steps. */
function stepAt(path: Path): string | null {
  for (let length = path.length; length > 1; length--) if (isStep(path.slice(0, length))) return path.slice(0, length).join('.');
  return null;
}

function isStep(path: Path): boolean {
  if (typeof path.at(-1) !== 'number' || !(path[0] === 'steps' || path[0] === 'parts')) return false;
  return ['steps', 'then', 'else'].includes(String(path.at(-2))) || (path[0] === 'parts' && path.length === 3);
}

function pairAt(document: Document, path: Path): Pair | undefined {
  const map = document.getIn(path.slice(0, -1), true);
  return isMap(map) ? map.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1))) : undefined;
}

/** What can be left out: the pair or the entry of a list. */
function itemAt(document: Document, path: Path): unknown {
  return pairAt(document, path) ?? document.getIn(path, true);
}

function leaveOut(document: Document, text: string, gone: ReadonlySet<unknown>, leftOut: string[]): void {
  const note = (from: unknown, to: unknown): void => {
    const begin = rangeOf(from)?.[0];
    if (begin !== undefined) leftOut.push(text.slice(begin, rangeOf(to)?.[1] ?? rangeOf(from)?.[1]));
  };
  const look = (node: unknown, path: Path): void => {
    if (isMap(node)) {
      node.items = node.items.filter((pair) => {
        if (gone.has(pair)) note(pair.key, pair.value);
        else look(pair.value, [...path, isScalar(pair.key) ? String(pair.key.value) : '']);
        return !gone.has(pair);
      });
    } else if (isSeq(node)) {
      node.items = node.items.flatMap((one, index) => {
        if (!gone.has(one)) {
          look(one, [...path, index]);
          return [one];
        }
        note(one, one);
        if (!isStep([...path, index])) return [];
        const nothing = document.createNode(NO_STEP);
        nothing.range = (one as Node | null)?.range ?? null;
        return [nothing];
      });
    }
  };
  look(document.contents, []);
  const root = document.contents;
  if (gone.has(root) && isMap(root)) {
    const needed = root.get('flow') === ANYTIME ? IN_ANYTIME : IN_PLACE;
    for (const [key, value] of Object.entries(needed)) if (!root.has(key)) root.add(document.createPair(key, value));
  }
}

/** Where the value at a path begins, or its key. What is missing is said at the mapping in which it is missed. */
export function offsetOf(document: Document, path: Path, what: 'key' | 'value' = 'value'): number {
  let node: unknown = document.contents;
  let offset = rangeOf(node)?.[0] ?? 0;
  for (const [depth, segment] of path.entries()) {
    const pair: Pair | undefined = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment))
      : undefined;
    if (pair && what === 'key' && depth === path.length - 1) return rangeOf(pair.key)?.[0] ?? offset;
    node = pair ? pair.value : isSeq(node) ? node.items[Number(segment)] : undefined;
    offset = rangeOf(node)?.[0] ?? rangeOf(pair?.key)?.[0] ?? offset;
  }
  return offset;
}

export function rangeOf(node: unknown): Node['range'] {
  return (node as Node | null | undefined)?.range;
}

/** The names in a text that could not be read: what stands elsewhere may mean one of them. */
export function* namesIn(text: string): Iterable<string> {
  for (const [name] of text.matchAll(/[\p{L}_][\p{L}\p{N}_.-]*/gu)) {
    yield name;
    if (name.includes('.')) yield* name.split('.');
  }
}
