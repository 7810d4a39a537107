import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { compileCacheEnv } from '../../src/core/compile-cache.ts';

export interface Holder {
  pid: number;
  /** As `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Another process that holds the directory or database; rejects with what it said when it was refused. */
export async function startHolder(kind: 'directory' | 'database', where: string): Promise<Holder> {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [fileURLToPath(new URL('./holder.ts', import.meta.url)), kind, where],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...compileCacheEnv() } },
  );
  let refusal = '';
  child.stderr.on('data', (chunk) => {
    refusal += chunk;
  });
  const exited = once(child, 'exit');
  const held = once(child.stdout, 'data').then(() => true);
  if (!(await Promise.race([held, once(child, 'close').then(() => false)]))) throw new Error(refusal);
  return {
    pid: child.pid as number,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
