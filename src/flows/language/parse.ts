/** From the text of a flow to the flow, or to all that is wrong with it, each with file, line and column. Never throws. */
import { type Document, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { type Fault, messageOf } from '../../core/errors.ts';
import { MOST_FAULTS, spreadIssues, ZodMessages } from '../../schema-errors/zod-messages.ts';

import { type Flow, flowSchema } from './schema.ts';

export type Path = readonly (string | number)[];

/** `path` names the text in errors: `flows/booking.yml`. */
export interface FlowSource {
  path: string;
  source: string;
}

export interface ParsedFlow extends FlowSource {
  flow: Flow;
  /** `flows/booking.yml:36:5`: where a value stands, or a piece of its text, or the key of the value. */
  place(path: Path, piece?: { text: string; offset: number; length: number }, what?: 'key' | 'value'): string;
}

/** Characters of one flow. */
const SOURCE_LIMIT = 64 * 1024;
/** Lists and mappings in each other, and the pairs between them. */
const DEEPEST = 200;
/** Entries of all its lists and mappings. What reads a flow takes time by these, whatever is in them. */
const MOST_ENTRIES = 10_000;

export function parseFlow({ path, source }: FlowSource): ParsedFlow | { faults: Fault[] } {
  if (source.length > SOURCE_LIMIT) return { faults: [{ path: `${path}:1:1`, message: `is longer than ${SOURCE_LIMIT} characters` }] };
  const tooMany = lineOfEntry(source, MOST_ENTRIES + 1);
  if (tooMany !== undefined) {
    const message = `has more than ${MOST_ENTRIES} entries in its lists and mappings: make several flows of it that "call" each other`;
    return { faults: [{ path: `${path}:${tooMany}:1`, message }] };
  }
  try {
    return parseYaml({ path, source });
  } catch (error) {
    // The YAML reader is recursive: a text of brackets only ends its stack.
    const message = error instanceof RangeError ? 'is nested too deeply' : `cannot be read as YAML: ${messageOf(error)}`;
    return { faults: [{ path: `${path}:1:1`, message }] };
  }
}

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

/** The YAML reader makes an error of each mistake, and of each error a stack that nobody looks at. */
function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function parseYaml({ path, source }: FlowSource): ParsedFlow | { faults: Fault[] } {
  const lines = new LineCounter();
  const document = withoutStacks(() =>
    parseDocument(source, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false }),
  );
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(Math.min(offset, source.length));
    return `${path}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const rows = source.split('\n');
  const faults = [...document.errors, ...document.warnings].slice(0, MOST_FAULTS).map(({ pos, code, message }) => {
    return { path: at(pos[0]), message: inWords(code, message, rows[lines.linePos(pos[0]).line - 1] ?? '') };
  });
  faults.push(...forbidden(document, source).map(({ offset, message }) => ({ path: at(offset), message })));
  if (faults.length > 0) return { faults };

  const value: unknown = document.toJS();
  const explanations = new ZodMessages();
  const result = flowSchema.safeParse(value, { error: explanations.note });
  if (!result.success) {
    const found = faultsOf(result.error, document, { value, explanations }).take(MOST_FAULTS);
    return { faults: [...found].map(({ offset, message }) => ({ path: at(offset), message })) };
  }
  return {
    path,
    source,
    flow: result.data,
    place: (target, piece, what) => at(piece ? offsetOfPiece(document, target, source, piece) : offsetOf(document, target, what)),
  };
}

/**
 * What YAML has and the language has not: references would let ten lines stand for a million. That no key stands twice is
 * checked here because yaml's own check takes quadratic time.
 */
function forbidden(document: Document, source: string): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  const refuse = (node: unknown, message: string): void => void found.push({ offset: rangeOf(node)?.[0] ?? 0, message });
  const tooDeep = (node: unknown, path: readonly unknown[]): symbol | undefined => {
    if (path.length < DEEPEST) return undefined;
    refuse(node, 'is nested too deeply');
    return visit.SKIP;
  };
  visit(document, {
    Alias: (_, node) => refuse(node, `*${node.source} is not part of the language: write the text out`),
    Seq: (_, node, path) => tooDeep(node, path),
    Map(_, node, path) {
      const keys = new Set<string>();
      for (const { key } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (keys.has(name)) refuse(key, `the key "${name}" stands here twice`);
        // It would be taken for JavaScript's own and left out without a word.
        if (name === '__proto__') refuse(key, 'nothing can be called "__proto__"');
        keys.add(name);
      }
      return tooDeep(node, path);
    },
  });
  const nul = source.indexOf('\0');
  if (nul >= 0) found.push({ offset: nul, message: 'there is a NUL character here' });
  return found.slice(0, MOST_FAULTS);
}

function* faultsOf(
  error: z.ZodError,
  document: Document,
  { value, explanations }: { value: unknown; explanations: ZodMessages },
): Generator<{ offset: number; message: string }> {
  for (const issue of spread(error.issues, value)) {
    const message = explanations.words(issue.message);
    if (issue.code !== 'unrecognized_keys')
      yield { offset: offsetOf(document, issue.path as Path, issue.code === 'invalid_key' ? 'key' : 'value'), message };
    else {
      const messages = message.split('\n');
      for (const [index, key] of issue.keys.entries()) {
        const message = messages[index];
        if (message) yield { offset: offsetOf(document, [...(issue.path as Path), key], 'key'), message };
      }
    }
  }
}

function* spread(issues: readonly z.core.$ZodIssue[], value: unknown): Iterable<z.core.$ZodIssue> {
  for (const issue of issues) yield* spreadIssues(issue, value);
}

/** Where the value at a path begins, or its key. What is missing is said at the mapping in which it is missed. */
function offsetOf(document: Document, path: Path, what: 'key' | 'value' = 'value'): number {
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

function rangeOf(node: unknown): Node['range'] {
  return (node as Node | null | undefined)?.range;
}

/** The mistakes that people make, in words for those who do not know YAML. */
function inWords(code: string, message: string, line: string): string {
  if (/[:-] *\{\{/.test(line)) return 'a text that begins with {{ must stand in quotes';
  if (/call stack/.test(message)) return 'is nested too deeply';
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'a text with ": " in it must stand in quotes';
    case 'TAB_AS_INDENT':
      return 'lines must be indented with spaces, not tabs';
    case 'MULTIPLE_DOCS':
      return 'one file is one flow: remove the line "---"';
    default:
      return `is not YAML: ${message}`;
  }
}
