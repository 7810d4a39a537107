/** Runs conversations against flows, and tells which of their steps and branches nobody has gone. Pure. */
import type { Fault } from '../../core/errors.ts';
import { didYouMean } from '../../schema-errors/did-you-mean.ts';
import type { FlowSource, ParsedFlow } from '../language/parse.ts';
import { ANYTIME, type Flow } from '../language/schema.ts';
import { Catalog } from '../program/catalog.ts';
import { checkFlows } from '../program/lint.ts';
import { compile, type Program, waysFrom } from '../program/program.ts';
import { ScriptPlayer } from './script.ts';
import { simulator } from './simulation.ts';
import type { Trail } from './simulator.ts';
import { parseTestFile, type TestFile } from './test-file.ts';

export interface TestResult {
  name: string;
  place: string;
  failures: Fault[];
}

export interface Coverage {
  flow: string;
  steps: { done: number; all: number };
  branches: { gone: number; all: number };
  /** What nobody has gone, with where it stands. */
  missed: Fault[];
  /** What somebody has gone of it. */
  trail: Trail;
}

export interface TestRun {
  /** What is wrong with the flows or the tests themselves: then nothing is run. */
  faults: Fault[];
  results: TestResult[];
  coverage: Coverage[];
}

/** When no `now` is given: a Tuesday. */
const NOON = Date.UTC(2026, 2, 24, 12);

export function runTests(flows: readonly FlowSource[], tests: readonly FlowSource[]): TestRun {
  return runChecked(checkFlows(flows), tests);
}

/** `beside`: flows that were checked before. They answer and are called as all others; what is gone of them is not told. */
export function runChecked(checked: ReturnType<typeof checkFlows>, tests: readonly FlowSource[], beside: readonly Flow[] = []): TestRun {
  const names = [...checked.flows.map(({ flow }) => flow.flow), ...beside.map(({ flow }) => flow)];
  const read = readTests(tests, names);
  const { files } = read;
  const faults = [...checked.faults, ...read.faults];
  if (faults.length > 0) return { faults, results: [], coverage: [] };
  const programs = [...checked.flows.map(({ flow }) => flow), ...beside].map(compile);
  const [visited, taken, results] = [new Set<string>(), new Set<string>(), [] as TestResult[]];
  for (const file of files) {
    for (const test of file.tests) {
      // Words for all flows are heard beside each of them.
      const meant = file.flows ? withCalls(programs, ...file.flows.map(({ name }) => name), ANYTIME) : programs;
      results.push(runTest(new Catalog(meant.map((program) => ({ program, revision: 1 }))), test, { visited, taken }));
    }
  }
  const coverage = checked.flows.map((parsed, index) => coverageOf(parsed, programs[index] as Program, { visited, taken }));
  return { faults: [], results, coverage };
}

/** What is wrong with test files, where these flows are there; `files`: those that can be read. */
export function readTests(tests: readonly FlowSource[], flows: readonly string[]): { files: TestFile[]; faults: Fault[] } {
  const files: TestFile[] = [];
  const faults: Fault[] = [];
  for (const source of tests) {
    const parsed = parseTestFile(source);
    if ('faults' in parsed) {
      faults.push(...parsed.faults);
      continue;
    }
    const unknown = (parsed.flows ?? []).filter(({ name }) => !flows.includes(name));
    faults.push(...unknown.map(({ name, place }) => ({ path: place, message: `there is no flow "${name}"${didYouMean(name, flows)}` })));
    files.push(parsed);
  }
  return { files, faults };
}

/** Flows, first, and those that they call: others take no message from them. */
function withCalls(programs: readonly Program[], ...names: string[]): Program[] {
  const found: Program[] = [];
  const open = names;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const program = programs.find(({ flow }) => flow.flow === next);
    if (!program || found.includes(program)) continue;
    found.push(program);
    open.push(...program.calls);
  }
  return found;
}

interface Seen {
  visited: Set<string>;
  taken: Set<string>;
}

function runTest(catalog: Catalog, test: TestFile['tests'][number], seen: Seen): TestResult {
  const simulated = simulator(catalog, test, NOON);
  const player = new ScriptPlayer(simulated);
  const failures: Fault[] = [];
  for (const [index, one] of test.chat.entries()) {
    const played = player.play(one);
    failures.push(...played.failures.map((message) => ({ path: test.itemPlaces[index] ?? test.place, message })));
    if (failures.length > 0) break;
  }
  player.settle();
  if (failures.length === 0) failures.push(...player.rest().map((message) => ({ path: test.itemPlaces.at(-1) ?? test.place, message })));
  for (const step of simulated.visited) seen.visited.add(step);
  for (const way of simulated.taken) seen.taken.add(way);
  return { name: test.name, place: test.place, failures };
}

function coverageOf({ flow, place }: ParsedFlow, program: Program, { visited, taken }: Seen): Coverage {
  const full = (position: string | null): string => (position === null ? 'end' : `${flow.flow}:${position}`);
  const missed: Fault[] = [];
  const [steps, branches] = [
    { done: 0, all: 0 },
    { gone: 0, all: 0 },
  ];
  for (const [position, { path }] of program.steps) {
    steps.all++;
    const done = visited.has(full(position));
    if (done) steps.done++;
    else missed.push({ path: place(path), message: 'no test comes to this step' });
    const ways = [...waysFrom(program, position)];
    if (ways.length < 2) continue;
    for (const { to, why } of ways) {
      branches.all++;
      if (taken.has(`${full(position)}>${full(to)}`)) branches.gone++;
      else if (done) missed.push({ path: place(path), message: `no test goes on here by "${why || 'the next step'}"` });
    }
  }
  const own = (gone: ReadonlySet<string>): string[] => [...gone].filter((one) => one.startsWith(`${flow.flow}:`));
  return { flow: flow.flow, steps, branches, missed, trail: { steps: own(visited), ways: own(taken) } };
}
