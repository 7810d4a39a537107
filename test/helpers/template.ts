/** The database that tests begin with: migrated once, and copied for each. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoizeAsync } from '../../src/core/memoize.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));
const TEMPLATES = fileURLToPath(new URL('../../node_modules/.cache/hookline-test/', import.meta.url));

/** After what is in the migrations, so that one serves every run until they change. */
export const templateName = memoizeAsync(async () => {
  const hash = createHash('sha256');
  for (const file of (await readdir(MIGRATIONS)).sort()) hash.update(await readFile(join(MIGRATIONS, file)));
  return `hookline_template_${hash.digest('hex').slice(0, 12)}`;
});

/** A file that nobody has open. */
export const sqliteTemplate = memoizeAsync(async (): Promise<string> => {
  const file = join(TEMPLATES, `${await templateName()}.sqlite`);
  if (existsSync(file)) return file;
  await mkdir(TEMPLATES, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  // Seldom needed, and more to load than all the rest of a test that speaks to a hub over HTTP.
  const { migrate } = await import('../../src/db/migrate.ts');
  await migrate({ file: draft });
  // Several may make it at the same time; each of theirs is whole.
  await rename(draft, file);
  return file;
});
