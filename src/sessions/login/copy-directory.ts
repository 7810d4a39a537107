import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { moveWhole } from '../../core/whole-file.ts';
import type { CopyStore, Login, LoginCopy, NewCopy } from './copy-port.ts';

const DRAFT = 'new';
const NAME = /^\d{15}$/;

/** Copies on the disk of this machine: a directory a session, in it a file for each, which is named by its time. */
export class CopyDirectory implements CopyStore {
  readonly travels = false;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async list(login: Login): Promise<LoginCopy[]> {
    return (await this.#names(login)).map((name) => ({ at: Number(name), generation: 0, isVoid: false }));
  }

  read(login: Login, { at }: LoginCopy): AsyncIterable<Uint8Array> {
    return createReadStream(this.#fileOf(login, at));
  }

  async add(login: Login, { at, keep }: NewCopy, bytes: AsyncIterable<Buffer>): Promise<void> {
    const directory = this.#directoryOf(login);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const draft = join(directory, DRAFT);
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      for await (const piece of bytes) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveWhole(draft, this.#fileOf(login, at));
    for (const name of (await this.#names(login)).slice(keep)) await rm(join(directory, name), { force: true });
  }

  async forget(login: Login): Promise<void> {
    await rm(this.#directoryOf(login), { recursive: true, force: true });
  }

  #directoryOf({ profile }: Login): string {
    return join(this.#root, profile);
  }

  #fileOf(login: Login, at: number): string {
    return join(this.#directoryOf(login), String(at).padStart(15, '0'));
  }

  /** Newest first. */
  async #names(login: Login): Promise<string[]> {
    const names = await readdir(this.#directoryOf(login)).catch((): string[] => []);
    return names
      .filter((name) => NAME.test(name))
      .sort()
      .reverse();
  }
}
