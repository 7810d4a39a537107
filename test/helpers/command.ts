/** A command without a process of its own: for tests of what it answers and does, where how a process begins and ends is not the point. */
import { cleanEnvironment, ROOT } from './hub.ts';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Configured as if it ran in `cwd`; files that it is to read or write are named from the root. One after the other: each has the
 * environment and the output of this thread meanwhile.
 */
export function runHere(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd: string = ROOT): Promise<Outcome> {
  const outcome = last.then(() => runNow(args, env, cwd));
  last = outcome.catch(() => undefined);
  return outcome;
}

async function runNow(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Outcome> {
  const { run } = await import('../../src/cli/cli.ts');
  const before = { env: process.env, cwd: process.cwd };
  const [stdout, stderr] = [listen(process.stdout), listen(process.stderr)];
  process.env = { ...cleanEnvironment(), ...env };
  process.cwd = () => cwd;
  try {
    const code = await run(args);
    return { code, stdout: stdout.heard(), stderr: stderr.heard() };
  } finally {
    Object.assign(process, before);
    stdout.end();
    stderr.end();
  }
}

/** What is written there is heard here instead, until the end. */
function listen(stream: NodeJS.WriteStream): { heard(): string; end(): void } {
  const { write } = stream;
  let heard = '';
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    heard += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const written = rest.find((argument) => typeof argument === 'function');
    if (written) process.nextTick(written);
    return true;
  };
  return {
    heard: () => heard,
    end: () => {
      stream.write = write;
    },
  };
}
