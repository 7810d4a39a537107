/**
 * `node bench/simulate.ts [placement|takeover|reconnect|plan …]`: what becomes of clusters larger than a test can start, worked out and not measured. The same seed
 * gives the same figures. What goes in is said with each; docs/scaling.md tells what comes out.
 */
import { fileURLToPath } from 'node:url';
import { ReconnectPolicy } from '../src/sessions/supervision/retry-policy.ts';
import { percentile } from './process.ts';

const SEED = 1;

/** What is known of one hub: bench/RESULTS.md (`npm run bench footprint sessions sends webhooks cluster`), and what has to be assumed. */
const KNOWN = {
  /** MB of a node without sessions. */
  node: 136,
  /** MB of a session: its browser (chromium-headless-shell, linked, few chats) and what the hub keeps for it. Chats make it grow: up to twice that is assumed. */
  session: 115,
  grows: 2,
  /** Seconds from a launch to the connection of a linked session, median and 99th percentile: assumed; with the stand-in it is 1.2 s to the code. */
  launch: { median: 6, p99: 20 },
  /** Seconds of processor time of a launch: assumed. */
  launchProcessor: 4,
  /** Launches at once on a node (`sessions.chromiumLaunchesAtOnce`). */
  launches: 2,
  /** Seconds after which a node that is not heard of is taken for dead, its beats, and the looks of the others. */
  dead: 30,
  beat: 1.5,
  look: 2,
} as const;

/** Mulberry32: of a seed always the same numbers, from 0 to below 1. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** With this median, and this 99th percentile. */
function logNormal(random: () => number, { median, p99 }: { median: number; p99: number }): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp((normal * Math.log(p99 / median)) / 2.326);
}

type Row = Record<string, string | number>;

export interface Placed {
  /** MB of the fullest and of the emptiest node, and how many sessions found no room. */
  fullest: number;
  emptiest: number;
  refused: number;
  most: number;
  fewest: number;
}

/**
 * Sessions come and go for a while, each of a size that nobody knows when it is placed, and grow. `by`: which node is asked next, the one with most room or
 * the one with the fewest sessions.
 */
export function placement(
  { nodes, room, sessions, by }: { nodes: number; room: number; sessions: number; by: 'room' | 'count' },
  seed = SEED,
): Placed {
  const random = randomOf(seed);
  const held = Array.from({ length: nodes }, () => ({ used: KNOWN.node as number, sizes: [] as number[] }));
  let refused = 0;
  const place = (): void => {
    const size = Math.min(logNormal(random, { median: KNOWN.session * 1.3, p99: KNOWN.session * 4 }), 1_000);
    const target = held.reduce((best, one) => ((by === 'room' ? one.used < best.used : one.sizes.length < best.sizes.length) ? one : best));
    if (target.used + KNOWN.session > room) refused++;
    else {
      target.used += size;
      target.sizes.push(size);
    }
  };
  for (let nth = 0; nth < sessions; nth++) place();
  for (let change = 0; change < sessions; change++) {
    const from = held[Math.floor(random() * nodes)] as (typeof held)[number];
    const gone = from.sizes.splice(Math.floor(random() * from.sizes.length), 1)[0];
    if (gone === undefined) continue;
    from.used -= gone;
    place();
  }
  const used = held.map((node) => node.used);
  const counts = held.map(({ sizes }) => sizes.length);
  return { fullest: Math.max(...used), emptiest: Math.min(...used), refused, most: Math.max(...counts), fewest: Math.min(...counts) };
}

export interface Back {
  /** Seconds after the death of the node until so many of its sessions were begun elsewhere, and connected. */
  begun: { half: number; all: number };
  connected: { half: number; all: number };
}

/** A node dies with its share. The others take turns at launching, as many at once as each may, and processors are shared by what is launched. */
export function takeover(
  { nodes, sessions, launches, processors }: { nodes: number; sessions: number; launches: number; processors: number },
  seed = SEED,
): Back {
  const random = randomOf(seed);
  const share = Math.ceil(sessions / nodes);
  const found = KNOWN.dead + random() * KNOWN.beat + random() * KNOWN.look;
  const begun: number[] = [];
  const connected: number[] = [];
  for (let node = 0; node < nodes - 1; node++) {
    const own = Math.floor(share / (nodes - 1)) + (node < share % (nodes - 1) ? 1 : 0);
    // A launch takes its time, or longer where those beside it want the processors.
    const slowed = Math.max(1, (launches * KNOWN.launchProcessor) / KNOWN.launch.median / processors);
    const free = Array.from({ length: launches }, () => found);
    for (let nth = 0; nth < own; nth++) {
      const slot = free.indexOf(Math.min(...free));
      const began = free[slot] as number;
      begun.push(began);
      free[slot] = began + logNormal(random, KNOWN.launch) * slowed;
      connected.push(free[slot] as number);
    }
  }
  const told = (all: number[]) => ({ half: percentile(all, 0.5), all: Math.max(...all) });
  return { begun: told(begun), connected: told(connected) };
}

export interface Reconnected {
  /** Attempts in the busiest second of the whole cluster, and of one address that it comes from. */
  peak: number;
  peakOfOne: number;
  attempts: number;
  /** Seconds after WhatsApp is back until all are connected. */
  half: number;
  all: number;
}

/**
 * WhatsApp is away for all sessions for a while. `lets`: new connections a second that it takes from one address (nobody outside of it knows); what comes beyond is
 * refused and tries again. By the hub's own policy.
 */
export function reconnect(
  { nodes, sessions, away, lets, launches }: { nodes: number; sessions: number; away: number; lets: number; launches: number },
  seed = SEED,
): Reconnected {
  const random = randomOf(seed);
  const each = Math.ceil(sessions / nodes);
  const seconds: Map<number, number>[] = Array.from({ length: nodes }, () => new Map());
  const connected: number[] = [];
  let attempts = 0;
  for (let node = 0; node < nodes; node++) {
    const counts = seconds[node] as Map<number, number>;
    const let_ = new Map<number, number>();
    const free = Array.from({ length: launches }, () => 0);
    // By time, so that the places are given in the order in which they are asked for.
    const waiting = Array.from({ length: each }, () => {
      const policy = new ReconnectPolicy();
      return { policy, at: policy.nextDelay(random) / 1_000 };
    });
    while (waiting.length > 0) {
      let next = 0;
      for (const [nth, { at }] of waiting.entries()) if (at < (waiting[next] as { at: number }).at) next = nth;
      const session = waiting[next] as (typeof waiting)[number];
      const slot = free.indexOf(Math.min(...free));
      const at = Math.max(session.at, free[slot] as number);
      const second = Math.floor(at);
      attempts++;
      counts.set(second, (counts.get(second) ?? 0) + 1);
      const taken = let_.get(second) ?? 0;
      const isLet = at >= away && taken < lets;
      if (isLet) let_.set(second, taken + 1);
      // What is refused says so soon.
      free[slot] = at + (isLet ? Math.min(2, logNormal(random, { median: 1, p99: 2 })) : 0.5);
      if (isLet) {
        connected.push(Math.max(0, (free[slot] as number) - away));
        waiting.splice(next, 1);
      } else session.at = at + session.policy.nextDelay(random) / 1_000;
    }
  }
  const all = new Map<number, number>();
  for (const counts of seconds) for (const [second, count] of counts) all.set(second, (all.get(second) ?? 0) + count);
  return {
    ...{ attempts, peak: Math.max(...all.values()), peakOfOne: Math.max(...seconds.flatMap((counts) => [...counts.values()])) },
    ...{ half: percentile(connected, 0.5), all: Math.max(...connected) },
  };
}

/** What a session is assumed to do: a shop that answers. */
const USE = {
  /** Messages a day, each way; in the busiest hour four times as many as on average. */
  inbound: 100,
  outbound: 100,
  busiest: 4,
  /** Endpoints that hear of each event, and events of a message in and of one out (queued, sending, sent, delivered, read). */
  endpoints: 1,
  events: { inbound: 1, outbound: 4 },
  /** Days that events are kept. */
  kept: 30,
} as const;

/** Milliseconds that the database is written for, of one accept, of one send from its claim to its record, of one inbound message, and of one delivery; and of a hub's processor. */
const COST = {
  held: { accept: 0.6, send: 2.4, inbound: 1, delivery: 0.5 },
  processor: { accept: 0.7, send: 4, inbound: 1.4, delivery: 1.4 },
  /** Bytes of an event with its delivery and its message, with indexes: assumed. */
  bytes: 1_500,
} as const;

/** What a database that is written in turns may be written for, so that a burst finds room. */
const WRITTEN_AT_MOST = 0.6;
/** Of the memory of a machine that sessions may fill, and connections to Postgres of a node. */
const FILLED = 0.8;
const CONNECTIONS = 10;

export interface Plan {
  nodes: number;
  memory: number;
  inbound: number;
  events: number;
  written: number;
  processors: number;
  databases: number;
  gigabytes: number;
  connections: number;
}

/** `memory`: GiB of a machine. One of them may die: the others have room for its sessions. */
export function plan({ sessions, memory }: { sessions: number; memory: number }): Plan {
  const room = memory * 1_074 * FILLED - KNOWN.node;
  const needed = Math.ceil((sessions * KNOWN.session * KNOWN.grows) / room);
  const nodes = Math.max(3, needed + 1);
  const rate = (perDay: number): number => (sessions * perDay * USE.busiest) / 86_400;
  const [inbound, outbound] = [rate(USE.inbound), rate(USE.outbound)];
  const events = inbound * USE.events.inbound + outbound * USE.events.outbound;
  const deliveries = events * USE.endpoints;
  const cost = ({ accept, send, inbound: came, delivery }: Record<keyof (typeof COST)['held'], number>): number =>
    (outbound * (accept + send) + inbound * came + deliveries * delivery) / 1_000;
  const written = cost(COST.held);
  const daily = sessions * (USE.inbound * USE.events.inbound + USE.outbound * USE.events.outbound) * COST.bytes;
  return {
    ...{ nodes, memory, inbound, events, written, processors: cost(COST.processor) },
    databases: Math.max(1, Math.ceil(written / WRITTEN_AT_MOST)),
    gigabytes: (daily * USE.kept) / 1e9,
    connections: nodes * CONNECTIONS,
  };
}

const gb = (mb: number): string => (mb / 1_000).toFixed(1);
const s = (seconds: number): string => `${seconds.toFixed(0)} s`;

const SHOWN: Record<string, () => Row[]> = {
  placement: () =>
    ([3, 10] as const).flatMap((nodes) =>
      (['room', 'count'] as const).map((by) => {
        const { fullest, emptiest, refused, most, fewest } = placement({ nodes, room: 55_000, sessions: nodes * 200, by });
        return {
          nodes,
          sessions: nodes * 200,
          'to the node with': by === 'room' ? 'most room' : 'fewest sessions',
          'fullest, emptiest node (GB)': `${gb(fullest)}, ${gb(emptiest)}`,
          'most, fewest sessions': `${most}, ${fewest}`,
          'without room': refused,
        };
      }),
    ),
  takeover: () =>
    [3, 10, 50].flatMap((nodes) =>
      [2, 8].map((launches) => {
        const { begun, connected } = takeover({ nodes, sessions: nodes * 200, launches, processors: 8 });
        return {
          nodes,
          sessions: nodes * 200,
          'launches at once': launches,
          'begun elsewhere: half, all': `${s(begun.half)}, ${s(begun.all)}`,
          'connected: half, all': `${s(connected.half)}, ${s(connected.all)}`,
        };
      }),
    ),
  reconnect: () =>
    [1, 10, 50].flatMap((nodes) =>
      [5, 60].map((lets) => {
        const { peak, peakOfOne, attempts, half, all } = reconnect({ nodes, sessions: nodes * 200, away: 300, lets, launches: 8 });
        return {
          nodes,
          sessions: nodes * 200,
          'WhatsApp lets in, a second and address': lets,
          'attempts in the busiest second: of all, of one node': `${peak}, ${peakOfOne}`,
          'attempts a session': (attempts / (nodes * 200)).toFixed(1),
          'connected after its return: half, all': `${s(half)}, ${s(all)}`,
        };
      }),
    ),
  plan: () =>
    [100, 1_000, 10_000, 100_000].map((sessions) => {
      const { nodes, memory, inbound, events, written, processors, databases, gigabytes, connections } = plan({ sessions, memory: 64 });
      return {
        sessions: sessions.toLocaleString('en'),
        [`nodes of ${memory} GiB`]: nodes,
        'messages in, a second (busiest hour)': inbound.toFixed(1),
        'events, a second': events.toFixed(0),
        'processors of hubs': processors.toFixed(1),
        'written for, of each second': `${written.toFixed(2)} s`,
        'databases (clusters)': databases,
        'connections to Postgres': connections,
        'stored, 30 days': `${gigabytes.toFixed(0)} GB`,
      };
    }),
};

/** In Markdown. */
export function shown(what: string): string {
  const rows = SHOWN[what]?.() ?? [];
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => `| ${names.map((name) => row[name]).join(' | ')} |`);
  return [`| ${names.join(' | ')} |`, `| ${names.map(() => '---').join(' | ')} |`, ...lines].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in SHOWN));
  if (unknown.length > 0) throw new Error(`Nothing is known of ${unknown.join(', ')}; there are: ${Object.keys(SHOWN).join(', ')}`);
  for (const name of asked.length > 0 ? asked : Object.keys(SHOWN)) process.stdout.write(`## ${name}\n\n${shown(name)}\n\n`);
}
