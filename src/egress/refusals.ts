import type { Logger } from '../core/runtime.ts';
import type { GuardOptions } from './guard.ts';

/** Milliseconds in which a name of a tenant is logged once, and lines at the most whatever the names: of one tenant, and of all. */
const WHILE = 60 * 60_000;
const MOST_OF_ONE = 20;
const MOST_OF_ALL = 1_000;

/** Logs what leads inside, which tenants are not told, so that the operator can allow it or ask who tries. */
export function refusalsTo(log: Logger): NonNullable<GuardOptions['onRefused']> {
  /** By tenant: one who tries many names hides nobody else's. */
  let told = new Map<string, Set<string>>();
  let lines = 0;
  let since = 0;
  return (tenantId, host, addresses) => {
    const now = performance.now();
    if (now - since > WHILE) [told, lines, since] = [new Map(), 0, now];
    const own = told.get(tenantId) ?? new Set();
    if (own.has(host) || own.size >= MOST_OF_ONE || lines >= MOST_OF_ALL) return;
    told.set(tenantId, own.add(host));
    lines++;
    const more = own.size === MOST_OF_ONE || lines === MOST_OF_ALL ? '. No more of these are logged for this tenant within an hour' : '';
    log.warn(`A URL of a tenant leads inside and is not reached${more}`, { tenant: tenantId, host, addresses: addresses.join(', ') });
  };
}
