/** A flow as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). Pure. */
import { listOf, type Step, type Trigger } from '../language/schema.ts';
import { type Position, type Program, waitsAt, waysFrom } from './program.ts';

export function graphOf(program: Program): string {
  const nodes = new Map<Position, string>();
  for (const position of program.steps.keys()) nodes.set(position, `s${nodes.size}`);
  const first = nodes.get('steps.0');
  const start = `  start(["${label(program.flow.start.map(startLabel).join(' / '), 80)}"]) --> ${first}`;
  const lines = [`flowchart TD`, ...(first === undefined ? [] : [start])];
  let ends = false;
  for (const [position, { step }] of program.steps) {
    const node = nodes.get(position);
    const [open, close] = shapeOf(step);
    lines.push(`  ${node}${open}"${label(stepLabel(step))}"${close}`);
    for (const { to, why } of waysFrom(program, position)) {
      if (to === null) ends = true;
      lines.push(`  ${node} -->${why ? `|"${label(why)}"|` : ''} ${to === null ? 'done' : nodes.get(to)}`);
    }
  }
  if (ends) lines.push('  done([end])');
  for (const { go, ...trigger } of program.flow.anytime ?? []) {
    const to = program.targets.get(go);
    if (to !== undefined) lines.push(`  anytime(["at any time"]) -.->|"${label(startLabel(trigger as Trigger))}"| ${nodes.get(to)}`);
  }
  return `${lines.join('\n')}\n`;
}

function shapeOf(step: Step): [string, string] {
  if (typeof step === 'object' && (('if' in step && 'then' in step) || 'choose' in step)) return ['{', '}'];
  if (step === 'end' || step === 'handoff' || (typeof step === 'object' && 'handoff' in step)) return ['([', '])'];
  return waitsAt(step) ? ['[/', '/]'] : ['[', ']'];
}

function stepLabel(step: Step): string {
  if (typeof step === 'string') return step;
  const [verb = '', value] = Object.entries(step).find(([key]) => key !== 'id' && key !== 'typing') ?? ['typing', ''];
  if (verb === 'if') return `if ${typeof value === 'string' ? value : JSON.stringify(value)}`;
  if (verb === 'choose') return 'choose';
  return `${verb}: ${textOf(value)}`;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'one_of' in value) return String((value as { one_of: string[] }).one_of[0]);
  return JSON.stringify(value);
}

function startLabel(trigger: Trigger): string {
  const [way = '', value] = Object.entries(trigger)[0] ?? [];
  return value === true
    ? way
    : `${way}: ${typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : listOf(value as string | string[]).join(', ')}`;
}

/** Mermaid reads `"`, `#` and line ends in its own way. */
function label(text: string, most = 60): string {
  const short = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return short.replace(/[#"<>\n|]/g, (sign) => (sign === '\n' ? ' ' : `#${sign.codePointAt(0)};`));
}
