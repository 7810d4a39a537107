import { join } from 'node:path';
import type { DatabaseLocation } from './open.ts';

/** Where a hub so configured keeps its database. */
export function databaseLocation({ databaseUrl, dataDir }: { databaseUrl?: string | undefined; dataDir: string }): DatabaseLocation {
  return databaseUrl ? { url: databaseUrl } : { file: join(dataDir, 'hookline.sqlite') };
}
