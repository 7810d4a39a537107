import { hkdfSync } from 'node:crypto';
import { CountsStore } from '../cluster/counts-store.ts';
import { Leases } from '../cluster/leases.ts';
import { Members } from '../cluster/members.ts';
import { ClusterNodes, type Nodes, OnlyNode } from '../cluster/nodes.ts';
import { SharedCounts } from '../cluster/shared-counts.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Config } from '../config/load.ts';
import { newId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import { VERSION } from '../core/version.ts';
import type { Topic } from '../db/news.ts';
import type { NodeReport } from '../db/node-tenure.ts';
import type { LaneKind, LaneOwners } from '../dispatch/lanes.ts';
import { isChatLane } from '../flows/lane.ts';
import type { Forwarding } from '../http/forwarding.ts';
import { endpointOf } from '../webhooks/lane-key.ts';
import { type Closer, closeAll } from './closing.ts';
import { nodeUrlOf } from './cluster-node.ts';
import type { Storage } from './storage.ts';

/** All that one node at a time does, besides what has a lease of its own. */
export const WORK = 'work';
export const followerLease = (name: string): string => `follower:${name}`;

export interface Cluster {
  nodes: Nodes;
  /** What this node does for all; null where there is no other. */
  leases: Leases | null;
  members: Members;
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
  /** Has this be done, too, when this node is told to hand over. */
  onDrain(hand: () => Promise<void>): void;
  /** Calls `listener` with what other nodes tell of this; with null after a while in which nothing was heard. */
  hear(topic: Topic, listener: (text: string | null) => unknown): void;
}

/** `report`: what this node tells of itself. */
export function buildCluster(
  config: Pick<Config, 'host' | 'port' | 'nodeUrl' | 'role'>,
  runtime: Runtime,
  { db, node, secretKey }: Storage,
  report: () => NodeReport,
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
    return {
      nodes: new OnlyNode(self),
      leases: null,
      members,
      has: () => true,
      laneOwners: null,
      counts: null,
      forwarding: null,
      onChange: nothing,
      onDrain: nothing,
      hear,
    };
  }
  const store = new ClusterStore(db);
  const [changes, hands]: [(() => void)[], (() => Promise<void>)[]] = [[], []];
  const changed = (): void => {
    for (const listener of changes) listener();
  };
  const isChosen = (name: string): boolean => members.chosenFor(name) === node.id;
  const leases = new Leases(store, { nodeId: node.id, isChosen, onChange: changed }, runtime);
  const ofSessions = (): string | null => leases.ownerOf(WORK);
  const urlOfOther = (id: string | null): string | null => (id === null || id === node.id ? null : members.urlOf(id));
  node.report = report;
  let isDraining = false;
  node.onBeat = ({ draining, nodes }) => {
    members.set(nodes);
    if (!draining || isDraining) return;
    isDraining = true;
    log.info('This node hands over what it does for the others');
    void Promise.all([leases.drain(), ...hands.map((hand) => hand())]);
  };
  node.onNews = (topic, text) => {
    for (const listener of listeners.get(topic) ?? []) listener(text);
  };
  node.onDeaf = () => {
    for (const each of listeners.values()) for (const listener of each) listener(null);
  };
  const look = (): void => void leases.look();
  hear('leases', look);
  node.onBuried = look;
  members.onChange(() => {
    look();
    changed();
  });
  return {
    ...{ nodes: new ClusterNodes(store), leases, members, hear },
    has: (lease) => leases.has(lease),
    counts: new SharedCounts(new CountsStore(db), node.id, runtime),
    laneOwners: { self: node.id, ownerOf: (kind, key) => laneOwner(kind, key, { members, ofSessions }) },
    forwarding: {
      key: Buffer.from(hkdfSync('sha256', secretKey, '', 'hookline node to node', 32)),
      ownerUrl: () => urlOfOther(ofSessions()),
      endpointUrl: (id) => urlOfOther(members.chosenFor(id)),
      now: () => clock.now(),
    },
    onChange: (listener) => void changes.push(listener),
    onDrain: (hand) => void hands.push(hand),
  };
}

/**
 * All lanes of an endpoint are one node's, which alone knows how the endpoint fares; those of a session are where its engine is.
 */
function laneOwner(kind: LaneKind, key: string, { members, ofSessions }: { members: Members; ofSessions(): string | null }): string | null {
  switch (kind) {
    case 'webhook':
    case 'replay':
      return members.chosenFor(endpointOf(key));
    case 'send':
    case 'media':
      return ofSessions();
    case 'flow':
      return isChatLane(key) ? ofSessions() : members.chosenFor(key);
    case 'erasure':
      return members.chosenFor(key);
  }
}

/** Has a lease begin and end what `start` opens. */
export function leased(leases: Leases, name: string, runtime: Runtime, start: (opened: Closer[]) => Promise<void>): void {
  const opened: Closer[] = [];
  leases.want(name, { begin: () => start(opened), end: () => closeAll(opened, runtime) });
}
