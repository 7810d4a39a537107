/** `npm run faults [file …]`: the tests of faults with all their rounds, one after the other; `npm test` does a few. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const asked = process.argv.slice(2);
const files = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.test.ts') && (asked.length === 0 || asked.includes(basename(file, '.test.ts'))))
  .map((file) => `test/faults/${file}`);
if (files.length === 0) throw new Error(`There are no faults named ${asked.join(', ')}`);
const { status } = spawnSync('ava', ['--serial', '--concurrency=1', '--timeout=60m', ...files], {
  stdio: 'inherit',
  env: { ...process.env, HOOKLINE_TEST_FAULTS: 'full' },
});
process.exit(status ?? 1);
