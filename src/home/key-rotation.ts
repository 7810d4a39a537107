/**
 * How the key in the data directory is replaced, so that a crash at any point loses nothing:
 *
 *   `secret.key` seals → `secret.key.next` is on disk → everything is sealed again (one transaction) → the next one takes the place
 *
 * Once the next key is on disk the rotation is going to happen: whoever opens the data directory first ends it. Sealing
 * again leaves alone what is under the next key already, so it does not matter on which side of its commit the crash was.
 */
import { HooklineError } from '../core/errors.ts';
import { moveWhole } from '../core/whole-file.ts';
import { keyFileOf, readKeyFile, writeKeyFile } from './secret-key.ts';

/** Seals again, in one transaction, all that was sealed with `from`. Resolves with how many secrets there are. */
export type Reseal = (from: Buffer, to: Buffer) => Promise<number>;

export const nextKeyFileOf = (directory: string): string => `${keyFileOf(directory)}.next`;

/** To be called while the directory and the database are held. Resolves with how many secrets are sealed with the new key. */
export async function rotateKeyFile(directory: string, key: Buffer, reseal: Reseal): Promise<number> {
  await finishRotation(directory, reseal);
  const former = await readKeyFile(keyFileOf(directory));
  if (former?.equals(key)) throw sameKey();
  await writeKeyFile(nextKeyFileOf(directory), key);
  return finishRotation(directory, reseal);
}

/** Ends a rotation that was cut off; where there is none, nothing happens. To be called as `rotateKeyFile`. */
export async function finishRotation(directory: string, reseal: Reseal): Promise<number> {
  const next = await readKeyFile(nextKeyFileOf(directory));
  if (!next) return 0;
  const former = await readKeyFile(keyFileOf(directory));
  const count = former ? await reseal(former, next) : 0;
  await moveWhole(nextKeyFileOf(directory), keyFileOf(directory));
  return count;
}

export const sameKey = (): HooklineError => new HooklineError('invalid-configuration', 'This is the key in use already. Give another one.');
