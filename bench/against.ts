/**
 * What a delivery costs here against another checkout of Hookline: `node bench/against.ts DIRECTORY`. Both hubs run in this process and
 * drain the same backlog in turn, so that whatever else the machine does hits both; each pair has a ratio of its own, and of these the
 * mean is told. (Two processes, one after the other, differ by more than what is looked for.)
 */
import { join, resolve } from 'node:path';
import { median } from './process.ts';
import type { Receiver, Rig } from './rig.ts';

const PER_LANE = 150;
const PAIRS = 12;
/** Before anything counts. */
const WARM_UP = 2;
const HOUR = 3_600_000;

type Bench = typeof import('./rig.ts');

interface Side {
  bench: Bench;
  rig: Rig;
  receiver: Receiver;
  /** Milliseconds of processor time for a delivery. */
  costs: number[];
}

async function open(root: string): Promise<Side> {
  const bench: Bench = await import(join(root, 'bench/rig.ts'));
  const [rig, receiver] = [await bench.startRig(), await bench.startReceiver()];
  for (let i = 0; i < PER_LANE; i++) await Promise.all(rig.sessions.map((_, lane) => bench.receive(rig, lane)));
  await rig.app.rooms.ledger.drain();
  return { bench, rig, receiver, costs: [] };
}

async function drain({ bench, rig, receiver, costs }: Side): Promise<void> {
  const { endpoints, lanes } = rig.app.rooms;
  const { id } = await endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['message.*'] });
  await rig.sql.raw(
    `INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, event_position, lane, status, due_at, expires_at, created_at)
     SELECT 'dlv_' || ? || position, tenant_id, ?, position, 'webhook:' || ? || ':' || session_id, 'pending', ?, ?, ?
     FROM events WHERE type = 'message.received'`,
    [id, id, id, Date.now() - 1_000, Date.now() + 2 * HOUR, Date.now()],
  );
  await receiver.told();
  const before = process.cpuUsage();
  await endpoints.update(rig.tenantId, id, { url: receiver.url('/hook') });
  const count = bench.IN_FLIGHT * PER_LANE;
  await bench.arrived(receiver, count);
  const { user, system } = process.cpuUsage(before);
  costs.push((user + system) / 1_000 / count);
  await lanes.drain();
  await endpoints.remove(rig.tenantId, id);
}

const [here, there] = [await open(resolve(import.meta.dirname, '..')), await open(resolve(process.argv[2] ?? '.'))];
for (let pair = 0; pair < WARM_UP + PAIRS; pair++) for (const side of pair % 2 ? [here, there] : [there, here]) await drain(side);
const counted = ({ costs }: Side): number[] => costs.slice(WARM_UP);
const ratios = counted(here).map((cost, pair) => cost / (counted(there)[pair] as number));
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
for (const [name, side] of Object.entries({ here, there }))
  process.stdout.write(`${name}: ${median(counted(side)).toFixed(3)} ms of processor a delivery (median of ${PAIRS})\n`);
process.stdout.write(`ratio: ${mean.toFixed(3)} (geometric mean; ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})\n`);
for (const { receiver } of [here, there]) receiver.close();
process.exit();
