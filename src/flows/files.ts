import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Fault, messageOf } from '../core/errors.ts';
import { checkFlows } from './lint.ts';
import type { FlowSource } from './parse.ts';

/** Flows, and not their tests (`booking.test.yml`) nor what an editor leaves behind (`.booking.yml.swp`, `booking.yml~`). */
const isFlowFile = (name: string): boolean => /^[^.].*\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);

/** The flows of a directory by file name, called `<directory>/<file>`. Rejects where the directory cannot be read. */
export async function readFlowFiles(directory: string): Promise<FlowSource[]> {
  const names = (await readdir(directory)).filter(isFlowFile).sort();
  return Promise.all(names.map((name) => read(join(directory, name), join(basename(directory), name))));
}

/** For `hookline flow check`: every error of the given files and directories, checked together as one tenant's. */
export async function checkFiles(paths: readonly string[]): Promise<{ files: string[]; errors: Fault[] }> {
  const sources: FlowSource[] = [];
  const unreadable: Fault[] = [];
  for (const path of paths) {
    try {
      sources.push(...(await readPath(path)));
    } catch (error) {
      unreadable.push({ path, message: `cannot be read: ${messageOf(error)}` });
    }
  }
  return { files: sources.map(({ path }) => path), errors: [...unreadable, ...checkFlows(sources).faults] };
}

async function readPath(path: string): Promise<FlowSource[]> {
  if (!(await stat(path)).isDirectory()) return [await read(path, path)];
  return (await readFlowFiles(path)).map((flow) => ({ ...flow, path: join(path, basename(flow.path)) }));
}

async function read(file: string, path: string): Promise<FlowSource> {
  return { path, source: await readFile(file, 'utf8') };
}
