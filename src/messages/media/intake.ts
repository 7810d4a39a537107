import { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { limitReached } from '../../core/limits.ts';
import type { KeptFile } from '../../core/message.ts';
import type { Clock } from '../../core/runtime.ts';
import type { Taken, Tally } from '../../core/tally.ts';
import { type Blobs, PIN_LASTS } from './blobs.ts';
import type { MediaSettings } from './media.ts';
import { mimetypeOf } from './mimetype.ts';

/** Stores what comes from outside, whoever sends it: within the tenant's limits, whole, and known by its bytes. */
export class FileIntake {
  readonly #blobs: Blobs;
  readonly #settingsOf: (tenantId: TenantId) => Promise<MediaSettings>;
  readonly #used: Tally;
  readonly #clock: Pick<Clock, 'after'>;

  /** `used`: the bytes of each tenant. */
  constructor(blobs: Blobs, used: Tally, settingsOf: (tenantId: TenantId) => Promise<MediaSettings>, clock: Pick<Clock, 'after'>) {
    this.#blobs = blobs;
    this.#used = used;
    this.#settingsOf = settingsOf;
    this.#clock = clock;
  }

  /**
   * `announced`: bytes, as the sender says. Rejects with `media-too-large`, `media-invalid`,
   * `limit-reached` or `storage-full`, and as `chunks` does.
   */
  async store(
    tenantId: TenantId,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { hint, announced = 0 }: { hint?: string | undefined; announced?: number } = {},
  ): Promise<KeptFile> {
    const { maxBytes, quotaBytes } = await this.#settingsOf(tenantId);
    const used = quotaBytes === null ? 0 : await this.#used.known(tenantId, maxBytes, quotaBytes);
    const room = quotaBytes === null ? maxBytes : quotaBytes - used;
    const limit = Math.min(maxBytes, room);
    const tooLarge = (): HooklineError => (room < maxBytes ? overQuota(quotaBytes ?? 0, used) : largerThan(maxBytes));
    if (limit <= 0 || announced > limit) throw tooLarge();
    let taken: Taken | undefined;
    const look = async (path: string, size: number): Promise<string> => {
      if (size === 0) throw new HooklineError('media-invalid', 'The file is empty. Send one with content.');
      // Others that came meanwhile may have taken the room.
      taken = await this.#used.take(tenantId, size, quotaBytes, { whole: true });
      if (taken.granted === 0) throw overQuota(quotaBytes ?? 0, taken.used);
      return mimetypeOf(path, hint);
    };
    const settle = (): void => taken?.settle();
    try {
      const { blob, seen } = await this.#blobs.keep(tenantId, chunks, { limit, tooLarge, look });
      // Of what is never let go the room would be taken for ever.
      const late = this.#clock.after(PIN_LASTS, settle);
      const release = (): void => {
        late.cancel();
        blob.release();
        settle();
      };
      return { ...blob, release, mimetype: seen };
    } catch (error) {
      settle();
      throw error;
    }
  }
}

const largerThan = (maxBytes: number): HooklineError =>
  new HooklineError('media-too-large', `The file is larger than ${maxBytes} bytes, which is the limit here.`);

const overQuota = (limit: number, used: number): HooklineError =>
  limitReached({ name: 'mediaBytes', limit, used }, 'This file does not fit in: delete some.');
