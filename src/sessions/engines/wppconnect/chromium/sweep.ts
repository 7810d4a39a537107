/** Browsers that a hub before this one has left behind: those over a pipe end by themselves, as a rule, but one that hangs does not. */
import { basename, dirname, resolve } from 'node:path';
import type { Logger } from '../../../../core/runtime.ts';
import { browsersBelow, killTree } from './process-tree.ts';
import { removeLock } from './profile-lock.ts';

/**
 * Kills every browser that works on a profile below `tokensDir` without an owner. To be called before any session starts.
 * `isOwned`: whether a living hub holds the profile of this name.
 */
export async function sweepBrowsers(tokensDir: string, isOwned: (profile: string) => Promise<boolean>, log: Logger): Promise<number> {
  const found = new Map((await browsersBelow(resolve(tokensDir))).map(({ userDataDir, pid }) => [userDataDir, pid]));
  let swept = 0;
  for (const [userDataDir, root] of found) {
    if (await isOwned(basename(dirname(userDataDir)))) continue;
    const left = await killTree({ root, userDataDir });
    if (left.length > 0) log.error('A browser that was left behind cannot be killed', { pids: left });
    else await removeLock(userDataDir);
    swept++;
  }
  if (swept > 0) log.warn('Browsers that were left behind by another hub were ended', { browsers: swept });
  return swept;
}
