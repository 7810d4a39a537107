/** Another process holds the lock that every write needs: SQLite's write lock, a table of Postgres. */
import { setTimeout as wait } from 'node:timers/promises';
import knex from 'knex';
import { knexConfig } from '../../../src/db/open.ts';
import { type FaultRow, firstSuccess, isAlive, slowest, tally, unexpected } from '../stage.ts';
import type { Told } from '../world.ts';

/** Milliseconds within which everybody is answered, and what a busy machine may add. */
const BOUND = 5_000;
const BUSY = 4_000;

export const locks: FaultRow = {
  what: 'Another process holds SQLite’s write lock, or a lock on the table of events of Postgres',
  count: { of: 'seconds', usual: 12 },
  async run(stage) {
    const world = await stage.world({ patience: (stage.count + 60) * 1_000 });
    const { json: session } = await world.call('POST', '/api/sessions', { name: 'aside', engine: 'sandbox', start: false });
    world.load();
    await wait(1_000);
    const sql = knex(knexConfig(world.location, { min: 1, max: 1 }));
    stage.teardown(() => sql.destroy());
    const before = world.told.length;
    if (stage.store === 'sqlite') await sql.raw('BEGIN IMMEDIATE');
    else {
      await sql.raw('BEGIN');
      await sql.raw('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
    }
    const began = performance.now();
    // Clients that do not wait for each other: their waits must not add up.
    const asked: Promise<Told>[] = [];
    while (performance.now() - began < stage.count * 1_000) {
      const body = { to: '5511912345678', type: 'text', text: `aside ${asked.length}` };
      asked.push(world.ask('send', 'POST', `/api/sessions/${session.name}/messages`, body));
      await wait(500);
    }
    const lives = await world.ask('look', 'GET', '/health/live');
    const held = performance.now() - began;
    await sql.raw('ROLLBACK');
    const recovered = await firstSuccess(world, 30_000);
    await Promise.all(asked);
    const told = world.told.slice(before).filter(({ at }) => performance.timeOrigin + began + held > at);
    const late = told.filter(({ ms }) => ms > BOUND + BUSY);
    stage.none('locked', unexpected(told, [503]));
    const which = late.map(({ what, status, ms }) => `${what} ${status} after ${Math.round(ms)} ms`).join(', ');
    stage.must(late.length === 0, `locked: ${late.length} of ${told.length} answers took longer than ${BOUND + BUSY} ms: ${which}`);
    stage.must(lives.status === 200, 'locked: /health/live does not answer');
    stage.must(isAlive(world.hub), 'locked: the hub ended');
    stage.must(recovered < 30_000, 'unlocked: no 2xx within 30 s');
    stage.figure(`locked for ${Math.round(held / 1_000)} s: answers`, tally(told), '2xx, 503');
    stage.figure('slowest answer; first 2xx after it', `${slowest(told)} ms; ${recovered} ms`, `< ${BOUND} ms`);
    stage.none('unlocked', await world.judged());
  },
};
