import type { Counts, CountsOf } from '../core/counts.ts';
import { HooklineError } from '../core/errors.ts';

/** 0: no limit. */
export interface RateLimitOptions {
  requestsPerMinute: number;
  wrongKeysPerMinute: number;
}

const NONE: RateLimitOptions = { requestsPerMinute: 0, wrongKeysPerMinute: 0 };

/** Counts one more of `who`. `tell` is given the headers that say how much is left; over the limit it rejects with `rate-limited`. */
export type Count = (who: string, tell: (headers: Record<string, string>) => void) => Promise<void>;

export interface RateLimits {
  /** By key, whatever the request is answered. */
  requests: Count;
  /** By address. Whoever shares it, behind a proxy say, and has a key that holds is not kept out. */
  wrongKeys: Count;
}

export function rateLimits(countsOf: CountsOf, { requestsPerMinute, wrongKeysPerMinute }: RateLimitOptions = NONE): RateLimits {
  return {
    requests: count('requests', requestsPerMinute, 'This key has made', countsOf),
    wrongKeys: count('wrong-keys', wrongKeysPerMinute, 'Keys that are not known here: from this address came', countsOf),
  };
}

/** Seconds. A window begins with the first request in it. */
const WINDOW = 60;

/** RateLimit and RateLimit-Policy: draft-ietf-httpapi-ratelimit-headers-10. Retry-After: RFC 9110, section 10.2.3. */
function count(policy: string, most: number, whoHas: string, countsOf: CountsOf): Count {
  if (most === 0) return async () => undefined;
  const counts: Counts = countsOf(policy);
  return async (who, tell) => {
    const { used, msLeft } = await counts.add(who, { most });
    const seconds = Math.ceil(msLeft / 1_000);
    tell({ 'RateLimit-Policy': `"${policy}";q=${most};w=${WINDOW}`, RateLimit: `"${policy}";r=${Math.max(0, most - used)};t=${seconds}` });
    if (used <= most) return;
    throw new HooklineError('rate-limited', `${whoHas} the ${most} requests that one minute allows. Go on in ${seconds} s.`, {
      retryAfter: seconds,
    });
  };
}
