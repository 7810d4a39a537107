/** From the text of a flow to the flow, or to all that is wrong with it, each with file, line and column. Never throws. */
import { type Document, Lexer } from 'yaml';
import { type Fault, messageOf } from '../../core/errors.ts';
import { namesIn, offsetOf, type Path, rangeOf, readFlow } from './salvage.ts';
import type { Flow } from './schema.ts';
import { slipsIn } from './slips.ts';
import { type ReadYaml, readYaml } from './yaml.ts';

export type { Path } from './salvage.ts';

/** `path` names the text in errors: `flows/booking.yml`. */
export interface FlowSource {
  path: string;
  source: string;
}

export interface ParsedFlow extends FlowSource {
  flow: Flow;
  /** `flows/booking.yml:36:5`: where a value stands, or a piece of its text, or the key of the value. */
  place(path: Path, piece?: { text: string; offset: number; length: number }, what?: 'key' | 'value'): string;
  /** What YAML takes otherwise than it was meant, which checks tell. */
  slips: readonly Fault[];
}

/** A flow with faults. */
export interface Faulty {
  /** With the slips. */
  faults: Fault[];
  /** What can be read of it, to be checked and not to be run; null where that is nothing. */
  rest: ParsedFlow | null;
  unread: Unread;
}

/** What could not be read of a flow. */
export interface Unread {
  /** Names in it: what stands elsewhere may mean one of them. */
  names: ReadonlySet<string>;
  /** Steps of which something is missing, as `steps.2.then.0`. */
  steps: ReadonlySet<string>;
}

/** Characters of one flow. */
const SOURCE_LIMIT = 64 * 1024;
/** Entries of all its lists and mappings. What reads a flow takes time by these, whatever is in them. */
const MOST_ENTRIES = 10_000;

export function parseFlow(text: FlowSource): ParsedFlow | Faulty {
  const { path, source } = text;
  if (source.length > SOURCE_LIMIT) return unreadable(text, 1, `is longer than ${SOURCE_LIMIT} characters`);
  const tooMany = lineOfEntry(source, MOST_ENTRIES + 1);
  if (tooMany !== undefined) {
    const message = `has more than ${MOST_ENTRIES} entries in its lists and mappings: make several flows of it that "call" each other`;
    return unreadable(text, tooMany, message);
  }
  try {
    return parseYaml({ path, source });
  } catch (error) {
    // The YAML reader is recursive: a text of brackets only ends its stack.
    const message = error instanceof RangeError ? 'is nested too deeply' : `cannot be read as YAML: ${messageOf(error)}`;
    return unreadable(text, 1, message);
  }
}

function unreadable({ path, source }: FlowSource, line: number, message: string): Faulty {
  return { faults: [{ path: `${path}:${line}:1`, message }], rest: null, unread: unreadIn([source]) };
}

const unreadIn = (texts: readonly string[], steps: ReadonlySet<string> = new Set()): Unread => ({
  names: new Set(texts.flatMap((text) => [...namesIn(text)])),
  steps,
});

/** The line of the n-th entry, counted as YAML is cut into words and before anything is made of them; undefined where there are fewer. */
function lineOfEntry(source: string, n: number): number | undefined {
  let [count, line, isScalar] = [0, 1, false];
  for (const word of new Lexer().lex(source)) {
    if (!isScalar && ENTRY.test(word) && ++count === n) return line;
    isScalar = word === SCALAR;
    for (let at = word.indexOf('\n'); at >= 0; at = word.indexOf('\n', at + 1)) line++;
  }
  return undefined;
}

/** What begins an entry, or stands before one: `- `, `: `, `? `, commas and brackets; anchors, tags and aliases. */
const ENTRY = /^[-:?,[{&!*]/;
/** Comes before a text without quotes, which may begin with any of these. */
const SCALAR = '\u001f';

function parseYaml({ path, source }: FlowSource): ParsedFlow | Faulty {
  const yaml = readYaml(source);
  const shown = ({ line, column }: { line: number; column: number }): string => `${path}:${line}:${column}`;
  const at = (offset: number): string => shown(yaml.place(offset));
  const faults: Fault[] = yaml.faults.map(({ message, ...place }) => ({ path: shown(place), message }));
  if (!yaml.document) return { faults, rest: null, unread: unreadIn([source]) };
  const before = unreadIn(yaml.leftOut);
  const slips = [...slipsIn(yaml.document, yaml.text)].map(({ offset, message }) => ({ path: at(offset), message }));
  const read = readFlow(yaml.document, yaml.text, before.names);
  faults.push(...read.faults.map(({ offset, message }) => ({ path: at(offset), message })));
  const rest = read.flow && parsedOf({ path, source }, read.flow, yaml.document, yaml, { at, slips });
  if (faults.length === 0 && rest) return rest;
  const left = rest ? [...yaml.leftOut, ...read.leftOut] : [source];
  const others = faults.filter((fault) => !slips.some((slip) => slip.path === fault.path));
  return { faults: [...others, ...slips], rest, unread: unreadIn(left, read.torn) };
}

function parsedOf(
  { path, source }: FlowSource,
  flow: Flow,
  document: Document,
  { text }: ReadYaml,
  { at, slips }: { at: (offset: number) => string; slips: readonly Fault[] },
): ParsedFlow {
  return {
    path,
    source,
    flow,
    slips,
    place: (target, piece, what) => at(piece ? offsetOfPiece(document, target, text, piece) : offsetOf(document, target, what)),
  };
}

/** The same piece in the file, quotes, indentation and all: found by counting how often it stands before. */
function offsetOfPiece(
  document: Document,
  path: Path,
  source: string,
  { text, offset, length }: { text: string; offset: number; length: number },
): number {
  const piece = text.slice(offset, offset + length);
  const [begin, end] = rangeOf(document.getIn(path, true)) ?? [0, 0];
  if (piece === '') return begin;
  let found = source.indexOf(piece, begin);
  for (let before = text.indexOf(piece); before >= 0 && before < offset; before = text.indexOf(piece, before + 1)) {
    found = source.indexOf(piece, found + 1);
  }
  return found >= begin && found < end ? found : begin;
}
