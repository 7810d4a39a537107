/** Where the steps of a flow stand when they are drawn: one below the other, with ways beside them that lead elsewhere. Pure. */
import type { CheckFlowAnswer, FlowTrail, Run } from '../../../../client/index.ts';

export type FlowGraph = NonNullable<CheckFlowAnswer['graph']>;

export type GraphStep = FlowGraph['steps'][number];

/** Pixels. */
const HEAD = 40;
const WAY = 22;
const GAP = 16;
const TITLE = 32;
const INDENT = 16;
const LEFT = 4;
const RIGHT = 248;
const LANE = 10;

interface Box {
  top: number;
  left: number;
  width: number;
  height: number;
}

export interface Edge {
  /** For the colours: `steps.0>steps.1`, `steps.1>end`. */
  key: string;
  line: string;
  /** The head of the arrow, or the dot of an end. */
  tip: string;
}

export interface Layout {
  width: number;
  height: number;
  start: Box;
  steps: (Box & { step: GraphStep; ways: GraphStep['ways'] })[];
  /** Above the first step of a part. */
  titles: { name: string; top: number }[];
  anytime: (Box & { says: string; to: string })[];
  edges: Edge[];
}

/** Ways that are told beside the step, for they are not just the next one. */
const told = ({ ways }: GraphStep): GraphStep['ways'] => (ways.length > 1 || ways.some(({ why }) => why !== '') ? ways : []);

const depthOf = (position: string): number =>
  position
    .split('.')
    .slice(2)
    .filter((piece) => piece === 'then' || piece === 'else').length;

export function layOut({ steps, anytime }: FlowGraph): Layout {
  const titles: Layout['titles'] = [];
  const boxes: Layout['steps'] = [];
  let top = HEAD + GAP;
  for (const step of steps) {
    const part = partAt(step.position);
    if (part !== undefined) {
      titles.push({ name: part, top });
      top += TITLE;
    }
    const left = LEFT + INDENT * Math.min(depthOf(step.position), 6);
    const ways = told(step);
    const height = HEAD + (ways.length > 0 ? WAY * ways.length + 4 : 0);
    boxes.push({ step, ways, top, left, width: RIGHT - left, height });
    top += height + GAP;
  }
  const any = anytime.map(({ says, to }) => {
    const box = { says, to, top, left: LEFT, width: RIGHT - LEFT, height: HEAD };
    top += HEAD + GAP;
    return box;
  });
  const start = { top: 0, left: LEFT, width: RIGHT - LEFT, height: HEAD };
  const { edges, lanes } = edgesOf({ start, boxes, any });
  return { width: RIGHT + 24 + lanes * LANE, height: top, start, steps: boxes, titles, anytime: any, edges };
}

/** The name of the part that begins here. */
export function partAt(position: string): string | undefined {
  return /^parts\.([^.]+)\.0$/.exec(position)?.[1];
}

function edgesOf({ start, boxes, any }: { start: Box; boxes: Layout['steps']; any: Layout['anytime'] }): { edges: Edge[]; lanes: number } {
  const at = new Map(boxes.map((box) => [box.step.position, box]));
  const edges: Edge[] = [];
  const far: Far[] = [];
  const lead = (key: string, from: number, to: string | null, below?: { box: Box; next: Box | undefined }): void => {
    const target = to === null ? undefined : at.get(to);
    if (!target) edges.push({ key, line: `M${RIGHT} ${from}h8`, tip: dot(RIGHT + 12, from) });
    else if (below && below.next === target) edges.push(down(key, below.box, target));
    else far.push({ key, from, to: target.top + HEAD / 2 });
  };
  const [first] = boxes;
  if (first?.step.position === 'steps.0') edges.push(down('start', start, first));
  for (const [index, box] of boxes.entries()) {
    const { position, ways } = box.step;
    for (const [nth, { to }] of ways.entries()) {
      const from = box.ways.length > 0 ? box.top + HEAD + WAY * nth + WAY / 2 - 4 : box.top + HEAD / 2;
      lead(`${position}>${to ?? 'end'}`, from, to, { box, next: boxes[index + 1] });
    }
  }
  for (const [index, { top, to }] of any.entries()) lead(`anytime.${index}`, top + HEAD / 2, to);
  const lanes = inLanes(far);
  for (const { key, from, to, lane } of lanes) {
    const x = RIGHT + 16 + lane * LANE;
    edges.push({
      key,
      line: `M${RIGHT} ${from}H${x}V${to}H${RIGHT + 3}`,
      tip: `M${RIGHT + 7} ${to - 4}L${RIGHT + 1} ${to}L${RIGHT + 7} ${to + 4}Z`,
    });
  }
  return { edges, lanes: Math.max(0, ...lanes.map(({ lane }) => lane + 1)) };
}

function down(key: string, from: Box, to: Box): Edge {
  const x = Math.max(from.left, to.left) + 20;
  const begin = from.top + from.height;
  return { key, line: `M${x} ${begin}V${to.top - 3}`, tip: `M${x - 4} ${to.top - 7}L${x} ${to.top - 1}L${x + 4} ${to.top - 7}Z` };
}

const dot = (x: number, y: number): string => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z`;

interface Far {
  key: string;
  from: number;
  to: number;
}

/** Those that lead to one step share a lane. Short ones stand within long ones, so that few cross. */
function inLanes(ways: readonly Far[]): (Far & { lane: number })[] {
  const lanes: [number, number][][] = [];
  const bundles = [...Map.groupBy(ways, ({ to }) => to).values()].map((bundle) => {
    const ends = bundle.flatMap(({ from, to }) => [from, to]);
    return { bundle, begin: Math.min(...ends), end: Math.max(...ends) };
  });
  return bundles
    .toSorted((a, b) => a.end - a.begin - (b.end - b.begin))
    .flatMap(({ bundle, begin, end }) => {
      const isFree = (lane: [number, number][]): boolean => lane.every(([from, to]) => to < begin - 2 || from > end + 2);
      const free = lanes.findIndex(isFree);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = [...(lanes[lane] ?? []), [begin, end]];
      return bundle.map((way) => ({ ...way, lane }));
    });
}

/** What a person calls a step: its own name, or else what it does. One of another flow is called by both. */
export function stepName(graph: FlowGraph | null, flow: string, position: string): string {
  const [other, inside] = /^([\w-]+):(.+)$/.exec(position)?.slice(1) ?? [];
  if (other !== undefined && inside !== undefined) return stepName(graph, other, inside);
  if (graph?.flow !== flow) return graph ? `${flow}: ${position}` : position;
  const step = graph.steps.find((one) => one.position === position);
  return step ? (step.id ?? step.label) : position;
}

/** The step that a place in the text is in, counted from 1. */
export function stepAt({ steps }: FlowGraph, text: string, { line, column }: { line: number; column: number }): GraphStep | undefined {
  const lines = text.split('\n');
  const before = steps
    .filter((step) => step.line < line || (step.line === line && step.column <= column))
    .toSorted((a, b) => b.line - a.line || b.column - a.column);
  return before.find((step) =>
    // Whatever stands between belongs to it by its indentation.
    lines.slice(step.line, line).every((between) => /^\s*(?:#|$)/.test(between) || between.search(/\S/) >= step.column - 1),
  );
}

/** What was gone through of one flow: steps by their position, ways by the keys of edges. */
export interface Gone {
  steps: ReadonlySet<string>;
  ways: ReadonlySet<string>;
  /** Where a run waits now. */
  at: string | null;
}

export function goneOf(flow: string, trail: FlowTrail, at: string | null = null): Gone {
  const own = (name: string): string[] => (name.startsWith(`${flow}:`) ? [name.slice(flow.length + 1)] : []);
  const ways = trail.ways.flatMap((way) => {
    const [from = '', to = ''] = way.split('>');
    return own(from).map((begin) => `${begin}>${to === 'end' ? 'end' : (own(to)[0] ?? '')}`);
  });
  return { steps: new Set(trail.steps.flatMap(own)), ways: new Set(ways), at };
}

/** Whether it went along there. Where there is but one way, the flow may have called another in between. */
export function isTaken({ steps, ways }: Gone, graph: FlowGraph, key: string): boolean {
  if (key === 'start') return steps.has('steps.0');
  const [from = '', to = ''] = key.split('>');
  const only = graph.steps.find(({ position }) => position === from)?.ways.length === 1;
  return ways.has(key) || (only && steps.has(from) && steps.has(to));
}

/** Of a run: from the first step of its trace to the last. */
export function trailOf(flow: string, status: Run['status'], turns: readonly { steps: readonly string[] }[]): FlowTrail {
  const steps = turns.flatMap((turn) => turn.steps.map((step) => (step.includes(':') ? step : `${flow}:${step}`)));
  const ways = steps.slice(1).map((step, at) => `${steps[at]}>${step}`);
  const last = steps.at(-1);
  return { steps, ways: last !== undefined && status === 'ended' ? [...ways, `${last}>end`] : ways };
}
