/** What the schema's complaints mean to the person who wrote the flow. */
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { isMapping, keysOf, listed, literalsOf, memberOf, optionsOf, typeOf } from './schema-parts.ts';

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

/**
 * The forms of each union that failed, by the list of their issues: zod hands that list on, and not the schema, and which
 * form was meant is only known from both.
 */
const unions = new WeakMap<object, unknown>();

/** Nobody reads on beyond these, so no more are put into words. */
export const MOST_FAULTS = 100;

/**
 * zod asks for the words of every issue, also of those of forms that were not meant: some dozens for each step. Here they
 * are noted and put into words when somebody reads them.
 */
export class ZodMessages {
  readonly #noted: RawIssue[] = [];

  /** zod's error map. */
  readonly note = (issue: RawIssue): string | undefined => {
    if (!EXPLAINED.has(issue.code)) return undefined;
    if (issue.code === 'invalid_union') unions.set(issue.errors, issue.inst);
    return `${NOTED}${this.#noted.push(issue) - 1}`;
  };

  words(message: string): string {
    const issue = message.startsWith(NOTED) ? this.#noted[Number(message.slice(NOTED.length))] : undefined;
    return issue === undefined ? message : this.words(explainIssue(issue) ?? 'is not what can stand here');
  }
}

const NOTED = '\0';
const EXPLAINED = new Set<string | undefined>([
  ...['unrecognized_keys', 'invalid_type', 'invalid_value', 'invalid_union', 'invalid_key', 'too_small', 'too_big'],
]);

/** zod's error map. For unknown keys: one line a key, in the order of `keys`; an empty one says nothing. */
export function explainIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys.slice(0, MOST_FAULTS), issue).join('\n');
    case 'invalid_type':
    case 'invalid_value':
      if (issue.input === undefined && issue.path?.length) return `"${String(issue.path.at(-1))}" is missing`;
      if (typeof issue.input === 'number' && patternWords(issue.inst) !== undefined) return patternWords(issue.inst);
      if (typeof issue.input === 'string' && literalsOf(issue.inst).length > MOST_FORMS && nearest(issue.inst, issue.input) !== '')
        return `there is no "${issue.input}" here${nearest(issue.inst, issue.input)}`;
      return `must be ${expected(issue.inst)}${nearest(issue.inst, issue.input)}${quotesHint(issue.inst, issue.input)}`;
    case 'invalid_union':
      unions.set(issue.errors, issue.inst);
      return issue.input === undefined ? `"${String(issue.path?.at(-1))}" is missing` : noAlternative(issue);
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int' ? `must be ${issue.minimum} or more` : tooFew(issue.minimum);
    case 'too_big': {
      if (issue.origin === 'array' || issue.origin === 'map') return `must have at most ${issue.maximum} entries`;
      const unit = issue.origin === 'string' ? ' characters' : '';
      return `must be at most ${issue.maximum}${unit}`;
    }
    default:
      return undefined;
  }
}

const tooFew = (least: number | bigint): string => (least > 1 ? `must have at least ${least}` : 'must not be empty');

/** Where a value fits none of several forms, the issues of the form that was meant; else the issue itself. */
export function* spreadIssues(issue: Issue, root: unknown): Iterable<Issue> {
  if (issue.code !== 'invalid_union') {
    yield issue;
    return;
  }
  const index = formMeant(optionsOf(unions.get(issue.errors)), valueAt(root, issue.path));
  const meant = index === undefined ? undefined : issue.errors[index];
  if (!meant || meant.length === 0) yield issue;
  else {
    for (const inner of meant) {
      const placed = { ...inner, path: [...issue.path, ...inner.path] };
      const [below] = inner.path;
      if (inner.path.length === 1 && typeof below === 'string')
        around.set(placed, { below, keys: keysOf(optionsOf(unions.get(issue.errors))[index as number]) });
      yield* spreadIssues(placed, root);
    }
  }
}

/** Of an issue with what stands right below a key of the form that was meant: which key, and what else the form has. */
const around = new WeakMap<Issue, { below: string; keys: readonly string[] }>();

/** What is said of an unknown key that belongs beside the one it stands below; null for any other. */
export function besideWhat(issue: Issue, key: string): string | null {
  const { below, keys = [] } = around.get(issue) ?? {};
  if (below === undefined || !keys.includes(key)) return null;
  return `"${key}" stands beside "${below}": write it in the column of "${below}", not below it`;
}

/** Keys that may stand in several forms, and so say least about which one is meant. */
const WEAK = ['typing', 'go', 'if'];

/** A mapping is of the form whose first key it has; a list is of a form that is a list. */
function formMeant(options: readonly unknown[], value: unknown): number | undefined {
  if (Array.isArray(value)) return only(options, (option) => typeOf(option) === 'array');
  if (!isMapping(value)) return undefined;
  const firsts = options.map((option) => keysOf(option)[0]);
  const present = Object.keys(value).filter((key) => firsts.includes(key));
  const key = present.find((one) => !WEAK.includes(one)) ?? present[0];
  if (key !== undefined) return firsts.indexOf(key);
  return only(options, (option) => typeOf(option) === 'record' || (keysOf(option).length > 0 && mappings(options) === 1));
}

function only(options: readonly unknown[], fits: (option: unknown) => boolean): number | undefined {
  const index = options.findIndex(fits);
  return index < 0 ? undefined : index;
}

const mappings = (options: readonly unknown[]): number => options.filter((option) => keysOf(option).length > 0).length;

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

/** What begins a step. */
const VERBS = ['say', 'ask', 'menu', 'wait', 'http', 'set', 'remember', 'tag', 'emit', 'go', 'handoff', 'call', 'end'];

/** A key that makes a step of its own wants a dash; the keys that came with it then need no word. */
function unknownKeys(keys: readonly string[], { inst, input }: Pick<RawIssue, 'inst' | 'input'>): string[] {
  const verb = keys.find((key) => VERBS.includes(key));
  if (verb === undefined) return keys.map((key) => intoWhat(key, inst, input) ?? `unknown key "${key}"${meant(key, keysOf(inst))}`);
  if (verb === 'end') return keys.map((key) => (key === verb ? '"end" stands alone: begin it with "- "' : ''));
  return keys.map((key) => (key === verb ? `"${key}" is a step of its own: begin it with "- "` : ''));
}

/** What is said of an unknown key that belongs below another one which is there; null for any other. */
function intoWhat(key: string, schema: unknown, input: unknown): string | null {
  const into = isMapping(input) ? Object.keys(input).find((one) => keysOf(memberOf(schema, one)).includes(key)) : undefined;
  return into === undefined ? null : `"${key}" belongs to "${into}": indent it further than that`;
}

/** More than this many forms are not all named. */
const MOST_FORMS = 8;

function noAlternative(issue: RawIssue & { code: 'invalid_union' }): string {
  const options = optionsOf(issue.inst);
  const known = options.flatMap((option) => keysOf(option).slice(0, 1));
  const pattern = typeof issue.input === 'number' ? options.map(patternWords).find((words) => words !== undefined) : undefined;
  if (pattern !== undefined) return pattern;
  const odd = isMapping(issue.input) ? Object.keys(issue.input)[0] : undefined;
  if (odd !== undefined && literalsOf(issue.inst).includes(odd)) return `"${odd}" stands alone, with nothing behind it`;
  if (options.length > MOST_FORMS) {
    if (odd === 'then' || odd === 'else') return `"${odd}" belongs to an "if": write it below that, in the same column and without "- "`;
    const word = odd ?? (typeof issue.input === 'string' ? issue.input.slice(0, 40) : undefined);
    const all = [...known, ...literalsOf(issue.inst).map(String)];
    const glued = /^(\w+):\S/.exec(word ?? '')?.[1];
    if (glued !== undefined && known.includes(glued)) return `there must be a space behind "${glued}:"`;
    const hint = word === undefined ? '' : meant(word, all) || `; there are ${[...new Set(all)].join(', ')}`;
    if (word !== undefined) return `${odd === undefined ? 'there is no' : 'unknown key'} "${word}"${hint}`;
    return `must be one of ${all.join(', ')}`;
  }
  if (typeof issue.input === 'string' && literalsOf(issue.inst).length > MOST_FORMS && nearest(issue.inst, issue.input) !== '')
    return `there is no "${issue.input}" here${nearest(issue.inst, issue.input)}`;
  const every = options.flatMap(keysOf);
  const key = odd === undefined || every.includes(odd) ? '' : ` and not "${odd}"${meant(odd, every)}`;
  return `must be ${expected(issue.inst)}${key}${nearest(issue.inst, issue.input)}${quotesHint(issue.inst, issue.input)}`;
}

function nearest(schema: unknown, input: unknown): string {
  return typeof input === 'string' ? meant(input, literalsOf(schema).map(String)) : '';
}

/** What the words of other products are called here; the first that may stand in the place is meant. */
const OTHERS: Record<string, readonly string[]> = {
  ...{ send: ['say'], message: ['say'], text: ['say'], reply: ['say'], answer: ['save', 'say'], write: ['say'], print: ['say'] },
  ...{ goto: ['go'], jump: ['go'], next: ['go'], redirect: ['go'], question: ['ask'], input: ['ask'], prompt: ['ask'] },
  ...{ delay: ['wait'], sleep: ['wait'], pause: ['wait'], webhook: ['http'], request: ['http'], fetch: ['http'], api: ['http'] },
  ...{ transfer: ['handoff'], human: ['handoff'], agent: ['handoff'], escalate: ['handoff'], buttons: ['menu'], choices: ['options'] },
  ...{ variable: ['save', 'set'], assign: ['set'], let: ['set'], stop: ['end'], exit: ['end'], finish: ['end'], condition: ['if'] },
  ...{ switch: ['choose'], case: ['if'], default: ['else'], otherwise: ['else'], subflow: ['call'], event: ['emit'] },
  ...{
    boolean: ['yes_no'],
    bool: ['yes_no'],
    yesno: ['yes_no'],
    confirm: ['yes_no'],
    numeric: ['number'],
    int: ['integer'],
    float: ['number'],
  },
  ...{
    string: ['text'],
    mail: ['email'],
    'e-mail': ['email'],
    photo: ['image'],
    picture: ['image'],
    file: ['document'],
    pdf: ['document'],
  },
  ...{ hour: ['time'], day: ['date'], tel: ['phone'], telephone: ['phone'], link: ['url'], option: ['choice'], list: ['choice'] },
};

function meant(word: string, known: readonly string[]): string {
  if (known.includes(word)) return ', without quotes';
  const other = Object.hasOwn(OTHERS, word) ? OTHERS[word]?.find((one) => known.includes(one)) : undefined;
  return other === undefined ? didYouMean(word, known) : `, did you mean "${other}"?`;
}

const NAMES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list (lines that begin with "- ")',
  record: 'a mapping (lines of "key: value")',
};

/** What a text must be like, of a schema that says so. */
function patternWords(schema: unknown): string | undefined {
  const { checks = [] } =
    (schema as { _zod?: { def?: { checks?: { _zod?: { def?: { format?: string; error?: unknown } } }[] } } })?._zod?.def ?? {};
  for (const { _zod } of checks) {
    const { format, error } = _zod?.def ?? {};
    const words: unknown = format === 'regex' && typeof error === 'function' ? error({}) : undefined;
    if (typeof words === 'string') return words;
  }
  return undefined;
}

/** `"end" or a mapping with "say", "ask" or "go"`. */
function expected(schema: unknown): string {
  const options = optionsOf(schema);
  if (options.length === 0) return name(schema);
  const verbs = options.filter((option) => keysOf(option).length > 0).map((option) => `"${keysOf(option)[0]}"`);
  const others = options.filter((option) => keysOf(option).length === 0).map(name);
  return listed(verbs.length > 0 ? [...others, `a mapping with ${listed(verbs)}`] : others);
}

function name(schema: unknown): string {
  const keys = keysOf(schema);
  if (keys.length > 0)
    return keys.length > MOST_FORMS ? 'a mapping (lines of "key: value")' : `a mapping with ${listed(keys.map((key) => `"${key}"`))}`;
  const literals = literalsOf(schema);
  return literals.length > 0 ? listed(literals.map((literal) => JSON.stringify(literal))) : (NAMES[typeOf(schema)] ?? typeOf(schema));
}

function quotesHint(schema: unknown, input: unknown): string {
  const textFits = [schema, ...optionsOf(schema)].some((one) => typeOf(one) === 'string');
  // `- Note: hello` in a list of texts.
  if (textFits && isMapping(input) && optionsOf(schema).every((one) => keysOf(one).length === 0))
    return ': a text with ": " in it must stand in quotes';
  return textFits && ['number', 'boolean'].includes(typeof input) ? `: put ${JSON.stringify(input)} in quotes` : '';
}
