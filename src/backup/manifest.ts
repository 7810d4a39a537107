import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type BlobName, pathOf } from '../blobs/blob-store.ts';
import { HooklineError } from '../core/errors.ts';
import type { HubId, SessionId, TenantId } from '../core/ids.ts';
import { writeWhole } from '../core/whole-file.ts';
import { ENGINES } from '../sessions/engine.ts';

/** What may be left out of a backup, or be missing in one. */
export const PARTS = ['key', 'media', 'logins'] as const;
export type Part = (typeof PARTS)[number];

export const DATABASE_FILES = { sqlite: 'database.sqlite', postgres: 'database.dump' } as const;
export const KEY_FILE = 'secret.key';
export const mediaFileOf = (name: BlobName): string => `media/${pathOf(name)}`;
/** The file of a tenant that `mediaFileOf` has named. */
export function blobOf(path: string): BlobName {
  const [, tenantId = '', , sha256 = ''] = path.split('/');
  return { tenantId: tenantId as TenantId, sha256 };
}
export const loginFileOf = (profile: string): string => `logins/${profile}`;

/** Nothing that a manifest names leads out of its directory. */
const PATH = /^(database\.(sqlite|dump)|secret\.key|media\/tnt_[0-9a-z]{26}\/[0-9a-f]{2}\/[0-9a-f]{64}|logins\/[0-9a-f-]{36})$/;
const PROFILE = /^[0-9a-f-]{36}$/;

const count = z.number().int().nonnegative();
const Login = z.object({
  id: z.string().transform((id) => id as SessionId),
  tenantId: z.string().transform((id) => id as TenantId),
  name: z.string(),
  engine: z.enum(ENGINES),
  profile: z.string().regex(PROFILE),
});
const Manifest = z.object({
  format: z.literal('hookline-backup'),
  version: z.literal(1),
  /** Of this backup. */
  id: z.string(),
  /** The version of Hookline that made it. */
  hookline: z.string(),
  hub: z
    .string()
    .nullable()
    .transform((id) => id as HubId | null),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Whether the hub ran meanwhile, and went on. */
  running: z.boolean(),
  database: z.object({ kind: z.enum(['sqlite', 'postgres']), migrations: z.array(z.string()) }),
  /** What the hub that it is restored to sends: each number is cut at 100,000. */
  waiting: z.object({ sends: count, deliveries: count }),
  /** `needed`: something in it is sealed. */
  key: z.object({ id: z.string().nullable(), needed: z.boolean() }),
  logins: z.array(Login),
  /** Left out on request, or what was not there to be saved. */
  without: z.array(z.enum(PARTS)),
  missing: z.object({ media: count, logins: z.array(z.string()) }),
  files: z.array(z.object({ path: z.string().regex(PATH), size: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

export type Manifest = z.output<typeof Manifest>;
export type BackupFile = Manifest['files'][number];
export type Login = z.output<typeof Login>;

const FILE = 'manifest.json';

/** The last thing that is written: without it there is no backup. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await writeWhole(join(directory, FILE), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Rejects with `bad-request` for what is no backup, or one that was cut off. */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (!['ENOENT', 'ENOTDIR'].includes(error.code ?? '')) throw error;
    throw refuse(`${directory} is no whole backup: there is no ${FILE}, which is written last. A backup that was cut off is of no use.`);
  });
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw refuse(`${path} cannot be read: it was changed or cut off.`);
  }
  const { version } = (manifest ?? {}) as { version?: unknown };
  if (typeof version === 'number' && version > 1) throw refuse(`${path} is of a later version of Hookline. Restore it with that one.`);
  const parsed = Manifest.safeParse(manifest);
  if (parsed.success) return parsed.data;
  throw refuse(`${path} is not what "hookline backup" writes (${parsed.error.issues[0]?.path.join('.')}).`);
}

export const refuse = (detail: string): HooklineError => new HooklineError('bad-request', detail);
