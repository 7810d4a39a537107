import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { HooklineError } from './errors.ts';
import { kept } from './kept.ts';

/** The shape of what is sealed. It is stored, so a change of shape is a new version and the old one is still opened. */
const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Names a key without telling it, so that what was sealed with another key is recognised and not just "corrupt". */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('hookline key id').update(key).digest('hex').slice(0, 8);
}

/**
 * Encrypts a short secret with AES-256-GCM (NIST SP 800-38D) under a fresh 96-bit nonce.
 * `key` is 32 bytes. Returns `v1.<key id>.<iv>.<tag>.<ciphertext>`, the last three in base64url.
 */
export function seal(text: string, key: Buffer): string {
  const { iv, tag, ciphertext } = encrypt(Buffer.from(text), key);
  return [VERSION, keyIdOf(key), ...[iv, tag, ciphertext].map((part) => part.toString('base64url'))].join('.');
}

/** What `seal` was given. Throws `invalid-configuration` when it was sealed with another key or changed since. */
export function open(sealed: string, key: Buffer): string {
  const [version = '', keyId = '', ...parts] = sealed.split('.');
  const [iv, tag, ciphertext] = parts.map((part) => Buffer.from(part, 'base64url'));
  const refuse: Refuse = (why, cause) => new HooklineError('invalid-configuration', `A sealed secret cannot be opened: ${why}.`, { cause });
  checkHead({ version, keyId }, key, refuse);
  return decrypt({ iv, tag, ciphertext }, key, { refuse }).toString();
}

/** As `open`, for whoever opens the same few again and again. */
export function openerOf(key: Buffer): Opener {
  return kept(KEPT_OPEN, (sealed) => open(sealed, key));
}

export type Opener = (sealed: string) => string;

const KEPT_OPEN = 1_000;

/** What `seal` made with the key `from`, sealed with `to`; what is under `to` already stays as it is. Throws as `open` does. */
export function reseal(sealed: string, from: Buffer, to: Buffer): string {
  return sealed.split('.')[1] === keyIdOf(to) ? sealed : seal(open(sealed, from), to);
}

/**
 * As `seal`, for bytes that leave the hub. `label` (a to z and `-`) tells in plain text what they are, and cannot be
 * changed either. Returns the line `<label>.v1.<key id>`, then iv, tag and ciphertext as they are.
 */
export function sealBytes(bytes: Buffer, key: Buffer, label: string): Buffer {
  const head = Buffer.from(`${label}.${VERSION}.${keyIdOf(key)}\n`);
  const { iv, tag, ciphertext } = encrypt(bytes, key, head);
  return Buffer.concat([head, iv, tag, ciphertext]);
}

/** What `sealBytes` was given. Throws `invalid-body` for anything else, another key and the slightest change. */
export function openBytes(sealed: Buffer, key: Buffer): { label: string; bytes: Buffer } {
  const refuse: Refuse = (why, cause) => new HooklineError('invalid-body', `The sealed file cannot be opened: ${why}.`, { cause });
  const head = sealed.subarray(0, sealed.subarray(0, LONGEST_HEAD).indexOf('\n') + 1);
  const [, label, version = '', keyId = ''] = /^([a-z-]+)\.(v\d+)\.([0-9a-f]{8})\n$/.exec(head.toString('latin1')) ?? [];
  if (label === undefined) throw refuse('it is none that Hookline made');
  checkHead({ version, keyId }, key, refuse);
  const rest = sealed.subarray(head.length);
  const [tagAt, textAt] = [IV_BYTES, IV_BYTES + TAG_BYTES];
  const parts = { iv: rest.subarray(0, tagAt), tag: rest.subarray(tagAt, textAt), ciphertext: rest.subarray(textAt) };
  return { label, bytes: decrypt(parts, key, { head, refuse }) };
}

const LONGEST_HEAD = 100;

type Refuse = (why: string, cause?: unknown) => HooklineError;

function encrypt(bytes: Buffer, key: Buffer, head: Buffer = NOTHING): { iv: Buffer; tag: Buffer; ciphertext: Buffer } {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(head);
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return { iv, tag: cipher.getAuthTag(), ciphertext };
}

function decrypt(
  { iv = NOTHING, tag = NOTHING, ciphertext = NOTHING }: { iv?: Buffer; tag?: Buffer; ciphertext?: Buffer },
  key: Buffer,
  { head = NOTHING, refuse }: { head?: Buffer; refuse: Refuse },
): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(head).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch (error) {
    throw refuse('it was changed since it was sealed', error);
  }
}

const NOTHING = Buffer.alloc(0);

function checkHead({ version, keyId }: { version: string; keyId: string }, key: Buffer, refuse: Refuse): void {
  if (version !== VERSION) throw refuse(`it has the unknown version "${version.slice(0, 8)}"`);
  if (keyId !== keyIdOf(key)) {
    throw refuse(`it was sealed with the key ${keyId}, and the key here is ${keyIdOf(key)}; it takes the former HOOKLINE_SECRET_KEY`);
  }
}
