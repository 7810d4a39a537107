/**
 * Conditions written as expressions, with days and times as their own part (moments.ts): the part of CEL (https://cel.dev) that has no loops, no macros and no regular
 * expressions. What may stand in one is a list; an expression with anything else is refused when the flow is loaded.
 */
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { messageOf } from '../../core/errors.ts';
import { WeighedCache } from '../../core/weighed-cache.ts';
import { didYouMean } from '../../schema-errors/did-you-mean.ts';
import { jsonSize } from '../language/size-limit.ts';
import type { Effort } from './effort.ts';
import type { NameScope } from './known-names.ts';
import type { Place } from './locale-format.ts';
import { addTo, ageOf, DAYS, isWithin, type Known, Span, weekdayOf } from './moments.ts';

export interface ExpressionFault {
  message: string;
  /** The piece that is meant: offset and length in characters. */
  offset: number;
  length: number;
}

const PLAIN = [
  'value',
  'id',
  '.',
  '[]',
  'list',
  '?:',
  '||',
  '&&',
  '!_',
  '-_',
  '==',
  '!=',
  'in',
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '<=',
  '>',
  '>=',
];
const FUNCTIONS = ['size', 'int', 'double', 'string', 'age', 'weekday', 'within'];
/** What `30d` is read as; nobody writes it. */
export const SPAN = '__span';
const METHODS = ['contains', 'startsWith', 'endsWith', 'size'];

/** Of the condition at hand: evaluation waits for nothing, and these functions are asked for in the middle of it. */
let here: Known | undefined;

function whereWeAre(): Known {
  if (!here) throw new Error('No condition is looked at');
  return here;
}

const environment = makeEnvironment();

/** A JSON number is an int where it is whole and else a double; the language knows no difference, so neither do sums. */
function makeEnvironment(): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 200, maxDepth: 30, maxListElements: 100, maxMapEntries: 0, maxCallArguments: 4 },
  });
  const sums: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [sign, sum] of Object.entries(sums)) {
    env.registerOperator(`double ${sign} int`, (a: number, b: bigint) => sum(a, Number(b)));
    env.registerOperator(`int ${sign} double`, (a: bigint, b: number) => sum(Number(a), b));
  }
  env.registerType('Span', Span);
  env.registerFunction(`${SPAN}(string): Span`, (text: string) => new Span(text));
  env.registerOperator('string + Span', (text: string, span: Span) => addTo(text, span, 1, whereWeAre()));
  env.registerOperator('string - Span', (text: string, span: Span) => addTo(text, span, -1, whereWeAre()));
  env.registerFunction('age(string): int', (text: string) => BigInt(ageOf(text, whereWeAre())));
  env.registerFunction('weekday(string): string', (text: string) => weekdayOf(text, whereWeAre()));
  env.registerFunction('within(string, string): bool', (text: string, hours: string) => isWithin(text, hours, whereWeAre()));
  return env;
}

interface Parsed {
  result: ParseResult;
  /** As it was written, but for spans of time; and where a piece of that stands in what was written. */
  tree: ASTNode;
  placeOf(offset: number): number;
  /** See `Effort`. */
  cost: number;
}

/** Characters of the expressions that are kept parsed; each takes some hundred bytes. */
const parsed = new WeighedCache<string, Parsed | { fault: ExpressionFault }>(256 * 1_024);

function parse(source: string): Parsed | { fault: ExpressionFault } {
  const known = parsed.get(source);
  if (known) return known;
  const made = parseAnew(source);
  parsed.set(source, made, source.length);
  return made;
}

function parseAnew(source: string): Parsed | { fault: ExpressionFault } {
  const spans = withSpans(source);
  try {
    const first = environment.parse(spans.text);
    const names = hoursIn(first.ast);
    const result = names.length === 0 ? first : environment.parse(quoted(spans.text, names));
    return { result, tree: first.ast, placeOf: spans.placeOf, cost: costOfCalls(first.ast) };
  } catch (error) {
    const { offset, ...fault } = faultOf(error, spans.text);
    return { fault: { ...fault, offset: spans.placeOf(offset) } };
  }
}

/** Texts in quotes, and spans of time outside of them. */
const QUOTED_OR_SPAN = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?<![\w.])(?:\d{1,6}(?:\.\d{1,3})?(?:ms|s|m|h|d)){1,4}(?![\w.])/g;

/** `today + 30d` is `today + __span("30d")`. */
function withSpans(source: string): { text: string; placeOf(offset: number): number } {
  const pieces: { from: number; to: number; written: number; length: number }[] = [];
  let added = 0;
  const text = source.replace(QUOTED_OR_SPAN, (found, offset: number) => {
    if (/^["']/.test(found)) return found;
    const made = `${SPAN}("${found}")`;
    pieces.push({ from: offset + added, to: offset + added + made.length, written: offset, length: found.length });
    added += made.length - found.length;
    return made;
  });
  const placeOf = (offset: number): number => {
    const last = pieces.findLast(({ from }) => from < offset);
    if (!last) return offset;
    return last.written + last.length + Math.max(0, offset - last.to);
  };
  return { text, placeOf };
}

const hoursNode = (node: ASTNode): ASTNode | undefined =>
  node.op === 'call' && node.args[0] === 'within' && node.args[1].length === 2 ? node.args[1][1] : undefined;

/** The names of hours that stand without quotes in `within`. */
function hoursIn(ast: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  visit(ast, (node) => {
    const hours = hoursNode(node);
    if (hours?.op === 'id') found.push(hours);
  });
  return found;
}

function quoted(text: string, names: readonly ASTNode[]): string {
  return names
    .toSorted((a, b) => b.range.start - a.range.start)
    .reduce((all, { range }) => `${all.slice(0, range.start)}"${all.slice(range.start, range.end)}"${all.slice(range.end)}`, text);
}

/** What it costs to ask the calendar. */
const CALENDAR = 3_000;

function costOfCalls(ast: ASTNode): number {
  let cost = 0;
  visit(ast, ({ op }) => {
    if (op === 'call') cost += CALENDAR;
  });
  return cost;
}

function visit(node: ASTNode, look: (node: ASTNode) => void): void {
  look(node);
  for (const inner of [node.args].flat(2)) if (isNode(inner)) visit(inner, look);
}

function faultOf(error: unknown, source: string): ExpressionFault {
  const { range, summary } = error as { range?: { start: number; end: number }; summary?: string };
  const offset = Math.min(range?.start ?? 0, source.length);
  const why = (summary ?? messageOf(error).split('\n')[0] ?? '').replace(/EOF/, 'the end');
  return { message: `is no expression: ${why}`, offset, length: Math.max(0, (range?.end ?? offset) - offset) };
}

/** All that is wrong with an expression, before anybody talks to it. */
export function checkExpression(source: string, known: NameScope): ExpressionFault[] {
  const found = parse(source);
  if ('fault' in found) return [found.fault];
  const { tree, placeOf } = found;
  const faults = [...faultsIn(tree, known)];
  return faults.map(({ message, offset, length }) => ({
    message,
    offset: placeOf(offset),
    length: placeOf(offset + length) - placeOf(offset),
  }));
}

/** What an expression is made of, and where a piece of that stands in what was written; null where it is none. */
export function treeOf(source: string): { tree: ASTNode; placeOf(offset: number): number } | null {
  const result = parse(source);
  return 'fault' in result ? null : result;
}

function* faultsIn(node: ASTNode, known: NameScope): Iterable<ExpressionFault> {
  const at = { offset: node.range.start, length: node.range.end - node.range.start };
  const { op } = node;
  if (op === '.' || op === 'id') {
    const path = pathOf(node);
    if (path !== undefined) {
      const fault = known.fault(path);
      if (fault) yield { message: fault, ...at };
      return;
    }
  }
  const wrong = momentFault(node);
  if (wrong) yield { message: wrong, ...at };
  if (op === 'call' || op === 'rcall') {
    const [name, ...rest] = node.args;
    const allowed = op === 'call' ? FUNCTIONS : METHODS;
    const [first, second] = op === 'call' ? node.args[1] : [];
    if (name === 'within' && first && second) {
      yield* faultsIn(first, known);
      const fault = known.hoursFault(second.op === 'id' || second.op === 'value' ? String(second.args) : '');
      if (fault) yield { message: fault, offset: second.range.start, length: second.range.end - second.range.start };
      return;
    }
    if (name !== SPAN && !allowed.includes(name)) yield { message: `there is no function "${name}"${hint(name, allowed)}`, ...at };
    else for (const inner of rest.flat()) yield* faultsIn(inner as ASTNode, known);
    return;
  }
  if (!PLAIN.includes(op)) {
    yield { message: `"${op}" cannot be used in a condition`, ...at };
    return;
  }
  for (const inner of [node.args].flat(2)) if (isNode(inner)) yield* faultsIn(inner, known);
}

/** How many values each takes. */
const TAKES: Record<string, [number, string]> = {
  age: [1, 'age(answer)'],
  weekday: [1, 'weekday(answer)'],
  within: [2, 'within(answer, clinic)'],
};

/** What would never hold about days and times, although it can be written. */
function momentFault(node: ASTNode): string | undefined {
  if (node.op === 'call') {
    const takes = TAKES[node.args[0]];
    return takes && node.args[1].length !== takes[0] ? `is written ${takes[1]}` : undefined;
  }
  if (node.op === '+' || node.op === '-') {
    const [left, right] = node.args;
    const moment = left.op === 'id' && (left.args === 'today' || left.args === 'now') ? left.args : undefined;
    if (isDayWithoutQuotes(node)) return `is a sum: write a day in quotes, as in "${source(node)}"`;
    if (moment === undefined) return undefined;
    const unit = moment === 'today' ? 'd' : 'h';
    if (right.op === 'value')
      return `needs a unit, and no quotes: write ${moment} ${node.op} ${String(right.args).replace(/\D/g, '') || 30}${unit}`;
    const isSpan = right.op === 'call' && right.args[0] === SPAN && right.args[1][0]?.op === 'value';
    if (isSpan && moment === 'today' && !new Span(String(right.args[1][0]?.args)).isDays)
      return 'a day moves by whole days: write today + 1d';
    return undefined;
  }
  if (node.op === '==' || node.op === '!=') return node.args.some(isWeekday) ? dayFault(node.args) : undefined;
  if (node.op === 'in') return isWeekday(node.args[0]) && node.args[1].op === 'list' ? dayFault(node.args[1].args) : undefined;
  return undefined;
}

const source = ({ input, range }: ASTNode): string => input.slice(range.start, range.end).replace(/\s/g, '');

/** `2026-12-25` without quotes is 1989. */
function isDayWithoutQuotes(node: ASTNode): boolean {
  return node.op === '-' && /^(?:19|20|21)\d\d-[01]?\d-[0-3]?\d$/.test(source(node));
}

const isWeekday = (node: ASTNode): boolean => node.op === 'call' && node.args[0] === 'weekday';

function dayFault(nodes: readonly ASTNode[]): string | undefined {
  const name = nodes.find(({ op, args }) => op === 'value' && !DAYS.includes(String(args)));
  return name && `"${String(name.args)}" is no day that "weekday" gives: there are ${DAYS.join(', ')}`;
}

const hint = (name: string, allowed: readonly string[]): string => didYouMean(name, allowed) || `; there are ${allowed.join(', ')}`;

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value;

/** `contact.plan`; undefined where it is no plain path. */
function pathOf(node: ASTNode): string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const before = pathOf(node.args[0]);
  return before && [...before, node.args[1]];
}

/** What an expression names. */
function variablesOf({ ast }: ParseResult): string[] {
  const found: string[] = [];
  const look = (node: ASTNode): void => {
    const path = pathOf(node);
    if (path) found.push(path.join('.'));
    else for (const inner of [node.args].flat(2)) if (isNode(inner)) look(inner);
  };
  look(ast);
  return found;
}

/** Whether it holds. A comparison with what is not known does not hold, and nothing throws but what `Effort` does. */
export function holds(
  source: string,
  data: Record<string, unknown>,
  { place, hours = {}, effort }: { place?: Place; hours?: Known['hours']; effort?: Effort | undefined } = {},
): boolean {
  const found = parse(source);
  if ('fault' in found) return false;
  const { result, cost } = found;
  effort?.spend(EXPRESSION + cost + variablesOf(result).reduce((sum, path) => sum + costOf(path, data), 0));
  here = place && { place, hours };
  try {
    return result(toCel(data, result)) === true;
  } catch {
    return false;
  } finally {
    here = undefined;
  }
}

/** What it costs to ask for one, and for each character of a text that it names; see `Effort`. */
const EXPRESSION = 10_000;
const CHARACTER = 4;

/** Each time that a text is named it may be put together with others, or looked through. */
function costOf(path: string, data: Record<string, unknown>): number {
  let value: unknown = data;
  for (const key of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  if (typeof value === 'string') return CHARACTER * value.length;
  const weight = typeof value === 'object' ? jsonSize(value) / 10 : 0;
  return Number.isFinite(weight) ? weight : 0;
}

/** The values that are asked for. Whole numbers are ints to CEL, which wants them as `bigint`. */
function toCel(data: Record<string, unknown>, result: ParseResult): Record<string, unknown> {
  const names = new Set(variablesOf(result).map((path) => path.split('.')[0] ?? ''));
  return Object.fromEntries([...names].map((name) => [name, Object.hasOwn(data, name) ? convert(data[name], 0) : null]));
}

const DEEPEST = 20;

/** Values do not change, and large ones are asked for by many conditions. */
const converted = new WeakMap<object, unknown>();

function convert(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (depth > 0) return convertAll(value, depth);
  const known = converted.get(value) ?? convertAll(value, depth);
  converted.set(value, known as object);
  return known;
}

function convertAll(value: object, depth: number): unknown {
  if (Array.isArray(value)) return value.map((one) => convert(one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, convert(one, depth + 1)]));
}
