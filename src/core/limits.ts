import { HooklineError } from './errors.ts';
import type { TenantId } from './ids.ts';

/** How much a tenant may have, and of the last two in a minute. Part of the outside contract. */
export const LIMIT_NAMES = [
  'sessions',
  'endpoints',
  'flows',
  'patterns',
  'flowCharacters',
  'queuedSends',
  'mediaBytes',
  'streams',
  'requestsPerMinute',
  'eventsPerMinute',
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** Null: any number. */
export type TenantLimits = Record<LimitName, number | null>;

/** Of one limit: what holds for a tenant. */
export type LimitOf = (tenantId: TenantId) => Promise<number | null>;

const NOUNS: Record<LimitName, string> = {
  sessions: 'sessions',
  endpoints: 'endpoints',
  flows: 'flows',
  patterns: 'regular expressions in its flows',
  flowCharacters: 'characters in its flows',
  queuedSends: 'messages waiting to be sent',
  mediaBytes: 'bytes of files',
  streams: 'event streams open',
  requestsPerMinute: 'requests a minute',
  eventsPerMinute: 'events a minute',
};

/**
 * The refusal that says which limit, how much it is and how much is used. `remedy`: what the tenant can do. `retryAfter`, in
 * seconds: when a rate lets it in again; then it is 429.
 */
export function limitReached(limit: { name: LimitName; limit: number; used: number }, remedy: string, retryAfter?: number): HooklineError {
  const { name, limit: most, used } = limit;
  const detail = `Of ${NOUNS[name]} this tenant may have ${most} (its limit "${name}"), and it has ${used}. ${remedy}`;
  return new HooklineError('limit-reached', detail, {
    extra: { limit },
    ...(retryAfter !== undefined && { status: 429, retryAfter }),
  });
}
