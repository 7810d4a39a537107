/** A disk that is full (a real tmpfs), and one whose writes and fsyncs fail. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hasCompiler, mayMount } from '../../helpers/requirements.ts';
import type { Injection } from '../inject.ts';
import { databaseOf, type FaultRow, type Stage, tally } from '../stage.ts';
import { STACK, through } from '../through.ts';
import type { Told, World } from '../world.ts';

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
    await through(stage, world, { what: 'full', begin: fill, end: () => rmSync(ballast) });
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
      await through(stage, world, {
        what: `EIO of ${at}`,
        begin: () => injection.set({ of, at, from: 1, act: { fail: 'EIO' } }),
        end: () => injection.clear(),
      });
    }
    stage.none('EIO', await world.settled());
    if (stage.store === 'sqlite') await diesOfFsync(stage, world, injection);
    stage.none('EIO, and killed', await world.judged());
  },
};

/** What SQLite has written and could not fsync it takes up at the next start: nobody may be told that nothing was stored. */
async function diesOfFsync(stage: Stage, world: World, injection: Injection): Promise<void> {
  const { json: session } = await world.call('POST', '/api/sessions', { name: 'aside', engine: 'sandbox', start: false });
  injection.set({ of: databaseOf(world), at: 'fsyncs', from: 1, act: { fail: 'EIO' } });
  const texts = Array.from({ length: 6 }, (_, nth) => `without a key ${nth}`);
  const answers: Told[] = [];
  for (const text of texts) {
    answers.push(await world.ask('send', 'POST', `/api/sessions/${session.name}/messages`, { to: '5511912345678', type: 'text', text }));
  }
  await world.hub.end('SIGKILL');
  injection.clear();
  await world.restart();
  const { json } = await world.call('GET', `/api/sessions/${session.name}/messages?direction=outbound&limit=50`);
  const stored = new Set(json.data.map(({ text }: { text: string }) => text));
  const lied = answers.filter(({ detail }, nth) => /nothing was stored/i.test(detail) && stored.has(texts[nth]));
  const lost = answers.filter(({ status }, nth) => status >= 200 && status < 300 && !stored.has(texts[nth]));
  stage.figure('fsync fails, then SIGKILL: answers; stored at the next start', `${tally(answers)}; ${stored.size} of ${texts.length}`);
  stage.must(lied.length === 0, `fsync fails, then SIGKILL: ${lied.length} were told "nothing was stored", and it was: ${lied[0]?.detail}`);
  stage.must(lost.length === 0, `fsync fails, then SIGKILL: ${lost.length} acknowledged sends are lost`);
}
