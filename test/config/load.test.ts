import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asSetHere, type Config, type Environment, exposedFile, loadConfig } from '../../src/config/load.ts';
import { HooklineError, hasCode } from '../../src/core/errors.ts';

const KEY = 'k'.repeat(32);

interface Input {
  yaml?: string | Uint8Array;
  env?: Environment;
  dev?: boolean;
}

async function load({ yaml, env = {}, dev = false }: Input): Promise<Config> {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-config-'));
  try {
    if (yaml !== undefined) await writeFile(join(cwd, 'config.yaml'), yaml);
    return loadConfig({ env, cwd, dev });
  } finally {
    await rm(cwd, { recursive: true });
  }
}

/** What is wrong with it, a line a fault. */
async function faults(t: ExecutionContext, input: Input): Promise<string[]> {
  const error = await t.throwsAsync(load(input), { instanceOf: HooklineError });
  t.true(hasCode(error, 'invalid-configuration'));
  return (error.errors ?? []).map(({ path, message }) => `${path} ${message}`);
}

test('the defaults are those of the contract', (t) => {
  const config = loadConfig({ env: {}, cwd: '/srv/hub', dev: false });
  t.like(config, {
    host: '127.0.0.1',
    port: 3001,
    dataDir: '/srv/hub/data',
    tokensDir: '/srv/hub/tokens',
    flowsDir: '/srv/hub/flows',
    mediaDir: '/srv/hub/media',
    databaseUrl: undefined,
    databaseWaitSeconds: 60,
    adminKey: undefined,
    secretKey: undefined,
    shutdownSeconds: 20,
    log: { level: 'info', console: true, format: 'json', file: undefined },
    egress: { allow: [] },
  });
  t.is(config.sessions.qrWindowSeconds, 300);
  t.is(config.webhooks.timeoutSeconds, 15);
});

test('logins in the database need copies of them, and in a cluster one key for all nodes', async (t) => {
  const env = { HOOKLINE_SESSIONS_PROFILES: 'database' };
  await t.notThrowsAsync(load({ env }));
  const [none = ''] = await faults(t, { env: { ...env, HOOKLINE_SESSIONS_LOGIN_COPIES: '0' } });
  t.regex(none, /^HOOKLINE_SESSIONS_PROFILES is database, and needs copies of logins: set sessions.loginCopies/);
  const cluster = { ...env, HOOKLINE_CLUSTER: 'true', HOOKLINE_DATABASE_URL: 'postgres://db/hookline' };
  const [noKey = ''] = await faults(t, { env: cluster });
  t.regex(noKey, /^HOOKLINE_SESSIONS_PROFILES is database, and needs the secret key .* set secretKey/);
  await t.notThrowsAsync(load({ env: { ...cluster, HOOKLINE_SECRET_KEY: 'a'.repeat(64) } }));
});

test('a bucket before the name of the host needs a name', async (t) => {
  const s3 = { HOOKLINE_S3_BUCKET: 'files', HOOKLINE_S3_ACCESS_KEY_ID: 'id', HOOKLINE_S3_SECRET_ACCESS_KEY: 'secret' };
  const env = { HOOKLINE_MEDIA_STORE: 's3', HOOKLINE_S3_PATH_STYLE: 'false', ...s3 };
  for (const endpoint of ['http://10.0.0.7:9000', 'http://[fd00::7]:9000']) {
    const told = await faults(t, { env: { ...env, HOOKLINE_S3_ENDPOINT: endpoint } });
    t.is(told.length, 1);
    t.regex(told[0] ?? '', /^HOOKLINE_S3_PATH_STYLE is false, and .* is an address/);
  }
  t.false((await load({ env: { ...env, HOOKLINE_S3_ENDPOINT: 'http://minio.example:9000' } })).s3.pathStyle);
  t.false((await load({ env })).s3.pathStyle);
});

test('the environment wins over the file, and the file over the defaults', async (t) => {
  const config = await load({
    yaml: 'port: 4000\nshutdownSeconds: 5\nlog:\n  level: warn\n  console: false\n',
    env: { HOOKLINE_PORT: '5000', HOOKLINE_LOG_LEVEL: 'silly' },
  });
  t.is(config.port, 5000);
  t.is(config.shutdownSeconds, 5);
  t.like(config.log, { level: 'silly', console: false });
});

test('a variable is read as what its key is: text, number, boolean or list', async (t) => {
  const { port, log, egress, chromium, secretKey, adminKey } = await load({
    env: {
      HOOKLINE_PORT: '0',
      HOOKLINE_LOG_CONSOLE: 'false',
      HOOKLINE_EGRESS_ALLOW: '10.0.0.0/8, fd00::/8',
      HOOKLINE_CHROMIUM: '/usr/bin/chromium',
      HOOKLINE_CHROMIUM_ARGS: '',
      HOOKLINE_SECRET_KEY: Buffer.alloc(32, 5).toString('base64'),
      HOOKLINE_ADMIN_KEY: KEY,
    },
  });
  t.is(port, 0);
  t.false(log.console);
  t.deepEqual(egress.allow, ['10.0.0.0/8', 'fd00::/8']);
  t.like(chromium, { path: '/usr/bin/chromium', args: [] });
  t.deepEqual(secretKey, Buffer.alloc(32, 5));
  t.is(adminKey, KEY);
});

test('an unknown key is told with its place and what was probably meant', async (t) => {
  t.deepEqual(await faults(t, { yaml: 'host: 127.0.0.1\nlog:\n    leevl: debug\nprot: 1\nlogLevel: info\nlogg: {}\nnothingLikeIt: 1\n' }), [
    'config.yaml:3:5 unknown key "log.leevl", did you mean "log.level"?',
    'config.yaml:4:1 unknown key "prot", did you mean "port"?',
    'config.yaml:5:1 unknown key "logLevel", did you mean "log.level"?',
    'config.yaml:6:1 unknown key "logg", did you mean "log"?',
    'config.yaml:7:1 unknown key "nothingLikeIt"',
  ]);
});

test('an unknown variable is told by its name; variables of the tests are left alone', async (t) => {
  t.deepEqual(await faults(t, { env: { HOOKLINE_HOTS: 'x', HOOKLINE_TEST_REQUIRE: 'postgres', PATH: '/bin' } }), [
    'HOOKLINE_HOTS unknown variable, did you mean "HOOKLINE_HOST"?',
  ]);
});

test('all faults are told at once, wherever they are', async (t) => {
  const told = await faults(t, {
    yaml: 'prot: 1\nshutdownSeconds: soon\negress:\n  allow: [10.0.0.0/8, localhost, 10.0.0.1]\n',
    env: { HOOKLINE_PORT: '80 ', HOOKLINE_LOG_FORMAT: 'xml', HOOKLINE_NOPE: '1' },
  });
  t.deepEqual([...told].sort(), [
    'HOOKLINE_LOG_FORMAT must be one of json, pretty',
    'HOOKLINE_NOPE unknown variable',
    'HOOKLINE_PORT must be a whole number from 0 to 65535',
    'config.yaml:1:1 unknown key "prot", did you mean "port"?',
    'config.yaml:2:18 shutdownSeconds must be a whole number from 1 to 600',
    'config.yaml:4:23 egress.allow.1 must be a range such as 10.0.0.0/8 or 192.168.1.7/32',
    'config.yaml:4:34 egress.allow.2 must be a range such as 10.0.0.0/8 or 192.168.1.7/32',
  ]);
});

for (const text of ['', ' 1', '0x10', '1e3', '01', '-1', '65536', '1.5', 'NaN', '9'.repeat(400)]) {
  test(`HOOKLINE_PORT=${text.slice(0, 8)} is refused`, async (t) => {
    t.is((await faults(t, { env: { HOOKLINE_PORT: text } })).length, 1);
  });
}

test('an empty variable is a mistake, except where the key is a list', async (t) => {
  t.deepEqual(await faults(t, { env: { HOOKLINE_ADMIN_KEY: '', HOOKLINE_CONFIG: '', HOOKLINE_EGRESS_ALLOW: '' } }), [
    'HOOKLINE_ADMIN_KEY is empty; give it a value or unset it',
    'HOOKLINE_CONFIG is empty; give it a value or unset it',
  ]);
});

test('no message repeats a secret', async (t) => {
  const canary = 'canary-x';
  const told = [
    ...(await faults(t, {
      env: { HOOKLINE_ADMIN_KEY: canary, HOOKLINE_SECRET_KEY: canary, HOOKLINE_DATABASE_URL: `mysql://u:${canary}@h/d` },
    })),
    ...(await faults(t, { yaml: `adminKey: ${canary}\nsecretKey: ${canary}\ndatabaseUrl: "${canary}"\n` })),
    ...(await faults(t, { yaml: `adminKey: "${canary}" ${canary}\n` })),
    ...(await faults(t, { yaml: `adminKey: !${canary} x\nsecretKey: "\\${canary}"\n` })),
    ...(await faults(t, { yaml: `adminKey: [${canary}: ]${canary}\n` })),
  ];
  t.is(told.filter((line) => line.includes(canary)).length, 0, told.join('\n'));
  t.true(told.length >= 9);
});

test('what Kubernetes injects for a service of this name is explained', async (t) => {
  const told = await faults(t, {
    env: { HOOKLINE_PORT: 'tcp://10.0.0.1:3001', HOOKLINE_SERVICE_HOST: '10.0.0.1', HOOKLINE_PORT_3001_TCP_ADDR: '10.0.0.1' },
  });
  t.is(told.length, 3);
  t.true(told.every((line) => line.includes('enableServiceLinks: false')));
});

test('a file that is not YAML is told with its place', async (t) => {
  t.deepEqual(await faults(t, { yaml: 'port: 1\nport: 2\n' }), ['config.yaml:2:1 Map keys must be unique']);
  t.regex((await faults(t, { yaml: 'log:\n  level: info\n bad: 1\n' }))[0] ?? '', /^config\.yaml:3:\d+ /);
  t.deepEqual(await faults(t, { yaml: '- a\n- b\n' }), ['config.yaml:1:1 the file must be a group of keys']);
  t.deepEqual(await faults(t, { yaml: 'log: debug\n' }), ['config.yaml:1:6 log must be a group of keys']);
  t.regex((await faults(t, { yaml: Uint8Array.of(0xff, 0xfe, 0x70, 0x00) }))[0] ?? '', /^config\.yaml cannot be read: /);
});

test('an alias bomb and an alias to nothing are faults of the file', async (t) => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]\n`).join('')}`;
  for (const yaml of [bomb, 'port: *nothing\n']) t.regex((await faults(t, { yaml }))[0] ?? '', /^config\.yaml:1:1 /);
});

test('an empty file, or one in which everything is commented out, is none', async (t) => {
  for (const yaml of ['', '# port: 1\n', 'log:\n  # level: info\n']) t.is((await load({ yaml })).port, 3001);
});

test('the file that HOOKLINE_CONFIG names must exist and be readable', async (t) => {
  t.deepEqual(await faults(t, { env: { HOOKLINE_CONFIG: 'other.yaml' } }), ['HOOKLINE_CONFIG names other.yaml, and there is no such file']);
  t.regex((await faults(t, { env: { HOOKLINE_CONFIG: '/' } }))[0] ?? '', /^\/ cannot be read: EISDIR/);
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-config-'));
  await mkdir(join(cwd, 'etc'));
  await writeFile(join(cwd, 'etc', 'hub.yml'), 'port: 70000');
  const error = t.throws(() => loadConfig({ env: { HOOKLINE_CONFIG: 'etc/hub.yml' }, cwd, dev: false }), { instanceOf: HooklineError });
  t.deepEqual(error.errors, [{ path: 'etc/hub.yml:1:7', message: 'port must be a whole number from 0 to 65535' }]);
  await rm(cwd, { recursive: true });
});

test('what is said of a variable names the place in the file where that sets it', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-config-'));
  t.teardown(() => rm(cwd, { recursive: true }));
  const said = (text: string, env: Environment = {}): string => asSetHere(text, { cwd, env });
  t.is(said('HOOKLINE_DATA_DIR is full'), 'HOOKLINE_DATA_DIR is full');
  await writeFile(join(cwd, 'config.yaml'), 'dataDir: /srv/data\nchromium:\n  path: /usr/bin/chrome\n');
  t.is(said('HOOKLINE_DATA_DIR is full'), 'config.yaml:1:10 dataDir is full');
  t.is(said('Set HOOKLINE_CHROMIUM, or HOOKLINE_TOKENS_DIR.'), 'Set chromium.path in config.yaml:3:9, or HOOKLINE_TOKENS_DIR.');
  t.is(said('HOOKLINE_DATA_DIR is full', { HOOKLINE_DATA_DIR: '/srv/data' }), 'HOOKLINE_DATA_DIR is full', 'a variable wins');
});

test('a file with a secret in it that everybody may read is told, with the way out', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-config-'));
  t.teardown(() => rm(cwd, { recursive: true }));
  const file = join(cwd, 'config.yaml');
  const found = () => exposedFile({ cwd, env: {} });
  t.is(found(), null);
  await writeFile(file, `adminKey: ${KEY}\ndatabaseUrl: postgres://hub:CANARY@db/hub\n`, { mode: 0o644 });
  t.is(found()?.what, `${file} has adminKey, databaseUrl in it, and every user of this machine may read it (mode 644)`);
  t.is(found()?.advice, `chmod 600 ${file}`);
  await chmod(file, 0o640);
  t.is(found(), null, 'a group is somebody whom the operator has chosen');
  await writeFile(file, 'databaseUrl: postgres://hub@db/hub\n');
  await chmod(file, 0o644);
  t.is(found(), null, 'nothing is secret in it');
});

test('development mode: readable log, loopback reachable unless something is said of it', async (t) => {
  const config = await load({ dev: true });
  t.true(config.dev);
  t.is(config.log.format, 'pretty');
  t.deepEqual(config.egress.allow, ['127.0.0.0/8', '::1/128']);
  t.deepEqual((await load({ dev: true, env: { HOOKLINE_EGRESS_ALLOW: '' } })).egress.allow, []);
  t.deepEqual((await load({ dev: true, yaml: 'egress: {allow: []}' })).egress.allow, []);
  t.is((await load({ dev: true, env: { HOOKLINE_LOG_FORMAT: 'json' } })).log.format, 'json');
});

test('development mode listens on loopback only, and says what to do instead', async (t) => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost'])
    t.is((await load({ dev: true, env: { HOOKLINE_HOST: host } })).host, host);
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.com']) {
    t.regex((await faults(t, { dev: true, yaml: `host: "${host}"` })).join(), /^config\.yaml:1:7 host development mode .*`hookline serve`/);
    t.is((await load({ env: { HOOKLINE_HOST: host } })).host, host);
  }
});

test('a host with a scheme or a port is refused', async (t) => {
  for (const host of ['http://x', '127.0.0.1:3001', 'a b', '-']) t.is((await faults(t, { env: { HOOKLINE_HOST: host } })).length, 1);
});

test('names that mean something to JavaScript are unknown keys like any other', async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString'])
    t.regex((await faults(t, { yaml: `${name}: 1\n` })).join(), /^config\.yaml:1:1 unknown key/);
});
