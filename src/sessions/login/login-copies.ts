import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { hasCode, messageOf } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import type { Clock, Milliseconds, Timer } from '../../core/runtime.ts';
import { keyIdOf } from '../../core/seal.ts';
import { packTo, unpackProfile } from './backup.ts';
import type { CopyStore, Login, LoginCopy } from './copy-port.ts';
import type { CopyTable } from './copy-table-store.ts';
import { copyProfile } from './profile-files.ts';
import type { Vault } from './vault.ts';

/** Runs `work` on the profile, in which nothing changes meanwhile. */
export type Hold = (work: (directory: string, signal: AbortSignal) => Promise<void>) => Promise<void>;

/** What became of a login that was to be put back: the copy of this time is in its place, none opened, or there was none. */
export type PutBack = { of: Milliseconds } | { failed: string } | null;

/** Where the profile of this machine comes from. */
export type Ready =
  /** It was run here last. */
  | { is: 'here' }
  /** There is none, and no copy; `isVoid`: the last one was given up, or was replaced and not copied since. */
  | { is: 'none'; isVoid: boolean }
  /** The copy of this time was put in its place; `failed`: a newer one did not open. */
  | { is: 'copy'; of: Milliseconds; failed: string | null }
  /** It was run elsewhere since, and no copy of that opens: it goes on as it was then. */
  | { is: 'older'; of: Milliseconds; failed: string }
  /** There is none, and no copy opens. */
  | { is: 'lost'; failed: string };

export interface LoginCopiesOptions {
  /** How many of each session are kept, the newest ones. */
  keep: number;
  /** 32 bytes. */
  key: Buffer;
  clock: Clock;
  /** By which the cluster has given the session to this process; undefined where there is none. */
  generationOf?(id: SessionId): number | undefined;
  /** Where copies of before may lie, made when they travelled: of a login that is nowhere else. */
  former?: CopyTable;
}

/** Packing takes a processor; whoever waits for its turn has a login that works. */
const AT_ONCE = 2;

/** What does not go along when another login takes the place of this one: who works in it, and what a person may want to look at. */
const STAYS = /^owner\.lock|\.quarantined-/;

/**
 * Copies of logins that the hub keeps for itself, so that a profile that was damaged is put back and nobody has to scan again. Each
 * is sealed and bounded as a backup is, and opens for its own session only. Where they travel they are also what another machine begins with.
 */
export class LoginCopies {
  readonly #store: CopyStore;
  readonly #options: LoginCopiesOptions;
  readonly #vault: Vault;
  readonly #queue = new PQueue({ concurrency: AT_ONCE });
  readonly #opening = new PQueue({ concurrency: AT_ONCE });
  /** Of one session one is written, read or removed at a time. */
  readonly #each = new KeyedQueue();
  /** By profile: ends the making of the one that is under way. */
  readonly #taken = new Map<string, AbortController>();
  readonly #over = new AbortController();

  constructor(vault: Vault, store: CopyStore, options: LoginCopiesOptions) {
    this.#vault = vault;
    this.#store = store;
    this.#options = options;
  }

  /** Each machine has profiles of its own: they are put back from here. */
  get travel(): boolean {
    return this.#store.travels;
  }

  /**
   * Makes a copy when its turn comes, and removes those that are too many. Rejects with what `hold` rejects with, and when a newer one
   * is asked for, the login is forgotten or the hub stops meanwhile. `urgent`: others wait for it.
   */
  async take(login: Login, hold: Hold, { urgent = false } = {}): Promise<void> {
    const { keep, key } = this.#options;
    const { tenantId, engine, profile } = login;
    const own = new AbortController();
    const signal = AbortSignal.any([own.signal, this.#over.signal]);
    this.#taken.get(profile)?.abort(new Error('A newer copy is being made.'));
    this.#taken.set(profile, own);
    const make = (draft: string) => async (): Promise<void> => {
      signal.throwIfAborted();
      const now = await this.#now(login);
      const seal = { tenantId, engine, key, copyOf: profile };
      await packTo(join(draft, 'profile'), seal, (bytes) => this.#store.add(login, { ...now, keep }, bytes), signal);
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
      if (keep > 0) await this.#queue.add(copy, { priority: urgent ? 1 : 0 });
      else await this.forget(login);
    } finally {
      if (this.#taken.get(profile) === own) this.#taken.delete(profile);
    }
  }

  /** Looks for the newest copy that opens, of before `before`, and has `place` put what is in it, a whole profile, where it belongs. */
  async putBack(login: Login, place: (fresh: string) => Promise<void>, before = Number.POSITIVE_INFINITY): Promise<PutBack> {
    return this.#each.run(login.profile, async () => {
      const copies = (await this.#store.list(login)).filter(({ at }) => at < before);
      const { of, failed } = await this.#open(login, untilVoid(copies), place);
      return of !== null ? { of } : failed !== null ? { failed } : null;
    });
  }

  /**
   * Sees that the profile on this machine is the newest there is, and notes that it is run by its present owner. To be called while it is
   * locked, before anything works in it. Where copies do not travel there is nothing to do.
   */
  async ready(login: Login): Promise<Ready> {
    if (!this.travel) return this.#fromFormer(login);
    const generation = this.#options.generationOf?.(login.id);
    const mark = await this.#vault.generation(login.profile);
    // As it was left by this very owner, who waits for no copy of it.
    if (generation !== undefined && mark === generation) return { is: 'here' };
    return this.#each.run(login.profile, async () => {
      const copies = await this.#store.list(login);
      // One of a later owner than there is was left by a database that was set back since.
      const isHere = await this.#vault.hasLogin(login.profile);
      const isOurs = isHere && !(generation !== undefined && (mark ?? 0) > generation);
      const ranAt = isOurs ? (mark ?? -1) : Number.NEGATIVE_INFINITY;
      const now = generation ?? Math.max(mark ?? 0, copies[0]?.generation ?? 0);
      const newer = copies.filter((copy) => copy.generation > ranAt);
      const place = (fresh: string) => this.#vault.replace(login.profile, fresh, { keep: STAYS, generation: now });
      const { of: opened, failed } = await this.#open(login, untilVoid(newer), place);
      if (opened !== null) return { is: 'copy', of: opened, failed };
      const of = await this.#vault.ranAt(login.profile);
      const isVoid = newer.some((copy) => copy.isVoid);
      if (isVoid) await this.#empty(place);
      else await this.#vault.mark(login.profile, now);
      if (failed === null) return isHere && !isVoid ? { is: 'here' } : { is: 'none', isVoid };
      return isOurs && !isVoid ? { is: 'older', of, failed } : { is: 'lost', failed };
    });
  }

  /** Under which the profile of this machine has to be noted where another login is put in its place; undefined where nothing is noted. */
  async generation(login: Login): Promise<number | undefined> {
    return this.travel ? (await this.#now(login)).generation : undefined;
  }

  /** The login is worth nothing any more, or is another one now. */
  async forget(login: Login): Promise<void> {
    this.#taken.get(login.profile)?.abort(new Error('This login was forgotten.'));
    await this.#each.run(login.profile, async () => this.#store.forget(login, await this.#now(login)));
  }

  async #fromFormer(login: Login): Promise<Ready> {
    const { former } = this.#options;
    if (!former || (await this.#vault.hasLogin(login.profile))) return { is: 'here' };
    return this.#each.run(login.profile, async () => {
      const place = (fresh: string) => this.#vault.replace(login.profile, fresh, { keep: STAYS });
      const { of, failed } = await this.#open(login, untilVoid(await former.list(login)), place, former);
      if (of !== null) return { is: 'copy', of, failed };
      return failed === null ? { is: 'here' } : { is: 'lost', failed };
    });
  }

  /** It has connected on this machine: where copies do not travel any more nobody is to take those of before for newer ones later. */
  async works(login: Login): Promise<void> {
    const { former } = this.#options;
    if (former) await this.#each.run(login.profile, () => former.drop(login));
  }

  /** What is not copied within `limit` ms is not copied: there is an earlier one. Resolves when nothing is under way, while `work` is done. */
  async close(limit: Milliseconds, work: Promise<void>): Promise<void> {
    const timer = this.endIn(limit);
    await work.finally(() => this.settled());
    timer.cancel();
  }

  /** What is not copied within `limit` ms is not copied, nor is anything after that. */
  endIn(limit: Milliseconds): Timer {
    return this.#options.clock.after(limit, () => this.#over.abort(new Error('The hub is stopping.')));
  }

  /** Resolves when no copy is being made and none waits. */
  settled(): Promise<void> {
    return this.#queue.onIdle();
  }

  /** The first of these that opens is put in its place. */
  async #open(
    login: Login,
    copies: readonly LoginCopy[],
    place: (fresh: string) => Promise<void>,
    store: CopyStore = this.#store,
  ): Promise<{ of: Milliseconds | null; failed: string | null }> {
    const { tenantId, engine, profile } = login;
    const { key } = this.#options;
    let failed: string | null = null;
    for (const copy of copies) {
      const open = () =>
        this.#vault.withDraft(async (draft) => {
          const fresh = join(draft, 'profile');
          await mkdir(fresh, { mode: 0o700 });
          try {
            const bytes = store.read(login, copy);
            await unpackProfile(bytes, fresh, { tenantId, engine, key, copyOf: profile, former: false });
          } catch (error) {
            // Of a full disk, or of a database that is away, the copy is none the worse.
            if (store.travels && !hasCode(error, 'invalid-body', 'payload-too-large')) throw error;
            failed ??= messageOf(error);
            return false;
          }
          await place(fresh);
          return true;
        });
      if (await this.#opening.add(open)) return { of: copy.at, failed };
    }
    return { of: null, failed };
  }

  /** There is no login any more: what is here is of an owner before that. */
  async #empty(place: (fresh: string) => Promise<void>): Promise<void> {
    await this.#vault.withDraft(async (draft) => {
      const fresh = join(draft, 'profile');
      await mkdir(fresh, { mode: 0o700 });
      await place(fresh);
    });
  }

  /** What is written now: the time, and later than the newest whatever the clock says. */
  async #now(login: Login): Promise<{ at: Milliseconds; generation: number; keyId: string }> {
    const { clock, key, generationOf } = this.#options;
    const newest = Math.max(0, ...(await this.#store.list(login)).map(({ at }) => at));
    const generation = generationOf?.(login.id) ?? (this.travel ? ((await this.#vault.generation(login.profile)) ?? 0) : 0);
    return { at: Math.max(clock.now(), newest + 1), generation, keyId: keyIdOf(key) };
  }
}

/** Those of the login that there is: what is older than the end of another one is of that. */
function untilVoid(copies: readonly LoginCopy[]): readonly LoginCopy[] {
  const end = copies.findIndex(({ isVoid }) => isVoid);
  return end < 0 ? copies : copies.slice(0, end);
}
