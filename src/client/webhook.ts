/**
 * The receiver's half of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
 * by what Node and browsers have alike.
 */
import type { HubEvent } from './api.ts';

/** How far the clocks of both sides may differ, either way: the specification's replay window. */
const TOLERANCE = 5 * 60_000;

/** A delivery as it came in. `body` is what was received, byte for byte. */
export interface SignedDelivery {
  id: string | undefined;
  timestamp: string | undefined;
  signature: string | undefined;
  body: string | Uint8Array;
}

type HeadersLike = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** Why a delivery is not to be believed. */
export class NotGenuine extends Error {
  override readonly name = 'NotGenuine';
}

/**
 * The event of a delivery, once it is sure that the hub sent it: signed with one of the keys (`whsec_…`, or the `whpk_…` of an
 * endpoint that signs with ed25519), and within five minutes of now. `body` is what was received, before anything parsed it.
 *
 * Rejects with `NotGenuine`, which says why: answer that with 401; with a `TypeError` where there is no key, or what is none. Keys that are
 * undefined or empty, as variables of the environment are that were not set, count for nothing beside others.
 */
export async function verifyWebhook(
  keys: string | undefined | readonly (string | undefined)[],
  headers: HeadersLike,
  body: string | Uint8Array,
): Promise<HubEvent> {
  const header = (name: string): string | undefined => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    return value === null || value === undefined ? undefined : String(value);
  };
  const signed = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature'), body };
  const all = [keys].flat().filter((key): key is string => Boolean(key));
  if (all.length === 0) throw new TypeError('There is no secret: give the whsec_… of the endpoint. Is the variable set that holds it?');
  if (!all.every(isReceiverKey)) throw new TypeError('A key begins with whsec_ (or whpk_), and base64 follows.');
  const why = await whyNotGenuine(all, signed, Date.now());
  if (why !== null) throw new NotGenuine(why);
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

/** Whether it is `whsec_…` (any length) or the public key `whpk_…` of an endpoint that signs with ed25519 (32 bytes). */
export function isReceiverKey(text: string): boolean {
  const [, kind, base64 = ''] = /^(whsec|whpk)_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const length = bytesOf(base64).length;
  return kind === 'whpk' ? length === 32 : length > 0;
}

/** Why a delivery is not to be believed, for a person; null when it was signed with one of the keys within five minutes of `now` (ms). */
export async function whyNotGenuine(
  keys: readonly string[],
  { id, timestamp, signature, body }: SignedDelivery,
  now: number,
): Promise<string | null> {
  const missing = Object.entries({ id, timestamp, signature }).flatMap(([name, value]) => (value ? [] : [`webhook-${name}`]));
  if (!id || !timestamp || !signature) return `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing`;
  if (!/^\d{1,12}$/.test(timestamp)) return `webhook-timestamp is "${timestamp.slice(0, 40)}", and it has to be seconds since 1970`;
  const signed = joined(encoded(`${id}.${timestamp}.`), typeof body === 'string' ? encoded(body) : body);
  const given = signature.split(' ');
  const matching = await Promise.all(keys.flatMap((key) => given.map((one) => matches(key, one, signed))));
  if (!matching.includes(true)) return explain(keys, given);
  const age = now - Number(timestamp) * 1_000;
  if (Math.abs(age) <= TOLERANCE) return null;
  const seconds = Math.round(Math.abs(age) / 1_000);
  return `the signature holds, but webhook-timestamp is ${seconds} s ${age > 0 ? 'old' : 'ahead'} and at most 300 s are allowed: it may be a replay, or a clock is wrong`;
}

/** What compares is the platform's own, in constant time. */
async function matches(key: string, given: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const [version, base64 = ''] = given.split(',', 2);
  const isPublic = key.startsWith('whpk_');
  if (version !== (isPublic ? 'v1a' : 'v1')) return false;
  const algorithm = isPublic ? 'Ed25519' : { name: 'HMAC', hash: 'SHA-256' };
  const verifier = await crypto.subtle.importKey('raw', bytesOf(key.slice(key.indexOf('_') + 1)), algorithm, false, ['verify']);
  return crypto.subtle.verify(isPublic ? 'Ed25519' : 'HMAC', verifier, bytesOf(base64), signed);
}

function explain(keys: readonly string[], given: readonly string[]): string {
  const versions = new Set(given.map((one) => one.split(',', 1)[0]));
  const usable = keys.some((key) => versions.has(key.startsWith('whpk_') ? 'v1a' : 'v1'));
  if (!usable)
    return `webhook-signature has only ${[...versions].join(', ')}, which takes the other kind of key (v1: whsec_…, v1a: whpk_…)`;
  return 'no signature holds: the secret is another one, or the body (or webhook-id, or webhook-timestamp) is not what was signed';
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

function joined(head: Uint8Array, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

/** Of base64; none where it is no base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
