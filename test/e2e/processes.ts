import { execFileSync } from 'node:child_process';

/** The pids of the living processes that name every one of `words` in their command line, oldest first. */
export function processesOn(...words: string[]): number[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'pid=,stat=,args='], { encoding: 'utf8', maxBuffer: 2 ** 24 })
    .split('\n')
    .filter((line) => words.every((word) => line.includes(word)) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => Number.parseInt(line, 10))
    .sort((a, b) => a - b);
}
