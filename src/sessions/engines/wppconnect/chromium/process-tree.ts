/**
 * A browser is a tree of processes, and killing its root leaves the rest behind for a while. The hub starts each
 * browser as the leader of a process group, on a profile of its own: what belongs to the browser is that group, what
 * names the profile on its command line (the crash handler leaves group and tree), and all descendants of these.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { statFields } from '../../../../core/process-identity.ts';
import { sinceBoot } from '../../../../core/since-boot.ts';

export interface Tree {
  /** Pid of the browser, the leader of its group; null where it is not known yet, and is found by its profile. */
  readonly root: number | null;
  /** Null: what names the profile is not of this tree. */
  readonly userDataDir: string | null;
}

interface Process {
  pid: number;
  parent: number;
  group: number;
  /** In ticks since boot; 0 where the system does not tell. */
  began: number;
  /** Whether it was stopped by a signal and waits to be continued. */
  frozen: boolean;
  commandLine: string;
  /** Its parts, where the system tells them apart. A process that has given itself a title is one part. */
  parts: string[];
}

/** Milliseconds: Linux tells programs its ticks as hundredths of a second on every machine that Chromium runs on. */
const TICK = 10;
const KILL_ROUND = 25;
const KILL_ROUNDS = 200;
const FREEZE_ROUND = 5;
const FREEZE_ROUNDS = 100;

/** Kills the trees and looks until they are gone. Returns the pids that are still there after 5 s: none, as a rule. */
export async function killTree(...trees: Tree[]): Promise<number[]> {
  // What was being started when its parent was killed is known by nothing but its group: the first look did not find it, and the next one finds no parent.
  const groups = new Set<number>();
  let before = Number.POSITIVE_INFINITY;
  const look = async (): Promise<number[]> => {
    const members = await membersOf(trees, { groups, before });
    for (const { pid, group } of members) if (pid === group) groups.add(group);
    return members.map(({ pid }) => pid);
  };
  let left = await look();
  // A browser that is started on the profile from here on is somebody else's.
  before = sinceBoot() / TICK;
  for (let round = 0; left.length > 0 && round < KILL_ROUNDS; round++) {
    for (const pid of left) signal(pid, 'SIGKILL');
    // Not the clock of the hub, whose timers keep no process alive: a hub that stops must not be gone before its browsers.
    await pause(KILL_ROUND);
    left = await look();
  }
  return left;
}

/**
 * Stops every process of the tree where it is (SIGSTOP) and looks until none runs, those that were being started included.
 * False where they cannot be stopped, or were not within half a second: some may be, so `thaw` is to be called either way.
 */
export async function freeze(tree: Tree): Promise<boolean> {
  if (process.platform === 'win32') return false;
  for (let round = 0; round < FREEZE_ROUNDS; round++) {
    const running = (await membersOf([tree])).filter(({ frozen }) => !frozen);
    if (running.length === 0) return true;
    for (const { pid } of running) signal(pid, 'SIGSTOP');
    await pause(FREEZE_ROUND);
  }
  return false;
}

/** Lets a frozen tree go on. */
export async function thaw(tree: Tree): Promise<void> {
  if (process.platform === 'win32') return;
  for (const { pid } of await membersOf([tree])) signal(pid, 'SIGCONT');
}

/** The living processes of the trees. Zombies are left out: perhaps nobody reaps them (a container without an init), and they hold nothing. */
export async function treeOf(...trees: Tree[]): Promise<number[]> {
  return (await membersOf(trees)).map(({ pid }) => pid);
}

/** `groups`: whoever is in one of them is of the trees, too. `before`: what began later is not found by the profile that it names. */
async function membersOf(
  trees: Tree[],
  { groups, before = Number.POSITIVE_INFINITY }: { groups?: Set<number>; before?: number } = {},
): Promise<Process[]> {
  const processes = await listProcesses();
  const tree = new Set<number>();
  for (const { pid, group, commandLine, began } of processes) {
    const isOne = ({ root, userDataDir }: Tree): boolean =>
      pid === root || group === root || (began <= before && names(commandLine, userDataDir));
    if (groups?.has(group) || trees.some(isOne)) tree.add(pid);
  }
  for (let size = -1; size !== tree.size; ) {
    size = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  return processes.filter(({ pid }) => tree.has(pid));
}

/**
 * Bytes that the tree holds: what it shares is counted once (PSS of proc_pid_smaps), or resident memory where that may not
 * be read. Undefined where the system tells neither.
 */
export async function memoryOf(tree: Tree): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  const sizes = await Promise.all((await treeOf(tree)).map(memoryOfProcess));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function memoryOfProcess(pid: number): Promise<number> {
  for (const [file, line] of [
    ['smaps_rollup', /^Pss:\s+(\d+) kB/m],
    ['status', /^VmRSS:\s+(\d+) kB/m],
  ] as const) {
    const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const kilobytes = line.exec(text)?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1_024;
  }
  return 0;
}

/** The profiles below `directory` that processes work on, with these. */
export async function browsersBelow(directory: string): Promise<{ userDataDir: string; pid: number }[]> {
  return (await listProcesses()).flatMap((process) => {
    const userDataDir = profileOf(process);
    return userDataDir?.startsWith(`${directory}/`) ? [{ userDataDir, pid: process.pid }] : [];
  });
}

/** The path may have spaces in it: without the parts it ends where the next option begins. */
function profileOf({ parts, commandLine }: Process): string | undefined {
  const option = '--user-data-dir=';
  const part = parts.find((one) => one.startsWith(option));
  return part?.slice(option.length) ?? / --user-data-dir=(.+?)(?= --| $)/.exec(commandLine)?.[1];
}

/** Whether the process is a browser on this profile; pids are used again, in a new container often at once. */
export async function isBrowserOn(pid: number, userDataDir: string): Promise<boolean> {
  return (await listProcesses()).some((process) => process.pid === pid && names(process.commandLine, userDataDir));
}

function names(commandLine: string, userDataDir: string | null): boolean {
  if (userDataDir === null) return false;
  return commandLine.includes(` --user-data-dir=${userDataDir} `) || commandLine.includes(` --database=${userDataDir}/`);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

function listProcesses(): Promise<Process[]> {
  return process.platform === 'linux' ? readProc() : readPs();
}

async function readProc(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(
    pids.map(async (pid) => {
      const [stat, commandLine] = await Promise.all(
        ['stat', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      const fields = statFields(stat ?? '');
      const [state, parent, group] = fields;
      if (!stat || state === 'Z' || state === 'X') return [];
      const parts = commandLine?.split('\0') ?? [];
      const [numbers, frozen] = [{ pid: Number(pid), parent: Number(parent), group: Number(group) }, state === 'T'];
      return [{ ...numbers, began: Number(fields[19]), frozen, commandLine: `${parts.join(' ')} `, parts }];
    }),
  );
  return processes.flat();
}

async function readPs(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,ppid=,pgid=,stat=,args='], { maxBuffer: 2 ** 26 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, commandLine] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!state || state.startsWith('Z')) return [];
    const frozen = state.startsWith('T');
    const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) };
    return [{ ...numbers, began: 0, frozen, commandLine: `${commandLine} `, parts: [] }];
  });
}
