import { buffer } from 'node:stream/consumers';
import { HooklineError } from '../core/errors.ts';
import type { MediaId } from '../core/ids.ts';
import type { Voices } from '../flows/ports.ts';
import type { MediaLibrary } from '../messages/media/library.ts';

/** The files of messages, for flows that have them written down. */
export const voicesOf = (media: Pick<MediaLibrary, 'open'>): Voices => ({
  async read(tenantId, mediaId, most) {
    try {
      const { mimetype, size, read } = await media.open(tenantId, mediaId as MediaId);
      if (size > most) return { error: `The voice message has ${size} bytes; the most is ${most}` };
      return { bytes: await buffer(await read()), mimetype };
    } catch (error) {
      if (!(error instanceof HooklineError)) throw error;
      // Only what is still to come says when to ask again.
      return error.retryAfter === undefined ? { error: error.message } : 'pending';
    }
  },
});
