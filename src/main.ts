// sqlite3 and name lookups share libuv's threads: with four, lookups that hang would hold up the database.
process.env.UV_THREADPOOL_SIZE ??= '16';

const { run } = await import('./cli/cli.ts');
process.exitCode = await run(process.argv.slice(2));

export {};
