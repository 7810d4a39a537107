import type { TenantId } from '../../core/ids.ts';
import { Periodic } from '../../core/periodic.ts';
import type { Clock, Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Blobs } from './blobs.ts';
import type { MediaSettings } from './media.ts';
import type { MediaStore } from './media-store.ts';

const DAY: Milliseconds = 24 * 60 * 60_000;
const EVERY: Milliseconds = 10 * 60_000;
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
  readonly #clock: Clock;
  readonly periodic: Periodic;
  #sweptAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(store: MediaStore, blobs: Blobs, settingsOf: (tenantId: TenantId) => Promise<MediaSettings>, runtime: Runtime) {
    this.#store = store;
    this.#blobs = blobs;
    this.#settingsOf = settingsOf;
    this.#clock = runtime.clock;
    this.periodic = new Periodic((pause) => this.prune(pause), { every: EVERY, failure: 'Old media could not be removed' }, runtime);
  }

  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    const now = this.#clock.now();
    const sweeps = now >= this.#sweptAt + DAY;
    for await (const tenantId of this.#blobs.tenants()) {
      const { retentionDays } = await this.#settingsOf(tenantId);
      while ((await this.#expire(tenantId, now - retentionDays * DAY)) === BATCH) await pause();
      if (sweeps) await this.#sweep(tenantId, pause);
    }
    if (sweeps) this.#sweptAt = now;
  }

  /** Files that lost a row go, unless another one has them. */
  async release(tenantId: TenantId, sha256s: readonly string[]): Promise<void> {
    for (const sha256 of sha256s) {
      const needed = () => this.#store.read(tenantId, async (media) => (await media.living([sha256])).has(sha256));
      await this.#blobs.removeUnless(tenantId, sha256, needed);
    }
  }

  /** As `release`; what a stop keeps from it is found by the next sweep. */
  releaseSoon(tenantId: TenantId, sha256s: readonly string[]): Promise<void> {
    return this.periodic.once(() => this.release(tenantId, sha256s));
  }

  /** Rows of the tenant went without their files. */
  sweepSoon(tenantId: TenantId): Promise<void> {
    return this.periodic.once((pause) => this.#sweep(tenantId, pause));
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
