import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { messageOf } from '../../core/errors.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import { moveWhole } from '../../core/whole-file.ts';
import type { Session } from '../store.ts';
import { packFile, unpackProfile } from './backup.ts';
import { copyProfile } from './profile-files.ts';
import type { Vault } from './vault.ts';

/** Whose login it is. */
export type Login = Pick<Session, 'tenantId' | 'engine' | 'profile'>;

/** Runs `work` on the profile, in which nothing changes meanwhile. */
export type Hold = (work: (directory: string, signal: AbortSignal) => Promise<void>) => Promise<void>;

/** What became of a login that was to be put back: the copy of this time is in its place, none opened, or there was none. */
export type PutBack = { of: Milliseconds } | { failed: string } | null;

export interface LoginCopiesOptions {
  /** Holds one directory a session. */
  directory: string;
  /** How many of each session are kept, the newest ones. */
  keep: number;
  /** 32 bytes. */
  key: Buffer;
  clock: Clock;
}

/** Packing takes a processor; whoever waits for its turn has a login that works. */
const AT_ONCE = 2;

const DRAFT = 'new';
const NAME = /^\d{15}$/;

/**
 * Copies of logins that the hub keeps for itself, so that a profile that was damaged is put back and nobody has to scan again. Each
 * is sealed and bounded as a backup is, and opens for its own session only.
 */
export class LoginCopies {
  readonly #options: LoginCopiesOptions;
  readonly #vault: Vault;
  readonly #queue = new PQueue({ concurrency: AT_ONCE });
  /** Of one session one is written, read or removed at a time. */
  readonly #each = new KeyedQueue();
  /** By profile: ends the making of the one that is under way. */
  readonly #taken = new Map<string, AbortController>();
  readonly #over = new AbortController();

  constructor(vault: Vault, options: LoginCopiesOptions) {
    this.#vault = vault;
    this.#options = options;
  }

  /**
   * Makes a copy when its turn comes, and removes those that are too many. Rejects with what `hold` rejects with, and when a newer one
   * is asked for, the login is forgotten or the hub stops meanwhile.
   */
  async take({ tenantId, engine, profile }: Login, hold: Hold): Promise<void> {
    const { keep, key } = this.#options;
    const own = new AbortController();
    const signal = AbortSignal.any([own.signal, this.#over.signal]);
    this.#taken.get(profile)?.abort(new Error('A newer copy is being made.'));
    this.#taken.set(profile, own);
    const make = (draft: string) => async (): Promise<void> => {
      signal.throwIfAborted();
      const directory = this.#directoryOf(profile);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = join(directory, DRAFT);
      await rm(file, { force: true });
      await packFile(join(draft, 'profile'), file, { tenantId, engine, key, copyOf: profile }, signal);
      await moveWhole(file, join(directory, await this.#nextName(profile)));
      for (const name of (await this.#names(profile)).slice(keep)) await rm(join(directory, name), { force: true });
    };
    const copy = async (): Promise<void> => {
      signal.throwIfAborted();
      await this.#vault.withDraft(async (draft) => {
        const into = join(draft, 'profile');
        await mkdir(into, { mode: 0o700 });
        // Not in the turn of this login: whoever holds it still may be waited for by somebody who waits for that.
        await hold((directory, held) => copyProfile(directory, into, AbortSignal.any([held, signal])));
        await this.#each.run(profile, make(draft));
      });
    };
    try {
      if (keep > 0) await this.#queue.add(copy);
      else await this.forget(profile);
    } finally {
      if (this.#taken.get(profile) === own) this.#taken.delete(profile);
    }
  }

  /** Looks for the newest copy that opens, and has `place` put what is in it, a whole profile, where it belongs. */
  async putBack({ tenantId, engine, profile }: Login, place: (fresh: string) => Promise<void>): Promise<PutBack> {
    return this.#each.run(profile, async () => {
      let failed: string | null = null;
      for (const name of await this.#names(profile)) {
        const found = await this.#vault.withDraft(async (draft) => {
          const fresh = join(draft, 'profile');
          await mkdir(fresh, { mode: 0o700 });
          try {
            const bytes = createReadStream(join(this.#directoryOf(profile), name));
            await unpackProfile(bytes, fresh, { tenantId, engine, key: this.#options.key, copyOf: profile, former: false });
          } catch (error) {
            failed ??= messageOf(error);
            return false;
          }
          await place(fresh);
          return true;
        });
        if (found) return { of: Number(name) };
      }
      return failed === null ? null : { failed };
    });
  }

  /** The login is worth nothing any more, or is another one now. */
  async forget(profile: string): Promise<void> {
    this.#taken.get(profile)?.abort(new Error('This login was forgotten.'));
    await this.#each.run(profile, () => rm(this.#directoryOf(profile), { recursive: true, force: true }));
  }

  /** What is not copied within `limit` ms is not copied: there is an earlier one. Resolves when nothing is under way, while `work` is done. */
  async close(limit: Milliseconds, work: Promise<void>): Promise<void> {
    const timer = this.#options.clock.after(limit, () => this.#over.abort(new Error('The hub is stopping.')));
    await work.finally(() => this.settled());
    timer.cancel();
  }

  /** Resolves when no copy is being made and none waits. */
  settled(): Promise<void> {
    return this.#queue.onIdle();
  }

  #directoryOf(profile: string): string {
    return join(this.#options.directory, profile);
  }

  /** Newest first. */
  async #names(profile: string): Promise<string[]> {
    const names = await readdir(this.#directoryOf(profile)).catch((): string[] => []);
    return names
      .filter((name) => NAME.test(name))
      .sort()
      .reverse();
  }

  /** The time, and later than the newest whatever the clock says. */
  async #nextName(profile: string): Promise<string> {
    const [newest = '0'] = await this.#names(profile);
    return String(Math.max(this.#options.clock.now(), Number(newest) + 1)).padStart(15, '0');
  }
}
