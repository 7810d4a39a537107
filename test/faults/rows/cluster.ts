/** Nodes of a cluster that die, stand still, are cut off, have wrong clocks, are drained and upgraded, and a Postgres that goes away: under load, one after another. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { ROOT, until } from '../../helpers/hub.ts';
import { findPostgresPrograms, type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts';
import { findChromium, hasCompiler, mayMakeNetworks } from '../../helpers/requirements.ts';
import { type ClusterWorld, isBrowser, type Place, startClusterWorld } from '../cluster-world.ts';
import { type Absence, sinceBoot } from '../engines.ts';
import { makeNetworks, type Networks } from '../networks.ts';
import { type FaultRow, firstSuccess, type Stage, tally } from '../stage.ts';

const NODES = 3;
/** So many sessions more, each in a browser. */
const BROWSERS = 3;
/** Milliseconds within which a session has an engine again: its node was told to go, or it went without a word. */
const [PLANNED, UNPLANNED] = [5_000, 45_000];
/** What a busy machine may make of it (ms): a figure that is above its aim tells of the machine, too, and a session that is not back then is not back at all. */
const BACK_AT_ALL = 120_000;
/** So long (ms) it goes on before the last of them. */
const LONG = 500_000;
/** Until I1 to I4 hold again, once the clients rest (ms). */
const CALM = 300_000;
const HOUR = 3_600_000;
/** All clients together ask for so many things a second. */
const A_SECOND = 15;

interface Scene {
  stage: Stage;
  world: ClusterWorld;
  networks: Networks;
  primary: PostgresServer;
  replica: PostgresServer;
}

interface Trouble {
  name: string;
  /** Resolves when it is over and everything runs again. */
  happens(scene: Scene): Promise<void>;
}

/** Of those that are not `but`, one in which something runs where there is one. */
const victimOf = ({ world }: Scene): Place => world.busiest;

/** Does something to the busiest node, and tells how long its sessions were without an engine. */
async function moved(
  scene: Scene,
  name: string,
  { within, harm, heal }: { within: number; harm(place: Place): Promise<void> | void; heal(place: Place): Promise<void> },
): Promise<void> {
  const { stage, world } = scene;
  const place = victimOf(scene);
  const { pid } = place.hub;
  const [asked, since] = [world.told.length, sinceBoot()];
  await harm(place);
  const times = await world.takenOver(pid, since, BACK_AT_ALL);
  await heal(place);
  const recovered = await firstSuccess(world, 60_000);
  const longest = longestOf(times);
  stage.figure(`${name}: sessions moved; the longest without an engine`, movesOf(times), `< ${within / 1_000} s`);
  stage.figure(`${name}: answers meanwhile; first 2xx after it`, `${tally(world.told.slice(asked))}; ${recovered} ms`);
  stage.must(times.length > 0, `${name}: no session was there`);
  stage.must(
    longest < BACK_AT_ALL,
    `${name}: ${times.filter(({ ms }) => ms >= BACK_AT_ALL).length} sessions were not back within ${BACK_AT_ALL / 1_000} s`,
  );
  stage.must(recovered < 60_000, `${name}: no 2xx within 60 s after it`);
}

const longestOf = (times: readonly Absence[]): number => Math.round(Math.max(0, ...times.map(({ ms }) => ms)));

/** Those in the sandbox, and those in browsers. */
function movesOf(times: readonly Absence[]): string {
  const { browsers = [], sandbox = [] } = Object.groupBy(times, ({ profile }) => (isBrowser(profile) ? 'browsers' : 'sandbox'));
  const told = (those: readonly Absence[]): string => `${those.length}; ${(longestOf(those) / 1_000).toFixed(1)} s`;
  return [told(sandbox), ...(browsers.length > 0 ? [`in browsers ${told(browsers)}`] : [])].join('; ');
}

/** Does something that is to move nothing, and looks that nothing has moved. */
async function stood(scene: Scene, name: string, work: () => Promise<void>): Promise<void> {
  const { stage, world } = scene;
  const before = world.places.map((place) => ({ pid: place.hub.pid, since: sinceBoot() }));
  const asked = world.told.length;
  await work();
  const recovered = await firstSuccess(world, 60_000);
  await wait(3_000);
  const ended = before.filter(({ pid }) => !world.places.some(({ hub }) => hub.pid === pid && isThere(pid)));
  stage.figure(`${name}: answers meanwhile; first 2xx after it`, `${tally(world.told.slice(asked))}; ${recovered} ms`);
  stage.must(recovered < 60_000, `${name}: no 2xx within 60 s after it`);
  stage.must(ended.length === 0, `${name}: ${ended.length} nodes ended by it`);
  for (const place of world.places) if (ended.some(({ pid }) => pid === place.hub.pid)) await world.startAgain(place);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const ended = (place: Place) => until(() => !isThere(place.hub.pid), { what: 'the node to end', within: 60_000, every: 200 });

const TROUBLES: Trouble[] = [
  {
    name: 'a node is killed',
    happens: (scene) =>
      moved(scene, 'a node is killed', {
        within: UNPLANNED,
        harm: async ({ hub }) => void (await hub.end('SIGKILL')),
        heal: (place) => scene.world.startAgain(place),
      }),
  },
  {
    name: 'a node stands still for 50 s, and goes on',
    happens: (scene) =>
      moved(scene, 'a node stands still for 50 s, and goes on', {
        within: UNPLANNED,
        async harm(place) {
          scene.world.pauseNode(place);
          await wait(50_000);
          scene.world.wakeNode(place);
        },
        async heal(place) {
          await ended(place);
          await scene.world.startAgain(place);
        },
      }),
  },
  {
    name: 'a node is cut off from Postgres for 60 s',
    happens: (scene) =>
      moved(scene, 'a node is cut off from Postgres for 60 s', {
        within: UNPLANNED,
        async harm({ machine }) {
          machine?.cut('database');
          await wait(60_000);
          machine?.heal('database');
        },
        async heal(place) {
          await ended(place);
          await scene.world.startAgain(place);
        },
      }),
  },
  {
    name: 'a node is cut off from Postgres, and killed',
    happens: (scene) =>
      moved(scene, 'a node is cut off from Postgres, and killed', {
        within: UNPLANNED,
        async harm({ machine, hub }) {
          machine?.cut('database');
          await hub.end('SIGKILL');
        },
        async heal(place) {
          place.machine?.heal('database');
          await scene.world.startAgain(place);
        },
      }),
  },
  {
    name: 'a node is drained',
    happens: (scene) =>
      moved(scene, 'a node is drained', {
        within: PLANNED,
        async harm(place) {
          const other = scene.world.places.find((one) => one !== place) as Place;
          const nodes: { id: string; url: string }[] = (await other.hub.admin('GET', '/api/nodes')).json.data;
          const id = nodes.find(({ url }) => url === place.hub.base)?.id;
          const { status } = await other.hub.admin('POST', `/api/nodes/${id}/drain`);
          scene.stage.must(status === 204, `a node is drained: ${status}`);
        },
        async heal(place) {
          const code = await place.hub.end('SIGTERM');
          scene.stage.must(code === 0, `a node is drained: it ended with ${code}`);
          await scene.world.startAgain(place);
        },
      }),
  },
  {
    name: 'a node is told to stop',
    happens: (scene) =>
      moved(scene, 'a node is told to stop', {
        within: PLANNED,
        harm: ({ hub }) => void process.kill(hub.pid, 'SIGTERM'),
        async heal(place) {
          await ended(place);
          await scene.world.startAgain(place);
        },
      }),
  },
  { name: 'clocks are moved', happens: clocksMoved },
  { name: 'connections are half open', happens: halfOpen },
  { name: 'the rows of nodes and leases are locked', happens: locked },
  { name: 'Postgres is stopped hard', happens: stopped },
];

/** After which nothing is as it was before. */
const LAST: Trouble[] = [
  { name: 'upgraded one by one', happens: upgraded },
  { name: 'Postgres fails over to its replica', happens: failedOver },
];

/** However wrong the clock of a machine is, it moves no session and loses nothing. */
async function clocksMoved(scene: Scene): Promise<void> {
  const { stage, world } = scene;
  const runsBefore = world.engines.filter(({ what }) => what === 'began').length;
  await stood(scene, 'clocks are moved by −1 h, +24 h, and back', async () => {
    const [one, other] = world.places as [Place, Place];
    one.injection?.moveClock(-HOUR);
    other.injection?.moveClock(24 * HOUR);
    await wait(15_000);
    for (const { injection } of world.places) injection?.moveClock(0);
    await wait(5_000);
  });
  const begun = world.engines.filter(({ what }) => what === 'began').length - runsBefore;
  stage.must(begun === 0, `clocks are moved: ${begun} engines were begun by it`);
}

/** The server has closed all connections of a node, which was cut off and knows nothing of it. */
async function halfOpen(scene: Scene): Promise<void> {
  const { world } = scene;
  const place = victimOf(scene);
  await stood(scene, 'the connections of a node are half open', async () => {
    place.machine?.cut('database');
    await world.sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_addr = $1`, [addressOf(place)]);
    await wait(2_000);
    place.machine?.heal('database');
    await wait(5_000);
  });
}

/** On the wires of the database: that of the other wire with another second number. */
const addressOf = ({ machine }: Place): string => (machine?.host ?? '').replace(/^10\.213\./, '10.214.');

/** Somebody's query holds the rows that say that nodes live, and whose the sessions are, for longer than a beat may take. */
async function locked(scene: Scene): Promise<void> {
  await stood(scene, 'the rows of nodes and leases are locked for 10 s', async () => {
    const client = await scene.world.sql.connect();
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE node_beats, leases IN SHARE ROW EXCLUSIVE MODE');
      await wait(10_000);
      await client.query('ROLLBACK');
    } finally {
      client.release();
    }
  });
}

async function stopped(scene: Scene): Promise<void> {
  const { primary } = scene;
  await stood(scene, 'Postgres is stopped hard for 5 s', async () => {
    primary.stop('immediate');
    await wait(5_000);
    primary.start();
  });
}

/** Another checkout whose version is a later one, and which brings a migration. */
async function laterVersion(directory: string): Promise<string> {
  const root = join(directory, 'later');
  await mkdir(root);
  const log = ['engine-log.ts', 'engines.ts'].map((name) => join('test', 'faults', name));
  for (const name of ['src', 'migrations', 'flows', 'hookline.js', ...log])
    await cp(join(ROOT, name), join(root, name), { recursive: true });
  for (const name of ['node_modules', 'dist']) await symlink(join(ROOT, name), join(root, name));
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await writeFile(join(root, 'package.json'), JSON.stringify({ ...own, version: '99.0.0' }));
  await writeFile(
    join(root, 'migrations', '990_later.ts'),
    `import type { Knex } from 'knex';
export const up = (sql: Knex): Promise<void> => sql.schema.createTable('later', (t) => void t.integer('n'));
export const down = (sql: Knex): Promise<void> => sql.schema.dropTable('later');
`,
  );
  return root;
}

async function upgraded(scene: Scene): Promise<void> {
  const { stage, world } = scene;
  const root = await laterVersion(world.directory);
  const asked = world.told.length;
  const longest: Absence[] = [];
  for (const place of world.places) {
    const [{ pid }, since] = [place.hub, sinceBoot()];
    process.kill(pid, 'SIGTERM');
    longest.push(...(await world.takenOver(pid, since, BACK_AT_ALL)));
    await ended(place);
    await world.startAgain(place, { root });
    // N and N + 1 run side by side for a while.
    await wait(5_000);
  }
  const versions: { version: string }[] = (await (world.places[0] as Place).hub.admin('GET', '/api/nodes')).json.data;
  stage.must(versions.length === NODES && versions.every(({ version }) => version === '99.0.0'), `upgraded: ${JSON.stringify(versions)}`);
  const most = longestOf(longest);
  stage.figure('upgraded one by one: moves of sessions; the longest without an engine', movesOf(longest), `< ${PLANNED / 1_000} s`);
  stage.figure('upgraded one by one: answers meanwhile', tally(world.told.slice(asked)));
  stage.must(most < BACK_AT_ALL, `upgraded: a session was without an engine for ${most} ms`);
  // One of the version before is refused on the schema of the later one.
  const [place] = world.places as [Place];
  await place.hub.end('SIGTERM');
  const refusal = await world.startAgain(place).then(
    () => 'it started',
    (error: Error) => error.message,
  );
  stage.must(/newer/.test(refusal), `upgraded: a node of the version before, started again: ${refusal.slice(-300)}`);
  await world.startAgain(place, { root });
}

/** Synchronous replication: what was acknowledged is on the replica. It takes the address of the one that is gone. */
async function failedOver(scene: Scene): Promise<void> {
  const { stage, world, networks, primary, replica } = scene;
  const asked = world.told.length;
  const host = new URL(primary.url).hostname;
  await primary.signal('KILL');
  const began = sinceBoot();
  networks.dropHost(host);
  replica.promote();
  networks.addHost(host);
  const sql = new pg.Client({ connectionString: replica.url });
  await sql.connect();
  await sql.query(`ALTER SYSTEM SET synchronous_standby_names = ''`);
  await sql.end();
  replica.moveTo(host);
  const moved = sinceBoot() - began;
  const recovered = await firstSuccess(world, 60_000);
  await wait(5_000);
  const alive = world.places.filter(({ hub }) => isThere(hub.pid));
  stage.figure('Postgres fails over to its replica: it took; first 2xx after it', `${Math.round(moved)} ms; ${recovered} ms`);
  stage.figure('Postgres fails over to its replica: answers meanwhile', tally(world.told.slice(asked)));
  stage.must(recovered < 60_000, 'Postgres fails over: no 2xx within 60 s after it');
  stage.must(alive.length === NODES, `Postgres fails over: ${NODES - alive.length} nodes ended by it`);
}

/** Each once, and from the first one on again until so much time (ms) has passed; then the last ones. */
function* inTurn(time: number): Generator<Trouble> {
  const end = performance.now() + time;
  for (let nth = 0; nth < TROUBLES.length || performance.now() < end; nth++) yield TROUBLES[nth % TROUBLES.length] as Trouble;
  yield* LAST;
}

export const cluster: FaultRow = {
  what: 'Three nodes, each in a network of its own, on one Postgres with a replica: killed, paused, cut off, drained, upgraded, and all that can go wrong with the database',
  count: { of: 'sessions', usual: 60 },
  needs: [findPostgresPrograms, mayMakeNetworks, hasCompiler, findChromium],
  once: true,
  async run(stage) {
    const networks = makeNetworks(NODES);
    stage.teardown(() => networks.dispose());
    const bin = findPostgresPrograms() as string;
    const host = networks.database.host.replace(/\.1$/, '.2');
    networks.addHost(host);
    const settings = { synchronous_standby_names: '*', max_connections: '200' };
    const primary = await startPostgres(bin, { host, allow: networks.database.all, settings });
    stage.teardown(() => primary.dispose());
    networks.addHost(host.replace(/\.2$/, '.3'));
    const replica = await startPostgres(bin, {
      host: host.replace(/\.2$/, '.3'),
      replicaOf: primary.url,
      settings: { max_connections: '200' },
    });
    stage.teardown(() => replica.dispose());
    const world = await startClusterWorld({
      url: primary.url,
      nodes: NODES,
      sessions: stage.count,
      browsers: BROWSERS,
      gap: (stage.count * 2_000) / A_SECOND,
      networks,
    });
    stage.teardown(() => world.dispose());
    world.load();
    const scene: Scene = { stage, world, networks, primary, replica };
    const only = process.env.HOOKLINE_FAULTS_ONLY;
    for (const { name, happens } of inTurn(only ? 0 : LONG)) {
      if (only && !new RegExp(only).test(name)) continue;
      const [before, broken] = [world.judgeEngines().broken.length, stage.broken.length];
      await wait(3_000);
      await happens(scene).catch((error: unknown) =>
        stage.broken.push(`${name}: it ended early: ${error instanceof Error ? error.message : error}`),
      );
      const began = performance.now();
      stage.none(name, await world.calm(CALM));
      stage.figure(`${name}: once the clients rest, I1 to I4 hold after`, `${((performance.now() - began) / 1_000).toFixed(0)} s`);
      stage.none(name, world.judgeEngines().broken.slice(before));
      process.stdout.write(
        `${name}\n${stage.broken
          .slice(broken)
          .map((what) => `  ${what}\n`)
          .join('')}`,
      );
    }
    const { accepted, heard } = world;
    const { wokenUp } = world.judgeEngines();
    stage.none('at the end', await world.judged(CALM));
    stage.figure('sends and inbound messages acknowledged', `${accepted.length}; ${heard.length}`);
    stage.figure(
      'two engines of one session at once, but for a node that wakes up',
      stage.broken.some((what) => /two engines/.test(what)) ? 'yes' : 'never',
      'never',
    );
    stage.figure('engines of a node that wakes up are there for', `${Math.round(wokenUp)} ms, and do nothing`);
  },
};
