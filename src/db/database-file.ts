import { type Stats, statSync } from 'node:fs';
import { HooklineError } from '../core/errors.ts';

/**
 * Whether the file of a database is still the one that is open: SQLite goes on writing into a file that has no name any
 * more, and all of it is gone with the process.
 */
export class DatabaseFile {
  readonly #path: string;
  #opened: Pick<Stats, 'dev' | 'ino'> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** To be called when it has been opened. */
  note(): void {
    this.#opened ??= this.#look();
  }

  /** Throws `storage-unavailable` where it was removed or replaced. Takes some µs. */
  check(): void {
    if (!this.#opened) return;
    const found = this.#look();
    if (found?.ino === this.#opened.ino && found.dev === this.#opened.dev) return;
    throw new HooklineError(
      'storage-unavailable',
      `The file of the database was ${found ? 'replaced' : 'removed'} while the hub runs (${this.#path}). Nothing was stored. Stop the hub, put the file back or restore a backup, and start it again.`,
      { retryAfter: 60 },
    );
  }

  #look(): Stats | undefined {
    return statSync(this.#path, { throwIfNoEntry: false });
  }
}
