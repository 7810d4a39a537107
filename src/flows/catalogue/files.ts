import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Fault, HooklineError, messageOf } from '../../core/errors.ts';
import { utf8 } from '../../core/utf8.ts';
import type { FlowSource } from '../language/parse.ts';
import { checkFlows } from '../program/lint.ts';

/** Flows, and not their tests (`booking.test.yml`) nor what an editor leaves behind (`.booking.yml.swp`, `booking.yml~`). */
export const isFlowFile = (name: string): boolean => /^[^.].*\.ya?ml$/.test(name) && !isTestFile(name);
const isTestFile = (name: string): boolean => /^[^.].*\.test\.ya?ml$/.test(name);

/** The flows of a directory by file name, called `<directory>/<file>`. Rejects where the directory cannot be read. */
export async function readFlowFiles(directory: string): Promise<FlowSource[]> {
  const names = (await readdir(directory)).filter(isFlowFile).sort();
  return Promise.all(names.map((name) => read(join(directory, name), join(basename(directory), name))));
}

/** For `hookline flow check`: every error of the given files and directories, checked together as one tenant's. `models`: as for `checkFlows`. Rejects as `readFlows`. */
export async function checkFiles(
  paths: readonly string[],
  { models }: { models?: readonly string[] | undefined } = {},
): Promise<{ files: string[]; errors: Fault[] }> {
  const sources: FlowSource[] = [];
  const unreadable: Fault[] = [];
  for (const path of paths) {
    try {
      sources.push(...(await readPath(path, isFlowFile)).filter(isFlow));
    } catch (error) {
      unreadable.push({ path, message: `cannot be read: ${messageOf(error)}` });
    }
  }
  if (sources.length === 0 && unreadable.length === 0) throw noFlows(paths);
  return { files: sources.map(({ path }) => path), errors: [...unreadable, ...checkFlows(sources, [], { models }).faults] };
}

/** The flows of files and directories. A file that is named is read whatever its name, unless it is a test. Rejects as `readdir`, and with `not-found` where there are none. */
export async function readFlows(paths: readonly string[]): Promise<FlowSource[]> {
  const found = (await Promise.all(paths.map((path) => readPath(path, isFlowFile)))).flat().filter(isFlow);
  if (found.length === 0) throw noFlows(paths);
  return found;
}

const isFlow = ({ path }: FlowSource): boolean => !isTestFile(basename(path));

function noFlows(paths: readonly string[]): HooklineError {
  return new HooklineError('not-found', `There are no flows in ${paths.join(', ')}: a flow is a file whose name ends in .yml.`);
}

/** The tests of directories, and those beside the files. */
export async function readTests(paths: readonly string[]): Promise<FlowSource[]> {
  const found = new Map<string, FlowSource>();
  for (const path of paths) {
    const beside = isTestFile(basename(path)) ? [path] : ['.yml', '.yaml'].map((end) => path.replace(/\.ya?ml$/, `.test${end}`));
    const tests = (await stat(path)).isDirectory()
      ? await readPath(path, isTestFile)
      : (await Promise.all(beside.map((file) => readPath(file, isTestFile).catch(() => [])))).flat();
    for (const test of tests) found.set(test.path, test);
  }
  return [...found.values()];
}

/** The test file beside a flow's, called as the flow is; null where there is none. `path`: of the flow, as `readFlowFiles` calls it. */
export async function readTestBeside(directory: string, path: string): Promise<FlowSource | null> {
  for (const end of ['.yml', '.yaml']) {
    const beside = path.replace(/\.ya?ml$/, `.test${end}`);
    const found = await read(join(directory, basename(beside)), beside).catch(noFile);
    if (found) return found;
  }
  return null;
}

function noFile(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function readPath(path: string, isWanted: (name: string) => boolean): Promise<FlowSource[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new HooklineError('not-found', `There is no file or directory ${path}.`) : error;
  });
  if (!found.isDirectory()) return [await read(path, path)];
  const names = (await readdir(path)).filter(isWanted).sort();
  return Promise.all(names.map((name) => read(join(path, name), join(path, name))));
}

async function read(file: string, path: string): Promise<FlowSource> {
  const source = utf8(await readFile(file));
  if (source === null) throw new Error(`${path} is not UTF-8; save it in UTF-8`);
  return { path, source };
}
