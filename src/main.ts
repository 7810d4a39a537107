import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ROOT } from './version.ts';

// Halves the time to start from the second start on. Not in the shared temporary directory, where others could write.
enableCompileCache(fileURLToPath(new URL('node_modules/.cache/hookline', ROOT)));
// sqlite3 and name lookups share libuv's threads: with four, lookups that hang would hold up the database.
process.env.UV_THREADPOOL_SIZE ??= '16';

const { run } = await import('./cli/cli.ts');
process.exitCode = await run(process.argv.slice(2));
