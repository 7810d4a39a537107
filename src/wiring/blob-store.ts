import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { DiskStore } from '../blobs/disk-store.ts';
import { S3Store } from '../blobs/s3-store.ts';
import type { Config } from '../config/load.ts';
import type { Runtime } from '../core/runtime.ts';

/** Of the files on this machine: all of them, or drafts and copies of those that are in S3. */
const mediaDirectoryOf = (dataDir: string): string => join(dataDir, 'media');

/** Where the files of messages are, as it is configured. Nothing is asked of it yet. */
export function blobStoreOf(
  { dataDir, media, s3, databaseWaitSeconds }: Pick<Config, 'dataDir' | 'media' | 's3' | 'databaseWaitSeconds'>,
  runtime: Pick<Runtime, 'clock' | 'random' | 'log'>,
): BlobStore {
  const directory = mediaDirectoryOf(dataDir);
  const { bucket, accessKeyId, secretAccessKey } = s3;
  // The configuration has all of them where it says s3.
  if (media.store !== 's3' || !bucket || !accessKeyId || !secretAccessKey) return new DiskStore(directory);
  return new S3Store({ ...s3, bucket, accessKeyId, secretAccessKey, directory, patience: databaseWaitSeconds * 1_000 }, runtime);
}
