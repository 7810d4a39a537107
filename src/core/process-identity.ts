import { readFile, readlink } from 'node:fs/promises';

/** Of a line of proc_pid_stat(5) those from the third one on: they are counted after the name, which may hold spaces and brackets. */
export const statFields = (line: string): string[] => line.slice(line.lastIndexOf(')') + 2).split(' ');

/**
 * When a process began, in ticks since boot, and whether it has ended and only waits for its parent to notice, which the
 * first process of a container may never do: fields 22 and 3 of proc_pid_stat(5). Null where there is no /proc.
 */
export async function statOf(pid: number): Promise<{ start: string | null; ended: boolean } | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const fields = line && statFields(line);
  return fields ? { start: fields[19] ?? null, ended: fields[0] === 'Z' || fields[0] === 'X' } : null;
}

/** False only where that is sure. `start`: as `statOf` tells; null where it is not known. */
export async function isRunning({ pid, start }: { pid: number; start: string | null }): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await statOf(pid);
  if (now === null) return true;
  return !now.ended && (start === null || now.start === start);
}

/**
 * A process by the boot of its machine, its namespace of pids, its pid there, and when it began: another process with the first two in common can tell
 * whether it still runs. Null where the system does not tell all of it.
 */
export async function identityOf(pid = process.pid): Promise<string | null> {
  const [place, stat] = await Promise.all([placeHere(), statOf(pid)]);
  return place === null || !stat?.start ? null : `${place} ${pid} ${stat.start}`;
}

/** Whether the process of this identity is known to have ended: one of another machine, or of another container, is not. */
export async function hasEnded(identity: string): Promise<boolean> {
  const [boot, namespace, pid, start = ''] = identity.split(' ');
  return `${boot} ${namespace}` === (await placeHere()) && !(await isRunning({ pid: Number(pid), start }));
}

async function placeHere(): Promise<string | null> {
  const [boot, namespace] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ]);
  return boot && namespace ? `${boot.trim()} ${namespace}` : null;
}
