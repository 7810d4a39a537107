import type { LedgerEvent } from '../core/events.ts';
import type { EndpointId } from '../core/ids.ts';
import type { Endpoint, Ordering } from './endpoints/endpoint.ts';

const RETRY = ':retry';
const CHAT = ':chat';
/** Lanes that the chats of a session are shared out among. Another number, or another hash, would part a chat that waits from what follows. */
const CHAT_LANES = 32;

/** All lanes of an endpoint begin with this. */
export const lanesOf = (endpointId: EndpointId): string => `webhook:${endpointId}:`;

/**
 * Where an event waits for an endpoint: one lane per session (what has no session shares one), or with the order `chat` one per
 * session and hash of the chat; what is about no chat shares one.
 */
export function laneOf({ id, ordering }: Pick<Endpoint, 'id' | 'ordering'>, { sessionId, json }: Pick<LedgerEvent, 'sessionId' | 'json'>) {
  const lane = `${lanesOf(id)}${sessionId ?? 'tenant'}`;
  if (ordering !== 'chat') return lane;
  const chat = chatOf(json);
  return lane + CHAT + (chat === null ? '' : hashOf(chat) % CHAT_LANES);
}

const CHAT_LANE = new RegExp(`${CHAT}\\d*$`);

/** Whether the lane is of another order than its endpoint has by now. What waits aside, or is a test, is in no order. */
export const isOfAnotherOrder = (lane: string, ordering: Ordering): boolean =>
  isOrdered(lane) && CHAT_LANE.test(lane) !== (ordering === 'chat');

/** Whether what is at the front of the lane belongs elsewhere since the endpoint's order was changed. */
export const isMisplaced = (lane: string, { ordering, failures }: { ordering: Ordering; failures: number }): boolean =>
  isOfAnotherOrder(lane, ordering) || (ordering === 'relaxed' && failures > 0 && isOrdered(lane));

/** Where events of the lane's session wait while the endpoint's order is being changed, as a range; null for a lane that waits for no other. */
export function otherOrderOf(lane: string): [from: string, before: string] | null {
  if (!isOrdered(lane)) return null;
  const session = lane.replace(CHAT_LANE, '');
  return session === lane ? [`${lane}${CHAT}`, `${lane}${CHAT}:`] : [session, `${session}\u0001`];
}

const isOrdered = (lane: string): boolean => !isRetryLane(lane) && !isTestLane(lane);

/** A test is answered now, whatever waits for the endpoint. */
export const testLaneOf = (endpointId: EndpointId): string => `${lanesOf(endpointId)}test`;
const isTestLane = (lane: string): boolean => lane === testLaneOf(endpointOf(lane));

/** Where a replay is worked. It goes with the endpoint's lanes. */
export const replayLaneOf = (endpointId: EndpointId, replayId: string): string => `${lanesOf(endpointId)}replay:${replayId}`;
export const replayOf = (lane: string): string => lane.slice(lane.lastIndexOf(':') + 1);

/** Whose slots a lane takes; a test takes nobody's. */
export const groupOf = (lane: string): EndpointId | null => (isTestLane(lane) ? null : endpointOf(lane));

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

/** The chat that an event is about. What a flow announces may hold anything. */
function chatOf(json: string): string | null {
  const { chat } = (JSON.parse(json) ?? {}) as { chat?: { id?: unknown } | null };
  return typeof chat?.id === 'string' ? chat.id : null;
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
