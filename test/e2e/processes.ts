import { execFileSync } from 'node:child_process';

/** Command lines of the browsers that were seen alive, each by its pid, which is its group, too. */
const browsers = new Map<number, string>();

/**
 * The pids of the living processes, oldest first, that name `where` in their command line or are of a browser that does, and name every one
 * of `words`. What a browser starts names no profile, as a rule, and may outlive it: that it is of it is known where the browser was seen before.
 */
export function processesOn(where: string, ...words: string[]): number[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,pgid=,stat=,args='], { encoding: 'utf8', maxBuffer: 2 ** 24 }).split('\n');
  const processes = lines.flatMap((line) => {
    const [, pid, group, state, args = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return state === undefined || state.startsWith('Z') ? [] : [{ pid: Number(pid), group: Number(group), args }];
  });
  for (const { pid, group, args } of processes) if (pid === group && args.includes('--user-data-dir=')) browsers.set(pid, args);
  return processes
    .filter(
      ({ group, args }) => [args, browsers.get(group)].some((line) => line?.includes(where)) && words.every((word) => args.includes(word)),
    )
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);
}
