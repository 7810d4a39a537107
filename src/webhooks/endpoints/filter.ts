import { covers } from '../../core/event-patterns.ts';
import type { LedgerEvent } from '../../core/events.ts';
import type { EndpointId } from '../../core/ids.ts';

/** What an endpoint wants to hear of. */
export interface Filter {
  /** Patterns, see core/event-patterns.ts. */
  events: readonly string[];
  /** Ids or names; empty for all. What has no session (`webhook.disabled`) passes whatever is listed here. */
  sessions: readonly string[];
}

export function matches(filter: Filter, event: Pick<LedgerEvent, 'type' | 'sessionId' | 'sessionName'>): boolean {
  if (!filter.events.some((pattern) => covers(pattern, event.type))) return false;
  const { sessions } = filter;
  if (sessions.length === 0 || event.sessionId === null) return true;
  return sessions.includes(event.sessionId) || (event.sessionName !== null && sessions.includes(event.sessionName));
}

/** Whether the endpoint is to hear of the event. That it was disabled itself is news for the others. */
export function owes(
  endpoint: Filter & { id: EndpointId },
  event: Pick<LedgerEvent, 'type' | 'sessionId' | 'sessionName' | 'json'>,
): boolean {
  // A test goes to one endpoint, whatever the filters say: who asked for it has noted its delivery.
  if (event.type === 'webhook.test' || !matches(endpoint, event)) return false;
  return event.type !== 'webhook.disabled' || (JSON.parse(event.json) as { endpointId: string }).endpointId !== endpoint.id;
}
