/**
 * The backup of a login: the files of its profile as a gzipped tar, sealed under the hub's secret key for its tenant. All of it
 * passes through in pieces, out and in, so that a large profile takes no memory and keeps nobody else waiting. The copies that the
 * hub keeps for itself (login-copies.ts) are the same, and open for their own session only.
 */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { ReadEntry, Unpack } from 'tar';
import { HooklineError, messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { type FilePlace, readSealedFile, sealFile } from '../../core/sealed-file.ts';
import type { EngineName } from '../engine.ts';
import { type ProfileLimits, ProfileSize } from './profile-files.ts';

/** A backup that is ready: whole, on disk, and readable once. */
export interface Backup {
  /** Bytes. */
  size: number;
  /** Closed by whoever reads it; then nothing is left of it. */
  bytes: Readable;
}

/** The largest backup in bytes: four times that of a large profile. */
export const LARGEST_BACKUP = 256 * 1_024 * 1_024;

/** Bytes that are read from a file, and that are packed or unpacked, at once. */
const LARGEST_READ = 256 * 1_024;
const CHUNK = 64 * 1_024;

interface Seal {
  engine: EngineName;
  tenantId: TenantId;
  key: Buffer;
  /** The profile that it is a copy of, and can only be put back into; left out of a backup, which may go to another session. */
  copyOf?: string;
}

/**
 * Packs the files of a directory that nobody works in, by way of the new file `path`, which may be removed as soon as this
 * resolves. Rejects with `payload-too-large`.
 */
export async function packProfile(directory: string, path: string, seal: Seal): Promise<Backup> {
  const file = await open(path, 'wx+', 0o600);
  let size = 0;
  try {
    await packTo(directory, seal, async (bytes) => {
      for await (const piece of bytes) {
        size += piece.length;
        await file.appendFile(piece);
      }
    });
  } catch (error) {
    await file.close();
    throw error;
  }
  return { size, bytes: file.createReadStream({ start: 0 }) };
}

/** As `packProfile`; `keep` takes the pieces as they are made. Rejects with what it rejects with, and with the signal's reason. */
export async function packTo(
  directory: string,
  seal: Seal,
  keep: (bytes: AsyncIterable<Buffer>) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const { create } = await loadTar();
  const bounded = async function* (sealed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const piece of sealed) {
      size += piece.length;
      if (size > LARGEST_BACKUP) throw tooLarge(size);
      yield piece;
    }
  };
  await pipeline(
    create({ cwd: directory, portable: true, strict: true, maxReadSize: LARGEST_READ }, ['.']),
    createGzip({ chunkSize: CHUNK }),
    (files: AsyncIterable<Buffer>) => bounded(sealFile(files, seal.key, { label: labelOf(seal), ...placeOf(seal) })),
    keep,
    signal ? { signal } : {},
  );
}

/** The same files under another key; what `unpackProfile` rejects as sealed is rejected as it comes. */
export async function* resealed(bytes: AsyncIterable<Uint8Array>, seal: Seal, to: Buffer): AsyncGenerator<Buffer> {
  const { label, open } = await readSealedFile(bytes, seal.key);
  yield* sealFile(open(placeOf(seal)), to, { label, ...placeOf(seal) });
}

const tooLarge = (size: number): HooklineError =>
  new HooklineError('payload-too-large', `The backup has ${size} bytes and more; the most that can be restored are ${LARGEST_BACKUP}.`);

/**
 * Writes what a backup holds into an empty directory as it comes. Only when this resolves was it whole and unchanged: what is
 * there when it rejects is worth nothing. Rejects with `invalid-body` for what is no backup of this engine under this key for
 * this tenant, and for paths that lead out of the directory; with `payload-too-large` for what unpacks to more than a profile.
 * `former`: take one of the form before, which tells no tenant. `most`: what it may unpack to, where that is less than usual.
 */
export async function unpackProfile(
  backup: AsyncIterable<Uint8Array>,
  directory: string,
  { former, most, ...seal }: Seal & { former: boolean; most?: ProfileLimits },
): Promise<void> {
  const sealed = await readSealedFile(backup, seal.key);
  if (sealed.label !== labelOf(seal)) {
    const detail = `This is a ${sealed.label}, and the session runs on ${seal.engine}. Restore it to a session on its own engine.`;
    throw new HooklineError('invalid-body', detail);
  }
  if (!sealed.knowsTenant && !former) {
    const detail = 'This backup was made before backups told whose they are. The operator can restore it, by naming its tenant in "from".';
    throw new HooklineError('invalid-body', detail);
  }
  const { extract } = await loadTar();
  const size = new ProfileSize(most);
  let refused: unknown;
  const filter = (path: string, entry: unknown): boolean => {
    try {
      size.entry(path);
    } catch (error) {
      // Thrown in here it would be nobody's; it ends the next piece.
      refused ??= error;
    }
    return refused === undefined && ['File', 'Directory'].includes((entry as ReadEntry).type);
  };
  const counted = async function* (files: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of files) {
      if (refused) throw refused;
      size.bytes(piece.length);
      yield piece;
    }
  };
  try {
    await pipeline(sealed.open(placeOf(seal)), createGunzip({ chunkSize: CHUNK }), counted, (files) =>
      writeTo(extract({ cwd: directory, strict: true, filter }), files),
    );
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code);
    if (!/^(TAR|Z)_/.test(code)) throw cause;
    throw new HooklineError('invalid-body', `The backup cannot be unpacked: ${messageOf(cause)}.`, { cause });
  }
  if (refused) throw refused;
}

/** A pipeline would wait for ever for one that is done as soon as it is told of its end, as one that writes no file is. */
async function writeTo(unpack: Unpack, files: AsyncIterable<Buffer>): Promise<void> {
  const over = once(unpack, 'close');
  over.catch(() => undefined);
  for await (const piece of files) {
    if (!unpack.write(piece)) await Promise.race([once(unpack, 'drain'), over]);
  }
  unpack.end();
  await over;
}

/** Loaded with the first backup: most hubs never make one between two starts. */
const loadTar = () => import('tar');

const labelOf = ({ engine, copyOf }: Seal): string => `hookline-${copyOf === undefined ? 'backup' : 'login-copy'}-${engine}`;
const placeOf = ({ tenantId, copyOf }: Seal): FilePlace => ({ tenantId, ...(copyOf !== undefined && { of: [copyOf] }) });
