import { Offline, Problem } from '../client/problem.ts';
import { diskFailure } from '../core/disk.ts';
import { HooklineError, messageOf } from '../core/errors.ts';
import { explainConnection } from '../db/dialect.ts';
import { writeError } from './output.ts';

/** EX_CONFIG of sysexits.h: a supervisor need not start it again before somebody has changed something. */
const CONFIGURATION = 78;

/** Says what went wrong and returns the exit code. Only what nobody expected is told with its stack. */
export function tell(thrown: unknown): number {
  const error = diskFailure(thrown) ?? explainConnection(thrown);
  if (error instanceof Offline) {
    writeError(`${error.message} Start it, or name it with --url.\n`);
    return 1;
  }
  if (error instanceof HooklineError || error instanceof Problem) {
    for (const { path, message } of error.errors ?? []) writeError(`${path} ${message}\n`);
    writeError(`${error.message}\n`);
    return error.code === 'invalid-configuration' ? CONFIGURATION : 1;
  }
  writeError(`${isFromSystem(error) || !(error instanceof Error) ? messageOf(error) : error.stack}\n`);
  return 1;
}

/** Such as ENOENT: the message says it all, with the path. */
function isFromSystem(error: unknown): boolean {
  return /^E[A-Z]+$/.test(String((error as { code?: unknown } | null)?.code ?? ''));
}
