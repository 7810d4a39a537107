/** The files of a profile that make up its login, and how many there may be. */
import type { Stats } from 'node:fs';
import { constants, copyFile, lstat, mkdir, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { HooklineError } from '../../core/errors.ts';

/**
 * Locks, what the vault notes, and what Chromium makes again by itself, wherever they lie in the profile. (The login is in IndexedDB and Local
 * Storage; RemoteAuth of whatsapp-web.js keeps nothing else.)
 */
const LEFT_OUT = /^(?:owner\.(?:lock|generation)|Singleton)|cache$|quarantined-|^(?:Crashpad|crashes|BrowserMetrics|Service Worker)$/i;

/** Without its caches the profile of a browser has some 5 to 60 MB in a few hundred files; that of a large account may have several times that. */
const LARGEST_PROFILE: ProfileLimits = { bytes: 1_024 * 1_024 * 1_024, files: 20_000 };
const LONGEST_PATH = 512;

export interface ProfileLimits {
  bytes: number;
  files: number;
}

/** Counts what a profile has, on its way out as on its way in. Throws for more than a profile can be. */
export class ProfileSize {
  readonly #most: ProfileLimits;
  #bytes = 0;
  #files = 0;

  constructor(most: ProfileLimits = LARGEST_PROFILE) {
    this.#most = most;
  }

  /** One more file or directory; `path` within the profile. */
  entry(path: string): void {
    if (path.length > LONGEST_PATH) throw refuse(`has a path of ${path.length} characters, and the longest may have ${LONGEST_PATH}`);
    if (++this.#files > this.#most.files) throw refuse(`has more than ${this.#most.files} files: ${this.#files} and perhaps more`);
  }

  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#most.bytes) throw refuse(`has more than ${this.#most.bytes} bytes: ${this.#bytes} and perhaps more`);
  }
}

const refuse = (what: string): HooklineError => new HooklineError('payload-too-large', `The profile in a backup ${what}.`);

/**
 * Copies the files of a login into an empty directory. One that goes away meanwhile is not copied. Rejects with
 * `payload-too-large`, and with the signal's reason once it is aborted.
 */
export async function copyProfile(from: string, into: string, signal: AbortSignal): Promise<void> {
  const size = new ProfileSize();
  const copy = async (within: string): Promise<void> => {
    for await (const { name } of await opendir(join(from, within))) {
      signal.throwIfAborted();
      if (LEFT_OUT.test(name)) continue;
      const path = join(within, name);
      const stat = await unlessGone(lstat(join(from, path)));
      if (!stat || !isKept(stat)) continue;
      size.entry(path);
      if (stat.isDirectory()) {
        await mkdir(join(into, path), { mode: 0o700 });
        await unlessGone(copy(path));
      } else {
        size.bytes(stat.size);
        await unlessGone(copyFile(join(from, path), join(into, path), constants.COPYFILE_FICLONE));
      }
    }
  };
  await copy('');
}

/** No links: they lead out of the profile, or say who works in it. */
const isKept = (stat: Stats): boolean => stat.isFile() || stat.isDirectory();

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
