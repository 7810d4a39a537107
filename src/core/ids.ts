import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
/** A string that says what it names: a `SessionId` cannot be passed where a `TenantId` is asked for. */
type Brand<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Brand<'tenant'>;
export type KeyId = Brand<'key'>;
export type SessionId = Brand<'session'>;
export type MessageId = Brand<'message'>;
export type MediaId = Brand<'media'>;
export type EventId = Brand<'event'>;
export type EndpointId = Brand<'endpoint'>;
export type DeliveryId = Brand<'delivery'>;
export type RunId = Brand<'run'>;
export type ReplayId = Brand<'replay'>;
export type AuditId = Brand<'audit'>;
export type QuarantineId = Brand<'quarantine'>;
export type HubId = Brand<'hub'>;
export type NodeId = Brand<'node'>;
export type LinkPageId = Brand<'link-page'>;
export type PasskeyTokenId = Brand<'passkey-token'>;
export type ErasureId = Brand<'erasure'>;

interface Kinds {
  tnt: TenantId;
  key: KeyId;
  ses: SessionId;
  msg: MessageId;
  med: MediaId;
  evt: EventId;
  whk: EndpointId;
  dlv: DeliveryId;
  run: RunId;
  rpl: ReplayId;
  aud: AuditId;
  qrt: QuarantineId;
  hub: HubId;
  nod: NodeId;
  ers: ErasureId;
  lnk: LinkPageId;
  pkt: PasskeyTokenId;
}

/** Crockford's base 32 without i, l, o and u, in lower case: sorts as it counts and survives being read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function timeDigits(milliseconds: number): string {
  let digits = '';
  for (let rest = milliseconds, i = 0; i < 10; i++) {
    digits = ALPHABET[rest % 32] + digits;
    rest = Math.floor(rest / 32);
  }
  return digits;
}

/** Bytes of randomness that are fetched at once: each fetch costs more than all else in an id. */
const POOL = 4_096;
let pool: Buffer = Buffer.alloc(0);

/** Bytes that nobody had before. */
function takeRandom(count: number): Buffer {
  if (pool.length < count) pool = randomBytes(POOL);
  const taken = pool.subarray(0, count);
  pool = pool.subarray(count);
  return taken;
}

/** What comes before every id that was made at `time` (ms) or later, and after every earlier one. */
export const firstIdAt = (prefix: keyof Kinds, time: number): string => `${prefix}_${timeDigits(Math.max(0, time))}`;

/** When an id of this kind was made (ms); null for what is none. */
export function timeOfId(prefix: keyof Kinds, id: string): number | null {
  if (!id.startsWith(`${prefix}_`) || !/^_[0-9a-hjkmnp-tv-z]{26}$/.test(id.slice(prefix.length))) return null;
  let time = 0;
  for (const digit of id.slice(prefix.length + 1, prefix.length + 11)) time = time * 32 + ALPHABET.indexOf(digit);
  return time;
}

/**
 * A new id such as `ses_06f3…`: the prefix, 50 bits of time in milliseconds, 80 random bits.
 * Ids made later sort later, so that indexes grow at their end; they cannot be guessed.
 */
export function newId<Prefix extends keyof Kinds>(prefix: Prefix, now: number): Kinds[Prefix] {
  let random = '';
  for (const byte of takeRandom(16)) random += ALPHABET[byte & 31];
  return `${prefix}_${timeDigits(now)}${random}` as Kinds[Prefix];
}
