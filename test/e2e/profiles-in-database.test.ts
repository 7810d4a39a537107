/** Logins in the database of a hub that is alone: another machine begins with them, also under another key, and from a backup. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { stores, testLocation } from '../helpers/database.ts';
import { ADMIN_KEY, type Call, type Hub, linkedSandbox, ROOT, startHub, until } from '../helpers/hub.ts';

type Dialect = Awaited<ReturnType<typeof stores>>[number];

const PHONE = '5511988887777';

interface Place {
  directory: string;
  env: Record<string, string>;
}

async function place(t: ExecutionContext, store: Dialect): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-profiles-'));
  const { location, remove } = await testLocation(store);
  t.teardown(async () => {
    await remove();
    await rm(directory, { recursive: true, force: true });
  });
  return { directory, env: { HOOKLINE_SESSIONS_PROFILES: 'database', ...('url' in location && { HOOKLINE_DATABASE_URL: location.url }) } };
}

async function hookline({ directory, env }: Place, args: string[], more: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), ...args], {
    cwd: directory,
    env: {
      ...{ PATH: process.env.PATH, HOOKLINE_ADMIN_KEY: ADMIN_KEY },
      ...{ HOOKLINE_DATA_DIR: join(directory, 'data'), HOOKLINE_TOKENS_DIR: join(directory, 'tokens') },
      ...env,
      ...more,
    },
  });
  const [[code], output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return `${code} ${output}${errors}`;
}

async function hubIn(t: ExecutionContext, { directory, env }: Place, more: Record<string, string> = {}): Promise<Hub> {
  const hub = await startHub({ directory, env: { ...env, ...more }, migrated: false, onFile: true });
  t.teardown(() => hub.end('SIGKILL'));
  return hub;
}

const profilesIn = async ({ directory }: Place): Promise<string[]> =>
  (await readdir(join(directory, 'tokens')).catch(() => [])).filter((name) => /^[0-9a-f-]{36}$/.test(name));

/** Connects by itself, with what it sent before on its phone. */
async function goesOn(call: Call, name: string): Promise<void> {
  await call('POST', `/api/sessions/${name}/connect`);
  const isConnected = async () => (await call('GET', `/api/sessions/${name}`)).json.status === 'connected';
  await until(isConnected, { what: `${name} to be connected` });
}

const told = async (call: Call) => (await call('GET', '/api/events?types=session.attention')).json.data;

for (const store of await stores()) {
  test.serial(
    `${store}: a hub alone goes on with its logins on a machine that has none, and says what is missing where it has`,
    async (t) => {
      const first = await place(t, store);
      const hub = await hubIn(t, first);
      const { key, call } = await hub.tenant();
      await linkedSandbox(call, 'shop');
      await linkedSandbox(call, 'rests', '5511999990001');
      await call('POST', '/api/sessions/rests/disconnect');
      const sent = await call('POST', '/api/sessions/shop/messages', { to: PHONE, type: 'text', text: 'before' });
      await until(async () => (await call('GET', `/api/messages/${sent.json.id}`)).json.status === 'sent', { what: 'it to be sent' });
      t.is(await hub.end(), 0);
      t.deepEqual(
        (await readdir(join(first.directory, 'data'))).filter((name) => name === 'login-copies'),
        [],
      );

      t.regex(await hookline(first, ['secrets', 'rotate']), /^0 Sealed with the key [0-9a-f]{8} now: 2 secrets/);
      await rm(join(first.directory, 'tokens'), { recursive: true });
      t.regex(await hookline(first, ['doctor']), /logins +of 2 0 in .*, 2 in the database/);
      const again = await hubIn(t, first);
      for (const name of ['shop', 'rests']) await goesOn(again.as(key), name);
      t.deepEqual(
        (await again.as(key)('GET', '/api/sessions/shop/sandbox/outbox')).json.data.map(({ text: said }: { text: string }) => said),
        ['before'],
      );
      t.deepEqual(await told(again.as(key)), []);

      // Back to one directory: what is not in it is put there once more, and is no longer kept in the database.
      t.is((await again.as(key)('DELETE', '/api/sessions/rests')).status, 204);
      t.is(await again.end(), 0);
      t.is((await profilesIn(first)).length, 1);
    },
  );

  test.serial(`${store}: a backup has each login once, and what is restored of it is where every machine begins`, async (t) => {
    const first = await place(t, store);
    const hub = await hubIn(t, first);
    const { key, call } = await hub.tenant();
    for (const name of ['here', 'elsewhere']) await linkedSandbox(call, name);
    t.is(await hub.end(), 0);
    const [profile = ''] = await profilesIn(first);
    await rm(join(first.directory, 'tokens', profile), { recursive: true });
    const backup = join(first.directory, 'backup');
    t.regex(await hookline(first, ['backup', backup]), /^0 The backup is whole: .* and 1 login\.\n(?!.*Missing)/s);

    const other = await place(t, store);
    t.regex(await hookline(other, ['restore', backup]), /^0 Restored: /);
    // As on a machine that the restore was not made on.
    await rm(join(other.directory, 'tokens', (await profilesIn(other))[0] ?? 'none'), { recursive: true });
    const restored = await hubIn(t, other);
    for (const name of ['here', 'elsewhere']) await goesOn(restored.as(key), name);
    t.deepEqual(await told(restored.as(key)), []);
  });
}
