/** The files of a hub from its disk into S3, out of it into a backup, and back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { ADMIN_KEY, ROOT, startHub } from '../helpers/hub.ts';
import { testS3 } from '../helpers/s3.ts';
import { downloaded, uploaded } from '../helpers/upload.ts';

async function hookline(directory: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), ...args, '--json'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      HOOKLINE_DATA_DIR: join(directory, 'data'),
      HOOKLINE_TOKENS_DIR: join(directory, 'tokens'),
      HOOKLINE_ADMIN_KEY: ADMIN_KEY,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  // What goes wrong is told with its words.
  return { code, stderr: code === 0 ? '' : stderr, json: stdout ? JSON.parse(stdout) : undefined };
}

test('files are copied into S3 while the hub runs, which then goes on there; a backup takes them, and a restore brings them back', async (t) => {
  const s3 = await testS3();
  const [home, other] = [await mkdtemp(join(tmpdir(), 'hookline-media-')), await mkdtemp(join(tmpdir(), 'hookline-media-'))];
  const inS3 = { ...s3.env, HOOKLINE_S3_PREFIX: 'moved' };
  const objects = async (prefix: string) => (await s3.keys()).filter((key) => key.startsWith(`${prefix}/tnt_`)).length;
  const hub = await startHub({ directory: home, onFile: true });
  t.teardown(async () => {
    await hub.end('SIGKILL');
    await s3.close();
    for (const directory of [home, other]) await rm(directory, { recursive: true, force: true });
  });
  const { key } = await hub.tenant();
  const [first, second] = [Buffer.from('the first file'), Buffer.from('the second file')];
  const one = await uploaded(hub, key, first);

  t.like(await hookline(home, ['media', 'copy', '--from', 'disk'], inS3), {
    code: 0,
    stderr: '',
    json: { copied: 1, present: 0, missing: 0 },
  });
  const two = await uploaded(hub, key, second);
  t.is(await hub.end(), 0);
  t.like(await hookline(home, ['media', 'copy', '--from', 'disk'], inS3), {
    code: 0,
    stderr: '',
    json: { copied: 1, present: 1, missing: 0 },
  });
  t.is(await objects('moved'), 2);
  await rm(join(home, 'data', 'media'), { recursive: true });

  const moved = await hub.again(inS3);
  t.teardown(() => moved.end('SIGKILL'));
  t.deepEqual(await downloaded(moved, key, one.id), first);
  t.deepEqual(await downloaded(moved, key, two.id), second);
  t.notRegex(moved.output(), /S3RVER/);
  const acts: { action: string }[] = (await moved.admin('GET', '/api/audit?action=hub.media.copy')).json.data;
  t.is(acts.length, 2);

  // Out of it, as any backup; into another prefix, and not into one that is of another hub.
  const backup = join(home, 'backup');
  t.is((await hookline(home, ['backup', backup], inS3)).code, 0);
  t.is((await readdir(join(backup, 'media'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length, 2);
  t.is(await moved.end(), 0);
  t.is((await hookline(other, ['restore', backup], { ...inS3, HOOKLINE_S3_PREFIX: 'restored' })).code, 0);
  t.is(await objects('restored'), 2);

  const foreign = await mkdtemp(join(other, 'new-'));
  const refused = await t.throwsAsync(startHub({ directory: foreign, env: inS3, onFile: true }));
  t.regex(refused?.message ?? '', /HOOKLINE_S3_BUCKET the store of media s3:\/\/hookline-test\/moved is of the hub hub_/);

  t.like(await hookline(home, ['media', 'copy', '--from', 's3'], { ...inS3, HOOKLINE_MEDIA_STORE: 'disk' }), {
    code: 0,
    json: { copied: 2 },
  });
  const same = await hookline(home, ['media', 'copy', '--from', 's3'], inS3);
  t.is(same.code, 1);
  t.regex(same.stderr, /is configured to keep its files in \\"s3\\"/);
});
