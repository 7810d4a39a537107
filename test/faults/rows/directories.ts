/** Directories that are gone or that nobody may write, and a database without its key. The hub runs as nobody: root may write anywhere. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startHub, until } from '../../helpers/hub.ts';
import { mayMount } from '../../helpers/requirements.ts';
import { type FaultRow, readiness, type Stage } from '../stage.ts';
import { REFUSALS, STACK, through, upload } from '../through.ts';

const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

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
  await upload(world);
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
  const nothing = (): void => undefined;
  const troubles = [
    { what: 'media not to be written', begin: shut(everywhere(media)), end: open(everywhere(media)) },
    { what: 'media gone', begin: () => rmSync(media, { recursive: true, force: true }), end: nothing },
    { what: 'tokens not to be written', begin: shut([tokens, ...profiles()]), end: open([tokens, ...profiles()]) },
    {
      what: 'tokens gone',
      begin: () => renameSync(tokens, `${tokens}.away`),
      end: () => {
        rmSync(tokens, { recursive: true, force: true });
        renameSync(`${tokens}.away`, tokens);
      },
      // That a phone of the sandbox was linked stands there, too.
      refusals: [...REFUSALS, 409],
    },
    { what: 'data not to be written', begin: shut([data]), end: open([data]) },
  ];
  for (const trouble of troubles) await through(stage, world, trouble);
  stage.none('directories gone and back', await world.settled());

  // A database whose secrets nobody can read any more: nothing is sealed with a new key.
  await world.hub.end();
  const key = join(data, 'secret.key');
  renameSync(key, `${key}.away`);
  const said = await world.hub.again().then(
    async (hub) => {
      await hub.end('SIGKILL');
      return hub.output();
    },
    (error: Error) => error.message,
  );
  const again = existsSync(key) ? 'a new key is made in its place' : 'no new key is made';
  stage.must(!existsSync(key), `started without its key: ${again}`);
  stage.must(
    /secret\.key|HOOKLINE_SECRET_KEY/.test(said) && !STACK.test(said),
    'started without its key: it does not say that the key is gone',
  );
  stage.figure('started without its key', again, 'it says so, and makes none');
  renameSync(`${key}.away`, key);
  await world.restart();
  stage.none('its key gone and back', await world.judged());
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
