import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/**
 * The environment in which a thread or another Node reads code that was compiled before from where this one does, which Node does not
 * hand on by itself. Empty where nothing is kept.
 */
export function compileCacheEnv(): Record<string, string> {
  const directory = getCompileCacheDir();
  // Node tells of the directory of its version, below the one that it was given.
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}
