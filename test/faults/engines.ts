/** Whether two nodes ever had an engine of one session at the same time: what their engines have written down (engine-log.ts) is judged here. */
import { existsSync, readFileSync } from 'node:fs';

/** By a clock that all processes of a machine share, and nobody sets (ms). */
export const sinceBoot = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What an engine did. `profile`: of which session. */
export interface EngineLine {
  at: number;
  pid: number;
  profile: string;
  what: 'began' | 'ended' | 'acted';
}

/** What became of a process. */
export interface Life {
  at: number;
  pid: number;
  what: 'started' | 'paused' | 'resumed' | 'died';
  /** The address that it was started at. */
  host?: string;
}

/** An engine, from its beginning to its end, or that of its process. */
interface Run {
  pid: number;
  profile: string;
  from: number;
  to: number;
}

/** The last line of a process that was killed may be half of one. */
export function engineLines(file: string): EngineLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));
}

export function runsOf(lines: readonly EngineLine[], lives: readonly Life[]): Run[] {
  const deaths = new Map(lives.filter(({ what }) => what === 'died').map(({ pid, at }) => [pid, at]));
  const open = new Map<string, Run>();
  const runs: Run[] = [];
  for (const { at, pid, profile, what } of [...lines].sort((a, b) => a.at - b.at)) {
    const key = `${pid} ${profile}`;
    const run = open.get(key);
    if (what === 'began' && !run) {
      const begun = { pid, profile, from: at, to: deaths.get(pid) ?? Number.POSITIVE_INFINITY };
      runs.push(begun);
      open.set(key, begun);
    } else if (what === 'ended' && run) {
      run.to = at;
      open.delete(key);
    }
  }
  return runs;
}

export interface Verdict {
  /** One sentence each. */
  broken: string[];
  /** For how long (ms) at the most an engine of a process that had been paused was still there when it woke up, after another node had begun one. */
  wokenUp: number;
}

/**
 * `grace`: for so long (ms) the engine of a process that was paused may be there when it wakes up, and do nothing: nobody can end what is paused
 * from inside.
 */
export function twoAtOnce(lines: readonly EngineLine[], lives: readonly Life[], grace: number): Verdict {
  const broken: string[] = [];
  let wokenUp = 0;
  const byProfile = Map.groupBy(runsOf(lines, lives), ({ profile }) => profile);
  for (const runs of byProfile.values()) {
    for (const [nth, one] of runs.entries()) {
      for (const other of runs.slice(nth + 1)) {
        const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
        if (one.pid === other.pid || from >= to) continue;
        const former = one.from < other.from ? one : other;
        const pause = pausesOf(former.pid, lives).find((each) => each.from <= from && from < each.to);
        const both = pause ? Math.max(0, to - pause.to) : to - from;
        if (pause) wokenUp = Math.max(wokenUp, both);
        if (both > (pause ? grace : 0)) {
          const woken = pause ? ', after one of them had been paused' : '';
          broken.push(`two engines of ${one.profile} for ${Math.round(both)} ms${woken} (processes ${one.pid} and ${other.pid})`);
        }
        const late = lines.filter(
          ({ at, pid, profile, what }) => what === 'acted' && pid === former.pid && profile === one.profile && at > from && at < to,
        );
        if (late.length > 0)
          broken.push(`an engine of ${one.profile} did ${late.length} things at the phone after another node had begun one`);
      }
    }
  }
  return { broken, wokenUp };
}

function pausesOf(pid: number, lives: readonly Life[]): { from: number; to: number }[] {
  const pauses: { from: number; to: number }[] = [];
  for (const { at, what } of lives.filter((life) => life.pid === pid)) {
    const last = pauses.at(-1);
    if (what === 'paused') pauses.push({ from: at, to: Number.POSITIVE_INFINITY });
    else if (last && last.to === Number.POSITIVE_INFINITY) last.to = at;
  }
  return pauses;
}

export interface Absence {
  profile: string;
  ms: number;
}

/**
 * Of the sessions whose engines a process had at `since`: for how long each was without one, until another process had begun one or, as far as one
 * is concerned that has not, until now.
 */
export function absences(
  lines: readonly EngineLine[],
  lives: readonly Life[],
  { pid, since, now }: { pid: number; since: number; now: number },
): Absence[] {
  const runs = runsOf(lines, lives);
  const had = runs.filter((run) => run.pid === pid && run.from < since && run.to >= since);
  return had.map(({ profile }) => {
    const next = runs.filter((run) => run.profile === profile && run.pid !== pid && run.from > since).map(({ from }) => from);
    return { profile, ms: Math.min(now, ...next) - since };
  });
}
