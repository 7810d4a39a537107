import { isProblem, Offline, Problem } from '../client/problem.ts';
import { asSetHere } from '../config/load.ts';
import { diskFailure } from '../core/disk.ts';
import { type Fault, HooklineError, messageOf } from '../core/errors.ts';
import { explainConnection } from '../db/dialect.ts';
import { isInJson, writeError } from './output.ts';

/** EX_CONFIG of sysexits.h: a supervisor need not start it again before somebody has changed something. */
const CONFIGURATION = 78;

/** Says what went wrong and returns the exit code. Only what nobody expected is told with its stack. */
export function tell(thrown: unknown): number {
  const error = diskFailure(thrown) ?? explainConnection(thrown);
  if (error instanceof Offline) {
    say('offline', `${error.message} Start it, or name it with --url.`);
    return 1;
  }
  if (error instanceof HooklineError || error instanceof Problem) {
    say(error.code, error instanceof Problem ? wordsFor(error) : error.message, error.errors);
    return error.code === 'invalid-configuration' ? CONFIGURATION : 1;
  }
  if (isInJson()) {
    say('internal', messageOf(error));
    return 1;
  }
  writeError(`${isFromSystem(error) || !(error instanceof Error) ? messageOf(error) : error.stack}\n`);
  return 1;
}

function say(code: string, detail: string, errors: readonly Fault[] = []): void {
  const lines = isInJson()
    ? [JSON.stringify({ code, detail, ...(errors.length > 0 && { errors }) })]
    : [...errors.map(({ path, message }) => `${path} ${message}`), detail].map((line) => asSetHere(line));
  writeError(lines.map((line) => `${line}\n`).join(''));
}

/** What the API says with words of its own, such as members of an answer, in those of the command line. */
function wordsFor(problem: Problem): string {
  if (isProblem(problem, 'unauthorized')) return `${problem.message} --key, or HOOKLINE_API_KEY, gives another.`;
  if (isProblem(problem, 'session-exists'))
    return `There is a session "${problem.members.existing.name}" already. Take it with --on-conflict use, or put a new one in its place with --on-conflict recreate.`;
  return problem.message;
}

/** Such as ENOENT: the message says it all, with the path. */
function isFromSystem(error: unknown): boolean {
  return /^E[A-Z]+$/.test(String((error as { code?: unknown } | null)?.code ?? ''));
}
