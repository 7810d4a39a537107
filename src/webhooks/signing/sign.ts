/**
 * Standard Webhooks, symmetric and asymmetric signatures
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signWith,
} from 'node:crypto';
import { memoizeLru } from '../../core/memoize.ts';

const SECRET = 'whsec_';
const PRIVATE = 'whsk_';
const PUBLIC = 'whpk_';
const KEPT_KEYS = 1_000;

/** What signs a request. */
export interface Signers {
  /** `whsec_…` */
  v1: readonly string[];
  v1a?: readonly KeyObject[];
}

/** A new secret, as the receiver keeps it: `whsec_` and base64 of 32 random bytes. */
export function newSecret(): string {
  return SECRET + randomBytes(32).toString('base64');
}

/** Whether it is one that may sign here: as `newSecret` makes them, of 24 to 64 bytes as the specification asks. */
export function isSecret(text: string): boolean {
  const bytes = Buffer.from(keyTextOf(text), 'base64');
  return text === SECRET + bytes.toString('base64') && bytes.length >= 24 && bytes.length <= 64;
}

/** A new pair for ed25519: `whsk_` and `whpk_`, each with base64 of its 32 bytes (RFC 8032, 5.1.5). Only the latter is ever shown. */
export function newSigningKey(): { secret: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8.length);
  const point = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { secret: PRIVATE + seed.toString('base64'), publicKey: PUBLIC + point.toString('base64') };
}

/** The key of a `whsk_…`. */
export const signingKeyOf = memoizeLru(KEPT_KEYS, (secret) => {
  const seed = Buffer.from(secret.slice(PRIVATE.length), 'base64');
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
});

/**
 * The value of `webhook-signature`: one `v1,…` a secret and one `v1a,…` a key, space-separated, so that a receiver that
 * knows any of them can verify. `timestamp` is in whole seconds and is the value of `webhook-timestamp`; `body` is
 * exactly what is sent.
 */
export function sign({ v1, v1a = [] }: Signers, { id, timestamp, body }: { id: string; timestamp: number; body: string }): string {
  const content = Buffer.from(`${id}.${timestamp}.${body}`);
  return [
    ...v1.map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`),
    ...v1a.map((key) => `v1a,${signWith(null, content, key).toString('base64')}`),
  ].join(' ');
}

/** What of a `whsec_…` is secret, without what it begins with. */
export const keyTextOf = (secret: string): string => secret.slice(SECRET.length);

/** As objects of OpenSSL: to make one out of its bytes costs several times what signing with it does. */
const keyOf = memoizeLru(KEPT_KEYS, (secret) => createSecretKey(Buffer.from(keyTextOf(secret), 'base64')));

/** What comes before the seed in the PKCS #8 form of an ed25519 key (RFC 8410, 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
