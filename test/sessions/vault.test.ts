import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { removeLock, Vault } from '../../src/sessions/login/vault.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';

async function vault() {
  const root = await mkdtemp(join(tmpdir(), 'hookline-vault-'));
  const clock = new FakeClock(Date.now());
  const profile = 'profile';
  const lock = join(root, profile, 'owner.lock');
  return { root, clock, profile, lock, vault: new Vault(root, clock), remove: () => rm(root, { recursive: true }) };
}

const otherProcess = (): ChildProcess => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });

test('a profile is a directory that only its owner may read', async (t) => {
  const { vault: v, root, profile, remove } = await vault();
  await v.directory(profile);
  t.is((await stat(join(root, profile))).mode & 0o777, 0o700);
  await v.remove(profile);
  t.deepEqual(await readdir(root), []);
  await remove();
});

test('a profile has one owner, who may lock it again and who frees it', async (t) => {
  const { vault: v, root, profile, lock, remove } = await vault();
  await v.lock(profile);
  await v.lock(profile);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { host: hostname(), pid: process.pid });
  t.deepEqual(await readdir(join(root, profile)), ['owner.lock']);
  await v.unlock(profile);
  t.deepEqual(await readdir(join(root, profile)), []);
  await remove();
});

test('the lock of a live process stays, and goes when the process is dead', async (t) => {
  const { vault: v, profile, lock, remove } = await vault();
  const child = otherProcess();
  await once(child, 'spawn');
  await v.directory(profile);
  await writeFile(lock, JSON.stringify({ host: hostname(), pid: child.pid, start: null }));
  await t.throwsAsync(v.lock(profile), { code: 'engine-failed', message: new RegExp(`process ${child.pid} on`) });
  await v.unlock(profile);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { pid: child.pid });

  child.kill('SIGKILL');
  await once(child, 'exit');
  await v.lock(profile);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { pid: process.pid });
  await remove();
});

test('a process that has ended and whose parent has not noticed keeps no lock', async (t) => {
  const { vault: v, profile, lock, remove } = await vault();
  // What the shell becomes does not know that it has a child, which ends after that.
  const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec tail -f /dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => parent.kill('SIGKILL'));
  const [said] = await once(parent.stdout, 'data');
  const pid = Number(said);
  await until(async () => / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8')), { what: 'the process to end' });
  await v.directory(profile);
  await writeFile(lock, JSON.stringify({ host: hostname(), pid, start: null }));
  t.false(await v.isOwned(profile));
  await v.lock(profile);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { pid: process.pid });
  await remove();
});

test('a pid that another process has by now does not keep a lock alive', async (t) => {
  const { vault: v, profile, lock, remove } = await vault();
  await v.directory(profile);
  await writeFile(lock, JSON.stringify({ host: hostname(), pid: process.pid, start: 'before the container was made anew' }));
  await v.lock(profile);
  t.not(JSON.parse(await readFile(lock, 'utf8')).start, 'before the container was made anew');
  await remove();
});

test('an owner on another host is live as long as it refreshes its lock', async (t) => {
  const { vault: v, profile, lock, clock, remove } = await vault();
  await v.directory(profile);
  await writeFile(lock, JSON.stringify({ host: 'elsewhere', pid: 1, start: '1' }));
  clock.advance(100_000);
  await t.throwsAsync(v.lock(profile), { code: 'engine-failed' });
  t.true(await v.refresh(profile));
  clock.advance(100_000);
  await t.throwsAsync(v.lock(profile), { code: 'engine-failed' });
  clock.advance(30_000);
  await v.lock(profile);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { host: hostname() });
  await v.remove(profile);
  t.false(await v.refresh(profile), 'a profile that is gone is noticed');
  await remove();
});

test('a lock that cannot be read keeps nobody out', async (t) => {
  const { vault: v, profile, lock, remove } = await vault();
  await v.directory(profile);
  await writeFile(lock, '');
  await v.lock(profile);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { pid: process.pid });
  await remove();
});

test('of two who have found an owner dead the slower one leaves the lock of the faster one', async (t) => {
  const { vault: v, root, profile, lock, remove } = await vault();
  await v.directory(profile);
  const dead = JSON.stringify({ host: hostname(), pid: 1, start: 'long ago' });
  await writeFile(lock, dead);
  await v.lock(profile);
  await removeLock(lock, dead);
  t.like(JSON.parse(await readFile(lock, 'utf8')), { pid: process.pid });
  await writeFile(lock, dead);
  await Promise.all([removeLock(lock, dead), removeLock(lock, dead)]);
  t.deepEqual(await readdir(join(root, profile)), []);
  await remove();
});

test('a draft takes the place of a profile, and nothing is left of one that does not', async (t) => {
  const { vault: v, root, profile, remove } = await vault();
  await writeFile(join(await v.directory(profile), 'login'), 'former');
  const login = () => readFile(join(root, profile, 'login'), 'utf8');
  const drafted = async (draft: string, text: string) => {
    t.is((await stat(draft)).mode & 0o777, 0o700);
    await mkdir(join(draft, 'profile'));
    await writeFile(join(draft, 'profile', 'login'), text);
  };
  const broken = v.withDraft(async (draft) => {
    await drafted(draft, 'half');
    throw new Error('disk full');
  });
  await t.throwsAsync(broken, { message: 'disk full' });
  t.is(await login(), 'former');
  await v.withDraft(async (draft) => {
    await drafted(draft, 'new');
    await v.replace(profile, join(draft, 'profile'));
  });
  t.is(await login(), 'new');
  t.deepEqual(await readdir(root), [profile]);
  await remove();
});

test('drafts of a hub that was killed are removed, and profiles are not', async (t) => {
  const { vault: v, root, profile, remove } = await vault();
  await v.tidy();
  await v.directory(profile);
  await mkdir(join(root, `${profile}.old`));
  for (const left of ['.draft-1', '.draft-2', `${profile}.new`]) {
    await mkdir(join(root, left));
    await writeFile(join(root, left, 'login'), 'x');
  }
  await v.tidy();
  t.deepEqual((await readdir(root)).sort(), [profile, `${profile}.old`]);
  await remove();
});

test('a replacement that was cut off between its renames leaves the former profile', async (t) => {
  const { vault: v, root, profile, remove } = await vault();
  await writeFile(join(await v.directory(profile), 'login'), 'former');
  await rename(join(root, profile), join(root, `${profile}.old`));
  t.is(await readFile(join(await v.directory(profile), 'login'), 'utf8'), 'former');
  await v.remove(profile);
  t.deepEqual(await readdir(root), []);
  await remove();
});
