import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { keyIdOf } from '../../src/core/seal.ts';
import { openDatabase } from '../../src/db/open.ts';
import { decodeSecretKey, newSecretKey } from '../../src/home/secret-key.ts';
import { runHere } from '../helpers/command.ts';
import { type Hub, ROOT, startHub, until } from '../helpers/hub.ts';
import { sealWithoutPlace } from '../helpers/seals.ts';
import { startReceiver, verify } from '../webhooks/receiver.ts';

async function rotate(
  { directory }: Hub,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), 'secrets', 'rotate', ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOOKLINE_DATA_DIR: join(directory, 'data'), HOOKLINE_TOKENS_DIR: join(directory, 'tokens'), ...env },
  });
  const [[code], output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, output: output + errors };
}

/** The same without a process of its own. */
async function rotateHere({ directory }: Hub, args: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await runHere(['secrets', 'rotate', ...args], env, directory);
  return { code, output: stdout + stderr };
}

test('a rotation waits for the hub to stop; afterwards its webhooks are signed with the same secrets', async (t) => {
  const receiver = await startReceiver(t);
  const hub = await startHub({ onFile: true });
  t.teardown(() => hub.dispose());
  const tenant = await hub.tenant();
  const { json: endpoint } = await tenant.call('POST', '/api/webhooks', {
    url: receiver.url,
    headers: { authorization: { secret: 'Bearer x' } },
  });
  const file = join(hub.directory, 'data', 'secret.key');
  const former = decodeSecretKey((await readFile(file, 'utf8')).trim()) as Buffer;
  const refused = await rotate(hub);
  t.is(refused.code, 1);
  t.regex(refused.output, /is held by process \d+/);

  await hub.end();
  const { code, output } = await rotate(hub);
  t.is(code, 0, output);
  t.regex(output, /^Sealed with the key [0-9a-f]{8} now: 2 secrets\.\n/);
  const key = decodeSecretKey((await readFile(file, 'utf8')).trim()) as Buffer;
  t.notDeepEqual(key, former);
  t.true(output.includes(keyIdOf(key)) && !output.includes(key.toString('base64')));

  // As if the next one had been cut off before it had sealed anything: the start ends it.
  const next = newSecretKey();
  await writeFile(`${file}.next`, `${next.toString('base64')}\n`, { mode: 0o600 });
  const again = await hub.again();
  t.teardown(() => again.dispose());
  t.is((await readFile(file, 'utf8')).trim(), next.toString('base64'));
  await again.as(tenant.key)('POST', `/api/webhooks/${endpoint.id}/test`);
  const request = await until(() => receiver.requests[0], { what: 'the test to arrive' });
  t.notThrows(() => verify(endpoint.secret, request));
  t.is(request.headers.authorization, 'Bearer x');
});

test('a configured key is replaced by one that the operator gives, and by no other', async (t) => {
  const [former, key] = [newSecretKey(), newSecretKey()].map((bytes) => bytes.toString('base64')) as [string, string];
  const hub = await startHub({ env: { HOOKLINE_SECRET_KEY: former }, onFile: true });
  t.teardown(() => hub.dispose());
  const { call } = await hub.tenant();
  await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:1/' });
  await hub.end();
  const configured = { HOOKLINE_SECRET_KEY: former };
  for (const [args, why] of [
    [[], /give the new one with --new-key/],
    [['--new-key', 'short'], /not 32 bytes/],
    [['--new-key', former], /the key in use already/],
  ] as [string[], RegExp][]) {
    const { code, output } = await rotateHere(hub, args, configured);
    t.is(code, 78);
    t.regex(output, why);
  }
  const foreign = await rotateHere(hub, ['--new-key', key], { HOOKLINE_SECRET_KEY: newSecretKey().toString('base64') });
  t.is(foreign.code, 78);
  t.regex(foreign.output, /it takes the former HOOKLINE_SECRET_KEY/);

  for (const run of ['first', 'repeated']) {
    const { code, output } = await rotateHere(hub, ['--new-key', key], configured);
    t.is(code, 0, run);
    t.regex(output, /: 1 secret\.\nConfigure the new key/);
  }
  t.is((await rotateHere(hub, ['--new-key', former], { HOOKLINE_SECRET_KEY: key })).code, 0, 'and it is the one in force');
});

test('the first start of this version seals anew what an earlier one had sealed, before anything is sent', async (t) => {
  const receiver = await startReceiver(t);
  const hub = await startHub({ onFile: true });
  t.teardown(() => hub.dispose());
  const tenant = await hub.tenant();
  const { json: endpoint } = await tenant.call('POST', '/api/webhooks', { url: receiver.url });
  await hub.end();
  const data = join(hub.directory, 'data');
  const key = decodeSecretKey((await readFile(join(data, 'secret.key'), 'utf8')).trim()) as Buffer;
  const db = openDatabase({ file: join(data, 'hookline.sqlite') });
  const secrets = JSON.stringify([{ sealed: sealWithoutPlace(endpoint.secret, key), expiresAt: null }]);
  await db.write(async (tx) => {
    await tx.sql('webhook_endpoints').where({ id: endpoint.id }).update({ secrets });
    await tx.sql('seals').update({ without_place: 1 });
  });
  await db.close();

  const again = await hub.again();
  t.teardown(() => again.dispose());
  await again.as(tenant.key)('POST', `/api/webhooks/${endpoint.id}/test`);
  const request = await until(() => receiver.requests[0], { what: 'the test to arrive' });
  t.notThrows(() => verify(endpoint.secret, request));
});
