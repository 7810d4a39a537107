import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { installService, unitOf } from '../../src/cli/install-service.ts';

const PROGRAMS = { node: '/usr/bin/node', launcher: '/opt/hookline/hookline.js' };
const HOME = { user: 'hookline', directory: '/var/lib/hookline' };
/** A key may stand several times in a unit; here none does. */
const settings = (unit: string): Record<string, string> =>
  Object.fromEntries([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key as string, value as string]));

test('the unit starts the hub in its directory, as its user, and lets it write nowhere else', (t) => {
  t.like(settings(unitOf(HOME, PROGRAMS)), {
    ExecStart: '"/usr/bin/node" "/opt/hookline/hookline.js" serve',
    User: 'hookline',
    WorkingDirectory: '/var/lib/hookline',
    StateDirectory: 'hookline',
    StateDirectoryMode: '0700',
    Restart: 'always',
    RestartPreventExitStatus: '78',
    KillMode: 'mixed',
    OOMPolicy: 'continue',
    NoNewPrivileges: 'yes',
    CapabilityBoundingSet: '',
    ProtectSystem: 'strict',
    ProtectHome: 'yes',
    SystemCallFilter: '@system-service',
    WantedBy: 'multi-user.target',
  });
  const elsewhere = settings(unitOf({ ...HOME, directory: '/srv/hub' }, PROGRAMS));
  t.is(elsewhere.StateDirectory, undefined);
  t.is(elsewhere.ReadWritePaths, '/srv/hub');
  // V8 makes code as it runs.
  t.is(elsewhere.MemoryDenyWriteExecute, undefined);
});

test('a checkout in a home can be read, and what systemd would read as its own stands escaped', (t) => {
  const unit = settings(unitOf(HOME, { node: '/usr/bin/node', launcher: '/home/ana/my $hub 100%/hookline.js' }));
  t.is(unit.ProtectHome, 'read-only');
  t.is(unit.ExecStart, '"/usr/bin/node" "/home/ana/my $$hub 100%%/hookline.js" serve');
});

test('it is written once, the same again changes nothing, and another unit is not written over', async (t) => {
  const place = await mkdtemp(join(tmpdir(), 'hookline-unit-'));
  t.teardown(() => rm(place, { recursive: true, force: true }));
  const options = { ...HOME, file: join(place, 'hookline.service'), dryRun: false, force: false };
  for (const _ of [1, 2]) await installService(options, PROGRAMS);
  t.is(await readFile(options.file, 'utf8'), unitOf(HOME, PROGRAMS));
  t.is((await stat(options.file)).mode & 0o777, 0o644);
  const other = { ...options, user: 'somebody' };
  await t.throwsAsync(installService(other, PROGRAMS), { message: /--force replaces it/ });
  t.is(await readFile(options.file, 'utf8'), unitOf(HOME, PROGRAMS));
  await installService({ ...other, force: true }, PROGRAMS);
  t.regex(await readFile(options.file, 'utf8'), /^User=somebody$/m);
  await t.throwsAsync(installService({ ...options, file: join(place, 'none', 'hookline.service') }, PROGRAMS), { message: /--dry-run/ });
});
