import type { TenantId } from '../core/ids.ts';
import type { LimitName } from '../core/limits.ts';
import type { LimitView } from '../tenants/limits.ts';
import type { Rooms } from './rooms.ts';

/** What a tenant may have, and how much of it is used: each limit is asked of whoever keeps it. `streams`: how many it has open, on whichever node. */
export function limitsReport(rooms: Rooms, tenantId: TenantId, streams: () => Promise<number>): Promise<Record<LimitName, LimitView>> {
  const { sessions, endpoints, flows, sends, media, rates } = rooms;
  const inFlows = flows.count(tenantId);
  return rooms.limits.report(tenantId, {
    sessions: async () => ({ used: await sessions.count(tenantId) }),
    endpoints: async () => ({ used: await endpoints.count(tenantId) }),
    flows: async () => ({ used: (await inFlows).flows }),
    patterns: async () => ({ used: (await inFlows).patterns }),
    flowCharacters: async () => ({ used: (await inFlows).characters }),
    queuedSends: async () => ({ used: await sends.used(tenantId) }),
    mediaBytes: async () => ({ used: await media.usedBytes(tenantId) }),
    streams: async () => ({ used: await streams() }),
    requestsPerMinute: () => rates.used(tenantId, 'requestsPerMinute'),
    eventsPerMinute: () => rates.used(tenantId, 'eventsPerMinute'),
  });
}
