import { during } from '../../core/during.ts';
import type { LedgerEvent } from '../../core/events.ts';
import { newId, type TenantId } from '../../core/ids.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { owes } from '../endpoints/filter.ts';
import { laneOf } from '../lane-key.ts';
import { insertDeliveries, type NewDelivery } from '../owed/delivery-store.ts';
import { MAX_AGE } from '../owed/schedule.ts';
import type { Lanes } from '../ports.ts';
import { SystemWebhookStore } from './system-store.ts';

/**
 * The ledger's follower `webhooks`: notes which events are owed to which endpoints, in the transaction that moves its
 * cursor. Endpoints are read in that transaction, too, so none is ever out of date.
 */
export function fanOut(
  db: Database,
  { lanes, runtime }: { lanes: Lanes; runtime: Runtime },
): (tx: Tx, events: readonly LedgerEvent[]) => Promise<void> {
  const store = new SystemWebhookStore(db);
  return async (tx, events) => {
    const endpoints = await endpointsByTenant(tx, store, events);
    const now = runtime.clock.now();
    const owed: NewDelivery[] = events.flatMap((event) =>
      during({ tenantId: event.tenantId, what: 'webhooks.fan-out' }, () =>
        (endpoints.get(event.tenantId) ?? []).filter((endpoint) => owes(endpoint, event)),
      ).map((endpoint) => ({
        id: newId('dlv', now),
        tenantId: event.tenantId,
        endpointId: endpoint.id,
        eventPosition: event.position,
        lane: laneOf(endpoint, event),
        expiresAt: now + MAX_AGE,
      })),
    );
    await insertDeliveries(tx, owed, now);
    // What a disabled endpoint is owed is kept for the day when it is enabled, and wakes nobody until then.
    const disabled = new Set([...endpoints.values()].flat().flatMap(({ id, disabledAt }) => (disabledAt === null ? [] : [id])));
    await lanes.schedule(
      tx,
      owed
        .filter(({ endpointId }) => !disabled.has(endpointId))
        .map(({ lane, tenantId }) => ({ kind: 'webhook', key: lane, tenantId, dueAt: 0, behind: true })),
    );
  };
}

async function endpointsByTenant(tx: Tx, store: SystemWebhookStore, events: readonly LedgerEvent[]): Promise<Map<TenantId, Endpoint[]>> {
  const tenantIds = [...new Set(events.map((event) => event.tenantId))];
  return Map.groupBy(await store.endpointsOf(tx, tenantIds), (endpoint) => endpoint.tenantId);
}
