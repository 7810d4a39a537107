import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskStore } from '../../src/blobs/disk-store.ts';
import { systemClock } from '../../src/core/runtime.ts';
import type { Database } from '../../src/db/open.ts';
import { createEgress } from '../../src/egress/client.ts';
import type { Uploads } from '../../src/http/upload.ts';
import { MediaLibrary } from '../../src/messages/media/library.ts';
import type { MediaPorts } from '../../src/messages/media/ports.ts';
import type { testRuntime } from './runtime.ts';

/** For an HTTP of routes that take no files. */
export const NO_UPLOADS: Uploads = {
  media: { keep: () => Promise.reject(new Error('No route takes files here')), drop: async () => undefined },
  clock: systemClock,
  deadline: 1_000,
  idle: 1_000,
};

/** The library with a directory of its own, for rooms that only pass files on; `dispose` removes what it wrote. */
export function mediaLibrary(
  db: Database,
  ports: Omit<MediaPorts, 'egress' | 'settingsOf'>,
  runtime: Pick<ReturnType<typeof testRuntime>, 'clock' | 'random' | 'log'>,
): { media: MediaLibrary; dispose(): Promise<void> } {
  const directory = join(tmpdir(), `hookline-media-${randomUUID()}`);
  const egress = createEgress({ allow: ['127.0.0.0/8'] });
  const settingsOf = async () => ({ maxBytes: 10_000_000, retentionDays: 30, quotaBytes: null });
  const media = new MediaLibrary(
    db,
    { ...ports, egress, settingsOf },
    { ...runtime, store: new DiskStore(directory), deadline: 30_000, idle: 30_000 },
  );
  return {
    media,
    async dispose() {
      await media.stop();
      egress.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
