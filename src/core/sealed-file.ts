/**
 * Files that leave the hub, sealed piece by piece, so that one of any size passes through a few pieces of memory: the
 * construction STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance", 2015) over AES-256-GCM, with a key for each file from HKDF (RFC 5869), as age does it.
 *
 *   <label>.v2.<key id>\n   16 bytes of salt   pieces of 64 KiB, each with its tag behind it
 *
 * The nonce of a piece is its number, and whether it is the last: pieces that are missing, moved, or added do not open. Every
 * piece carries the head and the place in its additional data: a file opens for the tenant that it was sealed for, and as what it
 * was sealed as.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { HooklineError } from './errors.ts';
import type { TenantId } from './ids.ts';
import { CHANGED, checkHead, keyIdOf, type Refuse } from './seal.ts';

type Bytes = AsyncIterable<Uint8Array>;

const VERSION = 'v2';
/** One seal around the whole, which told no tenant. */
const WITHOUT_TENANT = 'v1';
const PIECE = 64 * 1_024;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LONGEST_HEAD = 100;

/** Whose a sealed file is, and of what, where it is of one thing only. */
export interface FilePlace {
  tenantId: TenantId;
  of?: readonly string[];
}

/** `label` (a to z and `-`) tells in plain text what the bytes are, and cannot be changed either. */
export async function* sealFile(bytes: Bytes, key: Buffer, { label, ...place }: FilePlace & { label: string }): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  yield Buffer.from(`${label}.${VERSION}.${keyIdOf(key)}\n`);
  yield salt;
  const file = { key: fileKey(key, salt), bound: boundTo(label, key, place) };
  let number = 0;
  for await (const { piece, last } of inPieces(bytes, PIECE)) {
    const cipher = createCipheriv('aes-256-gcm', file.key, nonceOf(number++, last)).setAAD(file.bound);
    yield cipher.update(piece);
    // There is nothing left in it: a counter mode holds no part of a block back.
    cipher.final();
    yield cipher.getAuthTag();
  }
}

export interface SealedFile {
  label: string;
  /** False for one of the former form, which opens for whoever has the key. What comes of it holds only once it has come whole. */
  knowsTenant: boolean;
  /** What `sealFile` was given, each piece checked before it is handed on. Rejects with `invalid-body` at the slightest change. */
  open(place: FilePlace): Bytes;
}

/** Reads the head of a sealed file. Rejects with `invalid-body` for what is none, or was sealed with another key. */
export async function readSealedFile(sealed: Bytes, key: Buffer): Promise<SealedFile> {
  const { head, rest } = await splitAtLine(sealed);
  const [, label, version = '', keyId = ''] = /^([a-z-]+)\.(v\d+)\.([0-9a-f]{8})\n$/.exec(head.toString('latin1')) ?? [];
  if (label === undefined) throw refuse('it is none that Hookline made');
  const knowsTenant = version !== WITHOUT_TENANT;
  checkHead({ version, keyId }, { key, version: knowsTenant ? VERSION : version, refuse });
  const open = (place: FilePlace): Bytes => (knowsTenant ? openPieces(rest, key, boundTo(label, key, place)) : openWhole(rest, key, head));
  return { label, knowsTenant, open };
}

const refuse: Refuse = (why, cause) => new HooklineError('invalid-body', `The sealed file cannot be opened: ${why}.`, { cause });

async function* openPieces(rest: Bytes, key: Buffer, bound: Buffer): AsyncGenerator<Buffer> {
  const { start: salt, rest: pieces } = await splitAt(rest, SALT_BYTES);
  const fromSalt = fileKey(key, salt);
  let number = 0;
  for await (const { piece, last } of inPieces(pieces, PIECE + TAG_BYTES)) {
    const at = Math.max(0, piece.length - TAG_BYTES);
    const nonce = nonceOf(number++, last);
    yield opening(() => {
      const decipher = createDecipheriv('aes-256-gcm', fromSalt, nonce, { authTagLength: TAG_BYTES }).setAAD(bound);
      decipher.setAuthTag(piece.subarray(at));
      const bytes = decipher.update(piece.subarray(0, at));
      decipher.final();
      return bytes;
    });
  }
}

async function* openWhole(rest: Bytes, key: Buffer, head: Buffer): AsyncGenerator<Buffer> {
  const { start, rest: ciphertext } = await splitAt(rest, IV_BYTES + TAG_BYTES);
  const decipher = opening(() => {
    const made = createDecipheriv('aes-256-gcm', key, start.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES }).setAAD(head);
    return made.setAuthTag(start.subarray(IV_BYTES));
  });
  for await (const chunk of ciphertext) yield decipher.update(chunk);
  yield opening(() => decipher.final());
}

function opening<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refuse(CHANGED, error);
  }
}

const fileKey = (key: Buffer, salt: Buffer): Buffer => Buffer.from(hkdfSync('sha256', key, salt, 'hookline sealed file', 32));

const boundTo = (label: string, key: Buffer, { tenantId, of = [] }: FilePlace): Buffer =>
  Buffer.from(JSON.stringify([label, VERSION, keyIdOf(key), tenantId, ...of]));

function nonceOf(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(IV_BYTES);
  nonce.writeUIntBE(number, IV_BYTES - 7, 6);
  nonce.writeUInt8(last ? 1 : 0, IV_BYTES - 1);
  return nonce;
}

/** The same bytes in pieces of `size`. Only the last may be shorter, and is empty only where there are none at all. */
async function* inPieces(bytes: Bytes, size: number): AsyncGenerator<{ piece: Buffer; last: boolean }> {
  // One piece is filled again and again: whoever takes it is done with it before the next.
  const piece = Buffer.alloc(size);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.length; ) {
      if (filled === size) {
        yield { piece, last: false };
        filled = 0;
      }
      const taken = chunk.subarray(from, from + size - filled);
      piece.set(taken, filled);
      filled += taken.length;
      from += taken.length;
    }
  }
  yield { piece: piece.subarray(0, filled), last: true };
}

async function splitAtLine(bytes: Bytes): Promise<{ head: Buffer; rest: Bytes }> {
  const { start, rest } = await splitAt(bytes, LONGEST_HEAD);
  const end = start.indexOf('\n') + 1;
  return { head: start.subarray(0, end), rest: following(start.subarray(end), rest) };
}

/** The first `length` bytes, or as many as there are, and what follows. */
async function splitAt(bytes: Bytes, length: number): Promise<{ start: Buffer; rest: Bytes }> {
  const chunks = bytes[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < length) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  return { start: start.subarray(0, length), rest: following(start.subarray(length), { [Symbol.asyncIterator]: () => chunks }) };
}

async function* following(first: Buffer, rest: Bytes): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* rest;
}
