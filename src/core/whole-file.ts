/** Files that are there whole and on disk, or not at all, and are read by nobody else. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const CHUNK = 256 * 1_024;

/** Its directory is made where it is not there (mode 0700). `mode`: who else may read it. */
export async function writeWhole(file: string, content: string, mode = 0o600): Promise<void> {
  const draft = `${file}.new`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await moveWhole(draft, file);
}

/** On disk when it resolves. */
export async function moveWhole(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** Makes a new name in the directory outlast a power cut. */
export const syncDirectory = (directory: string): Promise<void> => sync(directory, 'r');

/** Makes what was written to the file, by whomever, outlast a power cut. */
export const syncFile = (file: string): Promise<void> => sync(file, 'r+');

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  await handle.sync().finally(() => handle.close());
}

export interface Digest {
  /** Bytes. */
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Writes a new file from what comes; on disk when it resolves. What is there when it rejects is not whole. */
export async function writeStream(bytes: AsyncIterable<Uint8Array>, file: string): Promise<Digest> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'wx', 0o600);
  try {
    const digest = await digestOf(bytes, (chunk) => handle.writeFile(chunk));
    await handle.sync();
    return digest;
  } finally {
    await handle.close();
  }
}

export const copyWhole = (from: string, to: string): Promise<Digest> => readFrom(from, (bytes) => writeStream(bytes, to));

export const digestFile = (file: string): Promise<Digest> => readFrom(file, (bytes) => digestOf(bytes));

async function readFrom<T>(file: string, work: (bytes: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  // Before anything is made for one that is not there.
  const handle = await open(file, 'r');
  const bytes = handle.createReadStream({ highWaterMark: CHUNK });
  try {
    return await work(bytes);
  } finally {
    bytes.destroy();
  }
}

async function digestOf(bytes: AsyncIterable<Uint8Array>, take: (chunk: Uint8Array) => unknown = () => undefined): Promise<Digest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    hash.update(chunk);
    await take(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}
