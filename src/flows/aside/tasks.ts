/**
 * What is done aside, in a thread: work of a tenant's own making that may take longer than the hub may stand still. Each task
 * takes and gives plain data; what is large goes as text, which a thread is handed over faster than anything else.
 */
import type { Fault } from '../../core/errors.ts';
import { formatYaml } from '../language/format.ts';
import { type FlowSource, type ParsedFlow, parseFlow } from '../language/parse.ts';
import { jsonSize } from '../language/size-limit.ts';
import { Catalog } from '../program/catalog.ts';
import { type Graph, graphOf } from '../program/graph.ts';
import type { Outline } from '../program/lint/checked.ts';
import { checkFlows } from '../program/lint.ts';
import type { Need } from '../program/needs.ts';
import { outlineOf } from '../program/outline.ts';
import { compile } from '../program/program.ts';
import { type Simulation, type SimulationResult, simulate } from '../simulator/simulation.ts';
import { readTests, runChecked, type TestRun } from '../simulator/test-runner.ts';
import { matchesPattern, sizeOf } from '../text/patterns.ts';

/** A text of a flow as it comes back. `flow` and `outline`: JSON. */
export interface ReadFlow {
  flow: string;
  outline: string;
}

/** Milliseconds in which patterns are tried; those that are not reached count as not matching. */
const PATTERN_TIME = 1_000;
/** Of what a simulation or tests say, in about characters of JSON. */
const LARGEST_RESULT = 2 * 1_024 * 1_024;

interface TestInput {
  source: FlowSource;
  others: readonly string[];
  beside: readonly string[];
  tests: FlowSource;
}

const read = (parsed: ParsedFlow, outline: Outline): ReadFlow => ({ flow: JSON.stringify(parsed.flow), outline: JSON.stringify(outline) });

export const TASKS = {
  /** A text that is stored, to be run. */
  read(source: FlowSource): ReadFlow | { faults: Fault[] } {
    const parsed = parseFlow(source);
    return 'faults' in parsed ? parsed : read(parsed, outlineOf(parsed, compile(parsed.flow)));
  },

  /** `others`: outlines of the flows that stay, as JSON. `models`: those that flows may ask. */
  check({ sources, others, models }: { sources: readonly FlowSource[]; others: readonly string[]; models: readonly string[] }): {
    flows: (FlowSource & ReadFlow & { name: string; place: string; needs: Need[] })[];
    faults: Fault[];
  } {
    const { flows, faults } = checkFlows(
      sources,
      others.map((outline) => JSON.parse(outline) as Outline),
      { models },
    );
    const checked = flows.map(({ outline, needs, ...parsed }) => {
      const { path, source } = parsed;
      return { path, source, name: outline.flow, place: outline.place, needs, ...read(parsed, outline) };
    });
    return { flows: checked, faults };
  },

  /** What is wrong with a text, and what can be read of it as a graph; null where that is nothing. `others`, `models`: as for `check`. */
  draw({ source, others, models }: { source: FlowSource; others: readonly string[]; models: readonly string[] }): {
    faults: Fault[];
    needs: Need[];
    graph: Graph | null;
  } {
    const {
      flows: [flow],
      faults,
    } = checkFlows(
      [source],
      others.map((outline) => JSON.parse(outline) as Outline),
      { models },
    );
    const graph = flow ? graphOf(flow, compile(flow.flow)) : null;
    return { faults, needs: flow?.needs ?? [], graph };
  },

  format: formatYaml,

  /** What is wrong with tests that are not run. `flows`: the names of those that are there. */
  checkTests({ tests, flows }: { tests: FlowSource; flows: readonly string[] }): Fault[] {
    return readTests([tests], flows).faults;
  },

  /** `others`: as for `check`; `beside`: the same flows, as JSON. Null where there is too much to say. */
  test({ source, others, beside, tests }: TestInput): TestRun | null {
    const checked = checkFlows(
      [source],
      others.map((outline) => JSON.parse(outline) as Outline),
    );
    const run = runChecked(
      checked,
      [tests],
      beside.map((flow) => JSON.parse(flow)),
    );
    return jsonSize(run) > LARGEST_RESULT ? null : run;
  },

  /** `flows`: as JSON, the one that is meant first. Null where there is too much to say. */
  simulate({ flows, simulation, at }: { flows: readonly string[]; simulation: Simulation; at: number }): SimulationResult | null {
    const programs = flows.map((flow) => compile(JSON.parse(flow)));
    const result = simulate(new Catalog(programs.map((program) => ({ program, revision: 1 }))), simulation, at);
    return jsonSize(result) > LARGEST_RESULT ? null : result;
  },

  /** Which of the patterns match, and which were not reached in time: those that are the most work come last. */
  match({ patterns, folded }: { patterns: readonly string[]; folded: string }): { matching: string[]; late: string[] } {
    const end = performance.now() + PATTERN_TIME;
    const matching: string[] = [];
    const inOrder = patterns.toSorted((a, b) => sizeOf(a) - sizeOf(b));
    for (const [index, pattern] of inOrder.entries()) {
      if (performance.now() > end) return { matching, late: inOrder.slice(index) };
      if (matchesPattern(pattern, folded)) matching.push(pattern);
    }
    return { matching, late: [] };
  },
};

export type TaskName = keyof typeof TASKS;
export type TaskInput<Name extends TaskName> = Parameters<(typeof TASKS)[Name]>[0];
export type TaskResult<Name extends TaskName> = ReturnType<(typeof TASKS)[Name]>;
