import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { HooklineError } from './errors.ts';
import type { TenantId } from './ids.ts';
import { memoizeLru } from './memoize.ts';

/**
 * Where a sealed text belongs: to whom, what it is for, and of what it is (an endpoint's id, with the name of the header; the
 * name of a flow secret). It is sealed into the text, which opens nowhere else: a row that was copied is worth nothing.
 */
export interface Place {
  tenantId: TenantId;
  purpose: 'webhook-secret' | 'webhook-header' | 'signing-key' | 'dialect-secret' | 'callback-key' | 'flow-secret' | 'first-answer';
  of: readonly string[];
}

/** The shape of what is sealed. It is stored, so a change of shape is a new version. */
const VERSION = 'v2';
/** The shape before: it told nothing of its place. Opened once, to be sealed anew where it lies (`reseal`). */
const WITHOUT_PLACE = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Names a key without telling it, so that what was sealed with another key is recognised and not just "corrupt". */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('hookline key id').update(key).digest('hex').slice(0, 8);
}

/** The id of the key that something was sealed with, in whatever form; undefined for what is no seal. */
export const keyIdIn = (sealed: string): string | undefined => /^v\d+\.([0-9a-f]{8})\./.exec(sealed)?.[1];

/**
 * Encrypts a short secret with AES-256-GCM (NIST SP 800-38D) under a fresh 96-bit nonce, bound to its place.
 * `key` is 32 bytes. Returns `v2.<key id>.<iv>.<tag>.<ciphertext>`, the last three in base64url.
 */
export function seal(text: string, key: Buffer, place: Place): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(nameOf(place)));
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()]);
  return [VERSION, keyIdOf(key), ...[iv, cipher.getAuthTag(), ciphertext].map((part) => part.toString('base64url'))].join('.');
}

/** What `seal` was given. Throws `invalid-configuration` when it was sealed with another key, for another place, or changed since. */
export function open(sealed: string, key: Buffer, place: Place): string {
  return decrypt(sealed, key, { version: VERSION, bound: nameOf(place) });
}

/** As `open`, for whoever opens the same few again and again. */
export function openerOf(key: Buffer): Opener {
  // Nothing sealed has a blank: what is kept is kept for its place alone.
  const opened = memoizeLru(KEPT_OPEN, (question) => {
    const blank = question.indexOf(' ');
    return decrypt(question.slice(0, blank), key, { version: VERSION, bound: question.slice(blank + 1) });
  });
  return (sealed, place) => opened(`${sealed} ${nameOf(place)}`);
}

export type Opener = (sealed: string, place: Place) => string;

const KEPT_OPEN = 1_000;

/** Makes of what lies in its place what shall lie there instead. */
export type Reseal = (sealed: string, place: Place) => string;

/**
 * Seals with `to` what was sealed with `from`; what is under `to` already stays as it is. `withoutPlace`: also what was sealed
 * before seals knew their place, under either key. Throws as `open` does.
 */
export function resealing(from: Buffer, to: Buffer, { withoutPlace }: { withoutPlace: boolean }): Reseal {
  return (sealed, place) => {
    const [version, keyId] = sealed.split('.');
    const isDone = keyId === keyIdOf(to);
    if (withoutPlace && version === WITHOUT_PLACE) {
      return seal(decrypt(sealed, isDone ? to : from, { version: WITHOUT_PLACE, bound: '' }), to, place);
    }
    return isDone ? sealed : seal(open(sealed, from, place), to, place);
  };
}

/** A list in JSON: no two places have the same. */
const nameOf = ({ tenantId, purpose, of }: Place): string => JSON.stringify([VERSION, purpose, tenantId, ...of]);

function decrypt(sealed: string, key: Buffer, { version, bound }: { version: string; bound: string }): string {
  const [is = '', keyId = '', ...parts] = sealed.split('.');
  const [iv = NOTHING, tag = NOTHING, ciphertext = NOTHING] = parts.map((part) => Buffer.from(part, 'base64url'));
  const refuse: Refuse = (why, cause) => new HooklineError('invalid-configuration', `A sealed secret cannot be opened: ${why}.`, { cause });
  checkHead({ version: is, keyId }, { key, version, refuse });
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(bound)).setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
  } catch (error) {
    throw refuse(CHANGED, error);
  }
}

const NOTHING = Buffer.alloc(0);

export type Refuse = (why: string, cause?: unknown) => HooklineError;

/** One that was sealed for another place looks just like this, on purpose. */
export const CHANGED = 'it was changed since it was sealed';

/** Throws when it is of another version, or was sealed with another key. */
export function checkHead(
  head: { version: string; keyId: string },
  { key, version, refuse }: { key: Buffer; version: string; refuse: Refuse },
): void {
  if (head.version !== version) throw refuse(`it has the unknown version "${head.version.slice(0, 8)}"`);
  if (head.keyId !== keyIdOf(key)) {
    throw refuse(`it was sealed with the key ${head.keyId}, and the key here is ${keyIdOf(key)}; it takes the former HOOKLINE_SECRET_KEY`);
  }
}
