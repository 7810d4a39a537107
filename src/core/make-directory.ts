import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it that are missing, with this mode. Throws what the system says of the first one that cannot be made:
 * node's own `recursive` tries for ever below /proc, and calls a read-only file system ENOENT.
 */
export function makeDirectorySync(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectorySync(dirname(path), mode);
    try {
      mkdirSync(path, { mode });
    } catch (again) {
      // Another process was quicker.
      if ((again as NodeJS.ErrnoException).code !== 'EEXIST') throw again;
    }
  }
}
