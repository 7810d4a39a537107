import type { Path } from '../language/parse.ts';
import { type Doing, type Flow, inputsOf, isFromData, kindsOf, type Step } from '../language/schema.ts';
import { type Ready, ready } from '../understanding/match.ts';

/**
 * Where a step stands in its file: `steps.2`, `parts.goodbye.0`, `steps.0.then.1`. Rows and traces name steps so: it means
 * the same in every version of the hub for as long as the revision's text is kept.
 */
export type Position = string;

export interface PlacedStep {
  step: Step;
  path: Path;
  /** Done after this one; null where its list ends, and the run with it. */
  next: Position | null;
}

/** A flow made ready to be run. */
export interface Program {
  flow: Flow;
  /** By the entries of `start`, and of `anytime`; null for what no message starts. */
  triggers: readonly (Ready | null)[];
  anytime: readonly (Ready | null)[];
  steps: ReadonlyMap<Position, PlacedStep>;
  /** What `go` may name: parts and ids of steps. */
  targets: ReadonlyMap<string, Position>;
  /** Every name that some `save`, `set` or `inputs` gives. */
  answers: readonly string[];
  /** Those of them that may hold more than a text or number. */
  values: readonly string[];
  /** `contact.plan` and the like that this flow remembers. */
  remembered: readonly string[];
  calls: readonly string[];
}

export const FIRST: Position = 'steps.0';

const positionOf = (path: Path): Position => path.join('.');

export function compile(flow: Flow): Program {
  const steps = new Map<Position, PlacedStep>();
  const targets = new Map<string, Position>();
  place(steps, flow.steps, ['steps'], null);
  for (const [part, list] of Object.entries(flow.parts ?? {})) place(steps, list, ['parts', part], null);
  const inputs = inputsOf(flow).map(({ name }) => name);
  const [answers, values, remembered, calls] = [new Set(inputs), new Set(inputs), new Set<string>(), new Set<string>()];
  for (const [position, { step }] of steps) {
    if (typeof step === 'string') continue;
    if (step.id) targets.set(step.id, position);
    for (const name of savedBy(step)) answers.add(name);
    for (const name of openBy(step)) values.add(name);
    if ('remember' in step) for (const name of Object.keys(step.remember)) remembered.add(name);
    if ('call' in step) calls.add(step.call);
  }
  for (const part of Object.keys(flow.parts ?? {})) targets.set(part, positionOf(['parts', part, 0]));
  return {
    flow,
    triggers: flow.start.map(ready),
    anytime: (flow.anytime ?? []).map(ready),
    steps,
    targets,
    answers: [...answers],
    values: [...values],
    remembered: [...remembered],
    calls: [...calls],
  };
}

/** A list within a step goes on where that step does. */
function place(steps: Map<Position, PlacedStep>, list: readonly Step[], where: Path, after: Position | null): void {
  for (const [index, step] of list.entries()) {
    const path = [...where, index];
    const next = index + 1 < list.length ? positionOf([...where, index + 1]) : after;
    steps.set(positionOf(path), { step, path, next });
    for (const [inner, key] of listsOf(step)) place(steps, inner, [...path, ...key], next);
  }
}

/** The lists of steps within a step. */
function listsOf(step: Step): [readonly Step[], Path][] {
  if (typeof step === 'string') return [];
  if ('if' in step && 'then' in step) return [[step.then, ['then']], ...(step.else ? [[step.else, ['else']] as [Step[], Path]] : [])];
  if (!('choose' in step)) return [];
  return step.choose.map((one, index) => ('then' in one ? [one.then, ['choose', index, 'then']] : [one.else, ['choose', index, 'else']]));
}

function savedBy(step: Doing): readonly string[] {
  if ('set' in step) return Object.keys(step.set);
  if (!('save' in step) || step.save === undefined) return [];
  return typeof step.save === 'string' ? [step.save] : Object.keys(step.save);
}

/** What may be asked for more than itself: `booking.total`, `photo.url`. */
function openBy(step: Doing): readonly string[] {
  if ('http' in step || 'set' in step || 'poll' in step) return savedBy(step);
  if ('options' in step && (isFromData(step.options) || ('multiple' in step && step.multiple))) return savedBy(step);
  const holds = 'ask' in step && kindsOf(step).some((kind) => ['location', 'image', 'document', 'any'].includes(kind));
  return holds ? savedBy(step) : [];
}

/** Where a run may go on after the step at `position`, for the checks and the graph: each with why. */
export function* waysFrom(program: Program, position: Position): Iterable<{ to: Position | null; why: string }> {
  const placed = program.steps.get(position);
  if (!placed) return;
  const { step, path, next } = placed;
  const to = (name: string): Position | null => program.targets.get(name) ?? null;
  if (typeof step === 'string') {
    if (step !== 'end' && step !== 'handoff') yield { to: next, why: '' };
    return;
  }
  if ('go' in step && typeof step.go === 'string') {
    yield { to: to(step.go), why: '' };
    return;
  }
  if ('handoff' in step) return;
  const lists = listsOf(step);
  for (const [, key] of lists) yield { to: positionOf([...path, ...key, 0]), why: whyOf(key) };
  if (lists.length > 0) {
    if (!lists.some(([, key]) => key.at(-1) === 'else')) yield { to: next, why: 'else' };
    return;
  }
  const { options: offered } = step as { options?: object };
  const options = offered && !Array.isArray(offered) && !isFromData(offered) ? Object.keys(offered) : [];
  const leads: Readonly<Record<string, string>> = 'go' in step && typeof step.go === 'object' ? step.go : {};
  for (const [option, where] of Object.entries(leads)) yield { to: to(where), why: option };
  if (options.length === 0 || options.some((option) => !Object.hasOwn(leads, option))) yield { to: next, why: '' };
  if (isFromData(offered) && offered.empty !== undefined) yield { to: to(offered.empty), why: 'empty' };
  if ('on_limit' in step && step.on_limit) yield { to: to(step.on_limit), why: 'limit' };
  if ('on_error' in step && step.on_error) yield { to: to(step.on_error), why: 'error' };
  if ('on_invalid' in step && step.on_invalid?.then) yield { to: to(step.on_invalid.then), why: 'invalid' };
  if ('on_silence' in step && step.on_silence?.then) yield { to: to(step.on_silence.then), why: 'silence' };
}

const whyOf = (key: Path): string => (key[0] === 'choose' ? (key[2] === 'else' ? 'else' : `case ${Number(key[1]) + 1}`) : String(key[0]));

/** Whether a run that comes to this step stops there until something happens. */
export function waitsAt(step: Step): boolean {
  if (typeof step === 'string') return false;
  if ('poll' in step || 'list' in step) return step.save !== undefined || ('go' in step && step.go !== undefined);
  return 'ask' in step || 'menu' in step || 'wait' in step || 'http' in step || 'ask_model' in step;
}
