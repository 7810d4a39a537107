import { Leases } from '../cluster/leases.ts';
import { ClusterNodes, type Nodes, OnlyNode } from '../cluster/nodes.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { Config } from '../config/load.ts';
import { newId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import { VERSION } from '../core/version.ts';
import type { NodeReport } from '../db/node-tenure.ts';
import { type Closer, closeAll } from './closing.ts';
import { nodeUrlOf } from './cluster-node.ts';
import type { Storage } from './storage.ts';

/** All that one node at a time does: what is not an answer to a request. */
export const WORK = 'work';

export interface Cluster {
  nodes: Nodes;
  /** What this node does for all; null where there is no other. */
  leases: Leases | null;
  /** Whether all that is not an answer to a request is done here. */
  works(): boolean;
}

/** `report`: what this node tells of itself. */
export function buildCluster(
  config: Pick<Config, 'host' | 'port' | 'nodeUrl' | 'role'>,
  runtime: Runtime,
  { db, node }: Pick<Storage, 'db' | 'node'>,
  report: () => NodeReport,
): Cluster {
  const { clock, log } = runtime;
  if (!node) {
    const [id, startedAt] = [newId('nod', clock.now()), clock.now()];
    const self = async () => {
      const { followers, ...rest } = report();
      const identity = { id, url: nodeUrlOf(config), version: VERSION, role: config.role, startedAt, seenAt: clock.now() };
      return { ...identity, ...rest, draining: 0 as const, followers: JSON.stringify(followers) };
    };
    return { nodes: new OnlyNode(self), leases: null, works: () => true };
  }
  const store = new ClusterStore(db);
  const leases = new Leases(store, node.id, runtime);
  node.report = report;
  let isDraining = false;
  node.onBeat = ({ draining }) => {
    if (!draining || isDraining) return;
    isDraining = true;
    log.info('This node hands over what it does for the others');
    void leases.stop();
  };
  return { nodes: new ClusterNodes(store), leases, works: () => leases.has(WORK) };
}

/** Has a lease begin and end what `start` opens. */
export function leased(leases: Leases, name: string, runtime: Runtime, start: (opened: Closer[]) => Promise<void>): void {
  const opened: Closer[] = [];
  leases.want(name, { begin: () => start(opened), end: () => closeAll(opened, runtime) });
}
