import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TenantId } from '../core/ids.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';
import type { BlobName } from './blob-store.ts';

/** One that nobody asks for is removed after this long: what was erased on another node, too. */
const KEPT: Milliseconds = 15 * 60_000;
/** One that was asked for so lately is about to be read, and stays however many there are. */
const IN_USE: Milliseconds = 60_000;

interface Copy {
  size: number;
  usedAt: Milliseconds;
}

/**
 * Copies on this machine of files that are kept elsewhere, for whoever needs a path, as a browser that sends does: those that were
 * used last, for some minutes, and up to so many bytes. The directory is of this process alone, and removed with what is in it.
 */
export class LocalCopies {
  readonly #directory: string;
  readonly #most: number;
  readonly #clock: Pick<Clock, 'steady' | 'after'>;
  /** The one used longest ago first. */
  readonly #copies = new Map<string, Copy>();
  #watched = false;

  /** `most`: bytes. */
  constructor(directory: string, most: number, clock: Pick<Clock, 'steady' | 'after'>) {
    this.#directory = directory;
    this.#most = most;
    this.#clock = clock;
  }

  /** Its path; null when there is none. */
  async find(name: BlobName): Promise<string | null> {
    const key = keyOf(name);
    const copy = this.#copies.get(key);
    if (!copy) return null;
    const path = join(this.#directory, key);
    // Somebody may have made room by hand.
    if (!(await stat(path).catch(() => null))) {
      this.#copies.delete(key);
      return null;
    }
    this.#use(key, copy.size);
    return path;
  }

  /** Takes a file of the same file system. Resolves with its new path. */
  async take(draft: string, name: BlobName, size: number): Promise<string> {
    const key = keyOf(name);
    const path = join(this.#directory, key);
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await rename(draft, path);
    this.#use(key, size);
    await this.#removeOld();
    this.#watch();
    return path;
  }

  async remove(name: BlobName): Promise<void> {
    await this.#drop(keyOf(name));
  }

  async removeAll(tenantId: TenantId): Promise<void> {
    for (const key of [...this.#copies.keys()]) if (key.startsWith(`${tenantId}-`)) await this.#drop(key);
  }

  #use(key: string, size: number): void {
    this.#copies.delete(key);
    this.#copies.set(key, { size, usedAt: this.#clock.steady() });
  }

  async #removeOld(): Promise<void> {
    let bytes = this.#copies.values().reduce((sum, { size }) => sum + size, 0);
    const now = this.#clock.steady();
    for (const [key, { size, usedAt }] of [...this.#copies]) {
      const isOld = now - usedAt >= KEPT || (bytes > this.#most && now - usedAt >= IN_USE);
      if (!isOld) continue;
      bytes -= size;
      await this.#drop(key);
    }
  }

  /** For as long as there is one. */
  #watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    this.#clock.after(IN_USE, () => {
      this.#watched = false;
      // What cannot be removed now is removed the next time.
      void this.#removeOld()
        .catch(() => undefined)
        .then(() => this.#copies.size > 0 && this.#watch());
    });
  }

  async #drop(key: string): Promise<void> {
    await rm(join(this.#directory, key), { force: true });
    this.#copies.delete(key);
  }
}

const keyOf = ({ tenantId, sha256 }: BlobName): string => `${tenantId}-${sha256}`;
