/** Faults of a hub's files, of its connections to a database and of its clock: see inject.c, which is compiled at the first use. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Fault {
  /** Of which files: those whose path contains it; and of what is sent to this port of a server. */
  of: { path?: string; port?: number };
  /** Which operations are meant. */
  at: 'writes' | 'fsyncs' | 'writes and fsyncs';
  /** At which of them it begins; 1 is the next. Without it at none: they are only counted. */
  from?: number;
  /** How many in a row; without it all that follow. */
  times?: number;
  /** SIGKILL before it is done, a failure in its place, or a wait (ms) before it. */
  act: 'kill' | { fail: 'EIO' | 'ENOSPC' | 'EROFS' } | { wait: number };
}

/** Where each number stands in inject.c's `struct control`. */
const AT = { clock: 0, kinds: 8, armed: 12, left: 16, times: 20, act: 24, value: 28, seen: 32, fired: 36, port: 40, path: 44 };
const SIZE = 256;
const KINDS = { writes: 1, fsyncs: 2, 'writes and fsyncs': 3 };

export class Injection {
  readonly #file: string;
  readonly #fd: number;

  /** `directory` is there, and outlives the hub. */
  constructor(directory: string) {
    this.#file = join(directory, 'faults');
    writeFileSync(this.#file, Buffer.alloc(SIZE), { mode: 0o666 });
    this.#fd = openSync(this.#file, 'r+');
  }

  /** For the environment of the hub. */
  get env(): Record<string, string> {
    return { LD_PRELOAD: library(), FAULT_CONTROL: this.#file };
  }

  /** Takes the place of the fault before. */
  set({ of: { path = '', port = 0 }, at, from, times = -1, act }: Fault): void {
    this.clear();
    const bytes = Buffer.alloc(SIZE - AT.kinds);
    const put = (place: number, value: number) => bytes.writeInt32LE(value, place - AT.kinds);
    put(AT.kinds, KINDS[at]);
    put(AT.left, from ?? 0);
    put(AT.times, times);
    if (act === 'kill') put(AT.act, 1);
    else if ('fail' in act) {
      put(AT.act, 2);
      put(AT.value, constants.errno[act.fail]);
    } else {
      put(AT.act, 3);
      put(AT.value, act.wait);
    }
    put(AT.port, port);
    if (bytes.write(path, AT.path - AT.kinds) >= SIZE - AT.path) throw new Error(`Too long: ${path}`);
    writeSync(this.#fd, bytes, 0, bytes.length, AT.kinds);
    if (from !== undefined) this.#put(AT.armed, 1);
  }

  clear(): void {
    this.#put(AT.armed, 0);
  }

  /** How many operations were meant, and how many were acted on, since the last `set`. */
  get counts(): { seen: number; fired: number } {
    const bytes = Buffer.alloc(8);
    readSync(this.#fd, bytes, 0, 8, AT.seen);
    return { seen: bytes.readInt32LE(0), fired: bytes.readInt32LE(4) };
  }

  /** By how much (ms) the wall clock of the hub is ahead of this machine's. */
  moveClock(by: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(by));
    writeSync(this.#fd, bytes, 0, 8, AT.clock);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #put(place: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    writeSync(this.#fd, bytes, 0, 4, place);
  }
}

let compiled: string | undefined;

function library(): string {
  if (compiled) return compiled;
  const source = fileURLToPath(new URL('./inject.c', import.meta.url));
  const name = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `hookline-inject-${name}.so`);
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', draft, source, '-ldl']);
    renameSync(draft, file);
  }
  compiled = file;
  return file;
}
