/** What answers are, as far as the flow says so: by it a comparison that can never hold is seen before anybody answers. Pure. */
import { type Doing, isFromData, kindsOf, type ModelField, type Step } from '../../language/schema.ts';
import { withCalled } from '../outline.ts';
import type { Checked, Together } from './checked.ts';

/** `options`: all that it can be, where that is known. */
export interface Kind {
  is: 'text' | 'number' | 'truth' | 'day' | 'time' | 'moment' | 'list' | 'any';
  options?: readonly string[];
}

export const ANY: Kind = { is: 'any' };
const TEXT: Kind = { is: 'text' };

/** By their names; of what is not in it nothing is known. */
export type Kinds = ReadonlyMap<string, Kind>;

const EXPECTED: Record<string, Kind> = {
  ...{ text: TEXT, email: TEXT, phone: TEXT, url: TEXT, cpf: TEXT, cnpj: TEXT, cep: TEXT },
  ...{ number: { is: 'number' }, integer: { is: 'number' }, duration: { is: 'number' }, yes_no: { is: 'truth' } },
  ...{ date: { is: 'day' }, time: { is: 'time' }, datetime: { is: 'moment' } },
};

const ALWAYS: [string, Kind][] = [
  ...['contact.name', 'contact.first_name', 'contact.phone', 'message.text', 'message.type', 'message.choice'].map(
    (name): [string, Kind] => [name, TEXT],
  ),
  ...['session.name', 'session.engine', 'chat.id', 'chat.kind'].map((name): [string, Kind] => [name, TEXT]),
  ...[['today', { is: 'day' }] as [string, Kind], ['now', { is: 'moment' }] as [string, Kind], ['tags', { is: 'list' }] as [string, Kind]],
];

/** The kind of what a question saves. */
export function kindOfAnswer(step: Step): Kind {
  if (typeof step !== 'object') return ANY;
  if ('ask' in step) {
    if (step.options) return kindOfChoice(step);
    const [kind, ...more] = kindsOf(step);
    if (kind === undefined) return TEXT;
    return more.length === 0 ? (EXPECTED[kind] ?? ANY) : ANY;
  }
  if ('menu' in step || 'list' in step) return kindOfChoice(step);
  if (!('poll' in step)) return ANY;
  if ((step.selectable ?? 1) > 1) return { is: 'list' };
  return step.options.some((option) => option.includes('{{')) ? TEXT : { is: 'text', options: step.options };
}

function kindOfField(field: ModelField | undefined): Kind {
  if (typeof field === 'object' && field.options) return { is: 'text', options: Object.keys(field.options) };
  const expect = typeof field === 'object' ? field.expect : field;
  return typeof expect === 'string' ? (EXPECTED[expect] ?? ANY) : TEXT;
}

/** Options from data are known when they are there. */
function kindOfChoice(step: { options?: object | undefined; multiple?: unknown }): Kind {
  if (step.multiple) return { is: 'list' };
  return step.options === undefined || isFromData(step.options) ? ANY : { is: 'text', options: Object.keys(step.options) };
}

export function kindsIn({ program, unread }: Checked, { outlines }: Together): Kinds {
  const kinds = new Map<string, Kind>();
  const add = (name: string, kind: Kind): void => void kinds.set(name, joined(kinds.get(name), kind));
  for (const { step } of program.steps.values()) {
    if (typeof step === 'object')
      for (const name of savedIn(step)) add(name, 'ask_model' in step ? kindOfField(step.save?.[name]) : kindOfAnswer(step));
  }
  // What flows that are called leave behind, and what is given, is of any kind; so is what a step saves that cannot be read whole.
  const called = withCalled(program, outlines).filter((one) => one !== program);
  const inputs = Array.isArray(program.flow.inputs) ? program.flow.inputs : Object.keys(program.flow.inputs ?? {});
  for (const name of [...inputs, ...called.flatMap(({ answers }) => answers)]) add(name, ANY);
  for (const [position, { step }] of program.steps) {
    if (unread.steps.has(position) && typeof step === 'object') for (const name of savedIn(step)) add(name, ANY);
  }
  for (const name of unread.names) if (kinds.has(name)) add(name, ANY);
  return new Map([...ALWAYS, ...[...kinds].filter(([, { is }]) => is !== 'any')]);
}

function joined(known: Kind | undefined, { is, options }: Kind): Kind {
  if (known === undefined) return options ? { is, options } : { is };
  if (known.is !== is) return ANY;
  return known.options && options ? { is, options: [...new Set([...known.options, ...options])] } : { is };
}

function savedIn(step: Doing): readonly string[] {
  if ('set' in step) return Object.keys(step.set);
  if (!('save' in step) || step.save === undefined) return [];
  return typeof step.save === 'string' ? [step.save] : Object.keys(step.save);
}

const WORDS: Record<Kind['is'], string> = {
  ...{ text: 'text', number: 'a number', truth: 'true or false', day: 'a day', time: 'a time', moment: 'a moment', list: 'a list' },
  any: 'anything',
};
export const inWords = ({ is }: Kind): string => WORDS[is];

const WRITTEN: Partial<Record<Kind['is'], [RegExp, string]>> = {
  day: [/^\d{4}-\d{2}-\d{2}$/, 'a day is written "2026-12-25"'],
  time: [/^\d{2}:\d{2}$/, 'a time is written "09:30"'],
  moment: [/^\d{4}-\d{2}-\d{2}/, 'a moment is written "2026-12-25T09:30:00.000Z"'],
};

/** Why a text can never be what is of a kind; undefined where it can. `name`: of what is compared. */
export function whyNever(name: string, { is, options }: Kind, text: string, hint: (word: string, known: readonly string[]) => string) {
  if (options) return options.includes(text) ? undefined : `there is no option "${text}" for "${name}"${hint(text, options)}`;
  const [pattern, how] = WRITTEN[is] ?? [];
  if (pattern && !pattern.test(text)) return `"${name}" is ${WORDS[is]}, and "${text}" is none: ${how}`;
  return undefined;
}
