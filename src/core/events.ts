import type { EventId, SessionId, TenantId } from './ids.ts';
import { iso } from './iso.ts';
import type { Milliseconds } from './runtime.ts';

/** The types of the ledger. Part of the outside contract; a flow's own events are `custom.…` besides. */
export const EVENT_TYPES = [
  'session.qr',
  'session.pairing-code',
  'session.passkey',
  'session.status',
  'session.stale',
  'session.attention',
  'message.received',
  'message.fromphone',
  'message.scheduled',
  'message.queued',
  'message.sending',
  'message.sent',
  'message.delivered',
  'message.undelivered',
  'message.read',
  'message.played',
  'message.failed',
  'message.expired',
  'message.canceled',
  'message.unknown',
  'message.edited',
  'message.revoked',
  'message.reaction',
  'media.ready',
  'media.failed',
  'poll.vote',
  'presence.changed',
  'group.participants',
  'call.incoming',
  'chat.handoff',
  'chat.resumed',
  'contact.opted-out',
  'contact.opted-in',
  'flow.requested',
  'flow.refused',
  'flow.started',
  'flow.ended',
  'flow.failed',
  'webhook.test',
  'webhook.disabled',
  'quarantine.added',
] as const;
export type EventType = (typeof EVENT_TYPES)[number] | `custom.${string}`;

/** What a room's store hands to the ledger in its own transaction. */
export interface EventDraft {
  tenantId: TenantId;
  /** Null for what concerns the tenant as a whole, such as `webhook.disabled`. */
  session: { id: SessionId; name: string } | null;
  type: EventType;
  /** Plain JSON. */
  data: unknown;
  /** The chat that it is about, where `data` does not say. */
  subject?: string;
}

/** One fact in the ledger. `position` orders the whole ledger, `seq` the events of one session (or of the tenant itself). */
export interface LedgerEvent {
  position: number;
  id: EventId;
  type: EventType;
  at: Milliseconds;
  tenantId: TenantId;
  sessionId: SessionId | null;
  sessionName: string | null;
  seq: number;
  /** `data` as it was written, as JSON text: carried on byte for byte. */
  json: string;
}

/** The envelope, the same in webhooks, `GET /api/events`, SSE and WebSocket. The text never changes between two tries. */
export function envelope(event: LedgerEvent): string {
  const head = JSON.stringify({
    id: event.id,
    type: event.type,
    timestamp: iso(event.at),
    tenantId: event.tenantId,
    sessionId: event.sessionId,
    sessionName: event.sessionName,
    seq: event.seq,
  });
  return `${head.slice(0, -1)},"data":${event.json}}`;
}

/**
 * What a reader is told that goes on from an event which is not here any more: between the two times it may have missed some.
 * Times ISO 8601.
 */
export interface Gap {
  /** Where it wanted to go on. */
  after: string;
  /** When that was. */
  from: string;
  /** Of the first event that is given; null while there is none. */
  to: string | null;
}

/** A gap as it stands among the events of a live connection; it is none of the ledger, and has no id to go on from. */
export const gapEnvelope = (gap: Gap, tenantId: TenantId, now: Milliseconds): string =>
  JSON.stringify({
    id: null,
    type: 'stream.gap',
    timestamp: iso(now),
    tenantId,
    sessionId: null,
    sessionName: null,
    seq: null,
    data: gap,
  });
