/**
 * Texts with `{{ … }}` in LiquidJS syntax, output only: no tags, few filters, own properties only, nothing unknown. A
 * template is always text of the flow; what a contact wrote is data and is never read as a template.
 */
import { Context, Liquid, LiquidError, Output, type Template } from 'liquidjs';
import { HooklineError, messageOf } from '../../core/errors.ts';
import { WeighedCache } from '../../core/weighed-cache.ts';
import { didYouMean } from '../../schema-errors/did-you-mean.ts';
import { TEXT_LIMIT, type Value } from '../language/schema.ts';
import { jsonSize, VALUE_LIMIT } from '../language/size-limit.ts';
import type { Effort } from './effort.ts';
import { type Destination, escapeFor } from './escape.ts';
import { FILTERS, type FilterThis, filterFaults, workOf } from './filters.ts';
import type { NameScope } from './known-names.ts';
import type { Place } from './locale-format.ts';

/** What a template is filled in with, by name, and how its values look. A value that is not known is left out. */
export interface TemplateData {
  values: Record<string, unknown>;
  place: Place;
  /** Of the turn that it is filled in for. */
  effort?: Effort | undefined;
}

/**
 * Characters that filters may make in one rendering, which is what bounds its work: there are no loops. The milliseconds are by the
 * clock on the wall, so they only stop what is beyond reason: on a busy machine the first use of a time zone alone takes hundreds.
 */
const MEMORY_LIMIT = 20 * TEXT_LIMIT;
const RENDER_LIMIT = 10_000;

const PLACE = '$place';
interface LiquidThis {
  context: { globals: { [PLACE]?: Place }; memoryLimit: { use(count: number): void } };
}
const NOWHERE: Place = { locale: 'en', zone: 'UTC', now: 0 };

function outputOnly(destination: Destination): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    // What may be named was checked at load; what has no value yet is empty.
    strictVariables: false,
    lenientIf: true,
    ownPropertyOnly: true,
    templates: {},
    parseLimit: 2 * TEXT_LIMIT,
    memoryLimit: MEMORY_LIMIT,
    renderLimit: RENDER_LIMIT,
    outputEscape: escapeFor(destination),
  });
  for (const tag of Object.keys(liquid.tags)) delete liquid.tags[tag];
  for (const filter of Object.keys(liquid.filters)) if (!Object.hasOwn(FILTERS, filter)) liquid.unregisterFilter(filter);
  for (const name of Object.keys(FILTERS)) {
    // A URL is encoded as a whole.
    const work = name === 'url_encode' && destination === 'url' ? (_: FilterThis, value: unknown) => value : workOf(name);
    if (!work) continue;
    liquid.registerFilter(name, function (this: unknown, ...values: unknown[]) {
      const { context } = this as LiquidThis;
      const self: FilterThis = { place: context.globals[PLACE] ?? NOWHERE, use: (count) => context.memoryLimit.use(count) };
      return work.call(this, self, values[0], ...values.slice(1));
    });
  }
  return liquid;
}

const engines: Record<Destination, Liquid> = {
  chat: outputOnly('chat'),
  plain: outputOnly('plain'),
  url: outputOnly('url'),
  header: outputOnly('header'),
};
const engine = engines.plain;

export interface TemplateFault {
  message: string;
  /** The piece of the template that is meant: offset and length in characters. */
  offset: number;
  length: number;
}

/** What is wrong with a template, before anybody talks to it. */
export function checkTemplate(template: string, known: NameScope): TemplateFault[] {
  if (!/\{[{%]/.test(template)) return [];
  try {
    const parsed = engine.parse(template);
    const faults: TemplateFault[] = [];
    const names: string[] = [];
    for (const uses of Object.values(engine.analyzeSync(parsed, { partials: false }).globals)) {
      for (const { segments, location } of uses) {
        const path = segments.map((segment) => (typeof segment === 'string' ? segment : '[…]'));
        names.push(path.join('.'));
        const fault = known.fault(path);
        if (fault) faults.push({ message: fault, offset: offsetOf(template, location), length: String(segments[0]).length });
      }
    }
    for (const piece of parsed) if (piece instanceof Output) faults.push(...filterFaults(piece));
    // What else is wrong is only seen as it runs.
    if (faults.length === 0) engine.renderSync(parsed, sample(names));
    return faults;
  } catch (error) {
    return [describe(error)];
  }
}

/**
 * Fills a template in, escaped for where it goes. At most `TEXT_LIMIT` characters come out: what a contact wrote may be
 * long, and a cut answer is better than none. Throws `flow-invalid` where a filter exceeds its limits.
 */
export function render(template: string, data: TemplateData, destination: Destination = 'chat'): string {
  if (!template.includes('{{')) return template;
  return guarded(template, () => {
    const pieces = parsedFor(destination, template);
    data.effort?.spend(template.length);
    return cut(String(engines[destination].renderSync(pieces, contextOf(engines[destination], data))), TEXT_LIMIT);
  });
}

/**
 * Fills in what `isKnown` says of, by the first name in it, and that comes to something: the rest stands as it is written, for a
 * person to fill in. `open`: what that asks for. Never throws for a template that was checked.
 */
export function fillKnown(template: string, data: TemplateData, isKnown: (name: string) => boolean): { text: string; open: string[] } {
  if (!template.includes('{{')) return { text: template, open: [] };
  const open = new Set<string>();
  const pieces = parsedFor('chat', template).map((piece) => {
    const named = piece instanceof Output ? Object.values(engines.chat.analyzeSync([piece], { partials: false }).globals).flat() : [];
    const paths = named.map(({ segments }) => segments.filter((one) => typeof one === 'string').join('.'));
    const filled = paths.every((path) => isKnown(path.split('.')[0] ?? '')) ? filledIn(piece, data) : '';
    if (filled !== '' || !(piece instanceof Output)) return filled;
    for (const path of paths) open.add(path);
    return piece.token.getText();
  });
  return { text: cut(pieces.join(''), TEXT_LIMIT), open: [...open] };
}

/** Empty where it is too much for a filter. */
function filledIn(piece: Template, data: TemplateData): string {
  try {
    return String(engines.chat.renderSync([piece], contextOf(engines.chat, data)));
  } catch {
    return '';
  }
}

/** Templates are texts of flows, of which there are few, and are filled in with every message. By characters, of which each takes some ten bytes. */
const parsed = new WeighedCache<string, Template[]>(4 * 1_024 * 1_024);

function parsedFor(destination: Destination, template: string): Template[] {
  const key = `${destination} ${template}`;
  const known = parsed.get(key);
  if (known) return known;
  const made = engines[destination].parse(template);
  parsed.set(key, made, key.length);
  return made;
}

const ALONE = /^\s*\{\{-?((?:(?!\}\}|\{\{).)*?)-?\}\}\s*$/s;

/** What is left of what the texts of one step may come to. */
export interface Budget {
  left: number;
}

export const newBudget = (): Budget => ({ left: VALUE_LIMIT });

/**
 * Fills in the texts of a value. A text that is nothing but one `{{ … }}` keeps the type of what it names. Throws `flow-invalid`
 * as `render` does, and where the whole is more than the budget: a list may be filled with itself.
 */
export function renderValue(value: Value, data: TemplateData, budget = newBudget()): Value {
  if (typeof value === 'string') return spend(value, filled(value, data), budget);
  if (Array.isArray(value)) return value.map((one) => renderValue(one, data, budget));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderValue(one, data, budget)]));
}

function filled(template: string, data: TemplateData): unknown {
  const expression = ALONE.exec(template)?.[1];
  if (expression === undefined) return render(template, data, 'plain');
  const found: unknown = guarded(template, () => engine.evalValueSync(expression, contextOf(engine, data)));
  return typeof found === 'string' ? cut(found, TEXT_LIMIT) : found;
}

function spend(template: string, found: unknown, budget: Budget): Value {
  budget.left -= jsonSize(found);
  // What was weighed is JSON: values of the run, which nothing changes, and lists that filters have made of them.
  if (budget.left >= 0)
    return typeof found === 'string' || (typeof found === 'object' && found !== null) ? (found as Value) : toJson(found);
  throw new HooklineError('flow-invalid', `The text "${cut(template, 80)}" cannot be filled in: what comes out is too large or too deep.`);
}

/** What filters make is counted for the rendering, and for the turn. */
class Limiter {
  readonly #effort: Effort | undefined;
  #left = MEMORY_LIMIT;

  constructor(effort: Effort | undefined) {
    this.#effort = effort;
  }

  use(count: unknown): void {
    if (!(Number(count) > 0)) return;
    this.#left -= Number(count);
    if (this.#left < 0) throw new RangeError('memory alloc limit exceeded');
    this.#effort?.spend(Number(count));
  }

  check(count: unknown): void {
    if (Number(count) > this.#left) throw new RangeError('memory alloc limit exceeded');
  }
}

type Liquids = NonNullable<ConstructorParameters<typeof Context>[3]>;

function contextOf(liquid: Liquid, { values, place, effort }: TemplateData): Context {
  const memoryLimit = new Limiter(effort) as unknown as NonNullable<Liquids['memoryLimit']>;
  return new Context(values, liquid.options, { globals: { [PLACE]: place } }, { memoryLimit, liquid });
}

function toJson(value: unknown): Value {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value) ?? 'null') as Value);
}

function guarded<T>(template: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new HooklineError('flow-invalid', `The text "${cut(template, 80)}" cannot be filled in: ${describe(error).message}.`, {
      cause: error,
    });
  }
}

/** The first `limit` characters, the last of them an ellipsis where some were lost; no surrogate pair is torn apart. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Something for every name, so that filters have something to work on. */
function sample(names: readonly string[]): object {
  const root: Record<string, unknown> = {};
  for (const name of names) {
    const path = name.split('.');
    let at = root;
    for (const key of path.slice(0, -1)) {
      if (typeof at[key] !== 'object') at[key] = {};
      at = at[key] as Record<string, unknown>;
    }
    at[path.at(-1) ?? ''] ??= '1';
  }
  return root;
}

function describe(error: unknown): TemplateFault {
  if (!LiquidError.is(error)) return { message: messageOf(error), offset: 0, length: 0 };
  const { begin, end } = error.token;
  return { message: inWords(messageOf(error).replace(/, line:\d+, col:\d+$/, '')), offset: begin, length: end - begin };
}

function inWords(message: string): string {
  if (/^tag /.test(message)) return 'tags ({% … %}) are not part of the language: only {{ … }} is';
  const filter = /^undefined filter: (.*)$/s.exec(message)?.[1];
  return filter === undefined ? `bad template: ${message}` : `unknown filter "${filter}"${didYouMean(filter, Object.keys(FILTERS))}`;
}

function offsetOf(template: string, { row, col }: { row: number; col: number }): number {
  const before = template.split('\n').slice(0, row - 1);
  return before.reduce((sum, line) => sum + line.length + 1, 0) + col - 1;
}
