import { HooklineError, hasCode } from '../core/errors.ts';
import { isRetryable, storageFailure } from './dialect.ts';

/**
 * Whether the same write may work later: the database is away or full, another transaction won, the hub is stopping. What it
 * refuses for another reason it will refuse again, however often it is asked.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof HooklineError) return error.code.startsWith('storage-') || hasCode(error, 'shutting-down', 'lane-lost');
  return isRetryable(error) || storageFailure(error) !== undefined;
}
