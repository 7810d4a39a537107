/**
 * The backup of a login: the files of its profile as a gzipped tar, sealed under the hub's secret key. tar and gzip
 * work in pieces, so that a large profile keeps nobody else waiting.
 */
import type { Stats } from 'node:fs';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { ReadEntry } from 'tar';
import { HooklineError, messageOf } from '../core/errors.ts';
import { openBytes, sealBytes } from '../core/seal.ts';
import type { EngineName } from './engine.ts';

/**
 * Locks, and what Chromium makes again by itself, wherever they lie in the profile. (The login is in IndexedDB and Local
 * Storage; RemoteAuth of whatsapp-web.js keeps nothing else.)
 */
const LEFT_OUT = /^(?:owner\.lock|Singleton)|cache$|quarantined-|^(?:Crashpad|crashes|BrowserMetrics|Service Worker)$/i;

/** The files of a profile that nobody works in, as a gzipped tar. */
export async function packProfile(directory: string): Promise<Buffer> {
  const { create } = await loadTar();
  const filter = (path: string, entry: Stats | ReadEntry): boolean => {
    const stat = entry as Stats;
    return !LEFT_OUT.test(basename(path)) && (stat.isFile() || stat.isDirectory());
  };
  return pipeline(create({ cwd: directory, portable: true, strict: true, filter }, ['.']), createGzip(), buffer);
}

/** Writes what `packProfile` made into an empty directory. Throws `invalid-body` for paths that lead out of it. */
export async function unpackProfile(files: Buffer, directory: string): Promise<void> {
  const filter = (_path: string, entry: Stats | ReadEntry): boolean => ['File', 'Directory'].includes((entry as ReadEntry).type);
  const { extract } = await loadTar();
  try {
    await pipeline([files], createGunzip(), extract({ cwd: directory, strict: true, filter }));
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code);
    if (!/^(TAR|Z)_/.test(code)) throw cause;
    throw new HooklineError('invalid-body', `The backup cannot be unpacked: ${messageOf(cause)}.`, { cause });
  }
}

export function sealBackup(files: Buffer, engine: EngineName, key: Buffer): Buffer {
  return sealBytes(files, key, labelOf(engine));
}

/** What `sealBackup` was given. Throws `invalid-body` where it was not made for this engine, with this key, or was changed. */
export function openBackup(backup: Buffer, engine: EngineName, key: Buffer): Buffer {
  const { label, bytes } = openBytes(backup, key);
  if (label === labelOf(engine)) return bytes;
  throw new HooklineError(
    'invalid-body',
    `This is a ${label}, and the session runs on ${engine}. Restore it to a session on its own engine.`,
  );
}

/** Loaded with the first backup: most hubs never make one between two starts. */
const loadTar = () => import('tar');

const labelOf = (engine: EngineName): string => `hookline-backup-${engine}`;
