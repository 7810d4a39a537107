/**
 * The mistakes that people make in YAML, in words for those who do not know it, and how each is mended so that the rest can be
 * read. Pure.
 */
import { type Document, isCollection, isScalar, type Node, visit, type YAMLError } from 'yaml';
import { entryOf, indentOf, isBlank, type Rows } from './rows.ts';

export interface Mistake {
  /** Of the mended text, from 0. */
  row: number;
  column: number;
  /** Empty where it was told elsewhere. */
  message: string;
  /** Makes something of the line that can be read; the line is left out where that is not given. */
  mend?: () => void;
}

/** What stands before a text in its line: dashes, and a key. */
const BEFORE = /^([ \t]*(?:- +)*(?:(?:[\p{L}\p{N}_.-]+|"[^"]*"|'[^']*') *: +)?)(\S.*?)\s*$/u;
/** What begins something of YAML's own, and a text as well. */
const SIGNS = /^(?:\{\{|[*&!%@`]|[?-] |[|>](?![+-]?\d?[+-]?$))/;

/** A text that YAML takes for something else because it has no quotes, or the wrong ones. */
export function textMistake(rows: Rows, row: number): Mistake | null {
  const line = rows.at(row);
  const [, before = '', text = ''] = BEFORE.exec(line) ?? [];
  if (/(?:^|[\s{,])(?:if|only_if|not): +$/.test(before) && /^[a-z_]+: +\S/.test(text)) {
    const braces = `{ ${text} }`;
    const mend = (): void => rows.change(row, before + braces, before.length);
    return { row, column: before.length, message: `a condition with a key stands in braces: ${braces}`, mend };
  }
  const message = text === '' || (before.trim() === '' && !isBelowKey(rows, row)) ? null : unquoted(text, before.includes(':'));
  if (message === null) return textInBrackets(rows, row);
  return { row, column: before.length, message, mend: () => rows.change(row, before + quoted(text), before.length) };
}

/** A text on a line of its own, below a key with nothing behind it. */
function isBelowKey(rows: Rows, row: number): boolean {
  const [head, own] = [rows.at(rows.above(row)).trimEnd(), entryOf(rows.at(row))];
  const { key } = entryOf(head);
  return head.endsWith(':') && key !== null && indentOf(rows.at(row)) > key && own.key === null && own.dashes.length === 0;
}

/** Such a text between brackets: `{ say: *bold* text }`. */
function textInBrackets(rows: Rows, row: number): Mistake | null {
  const line = rows.at(row);
  const outside = line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, (text) => '"'.padEnd(text.length, '"'));
  for (const found of outside.matchAll(/(?:[[{,]|[\p{L}\p{N}_.-]:) *([*&!%@`][^,{}[\]"]*[^,{}[\]"\s])/gu)) {
    const [whole, text = ''] = found;
    const column = found.index + whole.length - text.length;
    if (!/[[{]/.test(outside.slice(0, column))) continue;
    const mend = (): void => rows.change(row, line.slice(0, column) + quoted(text) + line.slice(column + text.length), column);
    return { row, column, message: `a text that begins with ${text[0]} must stand in quotes`, mend };
  }
  return null;
}

/** `isOfKey`: it stands behind a key, and so is none itself. */
function unquoted(text: string, isOfKey: boolean): string | null {
  const sign = SIGNS.exec(text)?.[0];
  if (sign !== undefined) return `a text that begins with ${sign.trim()} must stand in quotes`;
  if (/^\[[^\]]*\]\s*[^\s#]/.test(text)) return 'a text that begins with [ must stand in quotes';
  if (/^\{[^}]*\}\s*[^\s#]/.test(text)) return 'a text that begins with { must stand in quotes';
  if (/^"(?:[^"\\]|\\.)*"\s*[^\s#,\]}:]/.test(text)) return 'the quotes end before the text does: put all of it into one pair of quotes';
  const single = /^'(?:[^']|'')*'\s*[^\s#,\]}:]/.exec(text)?.[0];
  if (single !== undefined) return `the text ends at its second ': put it in double quotes (")`;
  if (/^["'[{]/.test(text)) return null;
  return isOfKey && /:(?: |$)/.test(text) ? 'a text with ": " in it must stand in quotes' : null;
}

const quoted = (text: string): string => (/["\\]/.test(text) ? `'${text.replaceAll("'", "''")}'` : `"${text}"`);

/** Those that end nothing: what is read behind them is as it was meant. */
export function harmless({ code, message }: YAMLError): string | null {
  if (code === 'MULTIPLE_DOCS') return 'one file is one flow: remove the line "---"';
  const sign = /Invalid escape sequence (.*)$/.exec(message)?.[1];
  if (sign !== undefined) return `${sign} means nothing between double quotes: write \\${sign}, or use single quotes`;
  return null;
}

/** A mistake that is not in one text. `at`: where YAML gave up, in rows and columns from 0. */
export function structureMistake(
  document: Document,
  rows: Rows,
  { code, message, pos }: YAMLError,
  at: (offset: number) => { row: number; column: number },
): Mistake {
  const { row, column } = at(pos[0]);
  for (const one of [row, rows.below(row), rows.above(row)]) {
    const found = oddIndent(rows, one);
    if (found) return found;
  }
  const quote = /Missing closing (["'])/.exec(message)?.[1];
  if (quote !== undefined)
    return openQuote(document, rows, quote, pos[0], at) ?? { row, column, message: `a quote ${quote} is never closed` };
  const bracket = /end with a ([}\]])/.exec(message)?.[1];
  if (bracket !== undefined) return openBracket(document, rows, bracket, pos[0], at) ?? { row, column, message: `a ${bracket} is missing` };
  const block = blockText(rows, row);
  if (block) return block;
  if (INDENTS.has(code) || /Sequence item without/.test(message)) {
    for (const one of [row, rows.below(row), rows.above(row)]) {
      const found = wrongColumn(rows, one);
      if (found) return found;
    }
  }
  if (/call stack/.test(message)) return { row, column, message: 'is nested too deeply' };
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY' || code === 'BLOCK_IN_FLOW')
    return { row, column, message: 'a text with ": " in it must stand in quotes' };
  return { row, column, message: `is not YAML: ${message}` };
}

/** Blanks that look like spaces, and that YAML takes for letters. */
const ODD_BLANK = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/;

const ODD_MESSAGE = 'there is a blank here that looks like a space and is none, as texts pasted from a chat have';

/** A line whose indent, or what stands behind its dash, is not made of spaces, and that begins an entry. */
export function oddIndent(rows: Rows, row: number): Mistake | null {
  const line = rows.at(row);
  const [dash, blank = ''] = /^ *-([\s\u200b]+)(?=[\p{L}\p{N}_]+:(?: |$))/u.exec(line) ?? [];
  if (dash !== undefined && ODD_BLANK.test(blank)) {
    const column = dash.length - blank.length;
    const mend = (): void => rows.change(row, `${line.slice(0, column)}${' '.repeat(blank.length)}${line.slice(dash.length)}`, 0);
    return { row, column, message: `${ODD_MESSAGE}: write a space`, mend };
  }
  const indent = /^[\s\u200b]*(?=- |[\p{L}\p{N}_]+:(?: |$))/u.exec(line)?.[0];
  if (indent === undefined || /^ *$/.test(indent)) return null;
  const column = /[^ ]/.exec(indent)?.index ?? 0;
  if (!ODD_BLANK.test(indent)) {
    const mend = (): void => rows.change(row, ' '.repeat(usualIndent(rows, row)) + line.slice(indent.length), 0);
    return { row, column, message: 'lines must be indented with spaces, not tabs', mend };
  }
  const message = `${ODD_MESSAGE}: indent with spaces`;
  return { row, column, message, mend: () => rows.change(row, ' '.repeat(indent.length) + line.slice(indent.length), 0) };
}

const INDENTS = new Set(['BAD_INDENT', 'BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY', 'NON_STRING_KEY']);

function openQuote(
  document: Document,
  rows: Rows,
  quote: string,
  end: number,
  at: (offset: number) => { row: number; column: number },
): Mistake | null {
  const type = quote === '"' ? 'QUOTE_DOUBLE' : 'QUOTE_SINGLE';
  const begin = lastBefore(document, end, (node) => isScalar(node) && node.type === type);
  if (begin === null) return null;
  const { row, column } = at(begin);
  const text = rows.at(row).trimEnd();
  return {
    row,
    column,
    message: `the quote ${quote} that begins here is never closed`,
    mend: () => rows.change(row, text + quote, text.length),
  };
}

function openBracket(
  document: Document,
  rows: Rows,
  close: string,
  end: number,
  at: (offset: number) => { row: number; column: number },
): Mistake | null {
  const open = close === '}' ? '{' : '[';
  const begin = lastBefore(document, end, (node, source) => isCollection(node) && node.flow === true && source === open, rows.text);
  if (begin === null) return null;
  const { row, column } = at(begin);
  const last = Math.max(row, rows.above(at(end).row));
  const text = rows.at(last).trimEnd();
  const mend = (): void => rows.change(last, text + close, text.length);
  return { row, column, message: `the ${open} that begins here is never closed: write ${close} at its end`, mend };
}

/** Where the last node of a kind begins that has not ended before `end`. */
function lastBefore(document: Document, end: number, fits: (node: Node, sign: string) => boolean, source = ''): number | null {
  let found: number | null = null;
  visit(document, {
    Node(_, node) {
      const [begin, close] = node.range ?? [0, 0];
      if (begin < end && close >= end - 1 && (found === null || begin > found) && fits(node, source[begin] ?? '')) found = begin;
    },
  });
  return found;
}

/** The lines of a text below a key, or behind `|` or `>`, that are not indented further than it. */
function blockText(rows: Rows, row: number): Mistake | null {
  const head = rows.above(row);
  if (head < 0) return null;
  const line = rows.at(head).trimEnd();
  const sign = /(?:: |- )([|>])[+-]?\d?$/.exec(line)?.[1] ?? (/:$/.test(line) ? '' : undefined);
  if (sign === undefined) return null;
  const own = entryOf(rows.at(row));
  if (sign === '' && (own.key !== null || own.dashes.length > 0)) return null;
  const { dashes, key, name } = entryOf(line);
  const column = key ?? dashes.at(-1) ?? 0;
  if (indentOf(rows.at(row)) > column) return null;
  const ends = (text: string): boolean => {
    const entry = entryOf(text);
    const dash = entry.dashes[0];
    return (dash !== undefined && (dashes.length === 0 || dash <= (dashes.at(-1) ?? 0))) || (entry.key !== null && entry.key <= column);
  };
  if (ends(rows.at(row))) return null;
  const mend = (): void => {
    for (let at = row; at < rows.count && (isBlank(rows.at(at)) || !ends(rows.at(at))); at++) {
      if (rows.at(at).trim() !== '') rows.change(at, ' '.repeat(column + 2) + rows.at(at), 0);
    }
  };
  const of = name === '' ? `"${sign}"` : `"${`${name}: ${sign}`.trim()}"`;
  return { row, column: indentOf(rows.at(row)), message: `the lines of the text below ${of} must be indented further than it`, mend };
}

/** Steps that a line may begin, where its dash was forgotten. */
const VERBS = new Set(['say', 'ask', 'menu', 'http', 'set', 'remember', 'tag', 'emit', 'call', 'handoff', 'choose', 'poll', 'wait']);

/** A line that begins in a column in which nothing begins to which it could belong. */
function wrongColumn(rows: Rows, row: number): Mistake | null {
  const line = rows.at(row);
  const entry = entryOf(line);
  const isItem = entry.dashes.length > 0;
  const column = indentOf(line);
  if (/^[ \t]*-[\p{L}_]+:(?: |$)/u.test(line)) return missingSpace(rows, row);
  if (isBlank(line) || (!isItem && entry.key === null)) return null;
  const open = openColumns(rows, row).filter(({ dash }) => dash === isItem);
  if (open.some((one) => one.column === column)) return null;
  const above = rows.at(rows.above(row)).trimEnd();
  const parent = entryOf(above);
  // Below a key with nothing behind it a list or mapping begins, in any column that is further in.
  const opens = above.endsWith(':') && parent.key !== null && (column > parent.key || (isItem && column === parent.key));
  if (opens) return null;
  if (!isItem && VERBS.has(entry.name) && openColumns(rows, row).some(({ dash, column: at }) => dash && at === column)) {
    const mend = (): void => rows.change(row, `${' '.repeat(column)}- ${line.trimStart()}`, column);
    return { row, column, message: `"${entry.name}" is a step of its own: begin it with "- "`, mend };
  }
  const [nearest] = open.toSorted((a, b) => Math.abs(a.column - column) - Math.abs(b.column - column) || b.column - a.column);
  if (!nearest) return null;
  const message = `the line begins in column ${column + 1}, beside all that it could belong to: begin it in column ${nearest.column + 1}`;
  return { row, column, message, mend: () => rows.indent(row, nearest.column) };
}

export function missingSpace(rows: Rows, row: number): Mistake {
  const column = indentOf(rows.at(row));
  const text = rows.at(row);
  const mend = (): void => rows.change(row, `${text.slice(0, column)}- ${text.slice(column + 1)}`, column + 1);
  return { row, column, message: 'there must be a space behind the "-"', mend };
}

/** The columns in which the lists and mappings begin that are open before a line. */
function openColumns(rows: Rows, row: number): { column: number; dash: boolean }[] {
  const open: { column: number; dash: boolean }[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let at = rows.above(row); at >= 0 && least > 0; at = rows.above(at)) {
    const { dashes, key } = entryOf(rows.at(at));
    const own = [...dashes.map((column) => ({ column, dash: true })), ...(key === null ? [] : [{ column: key, dash: false }])];
    open.push(...own.filter(({ column }) => column < least));
    least = Math.min(least, ...own.map(({ column }) => column));
  }
  return open;
}

function usualIndent(rows: Rows, row: number): number {
  const above = rows.at(rows.above(row));
  const { dashes, key } = entryOf(above);
  const isItem = /^\s*-/.test(rows.at(row));
  if (above.trimEnd().endsWith(':')) return (key ?? 0) + 2;
  return isItem ? (dashes[0] ?? indentOf(above)) : (key ?? indentOf(above));
}
