import type { Fault } from '../../../core/errors.ts';
import { headerFaults } from '../../../core/request-headers.ts';
import { didYouMean } from '../../../schema-errors/did-you-mean.ts';
import type { Path } from '../../language/parse.ts';
import { OWN_HEADERS } from '../../language/schema/doing.ts';
import { type Condition, isFromData, listOf, type Step } from '../../language/schema.ts';
import { ANSWER, NameScope } from '../../text/known-names.ts';
import { withCalled } from '../outline.ts';
import type { Checked, Together } from './checked.ts';
import { type Knowing, lintExpression } from './expressions.ts';
import { ANY, inWords, type Kind, kindOfAnswer, kindsIn, whyNever } from './kinds.ts';
import { lintTemplate } from './templates.ts';

/** What texts and conditions name. */
export function* lintTexts(checked: Checked, together: Together): Iterable<Fault> {
  const { flow } = checked.parsed;
  const [usual, withSecrets] = [knownTo(checked, together, false), knownTo(checked, together, true)];
  const options = [...checked.program.steps.values()].flatMap(({ step }) => kindOfAnswer(step).options ?? []);
  const knowing: Knowing = { names: usual, kinds: kindsIn(checked, together), options };
  if (flow.only_if !== undefined) yield* lintCondition(checked, knowing, flow.only_if, ['only_if']);
  for (const [index, trigger] of flow.start.entries()) {
    if ('event' in trigger && trigger.if !== undefined) yield* lintCondition(checked, knowing, trigger.if, ['start', index, 'if']);
  }
  yield* lintHeaders(checked, withSecrets, flow.transcribe?.headers, ['transcribe']);
  for (const { step, path } of checked.program.steps.values()) {
    const isRequest = typeof step === 'object' && 'http' in step;
    const names = isRequest ? withSecrets : usual;
    for (const [text, where, ...also] of textsOf(step, path)) {
      const scope = also.reduce((known, name) => known.with(name), names);
      for (const { message, offset, length } of lintTemplate(text, scope, { foreign: !isRequest })) {
        yield { path: checked.parsed.place(where, { text, offset, length }), message };
      }
    }
    for (const [condition, where] of conditionsOf(step, path)) {
      const looking = where.includes('check') ? lookingAt(step, knowing) : knowing;
      yield* lintCondition(checked, looking, condition, where);
    }
    yield* lintRequest(checked, step, path);
    if (typeof step === 'object' && 'ask_model' in step)
      yield* lintHeaders(checked, withSecrets, step.ask_model.headers, [...path, 'ask_model']);
    if (typeof step === 'object' && 'wait' in step && typeof step.wait === 'object' && 'opens' in step.wait) {
      const fault = usual.hoursFault(step.wait.opens);
      if (fault) yield { path: checked.parsed.place([...path, 'wait', 'opens']), message: fault };
    }
  }
}

const lookingAt = (step: Step, { names, kinds, options }: Knowing): Knowing => ({
  names: names.with(ANSWER),
  kinds: new Map([...kinds, [ANSWER, kindOfAnswer(step)]]),
  options,
});

function* lintHeaders(
  { parsed: { place } }: Checked,
  names: NameScope,
  headers: Record<string, string> | undefined,
  path: Path,
): Iterable<Fault> {
  for (const [text, where] of textsIn(headers, [...path, 'headers'])) {
    for (const { message, offset, length } of lintTemplate(text, names, { foreign: false })) {
      yield { path: place(where, { text, offset, length }), message };
    }
  }
}

/** A flow that is called leaves its answers behind. */
function knownTo({ program }: Checked, { outlines, remembered, unread }: Together, secrets: boolean): NameScope {
  const seen = withCalled(program, outlines);
  return new NameScope({
    answers: seen.flatMap(({ answers }) => answers),
    values: seen.flatMap(({ values }) => values),
    remembered,
    hours: Object.keys(program.flow.hours ?? {}),
    secrets,
    unread,
  });
}

/** Keys whose texts are no templates, or belong to steps of their own. */
const NOT_TEXTS = new Set([
  'if',
  'then',
  'else',
  'choose',
  'id',
  'save',
  'go',
  'expect',
  'check',
  'confirm',
  'empty',
  'tag',
  'untag',
  'forget',
  'wait',
  'after',
  'ask_model',
]);

/** With names that only this text may use. */
function* textsOf(step: Step, path: Path): Iterable<[text: string, where: Path, ...also: string[]]> {
  if (typeof step !== 'object') return;
  if ('options' in step && isFromData(step.options)) {
    const { options, ...rest } = step;
    yield* textsIn(rest, path, NOT_TEXTS);
    yield [options.from, [...path, 'options', 'from']];
    for (const key of ['label', 'value'] as const) if (options[key] !== undefined) yield [options[key], [...path, 'options', key], 'item'];
  } else yield* textsIn(step, path, NOT_TEXTS);
  if ('ask_model' in step) yield* textsIn(step.ask_model.data, [...path, 'ask_model', 'data']);
  if ('confirm' in step) for (const [text, where] of textsIn(step.confirm, [...path, 'confirm'])) yield [text, where, 'understood', ANSWER];
  if ('check' in step) {
    for (const [index, { say }] of (step.check ?? []).entries())
      for (const [text, where] of textsIn(say, [...path, 'check', index, 'say'])) yield [text, where, ANSWER];
  }
}

function* textsIn(value: unknown, path: Path, without: ReadonlySet<string> = new Set()): Iterable<[string, Path]> {
  if (typeof value === 'string') yield [value, path];
  else if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* textsIn(one, [...path, index]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) if (!without.has(key)) yield* textsIn(one, [...path, key]);
  }
}

function* conditionsOf(step: Step, path: Path): Iterable<[Condition, Path]> {
  if (typeof step !== 'object') return;
  if ('if' in step && 'then' in step) yield [step.if, [...path, 'if']];
  if ('choose' in step) {
    for (const [index, one] of step.choose.entries()) if ('if' in one) yield [one.if, [...path, 'choose', index, 'if']];
  }
  if ('check' in step) for (const [index, one] of (step.check ?? []).entries()) yield [one.if, [...path, 'check', index, 'if']];
}

function* lintCondition(checked: Checked, knowing: Knowing, condition: Condition, path: Path): Iterable<Fault> {
  const { place } = checked.parsed;
  const { names: known, kinds } = knowing;
  if (typeof condition === 'string') {
    for (const { message, offset, length } of lintExpression(condition, knowing)) {
      yield { path: place(path, { text: condition, offset, length }), message };
    }
    return;
  }
  if (Object.keys(condition).length === 0) yield { path: place(path), message: 'says nothing: give a condition such as { closed: shop }' };
  for (const key of ['open', 'closed'] as const) {
    const name = condition[key];
    const fault = name === undefined ? undefined : known.hoursFault(name);
    if (fault) yield { path: place([...path, key]), message: fault };
  }
  for (const key of ['known', 'unknown'] as const) {
    const names = listOf(condition[key]);
    for (const [index, name] of names.entries()) {
      const fault = known.fault(name.split('.'));
      if (fault) yield { path: place(Array.isArray(condition[key]) ? [...path, key, index] : [...path, key]), message: fault };
    }
  }
  for (const [name, value] of Object.entries(condition.is ?? {})) {
    const fault = known.fault(name.split('.'));
    if (fault) yield { path: place([...path, 'is', name], undefined, 'key'), message: fault };
    const never = neverIs(name, kinds.get(name) ?? ANY, value);
    if (never) yield { path: place([...path, 'is', name]), message: never };
  }
  for (const key of ['all', 'any'] as const) {
    for (const [index, one] of (condition[key] ?? []).entries()) yield* lintCondition(checked, knowing, one, [...path, key, index]);
  }
  if (condition.not !== undefined) yield* lintCondition(checked, knowing, condition.not, [...path, 'not']);
}

/** Why an answer can never be this. */
function neverIs(name: string, kind: Kind, value: string | number | boolean): string | undefined {
  const written = String(value);
  if (kind.is === 'truth') return ['true', 'false'].includes(written) ? undefined : `"${name}" is true or false, and never "${written}"`;
  if (kind.is === 'number') return Number.isNaN(Number(value)) ? `"${name}" is a number, and never "${written}"` : undefined;
  if (kind.is === 'list') return `"${name}" is ${inWords(kind)}, and never "${written}"`;
  return kind.is === 'any' ? undefined : whyNever(name, kind, written, didYouMean);
}

/** Which host is asked stands in the flow, and is never what somebody wrote; nor is how the request is framed. */
function* lintRequest({ parsed: { place } }: Checked, step: Step, path: Path): Iterable<Fault> {
  if (typeof step !== 'object' || !('http' in step)) return;
  const address = step.http.replace(/^\w+ /, '').trim();
  const origin = /^https?:\/\/[^/?#{\s@\\]+(?=[/?#]|$)/.exec(address)?.[0];
  if (origin === undefined || !URL.canParse(origin)) {
    yield { path: place([...path, 'http']), message: 'the URL must begin with https:// and the name of a host, without {{ }} in it' };
  }
  const bodies = (['json', 'form', 'body'] as const).filter((key) => step[key] !== undefined);
  const second = bodies[1];
  if (second)
    yield { path: place([...path, second], undefined, 'key'), message: `there is a "${bodies[0]}" already: a request has one body` };
  const [first] = bodies;
  if (first && step.http.startsWith('GET '))
    yield { path: place([...path, first], undefined, 'key'), message: 'a GET has no body: put it into "query", or make it a POST' };
  for (const { name, message } of headerFaults(step.headers ?? {}, { own: OWN_HEADERS, templates: true })) {
    const where = name === null ? ['headers'] : ['headers', name];
    yield { path: place([...path, ...where], undefined, 'key'), message: name === null ? message : `the header "${name}" ${message}` };
  }
}
