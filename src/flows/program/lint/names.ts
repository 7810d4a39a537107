import type { Fault } from '../../../core/errors.ts';
import { didYouMean } from '../../../schema-errors/did-you-mean.ts';
import type { Path } from '../../language/parse.ts';
import { ANYTIME, type Doing, inputsOf } from '../../language/schema.ts';
import { RESERVED_NAMES } from '../../text/known-names.ts';
import type { Program } from '../program.ts';
import type { Checked } from './checked.ts';

/** Ids, the names of answers, and where steps say that they lead. */
export function* lintNames({ parsed, program, unread }: Checked): Iterable<Fault> {
  const { place, flow } = parsed;
  const { steps, targets } = program;
  const taken = new Set(Object.keys(flow.parts ?? {}));
  for (const [index, { name }] of inputsOf(flow).entries()) {
    yield* lintAnswer(name, () => (Array.isArray(flow.inputs) ? place(['inputs', index]) : place(['inputs', name], undefined, 'key')));
  }
  for (const { step, path } of steps.values()) {
    if (typeof step === 'string') continue;
    if (step.id && taken.has(step.id)) yield { path: place([...path, 'id']), message: `"${step.id}" names another step or part already` };
    if (step.id) taken.add(step.id);
    for (const [name, where, what] of answersOf(step, path)) yield* lintAnswer(name, () => place(where, undefined, what));
    for (const [name, where] of leadsOf(step, path)) yield* lintTarget(name, () => place(where), targets, unread.names);
  }
  yield* lintOptOut({ parsed, program, unread });
  for (const [index, { go }] of (flow.anytime ?? []).entries())
    yield* lintTarget(go, () => place(['anytime', index, 'go']), targets, unread.names);
}

/** Whoever has opted out is heard by the words for all flows, and by nothing else. */
function* lintOptOut({ parsed: { place, flow }, program: { steps }, unread }: Checked): Iterable<Fault> {
  const all = [...steps.values()];
  const out = all.find(({ step }) => step === 'opt_out');
  if (flow.flow !== ANYTIME || !out || unread.names.has('opt_in') || all.some(({ step }) => step === 'opt_in')) return;
  yield { path: place(out.path), message: 'there is no way back: give another word a part with "opt_in" in it' };
}

function* lintAnswer(name: string, place: () => string): Iterable<Fault> {
  if (RESERVED_NAMES.includes(name)) yield { path: place(), message: `"${name}" has a meaning of its own: choose another name` };
}

export function* lintTarget(name: string, place: () => string, targets: Program['targets'], unread: ReadonlySet<string>): Iterable<Fault> {
  if (!targets.has(name) && !unread.has(name))
    yield { path: place(), message: `there is no part or step "${name}"${didYouMean(name, [...targets.keys()])}` };
}

function* answersOf(step: Doing, path: Path): Iterable<[string, Path, 'key' | 'value']> {
  if ('set' in step) for (const name of Object.keys(step.set)) yield [name, [...path, 'set', name], 'key'];
  if (!('save' in step) || step.save === undefined) return;
  if (typeof step.save === 'string') yield [step.save, [...path, 'save'], 'value'];
  else for (const name of Object.keys(step.save)) yield [name, [...path, 'save', name], 'key'];
}

function* leadsOf(step: Doing, path: Path): Iterable<[string, Path]> {
  if ('go' in step && typeof step.go === 'string') yield [step.go, [...path, 'go']];
  if ('go' in step && typeof step.go === 'object') for (const [option, to] of Object.entries(step.go)) yield [to, [...path, 'go', option]];
  if ('on_limit' in step && step.on_limit) yield [step.on_limit, [...path, 'on_limit']];
  if ('on_error' in step && step.on_error) yield [step.on_error, [...path, 'on_error']];
  if ('on_invalid' in step && step.on_invalid?.then) yield [step.on_invalid.then, [...path, 'on_invalid', 'then']];
  if ('on_silence' in step && step.on_silence?.then) yield [step.on_silence.then, [...path, 'on_silence', 'then']];
}
