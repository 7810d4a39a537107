import { resolve } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import type { NodeId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import { type DatabaseHold, holdDatabase } from '../db/database-hold.ts';
import { databaseLocation } from '../db/location.ts';
import { migrate } from '../db/migrate.ts';
import { type Database, openDatabase } from '../db/open.ts';
import { type Held, holdDirectory, makeDirectory } from '../home/data-directory.ts';
import { finishRotation } from '../home/key-rotation.ts';
import { loadSecretKey } from '../home/secret-key.ts';
import { blobStoreOf } from './blob-store.ts';
import type { Closer } from './closing.ts';
import { type ClusterNode, clusterNode } from './cluster-node.ts';
import { fitTogether, refuseForeign } from './parts.ts';
import { placeSeals, resealAll, sealedWith } from './reseal.ts';

export interface Storage {
  db: Database;
  blobs: BlobStore;
  secretKey: Buffer;
  /** What this hub is among others; null where it has its database to itself. */
  node: ClusterNode | null;
  /** It has started: other nodes may. */
  begun(): Promise<void>;
}

/** What is on disk, held by this process alone, or by the nodes of its cluster, and brought up to date. */
export async function openStorage(
  config: Config,
  runtime: Runtime,
  { opened, onLost, nodeId }: { opened: Closer[]; onLost: (error: Error) => void; nodeId: NodeId | null },
): Promise<Storage> {
  const hold = (held: Held): void => void opened.push(() => held.release());
  const node = nodeId ? clusterNode(nodeId, config, runtime) : null;
  if (node) {
    await makeDirectory('data', config.dataDir);
    await makeDirectory('tokens', config.tokensDir);
  } else {
    hold(await holdDirectory('data', config.dataDir, runtime));
    if (resolve(config.tokensDir) !== resolve(config.dataDir)) hold(await holdDirectory('tokens', config.tokensDir, runtime));
  }
  const location = databaseLocation(config);
  const owner = 'url' in location ? await holdPostgres(location.url, config, runtime, { onLost, node }) : undefined;
  if (owner) hold(owner);
  const begun = node && owner ? await owner.startAlone() : async () => undefined;
  const blobs = blobStoreOf(config, runtime);
  await blobs.check();
  const places = { ...config, blobs };
  await refuseForeign(places, location);
  const migrated = await migrate(location);
  await owner?.claim();
  if (migrated.length > 0) runtime.log.info('The database was brought up to date', { migrations: migrated });
  const onError = (error: unknown): void => runtime.log.error('What was to follow a commit failed', { error: messageOf(error) });
  const db = openDatabase(location, { onError, log: runtime.log, clock: runtime.clock, ...(owner && { hold: owner }) });
  opened.push(() => db.close());
  await fitTogether(places, db, runtime);
  if (!config.secretKey) await finishRotation(config.dataDir, (from, to) => resealAll(db, from, to, runtime.log));
  const sealed = { configured: config.secretKey, sealedWith: await sealedWith(db) };
  const secretKey = await loadSecretKey(config.dataDir, { ...sealed, log: runtime.log });
  await placeSeals(db, secretKey, runtime.log);
  return { db, blobs, secretKey, node, begun };
}

function holdPostgres(
  url: string,
  { databaseWaitSeconds }: Config,
  { clock, log }: Runtime,
  { onLost, node }: { onLost: (error: Error) => void; node: ClusterNode | null },
): Promise<DatabaseHold> {
  return holdDatabase(url, { clock, log, onLost, patience: databaseWaitSeconds * 1_000, ...(node && { tenure: node.tenure }) });
}
