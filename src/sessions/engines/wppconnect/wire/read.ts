/** From what came out of the page to an arrival: the same way for what comes live, what was missed, and what was set aside. Pure. */
import type { Arrival, Unreadable } from '../../../../core/arrival.ts';
import type { Heard } from '../page/page-hear.ts';
import { mapMessage, type Own, serialized, type WireMessage } from './map-message.ts';
import { mapNotice } from './map-notice.ts';

/** Throws when it cannot be read; null for what says nothing to the hub. */
export function readArrival(kind: Unreadable['kind'], raw: unknown, own: Own | null = null): Arrival | null {
  if (kind === 'message') {
    // wppconnect hands over nothing for what it takes for no message itself.
    if (raw === undefined || raw === null) return null;
    const message = mapMessage(raw as WireMessage, own);
    return message && { message };
  }
  if (kind === 'ack') return null;
  const notice = mapNotice(raw as Exclude<Heard, { kind: 'receipt' | 'pairing-code' | 'unreadable' }>);
  return notice && { notice };
}

/** As `readArrival`, but what cannot be read comes back whole, with why. */
export function readable(kind: Unreadable['kind'], raw: unknown, own: Own | null = null): Arrival | { unreadable: Unreadable } | null {
  try {
    return readArrival(kind, raw, own);
  } catch (error) {
    return { unreadable: { kind, raw, engineId: idIn(raw), error } };
  }
}

function idIn(raw: unknown): string | null {
  const { id } = (raw ?? {}) as { id?: WireMessage['id'] };
  const found = serialized(id);
  return typeof found === 'string' ? found : null;
}
