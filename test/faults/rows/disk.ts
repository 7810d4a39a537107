/** A disk that is full (a real tmpfs), and one whose writes and fsyncs fail. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../../helpers/hub.ts';
import { hasCompiler, mayMount } from '../../helpers/requirements.ts';
import { databaseOf, type FaultRow, firstSuccess, isAlive, readiness, type Stage, slowest, tally, unexpected } from '../stage.ts';
import type { Told, World } from '../world.ts';

/** What a disk that does not take it is answered with. */
const REFUSALS = [503, 507];
/** Of a start that failed somebody wants to know why, and no stack. */
const STACK = /\n\s+at .+:\d+:\d+/;

/** On Postgres, too, it goes to the disk of the hub. */
function upload(world: World, nth: number): Promise<Told> {
  const form = new FormData();
  form.set('file', new Blob([Buffer.alloc(30_000, 65 + nth)], { type: 'text/plain' }), `${nth}.txt`);
  return world.ask('upload', 'POST', '/api/media', form);
}

/** `during` goes on for as many seconds as were asked for, and then it is as before. Told of what was answered meanwhile. */
async function through(stage: Stage, world: World, what: string, { begin, end }: { begin(): void; end(): void }): Promise<void> {
  const before = world.told.length;
  begin();
  let unready = false;
  let refused = false;
  for (let nth = 0; nth < stage.count * 2; nth++) {
    await Promise.all([wait(500), upload(world, nth)]);
    refused ||= world.told.slice(before).some(({ what, status }) => what === 'send' && REFUSALS.includes(status));
    if (refused) unready ||= (await readiness(world.hub)) === 503;
  }
  const told = world.told.slice(before);
  end();
  const recovered = await firstSuccess(world, 30_000);
  stage.none(what, unexpected(told, REFUSALS));
  stage.must(isAlive(world.hub), `${what}: the hub ended: ${world.hub.output().slice(-500)}`);
  stage.must(recovered < 30_000, `${what}: no 2xx within 30 s after it`);
  if (refused) stage.must(unready, `${what}: /health/ready was never 503 while sends were refused`);
  await until(async () => (await readiness(world.hub)) === 200, { what: 'the hub to be ready' }).catch((error) =>
    stage.must(false, `${what}: ${error.message} after it`),
  );
  stage.figure(`${what}: answers`, tally(told), '2xx, 503, 507');
  stage.figure(`${what}: slowest answer; first 2xx after it`, `${slowest(told)} ms; ${recovered} ms`);
}

export const diskFull: FaultRow = {
  what: 'The disk of data and tokens is full (tmpfs), under load and at a start',
  count: { of: 'seconds', usual: 5 },
  needs: [mayMount],
  async run(stage) {
    const disk = await stage.smallDisk(64);
    const world = await stage.world({ directory: disk });
    const ballast = join(disk, 'ballast');
    const fill = (): void => {
      const file = openSync(ballast, 'w');
      for (let size = 1 << 20; size >= 1; ) {
        try {
          if (writeSync(file, Buffer.alloc(size, 1)) < size) size >>= 1;
        } catch {
          size >>= 1;
        }
      }
      closeSync(file);
    };
    world.load();
    await wait(1_000);
    await through(stage, world, 'full', { begin: fill, end: () => rmSync(ballast) });
    stage.none('full, and freed', await world.settled());

    await world.hub.end();
    fill();
    const start = await world.hub.again().then(
      (hub) => {
        world.hub = hub;
        return '';
      },
      (error: Error) => error.message,
    );
    stage.must(!STACK.test(start), `started on a full disk: a stack: ${start.slice(0, 500)}`);
    stage.must(start === '' || /full|space/i.test(start), `started on a full disk: does not say that it is full: ${start.slice(0, 500)}`);
    stage.figure(
      'a start on the full disk',
      start === '' ? 'comes up' : `ends: ${start.split(': ').slice(1).join(': ').trim().slice(0, 160)}`,
    );
    await world.hub.end('SIGKILL');
    rmSync(ballast);
    await world.restart();
    stage.none('started on a full disk, and freed', await world.judged());
  },
};

export const diskErrors: FaultRow = {
  what: 'Writes and fsyncs fail with EIO: of the database (SQLite), of files beside it (Postgres)',
  count: { of: 'seconds of each', usual: 4 },
  needs: [hasCompiler],
  async run(stage) {
    const injection = await stage.injection();
    const world = await stage.world({ env: injection.env });
    const of = stage.store === 'sqlite' ? databaseOf(world) : { path: world.hub.directory };
    world.load();
    await wait(1_000);
    for (const at of ['writes', 'fsyncs'] as const) {
      await through(stage, world, `EIO of ${at}`, {
        begin: () => injection.set({ of, at, from: 1, act: { fail: 'EIO' } }),
        end: () => injection.clear(),
      });
    }
    stage.none('EIO', await world.settled());
    if (stage.store === 'sqlite') await diesOfFsync(stage, world, () => injection.set({ of, at: 'fsyncs', from: 1, act: { fail: 'EIO' } }));
    injection.clear();
    stage.none('EIO, and killed', await world.judged());
  },
};

/** What SQLite has written and could not fsync it takes up at the next start: nobody may be told that nothing was stored. */
async function diesOfFsync(stage: Stage, world: World, fail: () => void): Promise<void> {
  const { json: session } = await world.call('POST', '/api/sessions', { name: 'aside', engine: 'sandbox', start: false });
  fail();
  const texts = Array.from({ length: 6 }, (_, nth) => `without a key ${nth}`);
  const answers: Told[] = [];
  for (const text of texts) {
    answers.push(await world.ask('send', 'POST', `/api/sessions/${session.name}/messages`, { to: '5511912345678', type: 'text', text }));
  }
  await world.restart();
  const { json } = await world.call('GET', `/api/sessions/${session.name}/messages?direction=outbound&limit=50`);
  const stored = new Set(json.data.map(({ text }: { text: string }) => text));
  const lied = answers.filter(({ detail }, nth) => /nothing was stored/i.test(detail) && stored.has(texts[nth]));
  const lost = answers.filter(({ status }, nth) => status >= 200 && status < 300 && !stored.has(texts[nth]));
  stage.figure('fsync fails, then SIGKILL: answers; stored at the next start', `${tally(answers)}; ${stored.size} of ${texts.length}`);
  stage.must(lied.length === 0, `fsync fails, then SIGKILL: ${lied.length} were told "nothing was stored", and it was: ${lied[0]?.detail}`);
  stage.must(lost.length === 0, `fsync fails, then SIGKILL: ${lost.length} acknowledged sends are lost`);
}
