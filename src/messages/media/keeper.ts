import { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { KeptFile } from '../../core/message.ts';
import type { Blobs } from './blobs.ts';
import type { MediaSettings } from './media.ts';
import type { MediaStore } from './media-store.ts';
import { mimetypeOf } from './mimetype.ts';

/** Stores what comes from outside, whoever sends it: within the tenant's limits, whole, and known by its bytes. */
export class Keeper {
  readonly #blobs: Blobs;
  readonly #store: MediaStore;
  readonly #settingsOf: (tenantId: TenantId) => Promise<MediaSettings>;

  constructor(blobs: Blobs, store: MediaStore, settingsOf: (tenantId: TenantId) => Promise<MediaSettings>) {
    this.#blobs = blobs;
    this.#store = store;
    this.#settingsOf = settingsOf;
  }

  /** `announced`: bytes, as the sender says. Rejects with `media-too-large`, `media-invalid` or `storage-full`, and as `chunks` does. */
  async keep(
    tenantId: TenantId,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { hint, announced = 0 }: { hint?: string | undefined; announced?: number } = {},
  ): Promise<KeptFile> {
    const { maxBytes, quotaBytes } = await this.#settingsOf(tenantId);
    const room = quotaBytes === null ? maxBytes : quotaBytes - (await this.#store.read(tenantId, (media) => media.usedBytes()));
    const limit = Math.min(maxBytes, room);
    const tooLarge = (): HooklineError => (room < maxBytes ? overQuota(quotaBytes ?? 0) : largerThan(maxBytes));
    if (limit <= 0 || announced > limit) throw tooLarge();
    const look = (path: string, size: number): Promise<string> => {
      if (size === 0) throw new HooklineError('media-invalid', 'The file is empty. Send one with content.');
      return mimetypeOf(path, hint);
    };
    const { blob, seen } = await this.#blobs.keep(tenantId, chunks, { limit, tooLarge, look });
    return { ...blob, mimetype: seen };
  }
}

const largerThan = (maxBytes: number): HooklineError =>
  new HooklineError('media-too-large', `The file is larger than ${maxBytes} bytes, which is the limit here.`);

const overQuota = (quotaBytes: number): HooklineError =>
  new HooklineError('storage-full', `The files of this tenant may take ${quotaBytes} bytes, and this one does not fit in. Delete some.`);
