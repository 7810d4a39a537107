/** A file of a message: inbound, outbound, or uploaded for a send to come. */

import type { MediaId, MessageId, SessionId, TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Direction, MediaView } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { filenameOf, nameInUrl } from './filename.ts';

/**
 * A row of `media`. `pending` until the bytes are here: a received one is fetched by the lane of its session, one that is to be
 * sent from its `url` when its turn comes. `ready` exactly as long as it has a `sha256`, and then the file is on disk.
 */
export interface StoredMedia {
  id: MediaId;
  tenantId: TenantId;
  sessionId: SessionId | null;
  messageId: MessageId | null;
  direction: Direction;
  status: MediaView['status'];
  sha256: string | null;
  /** Bytes; of a pending one what the sender said. */
  size: number | null;
  mimetype: string;
  filename: string | null;
  url: string | null;
  attempts: number;
  dueAt: Milliseconds | null;
  error: { code: string; message: string } | null;
  createdAt: Milliseconds;
}

/** A tenant's limits. */
export interface MediaSettings {
  /** Bytes of one file. */
  maxBytes: number;
  retentionDays: number;
  /** Bytes of all its files (the limit `mediaBytes`); null for as many as the disk takes. */
  quotaBytes: number | null;
}

/** Of one that is still to be fetched the name is the one in its URL, unless the answer has another. */
export function mediaViewOf({ id, status, mimetype, filename: given, url, size }: StoredMedia): MediaView & { id: MediaId } {
  const filename = given ?? (url === null ? null : (filenameOf(nameInUrl(url)) ?? null));
  return {
    id,
    url: status === 'ready' ? `/api/media/${id}` : null,
    mimetype,
    ...(filename !== null && { filename }),
    ...(size !== null && { size }),
    status,
  };
}

/** Media with whose it is and how it came to stand where it stands, as `GET /api/media/{id}/info` answers it. */
export interface MediaDetail extends MediaView {
  id: MediaId;
  direction: Direction;
  /** Null for an upload: each send of it is media of its own. */
  messageId: MessageId | null;
  sessionId: SessionId | null;
  /** Why the bytes are not here. */
  error?: { code: string; message: string };
  createdAt: string;
}

export function mediaDetailOf(media: StoredMedia): MediaDetail {
  const { direction, messageId, sessionId, error, createdAt } = media;
  return {
    ...mediaViewOf(media),
    ...{ direction, messageId, sessionId },
    ...(error && { error }),
    createdAt: iso(createdAt),
  };
}
