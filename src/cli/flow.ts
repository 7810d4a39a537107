import { loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';
import { checkFiles } from '../flows/files.ts';
import { write } from './output.ts';

/** Without paths: the configured flows directory. Rejects with `flow-invalid` and every error. */
export async function checkFlowFiles(paths: string[]): Promise<void> {
  const { files, errors } = await checkFiles(paths.length > 0 ? paths : [loadConfig({ dev: false }).flowsDir]);
  if (errors.length > 0)
    throw new HooklineError('flow-invalid', `The flows have ${errors.length} error${errors.length === 1 ? '' : 's'}.`, { errors });
  write(`${files.length} flow file${files.length === 1 ? '' : 's'}, no errors\n`);
}
