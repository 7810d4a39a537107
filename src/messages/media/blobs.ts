import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { diskFailure } from '../../core/disk.ts';
import type { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import { type Clock, type Milliseconds, systemClock } from '../../core/runtime.ts';
import { syncDirectory } from '../../core/whole-file.ts';

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
const PIN_LASTS: Milliseconds = 10 * 60_000;
/** What somebody else has begun to write, and nobody has touched for so long, nobody writes any more. */
const LEFT: Milliseconds = 60 * 60_000;
const INCOMING = '.incoming';

/**
 * The bytes on disk: `<directory>/<tenant>/<2 hex>/<sha256>`, the same content of a tenant once. A file gets its name when
 * it is whole and on disk, so a name never stands for half a file. Which of them are needed is told by rows.
 */
export class Blobs {
  readonly #directory: string;
  readonly #clock: Pick<Clock, 'steady'>;
  readonly #pins = new Map<string, Map<object, Milliseconds>>();
  readonly #turns = new KeyedQueue();
  readonly #isShared: boolean;

  /** `isShared`: other processes write there, too. */
  constructor(directory: string, clock: Pick<Clock, 'steady'> = systemClock, { isShared = false } = {}) {
    this.#directory = directory;
    this.#clock = clock;
    this.#isShared = isShared;
  }

  /** Before anything is written: what a crash left half written is removed. */
  async start(): Promise<void> {
    const incoming = join(this.#directory, INCOMING);
    if (!this.#isShared) return rm(incoming, { recursive: true, force: true });
    for (const name of await readdir(incoming).catch((): string[] => [])) {
      const path = join(incoming, name);
      if (await isOlder(path, LEFT)) await rm(path, { force: true });
    }
  }

  path(tenantId: TenantId, sha256: string): string {
    return join(this.#directory, tenantId, sha256.slice(0, 2), sha256);
  }

  /**
   * Writes the bytes as they come; resolves when they are on disk. `look` sees the whole file before it has its name. Rejects
   * with `tooLarge()` once there are more than `limit`, with `storage-full` or `storage-unavailable`, or as `chunks` does; then nothing is left.
   */
  async keep<T>(
    tenantId: TenantId,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { limit, tooLarge, look }: { limit: number; tooLarge: () => HooklineError; look: (path: string, size: number) => Promise<T> },
  ): Promise<{ blob: PinnedBlob; seen: T }> {
    const draft = join(this.#directory, INCOMING, randomUUID());
    try {
      await mkdir(dirname(draft), { recursive: true, mode: 0o700 });
      const file = await open(draft, 'wx', 0o600);
      const blob = await write(file, chunks, limit, tooLarge).finally(() => file.close());
      const seen = await look(draft, blob.size);
      const path = this.path(tenantId, blob.sha256);
      const release = await this.#turns.run(path, async () => {
        await this.#place(draft, path);
        return this.#pin(path);
      });
      return { blob: { ...blob, release }, seen };
    } catch (error) {
      await rm(draft, { force: true });
      throw diskFailure(error, this.#directory) ?? error;
    }
  }

  /** The blob, which now stays for its next row; null when it is not there. */
  async pin(tenantId: TenantId, { sha256, size }: Blob): Promise<PinnedBlob | null> {
    const path = this.path(tenantId, sha256);
    return this.#turns.run(path, async () => {
      // Others see by its age that it is asked for.
      if (this.#isShared) await utimes(path, new Date(), new Date()).catch(() => undefined);
      return (await exists(path)) ? { sha256, size, release: this.#pin(path) } : null;
    });
  }

  has(tenantId: TenantId, sha256: string): Promise<boolean> {
    return exists(this.path(tenantId, sha256));
  }

  /** `range`: the first and the last byte. The file is open when this resolves, and closed with the stream. */
  async read(tenantId: TenantId, sha256: string, range?: { start: number; end: number }): Promise<Readable> {
    const file = await open(this.path(tenantId, sha256), 'r');
    return file.createReadStream(range);
  }

  /** Removes the file unless it is `needed` or about to be. */
  async removeUnless(tenantId: TenantId, sha256: string, needed: () => Promise<boolean>): Promise<void> {
    const path = this.path(tenantId, sha256);
    await this.#turns.run(path, async () => {
      if (this.#isPinned(path) || (await needed())) return;
      // Another process may be about to write its row.
      if (this.#isShared && !(await isOlder(path, PIN_LASTS))) return;
      await rm(path, { force: true });
    });
  }

  async removeAll(tenantId: TenantId): Promise<void> {
    await rm(join(this.#directory, tenantId), { recursive: true, force: true });
  }

  /** The tenants that have a directory here, whether they still are or not. */
  tenants(): AsyncIterable<TenantId> {
    return names(this.#directory, (name) => name.startsWith('tnt_')) as AsyncIterable<TenantId>;
  }

  /** The names of all files of a tenant. */
  async *list(tenantId: TenantId): AsyncIterable<string> {
    const root = join(this.#directory, tenantId);
    for await (const part of names(root)) yield* names(join(root, part));
  }

  async #place(draft: string, path: string): Promise<void> {
    const shelf = dirname(path);
    const made = await mkdir(shelf, { recursive: true, mode: 0o700 });
    await rename(draft, path);
    await syncDirectory(shelf);
    if (made === undefined) return;
    await syncDirectory(dirname(shelf));
    await syncDirectory(this.#directory);
  }

  #pin(path: string): () => void {
    const pins = this.#pins.get(path) ?? new Map<object, Milliseconds>();
    const pin = {};
    this.#pins.set(path, pins.set(pin, this.#clock.steady() + PIN_LASTS));
    return () => {
      pins.delete(pin);
      if (pins.size === 0 && this.#pins.get(path) === pins) this.#pins.delete(path);
    };
  }

  #isPinned(path: string): boolean {
    const now = this.#clock.steady();
    const pinned = [...(this.#pins.get(path)?.values() ?? [])].some((until) => until > now);
    if (!pinned) this.#pins.delete(path);
    return pinned;
  }

  /** One after the other for one path: a file is not removed while another hand puts it there anew. */
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
  await file.sync();
  return { sha256: hash.digest('hex'), size };
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** By the clock of the disk's machine, which may differ from this one's by far less than what is asked for. */
async function isOlder(path: string, than: Milliseconds): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > than;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

async function* names(directory: string, wanted: (name: string) => boolean = () => true): AsyncIterable<string> {
  try {
    for await (const { name } of await opendir(directory)) {
      if (wanted(name)) yield name;
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
