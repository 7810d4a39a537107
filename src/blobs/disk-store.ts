import { mkdir, open, opendir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { HubId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { syncDirectory, syncFile } from '../core/whole-file.ts';
import { hubOfDirectory, nameDirectory, unnameDirectory } from '../db/hub-identity.ts';
import { type BlobName, type BlobStore, type ByteRange, pathOf, SHA256, TENANT } from './blob-store.ts';

/** What somebody else has begun to write, and nobody has touched for so long, nobody writes any more. */
const LEFT: Milliseconds = 60 * 60_000;

/**
 * Files in a directory of this machine, or of a volume that several machines mount: `<tenant>/<2 hex>/<sha256>`. A file is
 * renamed to its name once it is whole and on disk, so that a name never stands for half a file, over NFS neither.
 */
export class DiskStore implements BlobStore {
  readonly place: string;
  /** On the same file system, so that a draft is renamed and not copied. */
  readonly drafts: string;
  readonly awaySince = null;

  constructor(directory: string) {
    this.place = directory;
    this.drafts = join(directory, '.incoming');
  }

  /** The data directory, which it is in, was looked at by whoever holds it. */
  async check(): Promise<void> {}

  async tidy(isShared: boolean): Promise<void> {
    if (isShared) await removeOlder(this.drafts, LEFT);
    else await rm(this.drafts, { recursive: true, force: true });
  }

  async put(draft: string, name: BlobName): Promise<void> {
    const path = this.#path(name);
    const shelf = dirname(path);
    const made = await mkdir(shelf, { recursive: true, mode: 0o700 });
    await syncFile(draft);
    await rename(draft, path);
    await syncDirectory(shelf);
    if (made === undefined) return;
    await syncDirectory(dirname(shelf));
    await syncDirectory(this.place);
  }

  async find(name: BlobName): Promise<{ size: number; age: Milliseconds } | null> {
    const found = await orNull(stat(this.#path(name)));
    return found && { size: found.size, age: Date.now() - found.mtimeMs };
  }

  async renew(name: BlobName): Promise<void> {
    await orNull(utimes(this.#path(name), new Date(), new Date()));
  }

  async read(name: BlobName, range?: ByteRange): Promise<Readable | null> {
    const file = await orNull(open(this.#path(name), 'r'));
    return file?.createReadStream(range) ?? null;
  }

  async local(name: BlobName): Promise<string | null> {
    return (await this.find(name)) && this.#path(name);
  }

  async remove(name: BlobName): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  async removeAll(tenantId: TenantId): Promise<void> {
    await rm(join(this.place, tenantId), { recursive: true, force: true });
  }

  tenants(): AsyncIterable<TenantId> {
    return names(this.place, TENANT) as AsyncIterable<TenantId>;
  }

  async *list(tenantId: TenantId): AsyncIterable<string> {
    const root = join(this.place, tenantId);
    for await (const part of names(root, /^[0-9a-f]{2}$/)) yield* names(join(root, part), SHA256);
  }

  hub(): Promise<HubId | undefined> {
    return hubOfDirectory(this.place);
  }

  nameHub(id: HubId | null): Promise<void> {
    return id === null ? unnameDirectory(this.place) : nameDirectory(this.place, id);
  }

  #path(name: BlobName): string {
    return join(this.place, pathOf(name));
  }
}

/** Files and directories that nobody has written to for so long. */
export async function removeOlder(directory: string, than: Milliseconds): Promise<void> {
  for (const name of await readdir(directory).catch((): string[] => [])) {
    const path = join(directory, name);
    const found = await orNull(stat(path));
    // By the clock of the disk's machine, which may differ from this one's by far less.
    if (found && Date.now() - found.mtimeMs > than) await rm(path, { recursive: true, force: true });
  }
}

/** Null where there is no such file. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** What a file system puts there for itself, as NFS does for files that are removed while they are open, is left out. */
async function* names(directory: string, wanted: RegExp): AsyncIterable<string> {
  const opened = await orNull(opendir(directory));
  for await (const { name } of opened ?? []) if (wanted.test(name)) yield name;
}
