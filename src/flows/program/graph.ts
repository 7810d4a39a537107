/** What a flow looks like: its steps and where each leads. As data, and as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). Pure. */
import type { ParsedFlow } from '../language/parse.ts';
import type { Step, Trigger } from '../language/schema.ts';
import { FIRST, type Position, type Program, waitsAt, waysFrom } from './program.ts';

/** `asks`: waits until something happens. */
type Shape = 'branch' | 'end' | 'asks' | 'does';

interface Node {
  position: Position;
  /** What "go" calls it. */
  id: string | null;
  shape: Shape;
  label: string;
  /** Where it may go on; null: to the end. */
  ways: { to: Position | null; why: string }[];
}

export interface Graph {
  flow: string;
  /** What starts it, one entry of "start" each. */
  start: string[];
  /** In the order in which they are written; the run begins at the first. */
  steps: (Node & { line: number; column: number })[];
  /** What may be said at any time, and where it leads. */
  anytime: { says: string; to: Position }[];
}

/** With the place of each step in its text. */
export function graphOf({ flow, place }: Pick<ParsedFlow, 'flow' | 'place'>, program: Program): Graph {
  const steps = [...program.steps].map(([position, { path }]) => {
    const [, line, column] = /:(\d+):(\d+)$/.exec(place(path)) ?? [];
    return { ...nodeOf(program, position), line: Number(line), column: Number(column) };
  });
  return { flow: flow.flow, start: flow.start.map((trigger) => short(startLabel(trigger))), steps, anytime: anytimeOf(program) };
}

function nodeOf(program: Program, position: Position): Node {
  const step = program.steps.get(position)?.step as Step;
  const ways = [...waysFrom(program, position)].map(({ to, why }) => ({ to, why: short(why) }));
  const id = typeof step === 'string' ? null : (step.id ?? null);
  return { position, id, shape: shapeOf(step), label: short(stepLabel(step)), ways };
}

function anytimeOf({ flow, targets }: Program): Graph['anytime'] {
  return (flow.anytime ?? []).flatMap(({ go, ...trigger }) => {
    const to = targets.get(go);
    return to === undefined ? [] : [{ says: short(startLabel(trigger as Trigger)), to }];
  });
}

export function mermaidOf(program: Program): string {
  const names = new Map<Position, string>();
  for (const position of program.steps.keys()) names.set(position, `s${names.size}`);
  const first = names.get(FIRST);
  const start = `  start(["${escaped(short(program.flow.start.map(startLabel).join(' / '), 80))}"]) --> ${first}`;
  const seen = `%% The dashboard draws it beside its text (Flows, ${program.flow.flow}), and so does whatever shows Mermaid, such as GitHub.`;
  const lines = ['flowchart TD', seen, ...(first === undefined ? [] : [start])];
  let ends = false;
  for (const position of program.steps.keys()) {
    const { shape, label, ways } = nodeOf(program, position);
    const [open, close] = SIGNS[shape];
    lines.push(`  ${names.get(position)}${open}"${escaped(label)}"${close}`);
    for (const { to, why } of ways) {
      if (to === null) ends = true;
      lines.push(`  ${names.get(position)} -->${why ? `|"${escaped(why)}"|` : ''} ${to === null ? 'done' : names.get(to)}`);
    }
  }
  if (ends) lines.push('  done([end])');
  for (const { says, to } of anytimeOf(program)) {
    lines.push(`  anytime(["at any time"]) -.->|"${escaped(says)}"| ${names.get(to)}`);
  }
  return `${lines.join('\n')}\n`;
}

const SIGNS: Record<Shape, readonly [string, string]> = { branch: ['{', '}'], end: ['([', '])'], asks: ['[/', '/]'], does: ['[', ']'] };

function shapeOf(step: Step): Shape {
  if (typeof step === 'object' && (('if' in step && 'then' in step) || 'choose' in step)) return 'branch';
  if (step === 'end' || step === 'handoff' || (typeof step === 'object' && 'handoff' in step)) return 'end';
  return waitsAt(step) ? 'asks' : 'does';
}

function stepLabel(step: Step): string {
  if (typeof step === 'string') return step;
  const [verb = '', value] = Object.entries(step).find(([key]) => key !== 'id' && key !== 'typing') ?? ['typing', ''];
  if (verb === 'if') return `if ${inWords(value)}`;
  if (verb === 'choose') return 'choose';
  return `${verb}: ${textOf(value)}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'instructions' in value) return String(value.instructions);
  if (typeof value === 'object' && value !== null && 'one_of' in value) return String((value as { one_of: string[] }).one_of[0]);
  return inWords(value);
}

/** As a flow has it, without quotes: `closed: shop`. */
function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  return Object.entries(value)
    .map(([key, one]) => `${key}: ${typeof one === 'object' && !Array.isArray(one) ? `{ ${inWords(one)} }` : inWords(one)}`)
    .join(', ');
}

function startLabel(trigger: Trigger): string {
  const [way = '', value] = Object.entries(trigger)[0] ?? [];
  return value === true ? way : `${way}: ${inWords(value)}`;
}

function short(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Mermaid reads these in its own way. Whoever has no viewer reads the chart itself, so the usual ones are no numbers. */
const INSTEAD: Record<string, string> = { '\n': ' ', '"': "'", '#': '#35;', '<': '#lt;', '>': '#gt;', '|': '/' };
const escaped = (text: string): string => text.replace(/[#"<>\n|]/g, (sign) => INSTEAD[sign] as string);
