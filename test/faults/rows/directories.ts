/** Directories that are gone or that nobody may write, and a database without its key. The hub runs as nobody: root may write anywhere. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startHub, until } from '../../helpers/hub.ts';
import { mayMount } from '../../helpers/requirements.ts';
import { type FaultRow, firstSuccess, isAlive, readiness, type Stage, slowest, tally, unexpected } from '../stage.ts';
import type { Told, World } from '../world.ts';

const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const REFUSALS = [503, 507];
const STACK = /\n\s+at .+:\d+:\d+/;

export const directories: FaultRow = {
  what: 'Directories gone or not to be written, at a start and under load; the database file removed; its key gone',
  count: { of: 'seconds of each', usual: 3 },
  needs: [mayMount],
  async run(stage) {
    await atStart(stage);
    await underLoad(stage);
    if (stage.store === 'sqlite') await databaseRemoved(stage);
  },
};

/** It says which directory it is, and ends. */
async function atStart(stage: Stage): Promise<void> {
  for (const [what, variable] of [
    ['data', 'HOOKLINE_DATA_DIR'],
    ['tokens', 'HOOKLINE_TOKENS_DIR'],
  ] as const) {
    const directory = await stage.directory();
    mkdirSync(join(directory, what), { mode: 0o555 });
    const hub = startHub({ directory, under: AS_NOBODY, env: { HOOKLINE_FLOWS_DIR: directory } });
    const said = await hub.then(
      async (up) => {
        await up.end('SIGKILL');
        return 'it came up';
      },
      (error: Error) => error.message,
    );
    const holds = said.includes(variable) && /cannot be used/.test(said) && !STACK.test(said);
    stage.must(holds, `${what} not to be written at a start: ${said.slice(0, 400)}`);
    stage.figure(`${what} not to be written at a start`, holds ? `ends, and names ${variable}` : 'see below');
  }
}

async function underLoad(stage: Stage): Promise<void> {
  const directory = await stage.directory();
  const own = (path: string): string => {
    mkdirSync(path, { recursive: true });
    chownSync(path, NOBODY, NOBODY);
    return path;
  };
  const data = own(join(directory, 'data'));
  const tokens = own(join(directory, 'tokens'));
  const media = join(data, 'media');
  const world = await stage.world({ directory, under: AS_NOBODY });
  world.load();
  await upload(world, 0);
  await wait(500);
  const profiles = () => readdirSync(tokens).map((name) => join(tokens, name));
  const shut = (paths: readonly string[]) => () => paths.forEach((path) => void chmodSync(path, 0o555));
  const open = (paths: readonly string[]) => () => paths.forEach((path) => void chmodSync(path, 0o755));
  const everywhere = (path: string): string[] =>
    existsSync(path)
      ? [
          path,
          ...readdirSync(path, { recursive: true, withFileTypes: true })
            .filter((one) => one.isDirectory())
            .map((one) => join(one.parentPath, one.name)),
        ]
      : [];
  await during(stage, world, 'media not to be written', shut(everywhere(media)), open(everywhere(media)));
  await during(
    stage,
    world,
    'media gone',
    () => rmSync(media, { recursive: true, force: true }),
    () => undefined,
  );
  await during(stage, world, 'tokens not to be written', shut([tokens, ...profiles()]), open([tokens, ...profiles()]));
  await during(
    stage,
    world,
    'tokens gone',
    () => renameSync(tokens, `${tokens}.away`),
    () => {
      rmSync(tokens, { recursive: true, force: true });
      renameSync(`${tokens}.away`, tokens);
    },
  );
  await during(stage, world, 'data not to be written', shut([data]), open([data]));
  stage.none('directories gone and back', await world.settled());

  // A database whose secrets nobody can read any more: nothing is sealed with a new key.
  await world.hub.end();
  const key = join(data, 'secret.key');
  renameSync(key, `${key}.away`);
  const said = await world.hub.again().then(
    async (hub) => {
      await hub.end('SIGKILL');
      return 'it came up';
    },
    (error: Error) => error.message,
  );
  stage.must(!existsSync(key) || said === 'it came up', 'started without its key: a new key was made');
  stage.must(said !== 'it came up' && /key/i.test(said) && !STACK.test(said), `started without its key: ${said.slice(0, 400)}`);
  renameSync(`${key}.away`, key);
  await world.restart();
  stage.none('its key gone and back', await world.judged());
}

async function during(stage: Stage, world: World, what: string, begin: () => void, end: () => void): Promise<void> {
  const before = world.told.length;
  begin();
  for (let nth = 0; nth < stage.count; nth++) await Promise.all([wait(1_000), upload(world, nth)]);
  const told = world.told.slice(before);
  end();
  const recovered = await firstSuccess(world, 30_000);
  stage.none(what, unexpected(told, REFUSALS));
  stage.must(isAlive(world.hub), `${what}: the hub ended: ${world.hub.output().slice(-500)}`);
  stage.must(recovered < 30_000, `${what}: no 2xx within 30 s after it`);
  stage.figure(`${what}: answers; the slowest`, `${tally(told)}; ${slowest(told)} ms`, '2xx, 503, 507');
}

/** What is written then is gone at the next start: nothing may be acknowledged. */
async function databaseRemoved(stage: Stage): Promise<void> {
  const world = await stage.world();
  world.load();
  await wait(500);
  const file = 'file' in world.location ? world.location.file : '';
  rmSync(file);
  const began = performance.now();
  const found = await until(async () => (await readiness(world.hub)) !== 200, { what: 'not ready', within: 60_000, every: 250 }).catch(
    () => false,
  );
  const took = Math.round(performance.now() - began);
  stage.must(found, 'the database file is removed: /health/ready is still 200 after 60 s');
  stage.figure('the database file is removed: /health/ready is 503 after', found ? `${took} ms` : 'never', '< 60,000 ms');
  if (!found) return;
  const body = { to: '5511912345678', type: 'text', text: 'into nothing' };
  const answer = await world.ask('send', 'POST', `/api/sessions/${world.sessions[0]}/messages`, body);
  stage.must(REFUSALS.includes(answer.status) || answer.status === 0, `the database file is removed: a send is answered ${answer.status}`);
}

let uploads = 0;
function upload(world: World, nth: number): Promise<Told> {
  const form = new FormData();
  form.set('file', new Blob([`${++uploads} ${'x'.repeat(5_000 + nth)}`], { type: 'text/plain' }), `${nth}.txt`);
  return world.ask('upload', 'POST', '/api/media', form);
}
