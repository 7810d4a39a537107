import type { EndpointDialect } from '../../core/dialects.ts';
import type { EndpointId, KeyId, SessionId, TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Opener, type Place, seal } from '../../core/seal.ts';
import type { DialectOptions } from '../ports.ts';
import { newSecret, newSigningKey, type Signers, signingKeyOf } from '../signing/sign.ts';
import { showOptions } from './dialect-options.ts';
import type { ChatFilter, Filter } from './filter.ts';
import { type HeaderView, type StoredHeader, showHeaders } from './headers.ts';

/** `strict`: a failing delivery holds back those behind it in its session. `chat`: those of its chat. `relaxed`: it waits aside and they go on. */
export const ORDERINGS = ['strict', 'chat', 'relaxed'] as const;
export type Ordering = (typeof ORDERINGS)[number];

export type Signature = 'v1' | 'v1a';

export interface SealedSecret {
  sealed: string;
  /** Null for the one that is in force until it is rotated. */
  expiresAt: Milliseconds | null;
}

export interface SigningKey extends SealedSecret {
  /** `whpk_…` */
  publicKey: string;
}

/** What receivers are given to call back with. */
export interface CallbackKey {
  id: KeyId;
  /** It may do something in this session alone, and is told with events of it. */
  sessionId: SessionId;
  sealed: string;
}

/** A tenant's URL with its filter, secrets and policy. */
export interface Endpoint extends Filter {
  id: EndpointId;
  tenantId: TenantId;
  url: string;
  description: string;
  /** Null for all chats and people. */
  filter: ChatFilter | null;
  ordering: Ordering;
  headers: Record<string, StoredHeader>;
  /** Newest first. */
  secrets: SealedSecret[];
  /** Requests a second; null for no limit. */
  rateLimit: number | null;
  /** Seconds after the first, second, … failure in a row, the last repeated; null for the hub's own schedule. */
  schedule: number[] | null;
  /** That it has to answer; null for the hub's own. */
  timeoutSeconds: number | null;
  signatures: Signature[];
  /** Newest first; empty without `v1a`. */
  signingKeys: SigningKey[];
  dialect: EndpointDialect;
  /** Secrets sealed. */
  dialectOptions: DialectOptions;
  callbackKey: CallbackKey | null;
  pausedUntil: Milliseconds | null;
  /** The first failure since the last success. */
  failingSince: Milliseconds | null;
  /** What was owed before is owed its full time again from here. */
  resumedAt: Milliseconds | null;
  disabledAt: Milliseconds | null;
  disabledReason: string | null;
  /** Raised by whatever lets it begin anew, or ends it: what a try from before comes to says nothing of what it is now. */
  generation: number;
  createdAt: Milliseconds;
  updatedAt: Milliseconds;
}

export interface EndpointView {
  id: EndpointId;
  url: string;
  description: string;
  events: string[];
  /** Empty for all. */
  sessions: string[];
  filter: ChatFilter | null;
  ordering: Ordering;
  headers: Record<string, HeaderView>;
  rateLimit: number | null;
  schedule: number[] | null;
  timeoutSeconds: number | null;
  signatures: Signature[];
  /** Verifies `v1a`; null without it. */
  publicKey: string | null;
  dialect: EndpointDialect;
  dialectOptions: DialectOptions;
  /** The id of the key that receivers are given to call back with; null for none. */
  callbackKeyId: KeyId | null;
  /** Until when former secrets sign beside the newest; null where none does. */
  formerSecretsUntil: string | null;
  status: 'enabled' | 'disabled';
  disabledAt: string | null;
  disabledReason: string | null;
  /** The receiver asked to be left alone until then. */
  pausedUntil: string | null;
  /** It has answered nothing but failures since then. */
  failingSince: string | null;
  createdAt: string;
  updatedAt: string;
}

type Owner = Pick<Endpoint, 'id' | 'tenantId'>;

export const secretPlace = ({ id, tenantId }: Owner): Place => ({ tenantId, purpose: 'webhook-secret', of: [id] });
export const signingKeyPlace = ({ id, tenantId }: Owner): Place => ({ tenantId, purpose: 'signing-key', of: [id] });

export const callbackKeyPlace = ({ id, tenantId }: Owner): Place => ({ tenantId, purpose: 'callback-key', of: [id] });

/** Secrets, and keys, that sign at the same time: each is a signature in a header, which receivers take only so much of. */
const MOST_LIVE = 3;

/** A fresh secret in front, or the one that is given; those before it keep signing for `overlap` ms from now, or for what they still had if that is less. */
export function withNewSecret(
  { secrets, ...owner }: Owner & { secrets: readonly SealedSecret[] },
  key: Buffer,
  { now, overlap, secret = newSecret() }: { now: Milliseconds; overlap: Milliseconds; secret?: string | undefined },
): { secret: string; secrets: SealedSecret[] } {
  return { secret, secrets: [{ sealed: seal(secret, key, secretPlace(owner)), expiresAt: null }, ...retiring(secrets, now, overlap)] };
}

/** As `withNewSecret`, for the keys of `v1a`. */
export function withNewSigningKey(
  { signingKeys, ...owner }: Owner & { signingKeys: readonly SigningKey[] },
  key: Buffer,
  { now, overlap }: { now: Milliseconds; overlap: Milliseconds },
): SigningKey[] {
  const { secret, publicKey } = newSigningKey();
  return [{ sealed: seal(secret, key, signingKeyPlace(owner)), publicKey, expiresAt: null }, ...retiring(signingKeys, now, overlap)];
}

/** What signs at `now`, opened, newest first. */
export function liveSecrets(endpoint: Endpoint, open: Opener, now: Milliseconds): Signers {
  const { signatures, secrets, signingKeys } = endpoint;
  const live = (sealed: readonly SealedSecret[], place: Place): string[] =>
    sealed
      .filter((s) => isLive(s, now))
      .slice(0, MOST_LIVE)
      .map((s) => open(s.sealed, place));
  return {
    v1: signatures.includes('v1') ? live(secrets, secretPlace(endpoint)) : [],
    v1a: signatures.includes('v1a') ? live(signingKeys, signingKeyPlace(endpoint)).map(signingKeyOf) : [],
  };
}

function retiring<Secret extends SealedSecret>(secrets: readonly Secret[], now: Milliseconds, overlap: Milliseconds): Secret[] {
  const until = now + overlap;
  const retired = secrets.map((s) => ({ ...s, expiresAt: Math.min(s.expiresAt ?? until, until) }));
  return retired.filter((s) => isLive(s, now)).slice(0, MOST_LIVE - 1);
}

const isLive = ({ expiresAt }: SealedSecret, now: Milliseconds): boolean => expiresAt === null || expiresAt > now;

function formerSecretsUntil({ secrets }: Endpoint, now: Milliseconds): Milliseconds | null {
  const ends = secrets.slice(0, MOST_LIVE).flatMap((one) => (one.expiresAt !== null && isLive(one, now) ? [one.expiresAt] : []));
  return ends.length > 0 ? Math.max(...ends) : null;
}

export function viewOf(endpoint: Endpoint, now: Milliseconds): EndpointView {
  const { id, url, description, events, sessions, filter, ordering, rateLimit, schedule, timeoutSeconds, signatures } = endpoint;
  const { disabledReason, pausedUntil } = endpoint;
  return {
    id,
    url,
    description,
    events: [...events],
    sessions: [...sessions],
    filter,
    ordering,
    headers: showHeaders(endpoint.headers),
    rateLimit,
    schedule: schedule && [...schedule],
    timeoutSeconds,
    signatures: [...signatures],
    publicKey: signatures.includes('v1a') ? (endpoint.signingKeys[0]?.publicKey ?? null) : null,
    dialect: endpoint.dialect,
    dialectOptions: showOptions(endpoint.dialectOptions),
    callbackKeyId: endpoint.callbackKey?.id ?? null,
    formerSecretsUntil: iso(formerSecretsUntil(endpoint, now)),
    status: endpoint.disabledAt === null ? 'enabled' : 'disabled',
    disabledAt: iso(endpoint.disabledAt),
    disabledReason,
    pausedUntil: pausedUntil !== null && pausedUntil > now ? iso(pausedUntil) : null,
    failingSince: iso(endpoint.failingSince),
    createdAt: iso(endpoint.createdAt),
    updatedAt: iso(endpoint.updatedAt),
  };
}
