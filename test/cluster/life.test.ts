import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { Life } from '../../src/cluster/life.ts';
import { newId } from '../../src/core/ids.ts';
import { identityOf } from '../../src/core/process-identity.ts';
import { Heard } from '../../src/db/heard.ts';
import { NodeTenure } from '../../src/db/node-tenure.ts';
import { migratedLocation, stores } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

function life() {
  const clock = new FakeClock(0);
  let boot = 1_000;
  const told: (string | number)[] = [];
  const made = new Life(30_000, clock, () => boot);
  made.listen({ unsure: () => told.push('unsure'), sure: () => told.push('sure'), until: (time) => told.push(time) });
  return {
    life: made,
    told,
    /** Time goes on; `still`: the process does not run meanwhile. */
    pass(ms: number, still = false): void {
      boot += ms;
      if (!still) clock.advance(ms);
    },
    now: () => boot,
  };
}

test('a node is sure for two thirds of its time from when it last asked, and says once that it is not and once that it is again', (t) => {
  const { life: one, told, pass, now } = life();
  t.false(one.isSure);
  one.noted(now());
  t.true(one.isSure);
  t.deepEqual(told.splice(0), [25_000]);
  pass(19_000);
  t.deepEqual(told.splice(0), []);
  pass(2_000);
  t.deepEqual(told.splice(0), ['unsure']);
  pass(5_000);
  t.deepEqual(told.splice(0), []);
  one.noted(now() - 100);
  t.deepEqual(told.splice(0), [50_900 + 0, 'sure']);
});

test('who listens later is told at once until when it lives, and not before that was noted', (t) => {
  const { life: one, told, now } = life();
  t.deepEqual(told, []);
  one.noted(now());
  const late: number[] = [];
  one.listen({ unsure: () => undefined, sure: () => undefined, until: (time) => late.push(time) });
  t.deepEqual(late, told);
});

test('one that has stood still is not sure as it wakes up, before anything has told it so', (t) => {
  const { life: one, pass, now } = life();
  one.noted(now());
  pass(21_000, true);
  t.false(one.isSure);
  // What was asked before it stood still was noted then.
  one.noted(now() - 21_000);
  t.false(one.isSure);
});

test('a node is silent once nothing new of it was seen for its lease, by the clock of whoever looks', (t) => {
  const heard = new Heard(20_000);
  const look = (at: number, seenAt: number, lease = 30_000) =>
    heard.silent([{ id: 'a', seenAt, lease }], { askedAt: at, answeredAt: at + 100 }).length === 1;
  for (let at = 0; at <= 60_000; at += 1_500) t.false(look(at, at), 'it tells of itself');
  // Whatever that clock says: another time is a sign of life.
  t.false(look(61_500, 5_000_000));
  t.false(look(63_000, -5_000_000));
  for (let at = 64_500; at <= 93_000; at += 1_500) t.false(look(at, -5_000_000), String(at));
  t.true(look(94_500, -5_000_000));
  t.false(look(95_000, 7), 'and it was alive');
});

test('who has just come, was away or stood still has heard of nobody yet', (t) => {
  const heard = new Heard(20_000);
  const look = (at: number) => heard.silent([{ id: 'a', seenAt: 1, lease: 6_000 }], { askedAt: at, answeredAt: at }).length === 1;
  t.false(look(1_000_000));
  t.false(look(1_005_999));
  t.true(look(1_006_000));
  heard.forget();
  t.false(look(1_007_000));
  t.true(look(1_013_000));
  t.false(look(1_033_001), 'it has not looked for longer than it may itself be silent');
  t.false(look(1_039_000));
  t.true(look(1_039_001));
});

/** Nodes on one Postgres, each with its connection and a clock of its own. */
async function nodesOf(t: ExecutionContext) {
  const { location, remove } = await migratedLocation('postgres');
  const clients: pg.Client[] = [];
  t.teardown(async () => {
    for (const client of clients) await client.end();
    await remove();
  });
  let now = 0;
  const buried: string[] = [];
  const start = async () => {
    const client = new pg.Client({ connectionString: (location as { url: string }).url });
    await client.connect();
    clients.push(client);
    const id = newId('nod', Date.now());
    const nothing = () => undefined;
    const options = { onBeat: nothing, onBuried: (ids: string[]) => buried.push(...ids), onNews: nothing, onDeaf: nothing };
    const report = () => ({ memoryBytes: 0, sessions: 0, roomBytes: null, followers: {} });
    const tenure = new NodeTenure({ id, url: 'http://x', version: '0', role: 'all', lease: 30_000 }, { ...options, report }, () => now);
    await tenure.claim(client);
    return { id, client, beat: () => tenure.beat(client), away: () => tenure.verify(client) };
  };
  return {
    start,
    buried,
    pass: (ms: number) => {
      now += ms;
    },
    /** As all that is stored looks once the clock of the database was set forward by so much. */
    async setForward(ms: number) {
      await clients[0]?.query('UPDATE node_beats SET seen_at = seen_at - $1', [ms]);
    },
  };
}

onPostgres('a clock of the database that is set forward kills no node that lives', async (t) => {
  const { start, buried, pass, setForward } = await nodesOf(t);
  const [a, b] = [await start(), await start()];
  for (let beats = 0; beats < 3; beats++) {
    pass(1_500);
    await a.beat();
    await b.beat();
  }
  for (const ms of [21_000, 3_600_000]) {
    await setForward(ms);
    for (let beats = 0; beats < 30; beats++) {
      pass(1_500);
      await a.beat();
      await b.beat();
    }
  }
  t.deepEqual(buried, []);
});

onPostgres(
  'a node that is silent is buried after its lease, by whoever has looked for as long; one that comes or was away waits',
  async (t) => {
    const { start, buried, pass, setForward } = await nodesOf(t);
    const [dead, a] = [await start(), await start()];
    // By the clock of the database it is long dead.
    await setForward(3_600_000);
    await a.beat();
    for (let at = 0; at < 28_500; at += 1_500) {
      pass(1_500);
      await a.beat();
    }
    t.deepEqual(buried, []);
    const late = await start();
    await a.away();
    for (let at = 0; at < 28_500; at += 1_500) {
      pass(1_500);
      await a.beat();
      await late.beat();
    }
    t.deepEqual(buried, [], 'neither the one that has just come nor the one that was away');
    pass(1_500);
    await late.beat();
    t.deepEqual(buried, [dead.id]);
    await t.throwsAsync(dead.beat(), { message: /taken this one for dead/ });
  },
);

onPostgres('a node whose process has ended is buried soon, by one of the same machine and address', async (t) => {
  const { start, buried, pass } = await nodesOf(t);
  const [killed, elsewhere, unknown, alive, a] = [await start(), await start(), await start(), await start(), await start()];
  const sleeper = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.teardown(() => sleeper.kill('SIGKILL'));
  const process = await identityOf(sleeper.pid);
  t.truthy(process);
  const [boot, ...rest] = (process ?? '').split(' ');
  const are = (id: string, text: string, url = 'http://x:3001') =>
    a.client.query('UPDATE nodes SET process = $2, url = $3 WHERE id = $1', [id, text, url]);
  await are(killed.id, process ?? '');
  await are(elsewhere.id, process ?? '', 'http://y:3001');
  await are(unknown.id, [`${boot?.slice(1)}0`, ...rest].join(' '));
  const beats = async (): Promise<void> => {
    for (let at = 0; at < 6_000; at += 1_500) {
      pass(1_500);
      await a.beat();
    }
  };
  await beats();
  t.deepEqual(buried, [], 'it stands still');
  sleeper.kill('SIGKILL');
  await once(sleeper, 'exit');
  await beats();
  t.deepEqual(buried, [killed.id]);
  t.truthy(alive);
});

onPostgres('a clock of the database that is set back keeps no dead node alive, and kills none that lives', async (t) => {
  const { start, buried, pass, setForward } = await nodesOf(t);
  const [dead, a, b] = [await start(), await start(), await start()];
  await setForward(-3_600_000);
  for (let at = 0; at <= 33_000; at += 1_500) {
    pass(1_500);
    await a.beat();
    await b.beat();
  }
  t.deepEqual(buried, [dead.id]);
});

onPostgres('a node whose beat comes as it is to be buried is not', async (t) => {
  const { start, buried, pass, setForward } = await nodesOf(t);
  const [b, a] = [await start(), await start()];
  await setForward(3_600_000);
  await a.beat();
  for (let at = 0; at < 28_500; at += 1_500) {
    pass(1_500);
    await a.beat();
  }
  await b.client.query('BEGIN');
  await b.beat();
  pass(1_500);
  let isDone = false;
  const looking = a.beat().finally(() => {
    isDone = true;
  });
  const waits = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const isWaiting = async () => (await b.client.query(waits)).rowCount !== 0;
  await until(async () => isDone || (await isWaiting()), { what: 'it to be buried, or not' });
  await b.client.query('COMMIT');
  await looking;
  pass(1_500);
  await a.beat();
  t.deepEqual(buried, []);
});
