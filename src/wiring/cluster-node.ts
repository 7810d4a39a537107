import { freemem } from 'node:os';
import { Life } from '../cluster/life.ts';
import { SharedClock } from '../cluster/shared-clock.ts';
import type { Config } from '../config/load.ts';
import type { NodeId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import { VERSION } from '../core/version.ts';
import type { Topic } from '../db/news.ts';
import { type Beat, type NodeReport, NodeTenure } from '../db/node-tenure.ts';

/** This hub as a node of its cluster, from before it has a database. */
export interface ClusterNode {
  id: NodeId;
  tenure: NodeTenure;
  /** Whether it may do what only one node may. */
  life: Life;
  /** What it tells the others of itself; set once there is something to tell. */
  report: () => NodeReport;
  /** The last beat that was noted: there is one before anybody listens. */
  lastBeat: Beat | null;
  /** Told after each beat that was noted. */
  onBeat: (beat: Beat) => void;
  /** Told what other nodes tell, and that nothing was heard for a while. */
  onNews: (topic: Topic, text: string) => void;
  onDeaf: () => void;
  /** Told that this node has found others dead. */
  onBuried: () => void;
}

type NodeConfig = Pick<Config, 'host' | 'port' | 'nodeUrl' | 'role' | 'nodeLeaseSeconds'>;

export function clusterNode(id: NodeId, config: NodeConfig, { clock, log }: Runtime): ClusterNode {
  const lease = config.nodeLeaseSeconds * 1_000;
  const life = new Life(lease, clock);
  const node: ClusterNode = {
    id,
    life,
    report: () => ({ memoryBytes: process.memoryUsage.rss(), sessions: 0, roomBytes: roomOf(config), followers: {} }),
    lastBeat: null,
    onBeat: () => undefined,
    onNews: () => undefined,
    onDeaf: () => undefined,
    onBuried: () => undefined,
    tenure: new NodeTenure(
      { id, url: nodeUrlOf(config), version: VERSION, role: config.role, lease },
      {
        report: () => node.report(),
        onBeat: (beat) => {
          if (clock instanceof SharedClock) clock.set(beat);
          life.noted(beat.sinceBoot);
          node.lastBeat = beat;
          node.onBeat(beat);
        },
        onBuried: (nodes) => {
          log.warn('Nodes were not heard of for too long; what they did is free for others', { nodes });
          node.onBuried();
        },
        onNews: (topic, text) => node.onNews(topic, text),
        onDeaf: () => node.onDeaf(),
      },
    ),
  };
  return node;
}

/** Roles of nodes that run sessions. */
export const RUN_SESSIONS = ['all', 'sessions'];

/** What this machine has left for sessions, in bytes; null: the node takes none. */
export const roomOf = ({ role }: Pick<Config, 'role'>): number | null =>
  RUN_SESSIONS.includes(role) ? Math.round(Math.min(freemem(), process.availableMemory())) : null;

/** How other nodes reach this one. */
export function nodeUrlOf({ nodeUrl, host, port }: Pick<Config, 'host' | 'port' | 'nodeUrl'>): string {
  return nodeUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
