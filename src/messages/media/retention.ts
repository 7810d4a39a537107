import { wait } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { Periodic } from '../../core/periodic.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import { type Blobs, PIN_LASTS } from './blobs.ts';
import type { MediaSettings } from './media.ts';
import type { MediaStore } from './media-store.ts';

const DAY: Milliseconds = 24 * 60 * 60_000;
const EVERY: Milliseconds = 10 * 60_000;
/** The time that others have between two batches. */
const PAUSE: Milliseconds = 50;
/** Rows and files that are dealt with at once. */
const BATCH = 200;

/**
 * Takes the bytes from what is old, and removes the files that no row has (any more): those of removed sessions, and of sends
 * that came to nothing. A file is only ever removed here, by asking the rows.
 */
export class MediaRetention {
  readonly #store: MediaStore;
  readonly #blobs: Blobs;
  readonly #settingsOf: (tenantId: TenantId) => Promise<MediaSettings>;
  readonly #runtime: Runtime;
  /** On one node of a cluster at a time; all else here is each node's own. */
  readonly periodic: Periodic;
  /** One after the other, and none once the hub stops: what is left then is found by the next sweep. */
  #errands: Promise<void> = Promise.resolve();
  #isStopped = false;
  #sweptAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(store: MediaStore, blobs: Blobs, settingsOf: (tenantId: TenantId) => Promise<MediaSettings>, runtime: Runtime) {
    this.#store = store;
    this.#blobs = blobs;
    this.#settingsOf = settingsOf;
    this.#runtime = runtime;
    this.periodic = new Periodic((pause) => this.prune(pause), { every: EVERY, failure: 'Old media could not be removed' }, runtime);
  }

  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    const now = this.#runtime.clock.now();
    const sweeps = now >= this.#sweptAt + DAY;
    for await (const tenantId of this.#blobs.tenants()) {
      const { retentionDays } = await this.#settingsOf(tenantId);
      while ((await this.#expire(tenantId, now - retentionDays * DAY)) === BATCH) await pause();
      if (sweeps) await this.#sweep(tenantId, pause);
    }
    if (sweeps) this.#sweptAt = now;
  }

  /** Resolves when the errand at hand is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#errands;
  }

  /**
   * Files that lost a row go, unless another one has them. Never rejects for a store that does not do it now: it is asked again, as it is
   * for what another node may be about to use.
   */
  async release(tenantId: TenantId, sha256s: readonly string[]): Promise<void> {
    const left: string[] = [];
    let failure: unknown;
    for (const sha256 of sha256s) {
      const needed = () => this.#store.read(tenantId, async (media) => (await media.living([sha256])).has(sha256));
      const isDone = await this.#blobs.removeUnless(tenantId, sha256, needed).catch((error: unknown) => {
        failure ??= error;
        return false;
      });
      if (!isDone) left.push(sha256);
    }
    const { clock, log } = this.#runtime;
    if (failure) log.warn('Files could not be removed, and are tried again', { tenantId, files: left.length, error: messageOf(failure) });
    if (left.length > 0) clock.after(PIN_LASTS + 1_000, () => void this.releaseSoon(tenantId, left));
  }

  /** As `release`; what a stop keeps from it is found by the next sweep. */
  releaseSoon(tenantId: TenantId, sha256s: readonly string[]): Promise<void> {
    return this.#soon(() => this.release(tenantId, sha256s));
  }

  /** Rows of the tenant went without their files. */
  sweepSoon(tenantId: TenantId): Promise<void> {
    return this.#soon(() => this.#sweep(tenantId, () => this.#pause()));
  }

  /** Rejects once the hub stops, so that a stop waits for one batch at the most. */
  async #pause(): Promise<void> {
    await wait(this.#runtime.clock, PAUSE);
    if (this.#isStopped) throw new Error('the hub is stopping');
  }

  #soon(work: () => Promise<void>): Promise<void> {
    this.#errands = this.#errands.then(async () => {
      if (this.#isStopped) return;
      await work().catch((error) => {
        if (!this.#isStopped) this.#runtime.log.warn('Old media could not be removed', { error: messageOf(error) });
      });
    });
    return this.#errands;
  }

  /** How many rows lost their bytes. */
  async #expire(tenantId: TenantId, before: Milliseconds): Promise<number> {
    const old = await this.#store.transact(tenantId, async (stored) => {
      const found = await stored.old(before, BATCH);
      for (const media of found) await stored.remove(media);
      return found;
    });
    await this.release(
      tenantId,
      old.flatMap(({ sha256 }) => sha256 ?? []),
    );
    return old.length;
  }

  async #sweep(tenantId: TenantId, pause: () => Promise<void>): Promise<void> {
    let batch: string[] = [];
    const check = async (): Promise<void> => {
      const living = await this.#store.read(tenantId, (media) => media.living(batch));
      await this.release(
        tenantId,
        batch.filter((sha256) => !living.has(sha256)),
      );
      batch = [];
    };
    for await (const sha256 of this.#blobs.list(tenantId)) {
      batch.push(sha256);
      if (batch.length < BATCH) continue;
      await check();
      await pause();
    }
    await check();
  }
}
