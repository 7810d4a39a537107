import { wait } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../../core/runtime.ts';
import type { Blobs } from './blobs.ts';
import type { MediaSettings } from './media.ts';
import type { MediaStore } from './media-store.ts';

const DAY: Milliseconds = 24 * 60 * 60_000;
const EVERY: Milliseconds = 10 * 60_000;
/** Rows and files that are dealt with at once, and the time that others have before the next ones. */
const BATCH = 200;
const PAUSE: Milliseconds = 50;

/**
 * Takes the bytes from what is old, and removes the files that no row has (any more): those of removed sessions, and of sends
 * that came to nothing. A file is only ever removed here, by asking the rows.
 */
export class MediaRetention {
  readonly #store: MediaStore;
  readonly #blobs: Blobs;
  readonly #settingsOf: (tenantId: TenantId) => Promise<MediaSettings>;
  readonly #runtime: Runtime;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #started = false;
  #sweptAt: Milliseconds = Number.NEGATIVE_INFINITY;

  constructor(store: MediaStore, blobs: Blobs, settingsOf: (tenantId: TenantId) => Promise<MediaSettings>, runtime: Runtime) {
    this.#store = store;
    this.#blobs = blobs;
    this.#settingsOf = settingsOf;
    this.#runtime = runtime;
  }

  start(): void {
    this.#started = true;
    this.#timer = this.#runtime.clock.after(EVERY, () => {
      void this.#behind(() => this.prune(() => this.#pause())).then(() => this.#started && this.start());
    });
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.#running;
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

  /** Files that lost a row go, unless another one has them. */
  async release(tenantId: TenantId, sha256s: readonly string[]): Promise<void> {
    for (const sha256 of sha256s) {
      const needed = () => this.#store.read(tenantId, async (media) => (await media.living([sha256])).has(sha256));
      await this.#blobs.removeUnless(tenantId, sha256, needed);
    }
  }

  /** As `release`; what a stop keeps from it is found by the next sweep. */
  releaseSoon(tenantId: TenantId, sha256s: readonly string[]): Promise<void> {
    return this.#behind(() => this.release(tenantId, sha256s));
  }

  /** Rows of the tenant went without their files. */
  sweepSoon(tenantId: TenantId): Promise<void> {
    return this.#behind(() => this.#sweep(tenantId, () => this.#pause()));
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

  /** One at a time, and nobody waits for it; what fails is looked at again the next time. */
  #behind(work: () => Promise<void>): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (!this.#started) return;
      await work().catch((error) => {
        if (this.#started) this.#runtime.log.warn('Old media could not be removed', { error: messageOf(error) });
      });
    });
    return this.#running;
  }

  /** Rejects once it is stopped, so that a stop waits for one batch at the most. */
  async #pause(): Promise<void> {
    await wait(this.#runtime.clock, PAUSE);
    if (!this.#started) throw new Error('the hub is stopping');
  }
}
