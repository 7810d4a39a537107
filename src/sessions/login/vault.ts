import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { HooklineError } from '../../core/errors.ts';
import { isRunning, statOf } from '../../core/process-identity.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import { writeWhole } from '../../core/whole-file.ts';

/** Who works in a profile. `start` tells a process from a later one with the same pid; null where the system does not say. */
interface Owner {
  host: string;
  pid: number;
  start: string | null;
  /** In a cluster: moves with each owner of the session, so that a later one need not ask whether an earlier one lives. */
  generation?: number;
}

const LOCK = 'owner.lock';
/** By which number of an owner the profile was run here last, where each machine has profiles of its own. */
const GENERATION = 'owner.generation';
/** What the vault itself has in a profile. */
const OF_VAULT = /^owner\.(lock|generation)/;
const DRAFT = '.draft-';
/** As `newProfile` makes one. */
const PROFILE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A draft, or what an earlier version called one. */
const LEFT_BEHIND = /^\.draft-|\.new$/;
/** An owner on another host cannot be asked; it is taken for dead when it has not refreshed its lock for this long (ms). */
const LEASE = 120_000;
/** Nobody works on a draft for so long (ms). */
const LONGEST_DRAFT = 3_600_000;

/** Profile directories: one per session, with a generated name, holding the login and nothing of anybody else. */
export class Vault {
  readonly #root: string;
  readonly #clock: Clock;

  constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
  }

  newProfile(): string {
    return randomUUID();
  }

  /** The profile's directory, made when it is not there. */
  async directory(profile: string): Promise<string> {
    const path = join(this.#root, profile);
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    // `replace` was cut off between its two renames: the former profile, whole, takes the place of the empty one.
    if (made) await unlessMissing(rename(formerOf(path), path));
    return path;
  }

  /**
   * Makes this process the owner. A dead owner's lock is removed, a live one's never: then `engine-failed` is thrown. `generation`: by which
   * the cluster has given the session to this process; the lock of an earlier one is nobody's any more, however it fares.
   */
  async lock(profile: string, generation?: number): Promise<void> {
    const path = join(await this.directory(profile), LOCK);
    const self: Owner = { ...(await me()), ...(generation !== undefined && { generation }) };
    for (;;) {
      if (await create(path, JSON.stringify(self))) return;
      const text = await textOf(path);
      const owner = ownerIn(text);
      if (owner && same(owner, self) && owner.generation === generation) return;
      if (owner && !same(owner, self) && !isFormer(owner, generation) && (await this.#isAlive(owner, path))) {
        throw new HooklineError(
          'engine-failed',
          `The profile of this session is in use by process ${owner.pid} on ${owner.host}. Stop it there; the session connects by itself afterwards.`,
        );
      }
      await removeLock(path, text ?? '');
    }
  }

  /** Whether a living process holds the profile. */
  async isOwned(profile: string): Promise<boolean> {
    const path = join(this.#root, profile, LOCK);
    const owner = ownerIn(await textOf(path));
    return owner !== null && this.#isAlive(owner, path);
  }

  /** Says to other hosts that the owner lives. False where there is no such profile any more. */
  async refresh(profile: string): Promise<boolean> {
    const now = new Date(this.#clock.now());
    return utimes(join(this.#root, profile, LOCK), now, now).then(
      () => true,
      (error) => error.code !== 'ENOENT',
    );
  }

  async unlock(profile: string): Promise<void> {
    const path = join(this.#root, profile, LOCK);
    const owner = ownerIn(await textOf(path));
    if (owner && same(owner, await me())) await rm(path, { force: true });
  }

  /** Runs `work` with an empty directory on the disk of the profiles, of which nothing is left afterwards. */
  async withDraft<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const draft = join(this.#root, `${DRAFT}${randomUUID()}`);
    await mkdir(draft, { recursive: true, mode: 0o700 });
    return work(draft).finally(() => removeAll(draft));
  }

  /** Removes what hubs that were killed have left of drafts. To be called before anything is drafted. `shared`: others may be drafting. */
  async tidy({ shared = false } = {}): Promise<void> {
    const names = await readdir(this.#root).catch((): string[] => []);
    for (const name of names.filter((one) => LEFT_BEHIND.test(one))) {
      const path = join(this.#root, name);
      const made = shared ? await stat(path).catch(() => null) : null;
      if (!shared || (made && Date.now() - made.mtimeMs > LONGEST_DRAFT)) await removeAll(path);
    }
  }

  /**
   * Moves a directory from a draft to the place of the profile, or, when the hub is killed meanwhile, leaves the profile as it
   * was. To be called while the profile is locked; the lock goes with the former one. `keep`: what goes along from the former one.
   * `generation`: as for `mark`.
   */
  async replace(profile: string, fresh: string, { keep, generation }: { keep?: RegExp; generation?: number } = {}): Promise<void> {
    const path = await this.directory(profile);
    if (generation !== undefined) await writeWhole(join(fresh, GENERATION), `${generation}\n`);
    for (const name of keep ? await readdir(path) : []) if (keep?.test(name)) await rename(join(path, name), join(fresh, name));
    const former = formerOf(path);
    await removeAll(former);
    await rename(path, former);
    await rename(fresh, path);
    await removeAll(former);
  }

  /** Notes by which number of an owner it is run here. To be called while it is locked. */
  async mark(profile: string, generation: number): Promise<void> {
    await writeWhole(join(this.#root, profile, GENERATION), `${generation}\n`);
  }

  /** By which number of an owner it was run here last; null where that was not noted. */
  async generation(profile: string): Promise<number | null> {
    const text = await textOf(join(this.#root, profile, GENERATION));
    return text !== null && /^\d+\n$/.test(text) ? Number(text) : null;
  }

  /** When it was begun to be run here last, as well as can be told. */
  async ranAt(profile: string): Promise<Milliseconds> {
    const path = join(this.#root, profile);
    return (await stat(join(path, GENERATION)).catch(() => stat(path))).mtimeMs;
  }

  /** Whether there is more in it than what the vault notes. */
  hasLogin(profile: string): Promise<boolean> {
    return hasLogin(this.#root, profile);
  }

  /** Profiles here that nobody works in, by which number of an owner each was run last, where that was noted. */
  async atRest(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const name of (await readdir(this.#root).catch((): string[] => [])).filter((one) => PROFILE.test(one))) {
      const generation = await this.generation(name);
      if (generation !== null && !(await this.isOwned(name))) found.set(name, generation);
    }
    return found;
  }

  /** Removes the profile with all that is in it. */
  async remove(profile: string): Promise<void> {
    const path = join(this.#root, profile);
    for (const directory of [path, formerOf(path)]) await removeAll(directory);
  }

  async #isAlive(owner: Owner, path: string): Promise<boolean> {
    if (owner.host !== hostname()) {
      const refreshed = await stat(path).catch(() => null);
      return refreshed !== null && this.#clock.now() - refreshed.mtimeMs < LEASE;
    }
    return isRunning(owner);
  }
}

/** Whether a profile has more in it than what the vault notes. */
export async function hasLogin(root: string, profile: string): Promise<boolean> {
  const path = join(root, profile);
  const names = await readdir(path).catch(() => readdir(formerOf(path)).catch((): string[] => []));
  return names.some((name) => !OF_VAULT.test(name));
}

/** Null when there is none. */
const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

/** Null when it cannot be read. */
function ownerIn(text: string | null): Owner | null {
  try {
    return JSON.parse(text ?? '') as Owner;
  } catch {
    return null;
  }
}

/**
 * Removes the lock that says `text`, whose owner was found dead, and no other: whoever has found it dead, too, may have been
 * faster, and have a lock of its own there by now. So it is moved out of the way and looked at once more.
 */
export async function removeLock(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await unlessMissing(rename(path, aside));
  const moved = await textOf(aside);
  if (moved !== null && moved !== text) {
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await rm(aside, { force: true });
}

const formerOf = (path: string): string => `${path}.old`;

/** What was still being written when it was to go may add a file meanwhile: then it is removed again. */
const removeAll = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });

async function unlessMissing(work: Promise<void>): Promise<void> {
  await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

const me = async (): Promise<Owner> => ({ host: hostname(), pid: process.pid, start: (await statOf(process.pid))?.start ?? null });

const same = (a: Owner, b: Owner): boolean => a.host === b.host && a.pid === b.pid && a.start === b.start;

const isFormer = (owner: Owner, generation: number | undefined): boolean =>
  owner.generation !== undefined && generation !== undefined && owner.generation < generation;

/** Linked when it is whole, so that nobody reads half a lock. False when there is one already. */
async function create(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
