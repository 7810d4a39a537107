import type { Logger } from '../core/runtime.ts';
import type { GuardOptions } from './guard.ts';

/** Milliseconds in which a name of a tenant is logged once, and as many lines at the most whatever the names. */
const WHILE = 60 * 60_000;
const MOST_LINES = 200;

/** Logs what leads inside, which tenants are not told, so that the operator can allow it or ask who tries. */
export function refusalsTo(log: Logger): NonNullable<GuardOptions['onRefused']> {
  let told = new Set<string>();
  let since = 0;
  return (tenantId, host, addresses) => {
    const now = performance.now();
    if (now - since > WHILE) [told, since] = [new Set(), now];
    const key = `${tenantId} ${host}`;
    if (told.has(key) || told.size >= MOST_LINES) return;
    told.add(key);
    const more = told.size === MOST_LINES ? '. No more of these are logged for an hour' : '';
    log.warn(`A URL of a tenant leads inside and is not reached${more}`, { tenant: tenantId, host, addresses: addresses.join(', ') });
  };
}
