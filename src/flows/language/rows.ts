/**
 * The lines of a text while its mistakes are mended one by one, so that what follows them can be read, too. No line comes or goes:
 * each place in the mended text is one of the text as it was written.
 */

interface Row {
  /** As it is read. */
  text: string;
  /** As it was written. */
  source: string;
  /** Characters that were put in (or taken out) behind a column, in the order in which that was done. */
  moves: { behind: number; by: number }[];
}

/** What stands in a list or mapping, as its lines show: the columns of its dashes and of its key, from 0. */
export interface Entry {
  dashes: number[];
  /** Null where there is none. */
  key: number | null;
  name: string;
}

const ENTRY = /^([ \t]*)((?:- +)*)(-$|([\p{L}\p{N}_.]+|"[^"]*"|'[^']*') *:(?= |$))?/u;

export const indentOf = (text: string): number => /^[ \t]*/.exec(text)?.[0].length ?? 0;

export function entryOf(text: string): Entry {
  const [, indent = '', dashes = '', key, name = ''] = ENTRY.exec(text.trimEnd()) ?? [];
  const found: Entry = { dashes: [], key: null, name };
  for (let at = 0; at < dashes.length; at++) if (dashes[at] === '-') found.dashes.push(indent.length + at);
  if (key === '-') found.dashes.push(indent.length + dashes.length);
  else if (key !== undefined) found.key = indent.length + dashes.length;
  return found;
}

export const isBlank = (text: string): boolean => /^\s*(?:#|$)/.test(text);

export class Rows {
  readonly #rows: Row[];
  /** What stands in the lines that were left out. */
  readonly #left: string[] = [];

  constructor(source: string) {
    this.#rows = source.split('\n').map((text) => ({ text, source: text, moves: [] }));
  }

  get text(): string {
    return this.#rows.map(({ text }) => text).join('\n');
  }

  get count(): number {
    return this.#rows.length;
  }

  at(index: number): string {
    return this.#rows[index]?.text ?? '';
  }

  /** The column in the text as it was written, from 0. */
  column(index: number, column: number): number {
    const { moves, source } = this.#rows[index] ?? { moves: [], source: '' };
    const written = moves.toReversed().reduce((at, { behind, by }) => (at <= behind ? at : Math.max(behind, at - by)), column);
    return Math.min(written, source.length);
  }

  /** `behind`: the column behind which the line has become longer, or shorter. */
  change(index: number, text: string, behind: number): void {
    const row = this.#rows[index];
    if (!row) return;
    row.moves.push({ behind, by: text.length - row.text.length });
    row.text = text;
  }

  /** Begins it in another column, and takes along the lines that belong to it. */
  indent(index: number, to: number): void {
    const from = indentOf(this.at(index));
    const move = (at: number): void => {
      const text = this.at(at);
      const wanted = Math.max(0, indentOf(text) + to - from);
      this.change(at, ' '.repeat(wanted) + text.slice(indentOf(text)), 0);
    };
    const last = this.#lastOf(index);
    for (let at = index; at <= last; at++) if (at === index || !isBlank(this.at(at))) move(at);
  }

  /** Leaves a line out, with those that belong to it. False where that was done already. */
  leaveOut(index: number): boolean {
    if (isBlank(this.at(index))) return false;
    const last = this.#lastOf(index);
    for (let at = index; at <= last; at++) {
      const row = this.#rows[at];
      if (!row) continue;
      this.#left.push(row.source);
      row.text = '';
    }
    return true;
  }

  /** Leaves a piece of a line out: there is `instead` in its place, and blanks. */
  blank(index: number, column: number, length: number, instead = ''): void {
    const row = this.#rows[index];
    if (!row) return;
    this.#left.push(row.text.slice(column, column + length));
    row.text = row.text.slice(0, column) + instead.padEnd(length) + row.text.slice(column + length);
  }

  /** What was left out. */
  get leftOut(): readonly string[] {
    return this.#left;
  }

  /** The last line that is indented further than this one. */
  #lastOf(index: number): number {
    const indent = indentOf(this.at(index));
    let last = index;
    for (let at = index + 1; at < this.#rows.length; at++) {
      const text = this.at(at);
      if (isBlank(text)) continue;
      if (indentOf(text) <= indent) break;
      last = at;
    }
    return last;
  }

  /** The line above that says something; -1 where there is none. */
  above(index: number): number {
    let at = index - 1;
    while (at >= 0 && isBlank(this.at(at))) at--;
    return at;
  }

  below(index: number): number {
    let at = index + 1;
    while (at < this.count && isBlank(this.at(at))) at++;
    return at;
  }
}
