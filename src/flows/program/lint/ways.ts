import type { Fault } from '../../../core/errors.ts';
import { FIRST, type Position, type Program, waitsAt, waysFrom } from '../program.ts';
import type { Checked } from './checked.ts';

/** Steps that nothing leads to, cases that nothing decides, circles that never end. */
export function* lintWays({ parsed: { place, flow }, program, unread }: Checked): Iterable<Fault> {
  const reached = new Set<Position>();
  const open: (Position | null | undefined)[] = [FIRST, ...(flow.anytime ?? []).map(({ go }) => program.targets.get(go))];
  // What cannot be read may lead anywhere that it names.
  for (const [target, position] of program.targets) if (unread.names.has(target)) open.push(position);
  for (let position = open.pop(); position !== undefined || open.length > 0; position = open.pop()) {
    if (position === null || position === undefined || reached.has(position)) continue;
    reached.add(position);
    for (const { to } of waysFrom(program, position)) open.push(to);
  }
  // Of several steps in a row that nothing leads to, the first is named.
  let lost = false;
  for (const [position, { path, step }] of program.steps) {
    const first = path.at(-1) === 0;
    const inside = path.length > 2 + (path[0] === 'parts' ? 1 : 0);
    if (!reached.has(position) && !inside && (first || !lost)) yield { path: place(path), message: 'nothing leads to this step' };
    else if (!reached.has(position) && inside && !first && !lost) yield { path: place(path), message: 'nothing leads to this step' };
    lost = !reached.has(position);
    if (typeof step === 'object' && 'choose' in step && !unread.steps.has(position))
      yield* lintChoose(step.choose, (index) =>
        index === null ? place([...path, 'choose'], undefined, 'key') : place([...path, 'choose', index]),
      );
  }
  yield* lintCircles(program, (position) => place(program.steps.get(position)?.path ?? []));
}

/** `placeOf`: of a case, or of the whole. */
function* lintChoose(cases: readonly object[], placeOf: (index: number | null) => string): Iterable<Fault> {
  const other = cases.findIndex((one) => 'else' in one);
  if (other < 0) yield { path: placeOf(null), message: '"choose" needs an "else" as its last case, for when nothing else holds' };
  else if (other < cases.length - 1) yield { path: placeOf(other), message: '"else" must be the last case' };
}

/** A circle that goes nowhere else and asks nothing ends every run that comes to it. Told at its first step. */
function* lintCircles(program: Program, placeOf: (position: Position) => string): Iterable<Fault> {
  const done = new Set<Position>();
  for (const start of program.steps.keys()) {
    const way = new Set<Position>();
    let at: Position | null = start;
    while (at !== null && !done.has(at) && !way.has(at)) {
      way.add(at);
      at = onlyWay(program, at);
    }
    if (at !== null && way.has(at)) {
      yield { path: placeOf(at), message: 'goes in a circle without a question or "wait": a run would never come out of it' };
    }
    for (const position of way) done.add(position);
  }
}

function onlyWay(program: Program, position: Position): Position | null {
  const step = program.steps.get(position)?.step;
  if (step === undefined || waitsAt(step)) return null;
  const ways = [...waysFrom(program, position)];
  return ways.length === 1 ? (ways[0]?.to ?? null) : null;
}
