import type { Tx } from '../../db/tx.ts';
import { endpointOf, isOfAnotherOrder, laneOf, retryLaneOf } from '../lane-key.ts';
import type { Due, Lane, Lanes } from '../ports.ts';
import type { SystemWebhookStore } from './system-store.ts';

/** Deliveries that one transaction moves. */
const PAGE = 200;

/**
 * After a change of an endpoint's order: moves what waits in a lane of the former order to where it belongs, a page a call. It is
 * done in the lane, so that nothing of it is under way; what is newer waits meanwhile (see `front`), so that nothing overtakes it.
 */
export async function reorder(tx: Tx, lane: Lane, { store, lanes }: { store: SystemWebhookStore; lanes: Lanes }): Promise<Due> {
  const endpoint = await store.endpoint(endpointOf(lane.key), tx.sql);
  if (!endpoint) return null;
  const all = isOfAnotherOrder(lane.key, endpoint.ordering);
  if (!all && endpoint.ordering !== 'relaxed') return 0;
  const waiting = await store.waitingIn(tx, lane.key, { limit: PAGE, failed: !all });
  const places = waiting.map(({ ordinal, failures, ...event }): [number, string] => {
    const place = laneOf(endpoint, event);
    return [ordinal, endpoint.ordering === 'relaxed' && failures > 0 ? retryLaneOf(place) : place];
  });
  await store.putInto(tx, places);
  const { tenantId } = endpoint;
  const kind = 'webhook';
  await lanes.schedule(
    tx,
    [...new Set(places.map(([, key]) => key))].map((key) => ({ kind, key, tenantId, dueAt: 0 })),
  );
  return all && waiting.length < PAGE ? null : 0;
}
