import type { EndpointId, SessionId } from '../core/ids.ts';

export const RETRY = ':retry';

/** All lanes of an endpoint begin with this. */
export const lanesOf = (endpointId: EndpointId): string => `webhook:${endpointId}:`;

/** One lane per (endpoint, session); what has no session shares one. */
export const laneOf = (endpointId: EndpointId, sessionId: SessionId | null): string => `${lanesOf(endpointId)}${sessionId ?? 'tenant'}`;

/** A test is answered now, whatever waits for the endpoint. */
export const testLaneOf = (endpointId: EndpointId): string => `${lanesOf(endpointId)}test`;
const isTestLane = (lane: string): boolean => lane === testLaneOf(endpointOf(lane));

/** Where a replay is worked. It goes with the endpoint's lanes. */
export const replayLaneOf = (endpointId: EndpointId, replayId: string): string => `${lanesOf(endpointId)}replay:${replayId}`;
export const replayOf = (lane: string): string => lane.slice(lane.lastIndexOf(':') + 1);

/** Whose places a lane takes; a test takes nobody's. */
export const shareOf = (lane: string): EndpointId | null => (isTestLane(lane) ? null : endpointOf(lane));

/** All lanes of an endpoint and no others, compared byte by byte: `;` comes right after `:`. */
export const laneRangeOf = (endpointId: EndpointId): [from: string, before: string] => {
  const prefix = lanesOf(endpointId);
  return [prefix, `${prefix.slice(0, -1)};`];
};

/** Where the failures of a relaxed lane wait, so that those behind them can go. */
export const retryLaneOf = (lane: string): string => (isRetryLane(lane) ? lane : lane + RETRY);
export const isRetryLane = (lane: string): boolean => lane.endsWith(RETRY);
export const firstLaneOf = (lane: string): string => (isRetryLane(lane) ? lane.slice(0, -RETRY.length) : lane);

export const endpointOf = (lane: string): EndpointId => lane.split(':')[1] as EndpointId;
