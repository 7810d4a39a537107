import { hkdfSync } from 'node:crypto';
import { CountsStore } from '../cluster/counts-store.ts';
import { Leases } from '../cluster/leases.ts';
import type { Life } from '../cluster/life.ts';
import { Members } from '../cluster/members.ts';
import { ClusterNodes, type Nodes, OnlyNode } from '../cluster/nodes.ts';
import { SessionOwners } from '../cluster/session-owners.ts';
import { SessionOwnersStore } from '../cluster/session-owners-store.ts';
import { SharedCounts } from '../cluster/shared-counts.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { newId, type SessionId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import { VERSION } from '../core/version.ts';
import type { Topic } from '../db/news.ts';
import type { NodeReport } from '../db/node-tenure.ts';
import type { LaneKind, LaneOwners } from '../dispatch/lanes.ts';
import { isChatLane } from '../flows/lane.ts';
import type { Forwarding } from '../http/forwarding.ts';
import { endpointOf } from '../webhooks/lane-key.ts';
import { atMost, type Closer, closeAll } from './closing.ts';
import { nodeUrlOf, roomOf } from './cluster-node.ts';
import type { Storage } from './storage.ts';

/** What one node at a time does for all, besides what has a lease of its own. */
export const WORK = 'work';
export const followerLease = (name: string): string => `follower:${name}`;

export interface Cluster {
  nodes: Nodes;
  /** What this node does for all; null where there is no other. */
  leases: Leases | null;
  members: Members;
  /** Which node runs which session; null where there is no other. */
  owners: SessionOwners | null;
  /** Whether this node may do what only one node may; null where there is no other. */
  life: Life | null;
  /** Whether this node has the lease; all of them where there is no other node. */
  has(lease: string): boolean;
  /** How requests reach the node that runs a session; null where there is no other. */
  forwarding: Forwarding | null;
  /** What all nodes count together; null where there is no other. */
  counts: SharedCounts | null;
  /** Which node works a lane; null where there is no other. */
  laneOwners: LaneOwners | null;
  /** Calls `listener` when nodes came or went, or have other leases than before. */
  onChange(listener: () => void): void;
  /** Has this be done, too, when this node is to hand over, before its sessions are. */
  onDrain(hand: () => Promise<void>): void;
  /** Hands over all that this node does for others, its sessions included, and takes nothing more. */
  handOver(): Promise<void>;
  /** Calls `listener` with what other nodes tell of this; with null after a while in which nothing was heard. */
  hear(topic: Topic, listener: (text: string | null) => unknown): void;
}

/** `report`: what this node tells of itself. `costOf`: bytes of memory that a session takes, by its engine. */
export function buildCluster(
  config: Pick<Config, 'host' | 'port' | 'nodeUrl' | 'role'>,
  runtime: Runtime,
  { db, node, secretKey }: Storage,
  { report, costOf }: { report(): Omit<NodeReport, 'roomBytes'>; costOf(engine: string): number },
): Cluster {
  const { clock, log } = runtime;
  const members = new Members();
  const listeners = new Map<Topic, ((text: string | null) => unknown)[]>();
  const hear: Cluster['hear'] = (topic, listener) => listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
  if (!node) {
    const [id, startedAt] = [newId('nod', clock.now()), clock.now()];
    const self = async () => {
      const { followers, ...rest } = report();
      const identity = { id, url: nodeUrlOf(config), version: VERSION, role: config.role, startedAt, seenAt: clock.now() };
      return { ...identity, ...rest, draining: 0 as const, followers: JSON.stringify(followers) };
    };
    const nothing = (): void => undefined;
    const nobody = async (): Promise<void> => undefined;
    return {
      nodes: new OnlyNode(self),
      leases: null,
      members,
      owners: null,
      life: null,
      has: () => true,
      laneOwners: null,
      counts: null,
      forwarding: null,
      onChange: nothing,
      onDrain: nothing,
      handOver: nobody,
      hear,
    };
  }
  const store = new ClusterStore(db);
  const [changes, hands]: [(() => void)[], (() => Promise<void>)[]] = [[], []];
  let isTold = true;
  const changed = (): void => {
    if (!isTold) return;
    isTold = false;
    // Changes come in crowds.
    clock.after(CROWD, () => {
      isTold = true;
      for (const listener of changes) listener();
    });
  };
  const isChosen = (name: string): boolean => members.chosenFor(name) === node.id;
  const leases = new Leases(store, { nodeId: node.id, isChosen, onChange: changed }, runtime);
  const owners = new SessionOwners(new SessionOwnersStore(db), { self: node.id, members, costOf, onChange: changed }, runtime);
  node.report = () => ({ ...report(), roomBytes: roomOf(config) });
  let handing: Promise<void> | undefined;
  const handOver = async (): Promise<void> => {
    log.info('This node hands over what it does for the others');
    const lanesEnd = atMost(LANES_END_WITHIN, Promise.all(hands.map((hand) => hand())));
    await Promise.all([leases.drain(), lanesEnd.then(() => owners.drain())]);
  };
  const urlOfOther = (id: string | null): string | null => (id === null || id === node.id ? null : members.urlOf(id));
  node.onBeat = ({ draining, nodes }) => {
    members.set(nodes);
    if (draining) handing ??= handOver();
  };
  if (node.lastBeat) node.onBeat(node.lastBeat);
  node.onNews = (topic, text) => {
    for (const listener of listeners.get(topic) ?? []) listener(text);
  };
  node.onDeaf = () => {
    for (const each of listeners.values()) for (const listener of each) listener(null);
  };
  const look = (): void => {
    void leases.look();
    void owners.look(null);
  };
  hear('leases', look);
  hear('owners', (id) => owners.look(id ? [id as SessionId] : null));
  node.onBuried = look;
  members.onChange(() => {
    look();
    changed();
  });
  return {
    ...{ nodes: new ClusterNodes(store), leases, members, owners, life: node.life, hear },
    has: (lease) => leases.has(lease) && node.life.isSure,
    counts: new SharedCounts(new CountsStore(db), node.id, runtime),
    laneOwners: { self: node.id, ownerOf: (kind, key) => laneOwner(kind, key, { members, owners }) },
    forwarding: {
      key: Buffer.from(hkdfSync('sha256', secretKey, '', 'hookline node to node', 32)),
      async ownerUrl(sessionId) {
        return urlOfOther(await owners.find(sessionId));
      },
      roomUrl({ best }) {
        const isHere = members.takingSessions.some(({ id }) => id === node.id);
        return isHere && !best ? null : urlOfOther(owners.roomiest());
      },
      folderUrl: () => urlOfOther(leases.ownerOf(WORK)),
      endpointUrl: (id) => urlOfOther(members.chosenFor(id)),
      now: () => clock.now(),
    },
    onChange: (listener) => void changes.push(listener),
    onDrain: (hand) => void hands.push(hand),
    async handOver() {
      await store.drain(node.id).catch((error) => log.warn('That this node stops could not be noted', { error: messageOf(error) }));
      handing ??= handOver();
      await handing;
    },
  };
}

/** In ms. */
const CROWD = 50;
/** Milliseconds that lanes may take for what they have begun, before the sessions are ended that they may need for it. */
const LANES_END_WITHIN = 2_000;

/**
 * All lanes of an endpoint are one node's, which alone knows how the endpoint fares; those of a session are where its engine is.
 */
function laneOwner(kind: LaneKind, key: string, { members, owners }: { members: Members; owners: SessionOwners }): string | null {
  const sessionId = () => key.split(':')[1] as SessionId;
  switch (kind) {
    case 'webhook':
    case 'replay':
      return members.chosenFor(endpointOf(key));
    case 'send':
    case 'media':
      return owners.ownerOf(sessionId());
    case 'flow':
      return isChatLane(key) ? owners.ownerOf(sessionId()) : members.chosenFor(key);
    case 'erasure':
      return members.chosenFor(key);
  }
}

/** Has a lease begin and end what `start` opens. */
export function leased(leases: Leases, name: string, runtime: Runtime, start: (opened: Closer[]) => Promise<void>): void {
  const opened: Closer[] = [];
  leases.want(name, { begin: () => start(opened), end: () => closeAll(opened, runtime) });
}
