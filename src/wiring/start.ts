import type { Leases } from '../cluster/leases.ts';
import { WORKERS } from '../cluster/members.ts';
import type { Config } from '../config/load.ts';
import type { Runtime } from '../core/runtime.ts';
import { DEFAULT_TENANT } from '../tenants/tenants.ts';
import { atMost, type Closer } from './closing.ts';
import { followerLease, leased, WORK } from './cluster.ts';
import { RUN_SESSIONS } from './cluster-node.ts';
import type { Rooms } from './rooms.ts';

/** Keys that exist since this start. They are shown to whoever started the hub, and cannot be shown again. */
export interface NewKeys {
  admin: string | null;
  /** Of the tenant `default`. */
  tenant: string | null;
}

/** Brings the rooms to life in the order in which they need each other; they are put to sleep in the opposite one. */
export async function startRooms(config: Config, rooms: Rooms, runtime: Runtime, opened: Closer[]): Promise<NewKeys> {
  const { leases } = rooms.cluster;
  const admin = await rooms.keys.openAdmin(config.adminKey);
  const made = await rooms.tenants.ensureDefault();
  opened.push(async () => rooms.egress.close());
  opened.push(() => rooms.audit.stop());
  opened.push(async () => rooms.cluster.counts?.stop());
  opened.push(() => rooms.keys.stop());
  opened.push(() => rooms.closeGuard());
  opened.push(() => rooms.closeFlows());
  // Before a request brings a file; it is stopped with the requests, see app.ts.
  await rooms.media.start();
  rooms.loopWatch.start();
  opened.push(async () => rooms.loopWatch.stop());
  if (!leases) await startWork(config, rooms, opened);
  else {
    await rooms.ledger.hearOthers();
    opened.push(async () => rooms.ledger.stopHearing());
    if (WORKERS.includes(config.role)) shareWork(leases, config, rooms, runtime);
    opened.push(() => leases.stop());
    await leases.start();
    await startSessions(config, rooms, opened);
    if (config.role !== 'api') await startLanes(config, rooms, opened);
  }
  return { admin, tenant: made?.apiKey.key ?? null };
}

/** Those that this node is given. */
async function startSessions(config: Config, { sessions, cluster }: Rooms, opened: Closer[]): Promise<void> {
  const { owners } = cluster;
  if (!owners) return;
  const runs = RUN_SESSIONS.includes(config.role);
  if (runs) {
    await sessions.start();
    opened.push(() => sessions.stop());
  }
  opened.push(async () => {
    if (runs) sessions.hurryCopies();
    await owners.stop();
  });
  const own = { begin: sessions.takeOver.bind(sessions), end: sessions.handOver.bind(sessions), drop: sessions.drop.bind(sessions) };
  await owners.start(runs ? own : undefined);
}

/** Every node works its own. */
async function startLanes(config: Config, { lanes, webhooks, cluster }: Rooms, opened: Closer[]): Promise<void> {
  const stop = (): Promise<void> => atMost(config.shutdownSeconds * 1_000, lanes.stop());
  await lanes.start();
  // At the end of the hub they are stopped before all else; see app.ts.
  cluster.onDrain(stop);
  await webhooks.start();
  opened.push(() => webhooks.stop());
}

/** Has each part be done on one node at a time. */
function shareWork(leases: Leases, config: Config, rooms: Rooms, runtime: Runtime): void {
  const { ledger } = rooms;
  leased(leases, WORK, runtime, (opened) => startWork(config, rooms, opened));
  for (const name of ledger.followers) {
    leases.want(followerLease(name), { begin: async () => ledger.startOne(name), end: () => ledger.stopOne(name) });
  }
}

/** All that is not an answer to a request. */
async function startWork(config: Config, rooms: Rooms, opened: Closer[]): Promise<void> {
  const defaultTenant = await rooms.tenants.idOf(DEFAULT_TENANT);
  if (defaultTenant) {
    // Before the ledger is followed: what waited over a restart is answered by the flows as they are now.
    const folder = rooms.folder(defaultTenant);
    await folder.start();
    opened.push(() => folder.stop());
  }
  if (!rooms.cluster.leases) {
    rooms.ledger.start();
    opened.push(() => rooms.ledger.stop());
  }
  if (!rooms.cluster.leases) {
    await rooms.sessions.start();
    opened.push(() => rooms.sessions.stop());
    await startLanes(config, rooms, opened);
    await rooms.clockWatch.start();
    opened.push(() => rooms.clockWatch.stop());
  }
  rooms.quarantine.start();
  opened.push(() => rooms.quarantine.stop());
  for (const { periodic } of rooms.retentions) {
    periodic.start();
    opened.push(() => periodic.stop());
  }
}
