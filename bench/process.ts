import { readFileSync } from 'node:fs';

/** Resident memory of a process in MB (10^6 bytes), as Linux counts it in /proc. */
export function residentMegabytes(pid: number): number {
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return (kilobytes * 1024) / 1e6;
}

/** The most by which a process grows while `work` goes on, in MB. */
export async function growthDuring<T>(pid: number, work: () => Promise<T>): Promise<{ result: T; growth: number }> {
  const before = residentMegabytes(pid);
  let most = before;
  const sample = setInterval(() => {
    most = Math.max(most, residentMegabytes(pid));
  }, 25);
  const result = await work().finally(() => clearInterval(sample));
  return { result, growth: Math.max(most, residentMegabytes(pid)) - before };
}

/** The value below which `share` (0 to 1) of them lie. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

export function median(values: number[]): number {
  return percentile(values, 0.5);
}

/** Milliseconds of processor time that a process has taken, all its threads together; to 10 ms. */
export function processorTime(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  // Fields 14 and 15 of proc(5), in ticks of 1/100 s.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
