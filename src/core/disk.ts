import { dirname } from 'node:path';
import { HooklineError } from './errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const UNUSABLE = new Set(['EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EIO']);
/** System calls that concern no file. */
const OF_SOCKETS = new Set(['connect', 'listen', 'bind', 'accept', 'getaddrinfo', 'kill', 'spawn']);

/**
 * What failed is the disk or the right to use it, not what was asked of it: full, read-only, forbidden, broken, or there are no
 * descriptors left. Undefined for anything else. `directory`: where it was, if the error does not say.
 */
export function diskFailure(error: unknown, directory?: string): HooklineError | undefined {
  if (!(error instanceof Error) || error instanceof HooklineError) return undefined;
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || OF_SOCKETS.has(syscall)) return undefined;
  const where = path === undefined ? directory : dirname(path);
  const place = where === undefined ? '' : `, in ${where}`;
  if (FULL.has(code)) {
    const detail = `The disk is full (${code}${place}). This was not done; free some space and try again.`;
    return new HooklineError('storage-full', detail, { cause: error, retryAfter: 30 });
  }
  if (!UNUSABLE.has(code)) return undefined;
  const detail = `The disk cannot be used (${code}${place}). This was not done; see that the hub may write there, and try again.`;
  return new HooklineError('storage-unavailable', detail, { cause: error, retryAfter: 30 });
}
