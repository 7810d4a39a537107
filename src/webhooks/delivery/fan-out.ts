import { during } from '../../core/during.ts';
import type { LedgerEvent } from '../../core/events.ts';
import { newId, type TenantId } from '../../core/ids.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { owes, passes, whereaboutsOf } from '../endpoints/filter.ts';
import { laneOf } from '../lane-key.ts';
import { insertDeliveries, type NewDelivery } from '../owed/delivery-store.ts';
import { MAX_AGE } from '../owed/schedule.ts';
import type { Addresses, EventDialects, Lanes } from '../ports.ts';
import { SystemWebhookStore } from './system-store.ts';
import { hears } from './telling.ts';

/**
 * The ledger's follower `webhooks`: notes which events are owed to which endpoints, in the transaction that moves its
 * cursor. Endpoints are read in that transaction, too, so none is ever out of date.
 */
export function fanOut(
  db: Database,
  { lanes, addresses, dialects, runtime }: { lanes: Lanes; addresses: Pick<Addresses, 'names'>; dialects: EventDialects; runtime: Runtime },
): (tx: Tx, events: readonly LedgerEvent[]) => Promise<void> {
  const store = new SystemWebhookStore(db);
  return async (tx, events) => {
    const endpoints = await endpointsByTenant(tx, store, events);
    const now = runtime.clock.now();
    const owed: NewDelivery[] = [];
    for (const event of events) {
      const { tenantId, position } = event;
      const concerned = during({ tenantId, what: 'webhooks.fan-out' }, () =>
        (endpoints.get(tenantId) ?? []).filter((endpoint) => owes(endpoint, event) && hears(endpoint, event.type, dialects)),
      );
      for (const endpoint of await hearing(concerned, event, addresses)) {
        const lane = laneOf(endpoint, event);
        owed.push({ id: newId('dlv', now), tenantId, endpointId: endpoint.id, eventPosition: position, lane, expiresAt: now + MAX_AGE });
      }
    }
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

/** Those that hear of the chat and the person of an event, whose names are looked up only where one of them asks for that. */
export async function hearing(
  endpoints: readonly Endpoint[],
  event: Pick<LedgerEvent, 'tenantId' | 'json'>,
  { names }: Pick<Addresses, 'names'>,
): Promise<readonly Endpoint[]> {
  if (endpoints.every(({ filter }) => filter === null)) return endpoints;
  const byName = endpoints.some(({ filter }) => filter?.chats || filter?.senders);
  const whereabouts = await whereaboutsOf(event, async (address) => (byName ? names(event.tenantId, address) : [address]));
  return endpoints.filter(({ filter }) => filter === null || passes(filter, whereabouts));
}

async function endpointsByTenant(tx: Tx, store: SystemWebhookStore, events: readonly LedgerEvent[]): Promise<Map<TenantId, Endpoint[]>> {
  const tenantIds = [...new Set(events.map((event) => event.tenantId))];
  return Map.groupBy(await store.endpointsOf(tx, tenantIds), (endpoint) => endpoint.tenantId);
}
