import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { memoizeAsync } from '../../../core/memoize.ts';
import { orNone } from './lines.ts';

/** The file of a received message: its bytes, or so many that are made up, always the same ones. */
export type ReceivedFile = { base64: string } | { size: number };

/** Bytes on disk for all files of a phone; the latest one stays, however large. */
const MOST = 64 * 1_024 * 1_024;
/** What a file takes at the least. */
const BLOCK = 4_096;
/** Ends the name of a file that only says how large the real one would be. */
const MADE_UP = '.size';
const CHUNK = Buffer.from(Array.from({ length: 65_536 }, (_, at) => at % 251));

/** The files of the messages that a phone has received. As at WhatsApp the old ones go: a session cannot fill the disk. */
export class ReceivedFiles {
  readonly #directory: string;
  /** Names and bytes, the oldest first. */
  readonly #kept = memoizeAsync(() => this.#look());
  #turn: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  keep(engineId: string, file: ReceivedFile): Promise<void> {
    const done = this.#turn.then(() => this.#keep(nameOf(engineId), file));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Null when there is none (any more). */
  async open(engineId: string): Promise<Readable | null> {
    const path = this.#path(nameOf(engineId));
    const madeUp = await orNone(open(`${path}${MADE_UP}`));
    if (madeUp) return Readable.from(bytesOf(Number(await madeUp.readFile('utf8').finally(() => madeUp.close()))));
    const file = await orNone(open(path));
    return file?.createReadStream() ?? null;
  }

  async #keep(name: string, file: ReceivedFile): Promise<void> {
    // Not recursive: a profile that was removed must not come back.
    await mkdir(this.#directory, { mode: 0o700 }).catch(unlessThere);
    const kept = await this.#kept();
    for (const former of [name, `${name}${MADE_UP}`]) if (kept.has(former)) await this.#drop(kept, former);
    const [as, bytes] = 'size' in file ? [`${name}${MADE_UP}`, String(file.size)] : [name, Buffer.from(file.base64, 'base64')];
    await writeFile(this.#path(as), bytes, { mode: 0o600 });
    kept.set(as, Math.max(BLOCK, bytes.length));
    let sum = kept.values().reduce((all, size) => all + size, 0);
    for (const [oldest, size] of kept) {
      if (sum <= MOST || oldest === as) return;
      await this.#drop(kept, oldest);
      sum -= size;
    }
  }

  async #drop(kept: Map<string, number>, name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
    kept.delete(name);
  }

  async #look(): Promise<Map<string, number>> {
    const names = await readdir(this.#directory);
    const files = await Promise.all(names.map(async (name) => ({ name, ...pickStat(await stat(this.#path(name))) })));
    return new Map(files.sort((a, b) => a.at - b.at).map(({ name, size }) => [name, size]));
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

const nameOf = (engineId: string): string => createHash('sha256').update(engineId).digest('hex');
const pickStat = ({ mtimeMs, size }: { mtimeMs: number; size: number }) => ({ at: mtimeMs, size: Math.max(BLOCK, size) });

async function* bytesOf(size: number): AsyncGenerator<Uint8Array> {
  // Each chunk is the reader's own: it may be written over, or given back, once it is used.
  for (let left = size; left > 0; left -= CHUNK.length) yield Buffer.from(CHUNK.subarray(0, left));
}
