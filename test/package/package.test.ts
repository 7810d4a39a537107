/**
 * The package as a project gets it that depends on it: built and packed from a copy of this directory. HOOKLINE_TEST_INSTALL=1
 * installs it as npm does, with every dependency (some minutes, some 500 MB); without it npm says what it would install, and the
 * package runs on these dependencies as they are here.
 */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, delimiter, dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { cleanEnvironment, ROOT } from '../helpers/hub.ts';
import { hasRegistry } from '../helpers/requirements.ts';

const run = promisify(execFile);
/** What builds it, and what those have who use it. */
const TSGO = join(ROOT, 'node_modules/.bin/tsgo');
const TSC = join(ROOT, 'node_modules/.bin/tsc');
const INSTALLS = process.env.HOOKLINE_TEST_INSTALL === '1';
/** What a checkout has besides what is packed. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'data', 'dist', 'config.yaml', 'coverage']);

/** Packs a copy, so that nothing is built where others test. Resolves with the path of the package, and the files in it. */
async function pack(home: string): Promise<{ tarball: string; files: string[] }> {
  const copy = join(home, 'copy');
  const isPart = (path: string): boolean => !LEFT_OUT.has(path.slice(ROOT.length)) && basename(path) !== 'hub.lock';
  await cp(ROOT, copy, { recursive: true, filter: isPart });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  if (INSTALLS) await run('npm', ['run', '--silent', 'prepack'], { cwd: copy });
  // `npm run verify` has checked the types.
  else {
    await run(TSGO, ['-p', 'tsconfig.build.json', '--noCheck'], { cwd: copy });
    // What it would keep for the next start is of no use: the copy goes away.
    await run(process.execPath, ['hookline.js', 'prepare'], { cwd: copy, env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' } });
  }
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', home], { cwd: copy });
  const [{ filename, files }] = JSON.parse(stdout);
  return { tarball: join(home, filename), files: files.map(({ path }: { path: string }) => path) };
}

/** Of a person who has npm and nothing of ours: no git, no settings of puppeteer, and where it would download from nobody answers. */
async function environment(home: string): Promise<NodeJS.ProcessEnv> {
  const before = join(home, 'before');
  await mkdir(before);
  await writeFile(join(before, 'git'), `#!/bin/sh\necho "$@" >> "${join(home, 'git.log')}"\nexit 1\n`);
  await chmod(join(before, 'git'), 0o755);
  const { stdout: cache } = await run('npm', ['config', 'get', 'cache']);
  const { PUPPETEER_SKIP_DOWNLOAD: _, ...env } = cleanEnvironment();
  return {
    ...env,
    PATH: [before, env.PATH].join(delimiter),
    HOME: home,
    npm_config_cache: cache.trim(),
    npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), '.npmrc'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    PUPPETEER_CHROME_DOWNLOAD_BASE_URL: 'http://127.0.0.1:1',
  };
}

(hasRegistry() ? test : test.skip)(
  'a project installs the package without a browser and without git, and does what its description shows',
  async (t) => {
    t.timeout(INSTALLS ? 1_200_000 : 600_000);
    const home = await mkdtemp(join(tmpdir(), 'hookline-package-'));
    t.teardown(() => rm(home, { recursive: true, force: true }));
    const { tarball, files } = await pack(home);
    for (const needed of [
      'dist/src/index.js',
      'dist/src/index.d.ts',
      'dist/src/client/index.js',
      'dist/src/client/index.d.ts',
      'dist/src/main.js',
      'hookline.js',
      'flows/examples/welcome.yml',
      'LICENSE',
    ]) {
      t.true(files.includes(needed), needed);
    }
    const pages = files.filter((path) => path.startsWith('dist/dashboard/')).map((path) => extname(path));
    t.deepEqual([...new Set(pages)].sort(), ['.br', '.css', '.js', '.svg', '.zip'], 'the pages are built, and their sources are not in it');
    t.deepEqual(
      files.filter((path) => /^(test|data|tokens|node_modules)\/|^bench\/(?!RESULTS)|secret\.key|\.sqlite|config\.yaml$/.test(path)),
      [],
    );

    const app = join(home, 'app');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{"private": true, "type": "module"}');
    const env = await environment(home);
    await run('npm', ['install', '--prefer-offline', ...(INSTALLS ? [] : ['--package-lock-only', '--ignore-scripts']), tarball], {
      cwd: app,
      env,
    });

    // All that npm has found it needs, where each comes from, and what would run as it is installed.
    const lock = JSON.parse(await readFile(join(app, 'package-lock.json'), 'utf8'));
    const packages = Object.entries(lock.packages as Record<string, { resolved?: string; hasInstallScript?: boolean; name?: string }>);
    t.true(packages.length > 200);
    t.deepEqual(
      packages.filter(([, { resolved = '' }]) => /git/.test(resolved.split('://')[0] ?? '')),
      [],
    );
    t.deepEqual(
      packages.flatMap(([path, { hasInstallScript }]) => (hasInstallScript ? [path] : [])),
      ['node_modules/esbuild', 'node_modules/sqlite3'],
    );
    t.is(lock.packages['node_modules/puppeteer'].name, 'puppeteer-core');
    t.false((await readdir(home)).includes('git.log'));
    t.false((await readdir(home)).includes('.cache'), 'where a browser would be');

    if (!INSTALLS) {
      await run('tar', ['xzf', tarball], { cwd: home });
      await cp(join(home, 'package'), join(app, 'node_modules', 'hookline'), { recursive: true });
      // None that only a checkout has, such as the types of dependencies.
      for (const [path] of packages.filter(([name]) => /^node_modules\/(?!hookline$)(@[^/]+\/)?[^/]+$/.test(name))) {
        await mkdir(dirname(join(app, path)), { recursive: true });
        await symlink(join(ROOT, path), join(app, path));
      }
    }
    await mkdir(join(app, 'media'));
    await writeFile(join(app, 'media', 'image.jpg'), Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex'));
    await writeFile(join(app, 'media', 'document.pdf'), '%PDF-1.4\n%%EOF\n');
    const play = (file: string) =>
      run(process.execPath, [file], { cwd: app, env: { ...env, HOOKLINE_ENGINES: 'sandbox', HOOKLINE_LOG_LEVEL: 'warn' } });
    await cp(new URL('seed.js', import.meta.url), join(app, 'seed.js'));
    await t.notThrowsAsync(play('seed.js'));
    const [, readme = ''] = /## From your own code[\s\S]*?```ts\n([\s\S]*?)```/.exec(await readFile(join(ROOT, 'README.md'), 'utf8')) ?? [];
    await writeFile(join(app, 'readme.js'), readme);
    t.regex((await play('readme.js')).stdout, /^data:image\/png;base64,/m);
    t.regex((await play('readme.js')).stdout, /^data:image\/png;base64,/m, 'and once more');
    await writeFile(
      join(app, 'client.js'),
      `import { createClient } from 'hookline/client';
       createClient({ baseUrl: 'http://127.0.0.1:1' }).getHealthLive().catch(({ message }) => console.log(message));`,
    );
    t.is((await play('client.js')).stdout, 'No hub answers at http://127.0.0.1:1.\n');

    await writeFile(join(app, 'readme.ts'), readme);
    await writeFile(
      join(app, 'client.ts'),
      `import { createClient, entriesOf, verifyWebhook } from 'hookline/client';
       const hub = createClient({ baseUrl: 'http://127.0.0.1:3001', key: process.env.HOOKLINE_API_KEY });
       for await (const { name } of entriesOf((cursor) => hub.listSessions({ cursor }))) console.log(name);
       await verifyWebhook(process.env.WEBHOOK_SECRET, new Headers(), '');`,
    );
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'esnext', '--module', 'nodenext'];
    await t.notThrowsAsync(
      run(TSC, [...strict, '--preserveSymlinks', 'readme.ts', 'client.ts'], { cwd: app }).catch(({ stdout }) =>
        Promise.reject(new Error(stdout)),
      ),
      'the types need nothing that is not installed',
    );
    const { stdout } = await run(
      process.execPath,
      [join(app, 'node_modules/hookline/hookline.js'), 'flow', 'check', 'node_modules/hookline/flows/examples'],
      {
        cwd: app,
        env,
      },
    );
    t.regex(stdout, /no errors/);
  },
);
