import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ForeignDialect } from '../core/dialects.ts';
import { hasCode } from '../core/errors.ts';
import { cloudEvents } from '../dialects/cloud/events.ts';
import { evolutionEvents } from '../dialects/evolution/events.ts';
import { wahaEvents } from '../dialects/waha/events.ts';
import { wppconnectEvents } from '../dialects/wppconnect/events.ts';
import type { MediaLibrary } from '../messages/media/library.ts';
import type { Outbox } from '../messages/sends/outbox.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { DialectFacts, EventDialect } from '../webhooks/ports.ts';

/** How endpoints are told of events in the words of other products, whether or not their clients are answered. */
export const EVENT_DIALECTS: Record<ForeignDialect, EventDialect> = {
  evolution: evolutionEvents,
  cloud: cloudEvents,
  waha: wahaEvents,
  wppconnect: wppconnectEvents,
};

/** Bytes of a file that stands in the body of a request; larger ones are asked for by whoever wants them. */
const LARGEST_FILE = 16 * 1_024 * 1_024;

export const nullIfMissing = (error: unknown): null => {
  if (hasCode(error, 'not-found', 'media-unavailable')) return null;
  throw error;
};

/** What dialects ask for besides the event. */
export const dialectFacts = ({
  sessions,
  outbox,
  media,
}: {
  sessions: Pick<Sessions, 'get' | 'ref'>;
  outbox: Pick<Outbox, 'get' | 'called'>;
  media: Pick<MediaLibrary, 'open'>;
}): DialectFacts => ({
  account: (tenantId, sessionId) => sessions.get(tenantId, sessionId).then(({ phone, pushName }) => ({ phone, pushName }), nullIfMissing),
  message: (tenantId, messageId) => outbox.get(tenantId, messageId).catch(nullIfMissing),
  async called(tenantId, sessionId, engineId) {
    const session = await sessions.ref(tenantId, sessionId).catch(nullIfMissing);
    return session && outbox.called(session, engineId);
  },
  async file(tenantId, mediaId) {
    const file = await media.open(tenantId, mediaId).catch(nullIfMissing);
    if (!file || file.size > LARGEST_FILE) return null;
    return (await buffer((await file.read()) as Readable)).toString('base64');
  },
});
