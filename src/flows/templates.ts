/**
 * Texts with `{{ … }}` in LiquidJS syntax, output only: no tags, few filters, own properties only, nothing unknown. A
 * template is always text of the flow; what a contact wrote is data and is never read as a template.
 */
import { Liquid, LiquidError } from 'liquidjs';
import { HooklineError, messageOf } from '../core/errors.ts';
import { didYouMean } from './explain.ts';
import { TEXT_LIMIT } from './schema.ts';

/** What a template may name: `{{ contact.first_name }}`. A value that is not known is null, never missing. */
export interface TemplateData {
  contact: { name: string | null; first_name: string | null; phone: string | null };
  message: { text: string | null };
  session: { name: string };
  answers: Readonly<Record<string, string | null>>;
}

const VARIABLES = ['contact.name', 'contact.first_name', 'contact.phone', 'message.text', 'session.name'];

/** Names that an answer cannot have: the roots above, those that the language will give a meaning, the literals of Liquid. */
export const RESERVED_NAMES: readonly string[] = [
  ...['contact', 'message', 'session', 'answer', 'hours', 'now', 'secrets', 'today'],
  ...['true', 'false', 'nil', 'null', 'empty', 'blank'],
];

const FILTERS = [
  ...['default', 'upcase', 'downcase', 'capitalize', 'strip', 'strip_newlines', 'truncate', 'truncatewords'],
  ...['replace', 'remove', 'append', 'prepend', 'split', 'join', 'first', 'last', 'size'],
  ...['plus', 'minus', 'times', 'divided_by', 'round'],
];

/** Characters that filters may make in one rendering; milliseconds that it may take. */
const MEMORY_LIMIT = 20 * TEXT_LIMIT;
const RENDER_LIMIT = 100;

const engine = outputOnly();

function outputOnly(): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    templates: {},
    parseLimit: 2 * TEXT_LIMIT,
    memoryLimit: MEMORY_LIMIT,
    renderLimit: RENDER_LIMIT,
  });
  for (const tag of Object.keys(liquid.tags)) delete liquid.tags[tag];
  for (const filter of Object.keys(liquid.filters)) if (!FILTERS.includes(filter)) liquid.unregisterFilter(filter);
  return liquid;
}

export interface TemplateFault {
  message: string;
  /** The piece of the template that is meant: offset and length in characters. */
  offset: number;
  length: number;
}

/** What is wrong with a template, before anybody talks to it. `answers`: the names that the flow saves. */
export function checkTemplate(template: string, answers: readonly string[]): TemplateFault[] {
  try {
    const parsed = engine.parse(template);
    const known = [...VARIABLES, ...answers];
    const faults: TemplateFault[] = [];
    for (const uses of Object.values(engine.analyzeSync(parsed, { partials: false }).globals)) {
      for (const { segments, location } of uses) {
        const variable = segments.map((segment) => (typeof segment === 'string' ? segment : '[…]')).join('.');
        if (known.includes(variable)) continue;
        const message = `unknown variable "${variable}"${didYouMean(variable, known)}`;
        faults.push({ message, offset: offsetOf(template, location), length: String(segments[0]).length });
      }
    }
    // Arguments of filters are only checked as they run.
    if (faults.length === 0) engine.renderSync(parsed, sample(answers));
    return faults;
  } catch (error) {
    return [describe(error)];
  }
}

/**
 * Fills a template in. At most `TEXT_LIMIT` characters come out: what a contact wrote may be long, and a cut answer is
 * better than none. Throws `flow-invalid` where a filter exceeds its limits.
 */
export function render(template: string, { answers, ...data }: TemplateData): string {
  if (!template.includes('{{')) return template;
  try {
    return cut(String(engine.renderSync(engine.parse(template), { ...answers, ...data })), TEXT_LIMIT);
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

function sample(answers: readonly string[]): object {
  const contact = { name: 'Ana Souza', first_name: 'Ana', phone: '5511987654321' };
  return { ...Object.fromEntries(answers.map((name) => [name, '1'])), contact, message: { text: '1' }, session: { name: 'main' } };
}

function describe(error: unknown): TemplateFault {
  if (!LiquidError.is(error)) return { message: messageOf(error), offset: 0, length: 0 };
  const { begin, end } = error.token;
  return { message: inWords(messageOf(error).replace(/, line:\d+, col:\d+$/, '')), offset: begin, length: end - begin };
}

function inWords(message: string): string {
  if (/^tag /.test(message)) return 'tags ({% … %}) are not part of the language: only {{ … }} is';
  const filter = /^undefined filter: (.*)$/s.exec(message)?.[1];
  return filter === undefined ? `bad template: ${message}` : `unknown filter "${filter}"${didYouMean(filter, FILTERS)}`;
}

function offsetOf(template: string, { row, col }: { row: number; col: number }): number {
  const before = template.split('\n').slice(0, row - 1);
  return before.reduce((sum, line) => sum + line.length + 1, 0) + col - 1;
}
