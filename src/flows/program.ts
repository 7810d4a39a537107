import { type Phrase, toPhrase } from './match.ts';
import type { Flow, Step } from './schema.ts';

/**
 * Where a step stands in its file: `steps.2`, `parts.goodbye.0`. Rows and traces name steps so: it means the same in
 * every version of the hub for as long as the revision's text is kept.
 */
export type Position = string;
export type Path = readonly (string | number)[];

interface PlacedStep {
  step: Step;
  path: Path;
  /** Done after this one; null where its list ends, and the run with it. */
  next: Position | null;
}

/** A flow made ready to be run. */
export interface Program {
  flow: Flow;
  phrases: readonly Phrase[];
  steps: ReadonlyMap<Position, PlacedStep>;
  /** What `go` may name: parts and ids of steps. */
  targets: ReadonlyMap<string, Position>;
  /** Every name that some `save` gives. */
  answers: readonly string[];
}

export const FIRST: Position = 'steps.0';

const positionOf = (path: Path): Position => path.join('.');

export function compile(flow: Flow): Program {
  const steps = new Map<Position, PlacedStep>();
  const targets = new Map<string, Position>();
  const answers = new Set<string>();
  for (const [list, where] of lists(flow)) {
    for (const [index, step] of list.entries()) {
      const path = [...where, index];
      const next = index + 1 < list.length ? positionOf([...where, index + 1]) : null;
      steps.set(positionOf(path), { step, path, next });
      if (step !== 'end' && step.id) targets.set(step.id, positionOf(path));
      if (step !== 'end' && 'save' in step) answers.add(step.save);
    }
  }
  for (const part of Object.keys(flow.parts ?? {})) targets.set(part, positionOf(['parts', part, 0]));
  const phrases = flow.start.flatMap(({ says }) => says.map(toPhrase));
  return { flow, phrases, steps, targets, answers: [...answers] };
}

/** Where the run goes on after the step at `position`; null where it ends. */
export function successor(program: Program, position: Position): Position | null {
  const placed = program.steps.get(position);
  if (!placed || placed.step === 'end') return null;
  return 'go' in placed.step ? (program.targets.get(placed.step.go) ?? null) : placed.next;
}

function* lists(flow: Flow): Iterable<[Step[], Path]> {
  yield [flow.steps, ['steps']];
  for (const [part, steps] of Object.entries(flow.parts ?? {})) yield [steps, ['parts', part]];
}
