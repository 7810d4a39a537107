import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { refuseSource } from './source.ts';

/** A file of this machine that is open; it is the caller's to close. */
export interface LocalFile {
  handle: FileHandle;
  filename: string;
  /** Bytes. */
  size: number;
}

/**
 * The file behind a path in the media directory: an absolute one, or one that begins there. Rejects with `invalid-body` for what
 * is outside of it, by `..` or by a link, too, and for what is no file.
 */
export async function openLocal(directory: string, path: unknown): Promise<LocalFile> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) refuse('is no path of a file; give one as text');
  const root = await realpath(directory).catch((error) =>
    refuse(
      `cannot be opened: there is no media directory ${directory} (${codeOf(error)}). Make it, or name another with HOOKLINE_MEDIA_DIR`,
    ),
  );
  const named = resolve(directory, path);
  const outside = `is outside of the media directory ${directory}. Put the file there, or name another directory with HOOKLINE_MEDIA_DIR`;
  if (!isWithin(directory, named) && !isWithin(root, named)) refuse(outside);
  const unreadable = (error: unknown): never => refuse(`cannot be read: ${named} (${codeOf(error)})`);
  const real = await realpath(named).catch(unreadable);
  if (!isWithin(root, real)) refuse(`${outside}: it is a link to elsewhere`);
  // Without waiting for somebody to write into a pipe, and not where a link has taken its place meanwhile.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(unreadable);
  const found = await handle.stat();
  if (found.isFile()) return { handle, filename: basename(named), size: found.size };
  await handle.close();
  return refuse(`is no file: ${named}`);
}

function refuse(message: string): never {
  return refuseSource('mediaPath', `It ${message}.`);
}

function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
