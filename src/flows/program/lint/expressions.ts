/** Conditions that are expressions: what is wrong with them in the words of whoever writes them, and comparisons that decide nothing. Pure. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from '../../../schema-errors/did-you-mean.ts';
import { checkExpression, type ExpressionFault, SPAN, treeOf } from '../../text/expressions.ts';
import type { NameScope } from '../../text/known-names.ts';
import { ANY, inWords, type Kind, type Kinds, whyNever } from './kinds.ts';

/** `options`: every option of the flow. */
export interface Knowing {
  names: NameScope;
  kinds: Kinds;
  options: readonly string[];
}

export function* lintExpression(source: string, { names, kinds, options }: Knowing): Iterable<ExpressionFault> {
  const faults = checkExpression(source, names);
  for (const fault of faults) yield inTheirWords(source, fault, options);
  const tree = faults.length === 0 ? treeOf(source) : null;
  if (tree) yield* new Comparisons(tree.placeOf, kinds).condition(tree.tree);
}

/** Signs of other languages, and what is written for them here. */
const SIGNS: [RegExp, string][] = [
  [/\{\{.*?\}\}|\{\{/, 'an expression has no {{ }}: write the name alone'],
  [/[“”„‘’]/, 'write straight quotes (") around texts'],
  [/(?<![\w.])and(?![\w.])/i, 'write && for "and"'],
  [/(?<![\w.])or(?![\w.])/i, 'write || for "or"'],
  [/(?<![\w.])not(?![\w.])/i, 'write ! for "not"'],
  [/===/, 'write =='],
  [/!==/, 'write !='],
  [/<>/, 'write != for <>'],
  [/=>/, 'write >= for =>'],
  [/=</, 'write <= for =<'],
  [/(?<![=!<>])=(?!=)/, 'write == to compare'],
];

const YES_NO = new Set(['yes', 'no', 'sim', 'nao', 'não', 'si', 'sí']);

function inTheirWords(source: string, fault: ExpressionFault, options: readonly string[]): ExpressionFault {
  const unknown = /^unknown variable "([^"]+)"/.exec(fault.message)?.[1];
  if (unknown !== undefined && options.includes(unknown)) return { ...fault, message: `"${unknown}" is an option: put it in quotes` };
  if (unknown !== undefined && YES_NO.has(unknown))
    return { ...fault, message: `"${unknown}" is no name: write true or false for a yes or no, and "${unknown}" in quotes for a text` };
  if (!fault.message.startsWith('is no expression')) return fault;
  // Signs within texts mean nothing.
  const outside = source.replace(/"[^"]*"|'[^']*'/g, (text) => '"'.padEnd(text.length, '"'));
  for (const [sign, message] of SIGNS) {
    const found = sign.exec(sign.source.startsWith('\\{') ? source : outside);
    if (found) return { message: `is no expression: ${message}`, offset: found.index, length: found[0].length };
  }
  return fault;
}

const COMPARING = ['==', '!=', '<', '<=', '>', '>='];
const SUMS = ['+', '-', '*', '/', '%'];
const CALLS: Record<string, Kind> = {
  ...{ size: { is: 'number' }, int: { is: 'number' }, double: { is: 'number' }, age: { is: 'number' } },
  ...{ string: { is: 'text' }, weekday: { is: 'text' }, within: { is: 'truth' } },
};
const WRITTEN_SPAN = new RegExp(`${SPAN}\\("([^"]*)"\\)`, 'g');

/** What the parts of an expression are, and what of them can never fit together. */
class Comparisons {
  readonly #placeOf: (offset: number) => number;
  readonly #kinds: Kinds;
  readonly #faults: ExpressionFault[] = [];

  constructor(placeOf: (offset: number) => number, kinds: Kinds) {
    this.#placeOf = placeOf;
    this.#kinds = kinds;
  }

  condition(tree: ASTNode): ExpressionFault[] {
    this.#truth(tree);
    return this.#faults;
  }

  /** A part that must be true or false. */
  #truth(node: ASTNode): void {
    const kind = this.#kindOf(node);
    if (kind.is === 'any' || kind.is === 'truth') return;
    this.#tell(node, `${this.#shown(node)} is ${inWords(kind)}, and by itself neither holds nor fails: compare it with something`);
  }

  #kindOf(node: ASTNode): Kind {
    const { op } = node;
    if (op === 'value') return kindOfLiteral(node.args);
    const path = pathOf(node);
    if (path !== undefined) return this.#kinds.get(path) ?? (/^hours\.\w+\.open$/.test(path) ? { is: 'truth' } : ANY);
    if (op === '&&' || op === '||') {
      for (const side of node.args as ASTNode[]) this.#truth(side);
      return { is: 'truth' };
    }
    if (op === '!_') {
      this.#truth(node.args as ASTNode);
      return { is: 'truth' };
    }
    if (COMPARING.includes(op)) {
      this.#compare(node, node.args as [ASTNode, ASTNode]);
      return { is: 'truth' };
    }
    if (op === 'in') {
      this.#within(node.args as [ASTNode, ASTNode]);
      return { is: 'truth' };
    }
    if (SUMS.includes(op)) return this.#sum(node, node.args as [ASTNode, ASTNode]);
    if (op === 'list') return { is: 'list' };
    if (op === 'call') return CALLS[String(node.args[0])] ?? ANY;
    return ANY;
  }

  #sum(node: ASTNode, sides: [ASTNode, ASTNode]): Kind {
    const kinds = sides.map((side) => this.#kindOf(side));
    // `today + 30d`
    if (sides[1].op === 'call' && sides[1].args[0] === SPAN && (node.op === '+' || node.op === '-')) return kinds[0] as Kind;
    if (kinds.some(({ is }) => is === 'any')) return ANY;
    if (kinds.every(({ is }) => is === 'number')) return { is: 'number' };
    if (node.op === '+' && kinds.every(({ is }) => is === 'text')) return { is: 'text' };
    if (node.op === '+' && kinds.every(({ is }) => is === 'list')) return { is: 'list' };
    const odd = kinds.findIndex(({ is }) => is !== 'number');
    this.#tell(
      node,
      `${this.#shown(sides[odd] as ASTNode)} is ${inWords(kinds[odd] as Kind)}, and cannot be reckoned with so: a time is added as in today + 30d`,
    );
    return ANY;
  }

  #within([item, list]: [ASTNode, ASTNode]): void {
    const kind = this.#kindOf(item);
    if (list.op !== 'list' || kind.is === 'any') return;
    for (const one of list.args as ASTNode[]) this.#fit(one, item, kind, one, this.#kindOf(one));
  }

  #compare(node: ASTNode, [left, right]: [ASTNode, ASTNode]): void {
    const [a, b] = [this.#kindOf(left), this.#kindOf(right)];
    if (a.is === 'any' || b.is === 'any') return;
    if (left.op === 'value') this.#fit(node, right, b, left, a);
    else this.#fit(node, left, a, right, b);
  }

  /** Whether one can ever be like the other, which may be written out. */
  #fit(node: ASTNode, named: ASTNode, kind: Kind, other: ASTNode, otherKind: Kind): void {
    const name = this.#piece(named);
    if (other.op === 'value' && typeof other.args === 'string') {
      if (family(kind) === 'text') {
        const why = whyNever(name, kind, other.args, didYouMean);
        if (why !== undefined) this.#tell(other, why);
        return;
      }
      const hint = kind.is === 'number' && /^-?\d+(\.\d+)?$/.test(other.args) ? `: write ${other.args} without quotes` : this.#hint(kind);
      this.#tell(node, `"${name}" is ${inWords(kind)}, and "${other.args}" is text: they are never the same${hint}`);
      return;
    }
    if (family(kind) === family(otherKind)) return;
    const written = this.#piece(other);
    if (kind.is === 'day' && /^\d{4} ?- ?\d{1,2} ?- ?\d{1,2}$/.test(written)) {
      this.#tell(other, `${written} is a sum: put the day in quotes, "${written.replaceAll(' ', '')}"`);
      return;
    }
    const hint =
      kind.is === 'text' && otherKind.is === 'number' && !kind.options
        ? `: say "expect: number" where "${name}" is asked`
        : this.#hint(kind);
    this.#tell(node, `"${name}" is ${inWords(kind)}, and ${written} is ${inWords(otherKind)}: they never fit${hint}`);
  }

  #hint(kind: Kind): string {
    return kind.is === 'truth' ? ': write true or false, without quotes' : '';
  }

  #piece({ range, input }: ASTNode): string {
    return input.slice(range.start, range.end).replace(WRITTEN_SPAN, '$1');
  }

  #shown(node: ASTNode): string {
    return `"${this.#piece(node)}"`;
  }

  #tell({ range }: ASTNode, message: string): void {
    const offset = this.#placeOf(range.start);
    this.#faults.push({ message, offset, length: Math.max(0, this.#placeOf(range.end) - offset) });
  }
}

/** Days and times are texts, and compare as such. */
const family = ({ is }: Kind): string => (['day', 'time', 'moment'].includes(is) ? 'text' : is);

function kindOfLiteral(value: unknown): Kind {
  if (typeof value === 'string') return { is: 'text' };
  if (typeof value === 'number' || typeof value === 'bigint') return { is: 'number' };
  return typeof value === 'boolean' ? { is: 'truth' } : ANY;
}

function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const before = pathOf(node.args[0]);
  return before === undefined ? undefined : `${before}.${node.args[1]}`;
}
