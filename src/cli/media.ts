import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eachOf } from '../backup/each-of.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';
import { writeStream } from '../core/whole-file.ts';
import { hubOfDatabase } from '../db/hub-identity.ts';
import { allFiles, type NamedFile } from '../messages/media/file-store.ts';
import { answer } from './output.ts';
import { showProgress } from './progress.ts';
import { blobsOf, recorded, withDatabase } from './storage.ts';

type StoreName = Config['media']['store'];

/**
 * Copies each file that the database names from another store into the configured one, and leaves it where it was. The hub may run on
 * the other one meanwhile: what is there already is not copied again, so a second time takes what came since.
 */
export async function copyMedia({ from }: { from: StoreName }): Promise<void> {
  const config = loadConfig({ dev: false });
  const { store } = config.media;
  if (store === from) {
    const detail = `The hub is configured to keep its files in "${store}" (media.store). Configure the store that they are to go to, and name the one that they are in now.`;
    throw new HooklineError('bad-request', detail);
  }
  const source = blobsOf(loadedWith(config, from));
  const target = blobsOf(config);
  for (const each of [source, target]) await each.check();
  const done = await withDatabase(config, (db, runtime) =>
    recorded(db, runtime, { action: 'hub.media.copy', tenantId: null }, async () => {
      const hub = await hubOfDatabase(db);
      for (const each of [source, target]) await refuseOther(each, hub);
      const counts = await copyAll(await allFiles(db), source, target);
      // A start knows by it that the files are there.
      if (hub && counts.missing === 0) await target.nameHub(hub);
      return counts;
    }),
  );
  const missing = done.missing > 0 ? ` ${done.missing} are not in ${source.place}.` : '';
  answer(
    { from: source.place, to: target.place, ...done },
    `${done.copied} files were copied from ${source.place} to ${target.place}, and ${done.present} were there.${missing}\n`,
  );
}

/** S3 has to be configured whichever way they go. */
function loadedWith(config: Config, store: StoreName): Config {
  if (store === 's3' && !(config.s3.bucket && config.s3.accessKeyId && config.s3.secretAccessKey)) {
    throw new HooklineError('bad-request', 'Configure the bucket that the files are in: s3.bucket, s3.accessKeyId and s3.secretAccessKey.');
  }
  return { ...config, media: { ...config.media, store } };
}

async function refuseOther(store: BlobStore, hub: string | undefined): Promise<void> {
  const found = await store.hub();
  if (found === undefined || found === hub) return;
  throw new HooklineError(
    'bad-request',
    `${store.place} has the files of another hub (${found}), and this is ${hub ?? 'one without an id'}.`,
  );
}

async function copyAll(files: readonly NamedFile[], source: BlobStore, target: BlobStore) {
  using progress = showProgress();
  const counts = { copied: 0, present: 0, missing: 0 };
  let seen = 0;
  await eachOf(files, async (file) => {
    progress.to('media', ++seen, files.length);
    counts[await copy(file, source, target)]++;
  });
  return counts;
}

async function copy(file: NamedFile, source: BlobStore, target: BlobStore): Promise<'copied' | 'present' | 'missing'> {
  if (await target.find(file)) return 'present';
  const bytes = await source.read(file);
  if (!bytes) return 'missing';
  const draft = join(target.drafts, randomUUID());
  try {
    const { sha256, size } = await writeStream(bytes, draft);
    if (sha256 !== file.sha256) return 'missing';
    await target.put(draft, file, size);
    return 'copied';
  } finally {
    bytes.destroy();
    await rm(draft, { force: true });
  }
}
