import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';
import { EXAMPLE_FLOWS } from '../core/version.ts';
import { checkFiles, readFlows, readTests } from '../flows/catalogue/files.ts';
import { formatYaml } from '../flows/language/format.ts';
import { jsonSchema } from '../flows/language/schema.ts';
import { mermaidOf } from '../flows/program/graph.ts';
import { checkFlows } from '../flows/program/lint.ts';
import { compile } from '../flows/program/program.ts';
import { testSchema } from '../flows/simulator/test-file.ts';
import { type Coverage, runTests } from '../flows/simulator/test-runner.ts';
import { answer, isInJson, write } from './output.ts';

const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The configured directory as one would type it here: errors name files by it. */
export function given(paths: string[]): string[] {
  if (paths.length > 0) return paths;
  const { flowsDir } = loadConfig({ dev: false });
  const from = relative('.', flowsDir);
  return [from === '' || from.startsWith('..') ? flowsDir : from];
}

/** Without paths: the configured flows directory, and what the configured hub would refuse of it. Rejects with `flow-invalid` and every error. */
export async function checkFlowFiles(paths: string[]): Promise<void> {
  const models = paths.length === 0 ? loadConfig({ dev: false }).flows.models : undefined;
  const { files, errors } = await checkFiles(given(paths), { models });
  if (errors.length > 0) throw new HooklineError('flow-invalid', `The flows have ${some(errors.length, 'error')}.`, { errors });
  answer({ files, errors }, `${some(files.length, 'flow file')}, no errors\n`);
}

/**
 * Writes the flows of the paths and their tests as they are usually written, and names those that have changed. `check`: writes
 * nothing, and gives 1 when some would change. Rejects with `flow-invalid` where one is no YAML, and has written none then.
 */
export async function formatFlowFiles(paths: string[], { check = false }: { check?: boolean } = {}): Promise<number> {
  const where = given(paths);
  const sources = [...(await readFlows(where)), ...(await readTests(where))];
  const formatted = sources.map((one) => ({ ...one, ...formatYaml(one) }));
  const errors = formatted.flatMap((one) => ('faults' in one ? one.faults : []));
  if (errors.length > 0)
    throw new HooklineError('flow-invalid', `Nothing was formatted because of ${some(errors.length, 'error')}.`, { errors });
  const changed = formatted.filter((one): one is typeof one & { text: string } => 'text' in one && one.text !== one.source);
  if (!check) for (const { path, text } of changed) await writeFile(path, text);
  const files = changed.map(({ path }) => path);
  const told = check ? 'not formatted' : 'formatted';
  answer({ files }, files.map((path) => `${path} ${told}\n`).join('') || `${some(sources.length, 'file')}, all formatted\n`);
  return check && files.length > 0 ? 1 : 0;
}

/** Runs the `*.test.yml` of the paths, prints each conversation and the coverage. 1 when one failed. */
export async function testFlowFiles(paths: string[], { missed = false }: { missed?: boolean } = {}): Promise<number> {
  const where = given(paths);
  // A test that is named is about the flow beside it.
  const beside = new Set(where.map((path) => path.replace(/\.test(?=\.ya?ml$)/, '')));
  const [flows, tests] = [await readFlows([...beside]), await readTests(where)];
  const run = runTests(flows, tests);
  if (run.faults.length > 0)
    throw new HooklineError('flow-invalid', `Nothing was run because of ${some(run.faults.length, 'error')}.`, { errors: run.faults });
  const failed = run.results.filter(({ failures }) => failures.length > 0).length;
  if (isInJson()) {
    answer(run, '');
    return failed > 0 ? 1 : 0;
  }
  for (const { name, place, failures } of run.results) {
    write(`${failures.length === 0 ? '✔' : '✘'} ${name}${failures.length === 0 ? '' : ` (${place})`}\n`);
    for (const { path, message } of failures) write(`    ${path} ${message}\n`);
  }
  write(`\n${coverageTable(run.coverage)}`);
  if (missed) for (const { path, message } of run.coverage.flatMap((one) => one.missed)) write(`${path} ${message}\n`);
  write(`\n${some(run.results.length - failed, 'conversation')} held${failed > 0 ? `, ${failed} did not` : ''}\n`);
  return failed > 0 ? 1 : 0;
}

function coverageTable(coverage: readonly Coverage[]): string {
  const width = Math.max(4, ...coverage.map(({ flow }) => flow.length));
  return coverage
    .map(
      ({ flow, steps, branches }) => `${flow.padEnd(width)}  steps ${steps.done}/${steps.all}  branches ${branches.gone}/${branches.all}\n`,
    )
    .join('');
}

/** Prints one flow as Mermaid: one of the paths, or, where none was given, of the examples that came along. */
export async function graphFlow(name: string, paths: string[]): Promise<void> {
  const { flows, faults } = checkFlows(await readFlows(given(paths)).catch((error) => (paths.length > 0 ? Promise.reject(error) : [])));
  const isMeant = ({ flow, path }: (typeof flows)[number]): boolean => flow.flow === name || path === name;
  const found = flows.find(isMeant) ?? (paths.length > 0 ? undefined : checkFlows(await readFlows([EXAMPLE_FLOWS])).flows.find(isMeant));
  const own = found ? faults.filter(({ path }) => path.startsWith(`${found.path}:`)) : [];
  if (own.length > 0) throw new HooklineError('flow-invalid', `The flow "${name}" has ${some(own.length, 'error')}.`, { errors: own });
  if (!found) {
    const errors = faults.length > 0 ? { errors: faults } : {};
    throw new HooklineError(
      'not-found',
      `There is no flow "${name}"; there ${flows.length > 0 ? `are: ${flows.map(({ flow }) => flow.flow).join(', ')}` : 'is none at all'}.`,
      errors,
    );
  }
  const graph = mermaidOf(compile(found.flow));
  answer({ flow: found.flow.flow, graph }, graph);
}

/** Prints the JSON Schema of the language, or of its tests, or writes it to a file. */
export async function printFlowSchema(file?: string, { tests = false }: { tests?: boolean } = {}): Promise<void> {
  const text = `${JSON.stringify(tests ? testSchema() : jsonSchema(), null, 2)}\n`;
  if (file === undefined) write(text);
  else await writeFile(file, text);
}
