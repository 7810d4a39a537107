import type { EndpointId, ReplayId, TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';

/** Which of the events: all, those whose delivery was given up, those of which the endpoint has no delivery. */
export type Selection = 'all' | 'failed' | 'missing';

/** Events of a range that an endpoint is sent again, in the background. */
export interface Replay {
  id: ReplayId;
  tenantId: TenantId;
  endpointId: EndpointId;
  since: Milliseconds;
  until: Milliseconds;
  /** Patterns, as in an endpoint's filter. */
  types: string[];
  selection: Selection;
  /** The last position of the ledger that it has come to, and that it goes to. */
  position: number;
  lastPosition: number;
  total: number;
  seen: number;
  queued: number;
  createdAt: Milliseconds;
  finishedAt: Milliseconds | null;
}
