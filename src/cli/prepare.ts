import { migrationSource } from '../db/migrate.ts';

/** Loads what a first start loads, so that it finds all of it in the compile cache and needs no compiler for TypeScript. */
export async function prepare(): Promise<void> {
  await import('./serve.ts');
  for (const name of await migrationSource.getMigrations([])) await migrationSource.getMigration(name);
}
