import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { explained } from '../../src/cli/doctor-checks.ts';
import { explainConnection } from '../../src/db/dialect.ts';
import { ROOT } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';

const chromium = findChromium();

test.beforeEach(async (t) => {
  t.context = await mkdtemp(join(tmpdir(), 'hookline-doctor-'));
});
test.afterEach.always((t) => rm(t.context as string, { recursive: true, force: true }));

async function doctor(cwd: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), 'doctor'], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  const line = (name: string) => stdout.split('\n').find((candidate) => candidate.slice(6).startsWith(`${name} `)) ?? '';
  return { code, stdout, stderr, line };
}

test('a fault of the database is told with what the server says, as a start tells it', (t) => {
  const missing = Object.assign(new Error('database "shop" does not exist'), { code: '3D000' });
  t.regex(explained(explainConnection(missing)), /^HOOKLINE_DATABASE_URL database "shop" does not exist: make it \(createdb shop\)/);
});

test('what cannot work is named, with what to do, and the exit code is 1', async (t) => {
  const cwd = t.context as string;
  await writeFile(join(cwd, 'not-a-directory'), '');
  const env = {
    HOOKLINE_CHROMIUM: '/nowhere/chromium',
    HOOKLINE_DATA_DIR: 'not-a-directory/data',
    HOOKLINE_DATABASE_URL: 'postgres://a@127.0.0.1:1/x',
  };
  const { code, stdout, line } = await doctor(cwd, env);
  t.is(code, 1, stdout);
  t.regex(line('data'), /^FAIL .*cannot be written/);
  t.regex(line('database'), /^FAIL .*Postgres at 127\.0\.0\.1:1: .*ECONNREFUSED.*HOOKLINE_DATABASE_URL/);
  t.regex(line('chromium'), /^FAIL .*\/nowhere\/chromium/);
  t.regex(line('tokens'), /^ok /);
  t.regex(stdout, /→ .*apt install chromium/);
  t.deepEqual(await readdir(cwd), ['not-a-directory'], 'it changes nothing');
});

(chromium ? test : test.skip)('where all is there the real wppconnect comes up in the browser, and nothing is left of it', async (t) => {
  const cwd = t.context as string;
  const { code, stdout, line } = await doctor(cwd, { HOOKLINE_CHROMIUM: chromium as string });
  t.is(code, 0, stdout);
  t.regex(line('browser'), /^ok .* with wa-js \d+\.\d+/);
  t.regex(line('database'), /^ok /);
  t.deepEqual(await readdir(cwd), []);
});
