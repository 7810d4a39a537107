/** For the knex command line, on the database that the hub's own configuration names. `npx hookline migrate` does the same. */
import { loadConfig } from './src/config/load.ts';
import { databaseLocation } from './src/db/location.ts';
import { migrationSource } from './src/db/migrate.ts';
import { knexConfig } from './src/db/open.ts';

export default {
  ...knexConfig(databaseLocation(loadConfig({ dev: false })), { min: 0, max: 1 }),
  migrations: { migrationSource },
};
