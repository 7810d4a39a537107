/** What becomes of a run when its flow is published anew. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Milliseconds } from '../../core/runtime.ts';
import type { InFlight, Step } from '../language/schema.ts';
import type { Position, Program } from '../program/program.ts';
import type { Run } from './run.ts';

/** The run as it goes on; undefined when it goes on as it began. */
export function migrateRun(
  run: Run,
  { to, from, runs, now }: { to: { program: Program; revision: number }; from: Program | null; runs: InFlight; now: Milliseconds },
): Run | undefined {
  if (runs === 'end') return { ...run, status: 'ended', wakesAt: null, updatedAt: now };
  if (runs === 'keep' || !from) return undefined;
  const place = (position: Position | null): Position | null => (position === null ? null : samePlace(from, to.program, position));
  const { state } = run;
  // Inside of a call it is the caller's place that moves.
  if (state.flow !== undefined && state.flow !== run.flow) {
    const frames = (state.frames ?? []).map((frame) => (frame.flow === run.flow ? { ...frame, at: place(frame.at) } : frame));
    const kept = frames.every((frame, index) => frame.at !== null || (state.frames?.[index]?.at ?? null) === null);
    return kept ? { ...run, revision: to.revision, state: { ...state, frames }, updatedAt: now } : undefined;
  }
  const at = place(state.at);
  return at === null ? undefined : { ...run, revision: to.revision, state: { ...state, at }, updatedAt: now };
}

/**
 * Where the step of the old text stands in the new one: the step with its id, else the one at its place if it asks for the
 * same, else the only one that is exactly the same. Null where there is none: then the run goes on as it began.
 */
function samePlace(old: Program, fresh: Program, position: Position): Position | null {
  const step = old.steps.get(position)?.step;
  if (step === undefined) return null;
  const id = typeof step === 'object' ? step.id : undefined;
  const named = id === undefined ? undefined : fresh.targets.get(id);
  if (named !== undefined && verbOf(fresh.steps.get(named)?.step) === verbOf(step)) return named;
  const same = [...fresh.steps].filter(([, placed]) => isDeepStrictEqual(placed.step, step)).map(([where]) => where);
  if (same.includes(position) || same.length === 1) return same.includes(position) ? position : (same[0] ?? null);
  const there = fresh.steps.get(position)?.step;
  return there !== undefined && verbOf(there) === verbOf(step) && savedBy(there) === savedBy(step) ? position : null;
}

const VERBS = ['ask', 'menu', 'poll', 'list', 'wait', 'http', 'ask_model'] as const;

function verbOf(step: Step | undefined): string | undefined {
  return typeof step === 'object' ? VERBS.find((verb) => verb in step) : step;
}

const savedBy = (step: Step): string => (typeof step === 'object' && 'save' in step ? JSON.stringify(step.save) : '');
