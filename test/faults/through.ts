/** A trouble of disks that comes under load and goes again: nothing but a 2xx or an honest refusal, and all is well after it. */
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../helpers/hub.ts';
import { firstSuccess, isAlive, readiness, type Stage, slowest, tally, unexpected } from './stage.ts';
import type { Told, World } from './world.ts';

/** What a disk that does not take it is answered with. */
export const REFUSALS = [503, 507];
/** In what a start that failed has to say: somebody wants to know why, and how to mend it. */
export const STACK = /\n\s+at .+:\d+:\d+/;
/** Milliseconds after which all is well again. */
const WELL_AFTER = 30_000;

interface Trouble {
  what: string;
  begin(): void;
  end(): void;
  refusals?: readonly number[];
}

/** It lasts as many seconds as the stage counts. */
export async function through(stage: Stage, world: World, { what, begin, end, refusals = REFUSALS }: Trouble): Promise<void> {
  const before = world.told.length;
  begin();
  let unready = false;
  const isRefused = () => world.told.slice(before).some((told) => told.what === 'send' && REFUSALS.includes(told.status));
  for (let half = 0; half < stage.count * 2; half++) {
    await Promise.all([wait(500), upload(world)]);
    if (isRefused()) unready ||= (await readiness(world.hub)) === 503;
  }
  const told = world.told.slice(before);
  const refused = isRefused();
  end();
  const recovered = await firstSuccess(world, WELL_AFTER);
  const ready = await until(async () => (await readiness(world.hub)) === 200, { within: WELL_AFTER }).catch(() => false);
  stage.none(what, unexpected(told, refusals));
  stage.must(isAlive(world.hub), `${what}: the hub ended: ${world.hub.output().slice(-500)}`);
  stage.must(recovered < WELL_AFTER, `${what}: no 2xx within ${WELL_AFTER} ms after it`);
  stage.must(ready, `${what}: not ready within ${WELL_AFTER} ms after it`);
  stage.must(unready || !refused, `${what}: /health/ready was never 503 while sends were refused`);
  stage.figure(`${what}: answers`, tally(told), '2xx, 503, 507');
  stage.figure(`${what}: slowest answer; first 2xx after it`, `${slowest(told)} ms; ${recovered} ms`);
}

let uploads = 0;

/** A file that the hub has not had: on Postgres, too, it goes to its disk. */
export function upload(world: World): Promise<Told> {
  const form = new FormData();
  form.set('file', new Blob([`${++uploads}`.padEnd(30_000, 'x')], { type: 'text/plain' }), `${uploads}.txt`);
  return world.ask('upload', 'POST', '/api/media', form);
}
