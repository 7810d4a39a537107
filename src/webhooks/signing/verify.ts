/**
 * The receiver's half of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
 * for the tools of the command line.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify as verifyBytes } from 'node:crypto';
import type { Milliseconds } from '../../core/runtime.ts';

/** How far the clocks of both sides may differ, either way: the specification's replay window. */
const TOLERANCE = 5 * 60_000;

/** A delivery as it came in. `body` is what was received, byte for byte. */
export interface SignedDelivery {
  id: string | undefined;
  timestamp: string | undefined;
  signature: string | undefined;
  body: Buffer;
}

/** Whether it is `whsec_…` (any length) or the public key `whpk_…` of an endpoint that signs with ed25519 (32 bytes). */
export function isReceiverKey(text: string): boolean {
  const [, kind, base64 = ''] = /^(whsec|whpk)_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const length = Buffer.from(base64, 'base64').length;
  return kind === 'whpk' ? length === 32 : length > 0;
}

/** Why a delivery is not to be believed, for a person; null when it was signed with one of the keys within five minutes of `now`. */
export function whyNotGenuine(
  keys: readonly string[],
  { id, timestamp, signature, body }: SignedDelivery,
  now: Milliseconds,
): string | null {
  const missing = Object.entries({ id, timestamp, signature }).flatMap(([name, value]) => (value ? [] : [`webhook-${name}`]));
  if (!id || !timestamp || !signature) return `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing`;
  if (!/^\d{1,12}$/.test(timestamp)) return `webhook-timestamp is "${timestamp.slice(0, 40)}", and it has to be seconds since 1970`;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const given = signature.split(' ');
  if (!keys.some((key) => given.some((one) => matches(key, one, signed)))) return explain(keys, given);
  const age = now - Number(timestamp) * 1_000;
  if (Math.abs(age) <= TOLERANCE) return null;
  const seconds = Math.round(Math.abs(age) / 1_000);
  return `the signature holds, but webhook-timestamp is ${seconds} s ${age > 0 ? 'old' : 'ahead'} and at most 300 s are allowed: it may be a replay, or a clock is wrong`;
}

function matches(key: string, given: string, signed: Buffer): boolean {
  const [version, base64 = ''] = given.split(',', 2);
  const signature = Buffer.from(base64, 'base64');
  const bytes = Buffer.from(key.slice(key.indexOf('_') + 1), 'base64');
  if (key.startsWith('whpk_'))
    return version === 'v1a' && signature.length === 64 && verifyBytes(null, signed, publicKey(bytes), signature);
  if (version !== 'v1') return false;
  const expected = createHmac('sha256', bytes).update(signed).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

const publicKey = (bytes: Buffer) =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });

function explain(keys: readonly string[], given: readonly string[]): string {
  const versions = new Set(given.map((one) => one.split(',', 1)[0]));
  const usable = keys.some((key) => versions.has(key.startsWith('whpk_') ? 'v1a' : 'v1'));
  if (!usable)
    return `webhook-signature has only ${[...versions].join(', ')}, which takes the other kind of key (v1: whsec_…, v1a: whpk_…)`;
  return 'no signature holds: the secret is another one, or the body (or webhook-id, or webhook-timestamp) is not what was signed';
}
