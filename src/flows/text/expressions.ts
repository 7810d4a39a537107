/**
 * Conditions written as expressions: the part of CEL (https://cel.dev) that has no loops, no macros and no regular
 * expressions. What may stand in one is a list; an expression with anything else is refused when the flow is loaded.
 */
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { messageOf } from '../../core/errors.ts';
import { WeighedCache } from '../../core/weighed-cache.ts';
import { didYouMean } from '../../schema-errors/did-you-mean.ts';
import { jsonSize } from '../language/size-limit.ts';
import type { Effort } from './effort.ts';
import type { NameScope } from './known-names.ts';

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
const FUNCTIONS = ['size', 'int', 'double', 'string'];
const METHODS = ['contains', 'startsWith', 'endsWith', 'size'];

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
  return env;
}

/** Characters of the expressions that are kept parsed; each takes some hundred bytes. */
const parsed = new WeighedCache<string, ParseResult | { fault: ExpressionFault }>(256 * 1_024);

function parse(source: string): ParseResult | { fault: ExpressionFault } {
  const known = parsed.get(source);
  if (known) return known;
  let result: ParseResult | { fault: ExpressionFault };
  try {
    result = environment.parse(source);
  } catch (error) {
    result = { fault: faultOf(error, source) };
  }
  parsed.set(source, result, source.length);
  return result;
}

function faultOf(error: unknown, source: string): ExpressionFault {
  const { range, summary } = error as { range?: { start: number; end: number }; summary?: string };
  const offset = Math.min(range?.start ?? 0, source.length);
  const why = (summary ?? messageOf(error).split('\n')[0] ?? '').replace(/EOF/, 'the end');
  return { message: `is no expression: ${why}`, offset, length: Math.max(0, (range?.end ?? offset) - offset) };
}

/** All that is wrong with an expression, before anybody talks to it. */
export function checkExpression(source: string, known: NameScope): ExpressionFault[] {
  const result = parse(source);
  return 'fault' in result ? [result.fault] : [...faultsIn(result.ast, known)];
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
  if (op === 'call' || op === 'rcall') {
    const [name, ...rest] = node.args;
    const allowed = op === 'call' ? FUNCTIONS : METHODS;
    if (!allowed.includes(name)) yield { message: `there is no function "${name}"${hint(name, allowed)}`, ...at };
    else for (const inner of rest.flat()) yield* faultsIn(inner as ASTNode, known);
    return;
  }
  if (!PLAIN.includes(op)) {
    yield { message: `"${op}" cannot be used in a condition`, ...at };
    return;
  }
  for (const inner of [node.args].flat(2)) if (isNode(inner)) yield* faultsIn(inner, known);
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
export function holds(source: string, data: Record<string, unknown>, effort?: Effort): boolean {
  const result = parse(source);
  if ('fault' in result) return false;
  effort?.spend(EXPRESSION + variablesOf(result).reduce((sum, path) => sum + costOf(path, data), 0));
  try {
    return result(toCel(data, result)) === true;
  } catch {
    return false;
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
