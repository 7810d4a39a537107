/** What a row of `npm run faults` is given: how much to do, where, and whom to tell. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../../bench/report.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import { type Hub, until } from '../helpers/hub.ts';
import { Injection } from './inject.ts';
import { startWorld, type Told, type World, type WorldOptions } from './world.ts';

export interface FaultRow {
  /** One line for the list. */
  what: string;
  /** What N of `NAME=N` counts, and how many there are when nobody says. */
  count: { of: string; usual: number };
  /** Whether what it needs of the machine is there. */
  needs?: readonly (() => unknown)[];
  /** The database makes no difference to it. */
  once?: true;
  run(stage: Stage): Promise<void>;
}

export class Stage {
  readonly store: DialectName;
  readonly count: number;
  readonly figures: Figure[] = [];
  /** What did not hold. */
  readonly broken: string[] = [];
  readonly #undo: (() => unknown)[] = [];

  constructor(store: DialectName, count: number) {
    this.store = store;
    this.count = count;
  }

  /** Is done at the end, the last first. */
  teardown(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  async end(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  figure(what: string, value: unknown, aim = ''): void {
    this.figures.push({ what, value: String(value).replace(/\s+/g, ' '), aim });
  }

  /** `holds`, or it is told what does not. */
  must(holds: unknown, what: string): void {
    if (!holds) this.broken.push(what);
  }

  /** None, or they are told, each with what it was about. */
  none(about: string, wrong: readonly string[]): void {
    for (const what of wrong) this.broken.push(`${about}: ${what}`);
  }

  async world(options?: WorldOptions): Promise<World> {
    const { world, dispose } = await startWorld(this.store, options);
    this.teardown(dispose);
    return world;
  }

  /** A directory that everybody may use. */
  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'hookline-fault-'));
    await chmod(directory, 0o777);
    this.teardown(() => rm(directory, { recursive: true, force: true }));
    return directory;
  }

  /** A file system of so many MiB, and no more. */
  async smallDisk(mebibytes: number): Promise<string> {
    const directory = await this.directory();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=777`, 'tmpfs', directory]);
    const unmount = (): void => void execFileSync('umount', ['--lazy', directory]);
    process.once('exit', unmount);
    this.teardown(() => {
      process.off('exit', unmount);
      unmount();
    });
    return directory;
  }

  async injection(): Promise<Injection> {
    const injection = new Injection(await this.directory());
    this.teardown(() => injection.close());
    return injection;
  }
}

/** Whose writes are those of the database, for an `Injection`. */
export const databaseOf = ({ location }: Pick<World, 'location'>): { path?: string; port?: number } =>
  'url' in location ? { port: Number(new URL(location.url).port || 5432) } : { path: 'hookline.sqlite' };

/** So many answers with each status. */
export function tally(told: readonly Told[]): string {
  const counts = new Map<number, number>();
  for (const { status } of told) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} × ${status || 'no answer'}`).join(', ') || 'none';
}

/** Answers that are neither a 2xx nor one of `refusals`, one sentence for each status. */
export function unexpected(told: readonly Told[], refusals: readonly number[]): string[] {
  const bad = told.filter(({ status }) => !(status >= 200 && status < 300) && !refusals.includes(status));
  const first = new Map(bad.map((one) => [one.status, one]));
  return [...first.values()].map(
    ({ status, what, detail }) =>
      `${bad.filter((one) => one.status === status).length} answers ${status || 'none'} to a ${what}: ${detail}`,
  );
}

export const slowest = (told: readonly Told[]): number => Math.round(Math.max(0, ...told.map(({ ms }) => ms)));

/** Milliseconds until a client that began after now has a 2xx; Infinity after `within`. */
export async function firstSuccess(world: World, within: number): Promise<number> {
  const before = world.told.length;
  const began = Date.now();
  const found = () => world.told.slice(before).find(({ at, status }) => at >= began && status >= 200 && status < 300);
  const told = await until(found, { within }).catch(() => undefined);
  return told ? Math.round(told.at + told.ms - began) : Number.POSITIVE_INFINITY;
}

export const isAlive = ({ pid }: Hub): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The status of `/health/ready`; 0: no answer. */
export const readiness = ({ base }: Hub): Promise<number> =>
  fetch(`${base}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.status,
    () => 0,
  );
