import { wait } from '../core/deadline.ts';
import { hasCode } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { Clock } from '../core/runtime.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { QrView } from '../sessions/supervision/qr.ts';
import type { SessionView } from '../sessions/view.ts';

/** For so long (ms) a code is waited for, between looks of so long. */
const CODE_WITHIN = 15_000;
const LOOK = 200;
const PAGE = 200;

const LINKING: readonly SessionView['status'][] = ['starting', 'qr', 'pairing', 'passkey', 'connecting'];

/** It is on its way to be connected. */
export const isLinking = ({ status }: Pick<SessionView, 'status'>): boolean => LINKING.includes(status);

/** A code that is yet to come is waited for; null where none comes, and once the phone is linked. */
export async function onceThereIsACode(
  sessions: Pick<Sessions, 'qr' | 'get'>,
  { tenantId, id }: Pick<SessionView, 'tenantId' | 'id'>,
  clock: Clock,
): Promise<QrView | null> {
  for (const end = clock.steady() + CODE_WITHIN; clock.steady() < end; await wait(clock, LOOK)) {
    const qr = await sessions.qr(tenantId, id).catch((error) => {
      if (hasCode(error, 'qr-unavailable')) return null;
      throw error;
    });
    if (qr) return qr;
    if (!isLinking(await sessions.get(tenantId, id))) return null;
  }
  return null;
}

/** All of a tenant, for clients that know no pages. */
export async function allSessions(sessions: Pick<Sessions, 'list'>, tenantId: TenantId): Promise<SessionView[]> {
  const found: SessionView[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await sessions.list(tenantId, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    found.push(...page.data);
    cursor = page.nextCursor;
  }
  return found;
}
