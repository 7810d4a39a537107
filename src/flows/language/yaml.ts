/** YAML as people write it: all that is wrong with a text, and the document that comes of it when that is mended. Never throws. */
import { type Alias, type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { MOST_FAULTS } from '../../schema-errors/zod-messages.ts';
import { harmless, type Mistake, missingSpace, oddIndent, structureMistake, textMistake } from './mistakes.ts';
import { Rows } from './rows.ts';

export interface ReadYaml {
  /** Null where nothing can be made of it. */
  document: Document | null;
  /** What the document was read from: lines as in the source, columns by `column`. */
  text: string;
  /** In their order. */
  faults: { line: number; column: number; message: string }[];
  /** Whatever stands in what was left out. */
  leftOut: string[];
  /** Line and column in the source of an offset in `text`, from 1. */
  place(offset: number): { line: number; column: number };
}

/** Characters that are read anew, with each mistake that is mended, before the rest is given up. */
const MOST_READ = 2_000_000;
/** Lists and mappings in each other, and the pairs between them. */
const DEEPEST = 200;

export function readYaml(source: string): ReadYaml {
  const rows = new Rows(source);
  const faults: ReadYaml['faults'] = [];
  const told = new Set<string>();
  const leftOut: string[] = [];
  /** Names of anchors that something refers to. */
  const referred = new Set<string>();
  const tell = (row: number, column: number, message: string): void => {
    const place = { line: row + 1, column: rows.column(row, column) + 1 };
    const key = `${place.line}:${place.column}`;
    if (!told.has(key)) faults.push({ ...place, message });
    told.add(key);
  };
  const nul = source.indexOf('\0');
  if (nul >= 0) tell(source.slice(0, nul).split('\n').length - 1, nul - source.lastIndexOf('\n', nul) - 1, 'there is a NUL character here');
  const most = Math.min(MOST_FAULTS, Math.max(8, Math.floor(MOST_READ / (source.length + 1))));
  for (let round = 0; ; round++) {
    const { text } = rows;
    const lines = new LineCounter();
    const at = (offset: number): { row: number; column: number } => {
      const { line, col } = lines.linePos(Math.min(offset, text.length));
      return { row: Math.max(line, 1) - 1, column: Math.max(col, 1) - 1 };
    };
    const document = withoutStacks(() =>
      parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false }),
    );
    const done = (read: Document | null): ReadYaml => ({
      ...{ document: read, text, faults: faults.toSorted((a, b) => a.line - b.line || a.column - b.column) },
      leftOut: [...leftOut, ...rows.leftOut],
      place: (offset) => {
        const { row, column } = at(offset);
        return { line: row + 1, column: rows.column(row, column) + 1 };
      },
    });
    const mistakes = mistakesIn(document, rows, at, { tell, referred });
    if (mistakes === null) return done(null);
    if (mistakes.length === 0) {
      for (const { offset, message } of dropTwins(document, text, leftOut)) {
        const { row, column } = at(offset);
        tell(row, column, message);
      }
      return done(document);
    }
    for (const { row, column, message } of mistakes) if (message !== '') tell(row, column, message);
    if (round === most || faults.length >= MOST_FAULTS || !mendAll(rows, mistakes)) return done(null);
  }
}

/** False where nothing has changed, so that nothing would at the next time. */
function mendAll(rows: Rows, mistakes: readonly Mistake[]): boolean {
  const before = rows.text;
  for (const { row, mend } of mistakes) {
    if (mend) mend();
    else rows.leaveOut(row);
  }
  return rows.text !== before || mistakes.some(({ row }) => rows.leaveOut(row));
}

/**
 * What is to be mended before the document can be read: texts without quotes, each in its line, or else the first of what is wrong
 * with the whole, behind which nothing that YAML says can be trusted. Null where it is nested too deeply to be looked at.
 */
function mistakesIn(
  document: Document,
  rows: Rows,
  at: (offset: number) => { row: number; column: number },
  { tell, referred }: { tell: (row: number, column: number, message: string) => void; referred: Set<string> },
): Mistake[] | null {
  const found = new Map<number, Mistake>();
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]).slice(0, 2 * MOST_FAULTS);
  for (const error of errors) {
    const { row, column } = at(error.pos[0]);
    const said = harmless(error);
    if (said !== null) {
      tell(row, column, said);
      continue;
    }
    if (found.has(row)) continue;
    const mistake = textMistake(rows, row);
    if (mistake) found.set(row, mistake);
    else if (found.size === 0) return [structureMistake(document, rows, error, at)];
    else break;
  }
  const odd = oddNodes(document, rows, at, referred);
  if (odd === null) {
    tell(0, 0, 'is nested too deeply');
    return null;
  }
  for (const mistake of odd) if (!found.has(mistake.row)) found.set(mistake.row, mistake);
  return [...found.values()];
}

/** What YAML has and the language has not, and what looks like an indent and is none. References would let ten lines stand for a million. */
function oddNodes(
  document: Document,
  rows: Rows,
  at: (offset: number) => { row: number; column: number },
  referred: Set<string>,
): Mistake[] | null {
  const found: Mistake[] = [];
  const anchors = new Map<string, Node>();
  const aliases: Alias[] = [];
  let tooDeep = false;
  visit(document, {
    Node(_, node, path) {
      if (path.length >= DEEPEST) {
        tooDeep = true;
        return visit.BREAK;
      }
      if (isAlias(node)) aliases.push(node);
      else if (node.anchor !== undefined && !anchors.has(node.anchor)) anchors.set(node.anchor, node);
      return undefined;
    },
    Pair(_, { key }) {
      if (!isScalar(key) || typeof key.value !== 'string' || !/^-[\p{L}_]+$/u.test(key.value)) return;
      const { row, column } = at(key.range?.[0] ?? 0);
      if (rows.at(row).slice(0, column).trim() === '') found.push(missingSpace(rows, row));
    },
  });
  if (tooDeep) return null;
  const { text } = rows;
  const refuse = (offset: number, sign: string): void => {
    const { row, column } = at(offset);
    found.push(textMistake(rows, row) ?? { row, column, message: `${sign} is not part of the language: write the text out` });
  };
  const references = new Map<number, Mistake & { blanks: [column: number, length: number][] }>();
  for (const { source, range } of aliases) {
    if (!anchors.has(source)) {
      if (found.length < MOST_FAULTS) refuse(range?.[0] ?? 0, `*${source}`);
      continue;
    }
    referred.add(source);
    const { row, column } = at(range?.[0] ?? 0);
    const blanks: [number, number][] = references.get(row)?.blanks ?? [];
    blanks.push([column, source.length + 1]);
    const mend = (): void => blanks.forEach(([begin, length]) => void rows.blank(row, begin, length, '~'));
    references.set(row, { row, column, message: '', mend, blanks });
  }
  found.push(...references.values());
  for (const [name, { range }] of [...anchors].slice(0, MOST_FAULTS)) {
    const offset = Math.max(0, text.lastIndexOf(`&${name}`, range?.[0] ?? 0));
    if (!referred.has(name)) refuse(offset, `&${name}`);
    else {
      const { row, column } = at(offset);
      const message = `&${name} is not part of the language: write out what stands here wherever *${name} stands`;
      // Before what refers to it is gone, that would be taken for a text.
      const isLast = references.size === 0;
      found.push({ row, column, message, mend: isLast ? () => rows.blank(row, column, name.length + 1) : () => undefined });
    }
  }
  const odd = Array.from({ length: rows.count }, (_, row) => oddIndent(rows, row)).filter((one) => one !== null);
  if (odd.length > 0) {
    const quoted = rowsOfTexts(document, at);
    found.push(...odd.filter(({ row }) => !quoted.has(row)));
  }
  return found;
}

/** Lines that are the second or a later one of a text with quotes, or behind `|`. */
function rowsOfTexts(document: Document, at: (offset: number) => { row: number }): Set<number> {
  const found = new Set<number>();
  visit(document, {
    Scalar(_, { type, range }) {
      if (type === 'PLAIN' || !range) return;
      for (let row = at(range[0]).row + 1; row <= at(range[1]).row; row++) found.add(row);
    },
  });
  return found;
}

/**
 * Keys that stand twice, of which the first is taken, and those that JavaScript would take for its own and leave out without a word.
 * Here because yaml's own check takes quadratic time.
 */
function dropTwins(document: Document, text: string, leftOut: string[]): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Map(_, node) {
      if (!isMap(node)) return;
      const keys = new Set<string>();
      node.items = node.items.filter(({ key, value }) => {
        const name = isScalar(key) ? String(key.value) : '';
        const isTwin = keys.has(name);
        const isOwn = name === '__proto__';
        keys.add(name);
        if (!isTwin && !isOwn) return true;
        const [begin = 0, end = begin] = (key as Node).range ?? [];
        found.push({ offset: begin, message: isOwn ? 'nothing can be called "__proto__"' : `the key "${name}" stands here twice` });
        leftOut.push(text.slice(begin, (value as Node | null)?.range?.[1] ?? end));
        return false;
      });
    },
  });
  return found.slice(0, MOST_FAULTS);
}

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
