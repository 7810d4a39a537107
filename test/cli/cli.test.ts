import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { systemClock } from '../../src/core/runtime.ts';
import { holdDirectory } from '../../src/home/data-directory.ts';
import { runHere } from '../helpers/command.ts';

const LAUNCHER = fileURLToPath(new URL('../../hookline.js', import.meta.url));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command as a user does, in a directory of its own. */
async function hookline(cwd: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return ended(child);
}

/** The same without a process of its own; each kind of command is also run in one. */
const here = (cwd: string, args: string[], env?: Record<string, string>): Promise<Ended> => runHere(args, env, cwd);

async function ended(child: ChildProcessWithoutNullStreams, input = ''): Promise<Ended> {
  child.stdin.end(input);
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

test.beforeEach(async (t) => {
  t.context = await mkdtemp(join(tmpdir(), 'hookline-cli-'));
});
test.afterEach.always((t) => rm(t.context as string, { recursive: true, force: true }));

test('a wrong configuration: every fault on a line with its place, exit 78, no stack', async (t) => {
  const cwd = t.context as string;
  await writeFile(join(cwd, 'config.yaml'), 'prot: 1\nlog:\n  level: loud\n');
  const { code, stdout, stderr } = await hookline(cwd, ['serve'], { HOOKLINE_PORT: 'x' });
  t.is(code, 78);
  t.is(stdout, '');
  t.deepEqual(stderr.trim().split('\n').sort(), [
    'HOOKLINE_PORT must be a whole number from 0 to 65535',
    'The configuration cannot be used.',
    'config.yaml:1:1 unknown key "prot", did you mean "port"?',
    'config.yaml:3:10 log.level must be one of error, warn, info, http, verbose, debug, silly',
  ]);
});

test('a data directory held by another process: one line that names the process, exit 1', async (t) => {
  const cwd = t.context as string;
  const held = await holdDirectory('data', join(cwd, 'data'), { clock: systemClock });
  for (const [command, advice] of [
    [['serve', '--dev'], 'or give this hub another directory with HOOKLINE_DATA_DIR'],
    [['migrate', 'up'], 'Stop the hub first .*'],
    [['secrets', 'rotate'], 'Stop the hub first .*'],
  ] as const) {
    const { code, stderr } = await hookline(cwd, [...command]);
    t.is(code, 1);
    t.regex(stderr, new RegExp(`^The data directory .* is held by process ${process.pid} \\(since .*${advice}\\.\\n$`));
  }
  await held.release();
});

test('a port in use: one message, exit 1', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { code, stderr } = await hookline(t.context as string, ['serve'], { HOOKLINE_PORT: String(port), HOOKLINE_LOG_CONSOLE: 'false' });
  server.close();
  t.is(code, 1);
  t.regex(stderr, new RegExp(`^[^\\n]*${port}[^\\n]*\\n$`));
});

test('a host that is none of this machine: one message, exit 1', async (t) => {
  const { code, stderr } = await here(t.context as string, ['serve'], {
    HOOKLINE_HOST: 'no-such-host.invalid',
    HOOKLINE_LOG_CONSOLE: 'false',
  });
  t.is(code, 1);
  t.regex(stderr, /^Cannot listen on no-such-host\.invalid:3001 \(E[A-Z_]+\)\. Set HOOKLINE_HOST [^\n]*\n$/);
});

test('a directory where no files can be kept: its variable and why, exit 78', async (t) => {
  const cwd = t.context as string;
  await writeFile(join(cwd, 'file'), '');
  for (const [variable, command] of [
    ['HOOKLINE_DATA_DIR', hookline],
    ['HOOKLINE_TOKENS_DIR', here],
  ] as const) {
    const { code, stdout, stderr } = await command(cwd, ['serve'], { [variable]: 'file' });
    t.is(code, 78);
    t.is(stdout, '');
    t.regex(
      stderr,
      new RegExp(
        `^${variable} no files can be kept there: EEXIST[^\\n]*\\nThe directory \\S+/file cannot be used\\. Set ${variable} to another directory\\.\\n$`,
      ),
    );
  }
});

test('a place where the system makes no directory ends the start, too', async (t) => {
  const { code, stderr } = await here(t.context as string, ['serve'], { HOOKLINE_DATA_DIR: '/proc/hookline/data' });
  t.is(code, 78);
  t.regex(stderr, /^HOOKLINE_DATA_DIR no files can be kept there: ENOENT[^\n]* mkdir '\/proc\/hookline'\n/);
});

test('whoever reads what a command says may go away before the end', async (t) => {
  const child = spawn(process.execPath, [LAUNCHER, 'completion', 'bash'], { cwd: t.context as string, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  t.is(stderr, '');
  t.true([0, 141].includes(code), 'done, or cut off as others are');
});

test('a damaged database: one message, exit 1', async (t) => {
  const cwd = t.context as string;
  await mkdir(join(cwd, 'data'));
  await writeFile(join(cwd, 'data', 'hookline.sqlite'), 'no database '.repeat(1_000));
  for (const [args, command] of [
    [['serve'], hookline],
    [['tenant', 'list'], here],
  ] as const) {
    const { code, stdout, stderr } = await command(cwd, [...args]);
    t.is(code, 1);
    t.is(stdout, '');
    t.is(stderr, 'The database file is damaged (SQLITE_NOTADB). Restore it from a backup.\n');
  }
});

test('a database that does not answer: one message without the password, exit 1', async (t) => {
  const { code, stderr } = await hookline(t.context as string, ['tenant', 'list'], {
    HOOKLINE_DATABASE_URL: 'postgres://u:canary@127.0.0.1:1/d',
  });
  t.is(code, 1);
  const unknown = await here(t.context as string, ['tenant', 'list'], {
    HOOKLINE_DATABASE_URL: 'postgres://u:canary@nowhere.invalid/d',
  });
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /^The database does not answer \(getaddrinfo E\w+ nowhere\.invalid\)[^\n]*HOOKLINE_DATABASE_URL[^\n]*\n$/);
  t.regex(stderr, /^The database does not answer \(connect ECONNREFUSED 127\.0\.0\.1:1\)[^\n]*HOOKLINE_DATABASE_URL[^\n]*\n$/);
});

test('what the command line does not know is told, exit 2; help and version are exit 0', async (t) => {
  const cwd = t.context as string;
  t.is((await hookline(cwd, ['srve'])).code, 2);
  for (const args of [
    ['srve'],
    ['serve', '--devv'],
    ['tenant', 'create'],
    ['key', 'create', 'a', '--scopes', 'all'],
    ['migrate', 'down'],
  ]) {
    const { code, stderr } = await here(cwd, args);
    t.is(code, 2, args.join(' '));
    t.regex(stderr, /^error: /);
  }
  t.is((await hookline(cwd, ['--version'])).code, 0);
  t.regex((await here(cwd, ['--help'])).stdout, /serve.*send.*session.*webhook.*flow.*tenant.*key.*migrate/s);
});

test('a shell completes commands and options', async (t) => {
  const cwd = t.context as string;
  const { stdout: script } = await hookline(cwd, ['completion', 'bash']);
  const ask = (...words: string[]): Promise<Ended> => {
    const line = `eval "$(cat)"; COMP_WORDS=(hookline ${words.join(' ')}); COMP_CWORD=${words.length}; _hookline; echo "\${COMPREPLY[@]}"`;
    return ended(spawn('bash', ['-c', line], { cwd, stdio: ['pipe', 'pipe', 'pipe'] }), script);
  };
  t.is((await ask('webhook', 're')).stdout, 'retry replay\n');
  t.is((await ask('session', 'create', '--on')).stdout, '--on-conflict\n');
  t.is((await ask('key', 'create', 'acme', '--sc')).stdout, '--scopes\n');
  t.is((await ask('no-such', 'x')).stdout, '\n');
  for (const shell of ['zsh', 'fish']) t.regex((await here(cwd, ['completion', shell])).stdout, /rotate-secret/);
  t.is((await here(cwd, ['completion', 'cmd'])).code, 2);
});

test('tenants and keys are made, listed and revoked without the hub', async (t) => {
  const cwd = t.context as string;
  const early = await here(cwd, ['tenant', 'list']);
  t.is(early.code, 1);
  t.regex(early.stderr, /no database at .*HOOKLINE_DATA_DIR/);
  t.regex((await hookline(cwd, ['migrate', 'up'])).stdout, /^done {2}001_tenants\n/);
  t.is((await here(cwd, ['migrate', 'up'])).stdout, 'The database is up to date.\n');
  t.notRegex((await hookline(cwd, ['migrate', 'status'])).stdout, /waiting/);

  const made = await hookline(cwd, ['tenant', 'create', 'acme']);
  const [tenantId, shown] = made.stdout.split('\n');
  t.regex(tenantId ?? '', /^tnt_/);
  t.regex(shown ?? '', /: hlk_/);
  t.is((await here(cwd, ['tenant', 'create', 'acme'])).code, 1);
  t.regex((await hookline(cwd, ['tenant', 'list'])).stdout, new RegExp(`^ID .*\\n${tenantId} +acme `));

  const key = await hookline(cwd, ['key', 'create', 'acme', '--name', 'ci', '--scopes', 'events:read,messages:send']);
  const keyId = key.stdout.split('\n')[0] ?? '';
  t.regex(
    (await hookline(cwd, ['key', 'list', tenantId ?? ''])).stdout,
    new RegExp(`${keyId} +ci +hlk_.... +events:read,messages:send +- +20.* -`),
  );
  t.is((await hookline(cwd, ['key', 'revoke', keyId])).code, 0);
  t.regex((await here(cwd, ['key', 'list', 'acme'])).stdout, new RegExp(`${keyId} .* 20\\S+ +- +20\\S+`));
  const json = await here(cwd, ['key', 'create', 'acme', '--name', 'prometheus', '--scopes', 'metrics:read', '--json']);
  t.like(JSON.parse(json.stdout), { name: 'prometheus', scopes: ['metrics:read'], revokedAt: null });
  const listed = JSON.parse((await here(cwd, ['key', 'list', 'acme', '--json'])).stdout);
  t.deepEqual(
    listed.map(({ name }: { name: string }) => name),
    ['first key', 'ci', 'prometheus'],
  );
  t.false(listed[0].scopes.includes('metrics:read'), 'what is of the hub is in no key by itself');
  const taken = await here(cwd, ['tenant', 'create', 'acme', '--json']);
  t.like(taken, { code: 1, stdout: '' });
  t.like(JSON.parse(taken.stderr), { code: 'tenant-exists' });
  t.is((await hookline(cwd, ['session', 'list', 'acme'])).stdout, 'ID  NAME  ENGINE  STATUS  REASON  PHONE\n');
  t.regex((await here(cwd, ['session', 'list', 'nobody'])).stderr, /^There is no tenant "nobody"/);
});

test('a flow with errors: each with file, line and column, exit 1', async (t) => {
  const cwd = t.context as string;
  await writeFile(join(cwd, 'bad.yml'), 'flow: bad\nstart:\n  says: hi\nstepps: []\n');
  const { code, stderr } = await hookline(cwd, ['flow', 'check', 'bad.yml']);
  t.is(code, 1);
  t.regex(stderr, /^bad\.yml:\d+:\d+ /);
  t.regex((await hookline(cwd, ['flow', 'check', 'missing.yml'])).stderr, /^missing\.yml cannot be read: There is no file/);
});
