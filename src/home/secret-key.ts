import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/runtime.ts';
import { keyIdOf } from '../core/seal.ts';
import { writeWhole } from '../core/whole-file.ts';

/** AES-256 takes 32 bytes. */
const KEY_BYTES = 32;

/** The bytes behind 64 hex digits or the base64 of 32 bytes; undefined for anything else. */
export function decodeSecretKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}

/**
 * The key that seals secrets and logins at rest: the configured one, else the one in `<directory>/secret.key`, which is
 * made at the first call. To be called while the directory is held, so that nobody else makes one at the same time.
 * `sealedWith`: the ids of the keys that something is sealed with already. Rejects with `invalid-configuration` where there is
 * something and the key is another one, or missing: what would be sealed anew could not bring that back.
 */
export async function loadSecretKey(
  directory: string,
  { configured, sealedWith, log }: { configured?: Buffer | undefined; sealedWith: readonly string[]; log: Pick<Logger, 'warn'> },
): Promise<Buffer> {
  const file = keyFileOf(directory);
  const key = configured ?? (await readKeyFile(file));
  if (key && !configured) await keepPrivate(file, log);
  const fault = keyFault(key, sealedWith);
  if (fault !== null) throw unusable(configured ? 'HOOKLINE_SECRET_KEY' : file, fault);
  return key ?? writeKeyFile(file, newSecretKey());
}

/** What is wrong with this key, or with there being none, where something is sealed with these; null when nothing is. */
export function keyFault(key: Buffer | undefined, sealedWith: readonly string[]): string | null {
  if (sealedWith.length === 0 || (key && sealedWith.includes(keyIdOf(key)))) return null;
  const needed = `what is sealed in the database needs the key ${[...new Set(sealedWith)].join(' or ')}`;
  return `is ${key ? `the key ${keyIdOf(key)}` : 'missing'}, and ${needed}: restore it from a backup, or set HOOKLINE_SECRET_KEY to it`;
}

export const keyFileOf = (directory: string): string => join(directory, 'secret.key');
export const newSecretKey = (): Buffer => randomBytes(KEY_BYTES);

/** Undefined where there is no such file. */
export async function readKeyFile(file: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, `cannot be read: ${messageOf(error)}`);
  }
  const key = decodeSecretKey(text.trim());
  if (key) return key;
  const fault = 'does not hold 32 bytes in base64 or hex. Restore it from a backup: what was sealed with it cannot be read without';
  throw unusable(file, fault);
}

/** Whole or not at all, and on disk before anything is sealed with it: a lost key loses every secret in the database. */
export async function writeKeyFile(file: string, key: Buffer): Promise<Buffer> {
  await writeWhole(file, `${key.toString('base64')}\n`);
  return key;
}

async function keepPrivate(file: string, log: Pick<Logger, 'warn'>): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return;
  try {
    await chmod(file, 0o600);
  } catch (error) {
    throw unusable(file, `can be read by other users of this machine and that cannot be changed: ${messageOf(error)}`);
  }
  log.warn(`${file} could be read by other users of this machine; its mode is 0600 now. If somebody may have read it, replace the key`);
}

const unusable = (file: string, message: string): HooklineError =>
  new HooklineError('invalid-configuration', 'The secret key cannot be used.', { errors: [{ path: file, message }] });
