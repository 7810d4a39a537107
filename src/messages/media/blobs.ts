import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type BlobName, type BlobStore, type ByteRange, pathOf } from '../../blobs/blob-store.ts';
import { diskFailure } from '../../core/disk.ts';
import type { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { type Clock, type Milliseconds, systemClock } from '../../core/runtime.ts';

/** A file of a tenant, named by its content. */
export interface Blob {
  /** Hexadecimal. */
  sha256: string;
  /** Bytes. */
  size: number;
}

/** A blob that stays until it is let go, although no row has it yet. */
export interface PinnedBlob extends Blob {
  /** Idempotent. Not called, it is let go by itself some time later. */
  release(): void;
}

/** How long a blob waits for its row. */
export const PIN_LASTS: Milliseconds = 10 * 60_000;
/** One that another hub sees as young for most of that time yet need not be renewed. */
const YOUNG: Milliseconds = 60_000;

/** What comes becomes a file of its tenant, and stays one while a row needs it, or is about to. Which do, is told by rows. */
export class Blobs {
  readonly #store: BlobStore;
  readonly #clock: Pick<Clock, 'steady'>;
  readonly #pins = new Map<string, Map<object, Milliseconds>>();
  /** One after the other for one file: it is not removed while another hand puts it there anew. */
  readonly #turns = new KeyedQueue();
  readonly #isShared: boolean;

  /** `isShared`: other hubs use the store, too. */
  constructor(store: BlobStore, clock: Pick<Clock, 'steady'> = systemClock, { isShared = false } = {}) {
    this.#store = store;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** Before anything is written: what a crash left half written is removed. */
  start(): Promise<void> {
    return this.#store.tidy(this.#isShared);
  }

  /**
   * Writes the bytes as they come; resolves when they are in the store. `look` sees the whole file before it has its name. Rejects
   * with `tooLarge()` once there are more than `limit`, with `storage-full` or `storage-unavailable`, or as `chunks` does; then nothing is left.
   */
  async keep<T>(
    tenantId: TenantId,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { limit, tooLarge, look }: { limit: number; tooLarge: () => HooklineError; look: (path: string, size: number) => Promise<T> },
  ): Promise<{ blob: PinnedBlob; seen: T }> {
    const { drafts } = this.#store;
    const draft = join(drafts, randomUUID());
    try {
      await mkdir(drafts, { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', 0o600);
      const blob = await write(file, chunks, limit, tooLarge).finally(() => file.close());
      const seen = await look(draft, blob.size);
      const name = { tenantId, sha256: blob.sha256 };
      const release = await this.#turns.run(pathOf(name), async () => {
        await this.#store.put(draft, name, blob.size);
        return this.#pin(name);
      });
      return { blob: { ...blob, release }, seen };
    } catch (error) {
      await rm(draft, { force: true });
      throw diskFailure(error, drafts) ?? error;
    }
  }

  /** The blob, which now stays for its next row; null when it is not there. */
  async pin(tenantId: TenantId, { sha256, size }: Blob): Promise<PinnedBlob | null> {
    const name = { tenantId, sha256 };
    return this.#turns.run(pathOf(name), async () => {
      const found = await this.#store.find(name);
      if (!found) return null;
      // Others see by its age that it is asked for.
      if (this.#isShared && found.age > YOUNG) await this.#store.renew(name);
      return { sha256, size, release: this.#pin(name) };
    });
  }

  async has(tenantId: TenantId, sha256: string): Promise<boolean> {
    return (await this.#store.find({ tenantId, sha256 })) !== null;
  }

  /** The file is open when this resolves, and closed with the stream; null when it is not there. */
  read(tenantId: TenantId, sha256: string, range?: ByteRange): Promise<Readable | null> {
    return this.#store.read({ tenantId, sha256 }, range);
  }

  /** See `BlobStore.local`. */
  async local(tenantId: TenantId, sha256: string): Promise<string | null> {
    const { drafts } = this.#store;
    return this.#store.local({ tenantId, sha256 }).catch((error) => {
      throw diskFailure(error, drafts) ?? error;
    });
  }

  /**
   * Removes the file unless it is `needed` or about to be. False where another hub may be about to write its row: then this is to be
   * asked again `PIN_LASTS` later.
   */
  async removeUnless(tenantId: TenantId, sha256: string, needed: () => Promise<boolean>): Promise<boolean> {
    const name = { tenantId, sha256 };
    return this.#turns.run(pathOf(name), async () => {
      if (this.#isPinned(name) || (await needed())) return true;
      if (this.#isShared) {
        const { age } = (await this.#store.find(name)) ?? { age: Number.POSITIVE_INFINITY };
        if (age <= PIN_LASTS) return false;
      }
      await this.#store.remove(name);
      return true;
    });
  }

  removeAll(tenantId: TenantId): Promise<void> {
    return this.#store.removeAll(tenantId);
  }

  /** The tenants that have files, whether they still are or not. */
  tenants(): AsyncIterable<TenantId> {
    return this.#store.tenants();
  }

  /** The names of all files of a tenant. */
  list(tenantId: TenantId): AsyncIterable<string> {
    return this.#store.list(tenantId);
  }

  #pin(name: BlobName): () => void {
    const key = pathOf(name);
    const pins = this.#pins.get(key) ?? new Map<object, Milliseconds>();
    const pin = {};
    this.#pins.set(key, pins.set(pin, this.#clock.steady() + PIN_LASTS));
    return () => {
      pins.delete(pin);
      if (pins.size === 0 && this.#pins.get(key) === pins) this.#pins.delete(key);
    };
  }

  #isPinned(name: BlobName): boolean {
    const key = pathOf(name);
    const now = this.#clock.steady();
    const pinned = [...(this.#pins.get(key)?.values() ?? [])].some((until) => until > now);
    if (!pinned) this.#pins.delete(key);
    return pinned;
  }
}

async function write(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limit: number,
  tooLarge: () => HooklineError,
): Promise<Blob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return { sha256: hash.digest('hex'), size };
}
