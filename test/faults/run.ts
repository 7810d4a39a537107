/**
 * `npm run faults`: lists the faults there are. `npm run faults NAME…` does some of them, `npm run faults all` all, and writes
 * what was seen into bench/FAULTS.md. `NAME=N` says how often or how long; `sqlite` or `postgres` says on which. Ends with 1
 * when something did not hold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { load, machine, Report, table } from '../../bench/report.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import { stores } from '../helpers/database.ts';
import { clock } from './rows/clock.ts';
import { cluster } from './rows/cluster.ts';
import { directories } from './rows/directories.ts';
import { diskErrors, diskFull } from './rows/disk.ts';
import { killAtWrite } from './rows/kill-at-write.ts';
import { locks } from './rows/locks.ts';
import { migrations } from './rows/migrations.ts';
import { mutations } from './rows/mutations.ts';
import { browserPaused, hubPaused } from './rows/paused.ts';
import { poison, poisonedPhone } from './rows/poison.ts';
import { soak } from './rows/soak.ts';
import { type FaultRow, Stage } from './stage.ts';

const ROWS: Record<string, FaultRow> = {
  'kill-at-write': killAtWrite,
  migrations,
  'disk-full': diskFull,
  'disk-errors': diskErrors,
  clock,
  locks,
  directories,
  poison,
  'poisoned-phone': poisonedPhone,
  'hub-paused': hubPaused,
  'browser-paused': browserPaused,
  cluster,
  soak,
  mutations,
};
/** Tests that `npm test` does in short; here with all their rounds. */
const TESTS = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => basename(file, '.test.ts'));
const STORES: readonly string[] = ['sqlite', 'postgres'];
const sectionOf = (row: string, store: string): string => (ROWS[row]?.once ? row : `${row} on ${store}`);

const words = process.argv.slice(2).map((word) => word.split('='));
const asked = new Map(words.filter(([word = '']) => !STORES.includes(word)).map(([name = '', count]) => [name, count]));
const on = words.map(([word = '']) => word).filter((word) => STORES.includes(word));
const names = [...Object.keys(ROWS), ...TESTS];
const missing = [...asked.keys()].filter((name) => name !== 'all' && !names.includes(name));
if (missing.length > 0) throw new Error(`There are no faults named ${missing.join(', ')}; there are: ${names.join(', ')}`);

if (asked.size === 0) {
  process.stdout.write(
    'npm run faults NAME… does some of these, npm run faults all all of them. NAME=N: so many; sqlite or postgres: only on that.\n\n',
  );
  for (const [name, { what, count }] of Object.entries(ROWS)) {
    process.stdout.write(`${name.padEnd(15)} ${what}\n${' '.repeat(16)}${name}=${count.usual}: ${count.of}\n`);
  }
  process.stdout.write(`\nThe tests of \`npm test\`, with all their rounds: ${TESTS.join(', ')}\n`);
  process.exit(0);
}

const report = new Report(new URL('../../bench/FAULTS.md', import.meta.url), {
  head: '# Faults\n\nWritten by `npm run faults`. Three ledgers (client, phone, receiver) are compared with the hub after each of them: I1 every acknowledged send ends, none vanishes; I2 a phone sees each at most once; I3 every event arrives or is given up, under one id; I4 order; I5 the database is whole.',
  order: [...new Set(Object.keys(ROWS).flatMap((name) => STORES.map((store) => sectionOf(name, store)))), ...TESTS],
});
const here = await stores();
let failed = false;

for (const name of names) {
  if (!asked.has('all') && !asked.has(name)) continue;
  const row = ROWS[name];
  if (!row) await doTest(name);
  else
    for (const store of row.once ? (['sqlite'] as const) : here) if (on.length === 0 || on.includes(store)) await doRow(name, row, store);
}
process.exit(failed ? 1 : 0);

function tell(section: string, lines: readonly string[], broken: readonly string[]): void {
  failed ||= broken.length > 0;
  const verdict = broken.length === 0 ? ['Everything held.'] : ['**Did not hold:**', '', ...broken.map((what) => `- ${what}`)];
  report.write(section, [...lines, '', ...verdict]);
}

async function doRow(name: string, row: FaultRow, store: DialectName): Promise<void> {
  if (!(row.needs ?? []).every((has) => has())) return;
  const before = load();
  const count = Number(asked.get(name) ?? row.count.usual);
  const stage = new Stage(store, count);
  const began = performance.now();
  try {
    await row.run(stage);
  } catch (error) {
    stage.broken.push(`it ended early: ${error instanceof Error ? error.message : error}`);
  } finally {
    await stage.end();
  }
  const took = `${count} ${row.count.of}, ${Math.round((performance.now() - began) / 1_000)} s in all.`;
  tell(sectionOf(name, store), [`${row.what}: ${took}`, '', machine(before), '', ...table(stage.figures)], stage.broken);
}

/** What a test logs are its figures. */
async function doTest(name: string): Promise<void> {
  const before = load();
  const child = spawn('ava', ['--serial', '--concurrency=1', '--timeout=60m', `test/faults/${name}.test.ts`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', HOOKLINE_TEST_FAULTS: 'full' },
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const [status] = await once(child, 'close');
  const said = output.split('\n').map((line) => line.trim());
  const lines = said.filter((line) => /^[✔ℹ]/.test(line)).map((line) => `- ${line.replace(/^[✔ℹ] /, '')}`);
  const broken = said.filter((line) => line.startsWith('✘')).map((line) => line.replace(/^✘ /, ''));
  tell(name, [machine(before), '', ...lines], broken.length === 0 && status !== 0 ? ['the test ended early'] : broken);
}
