import { HooklineError } from '../core/errors.ts';
import { iso } from '../core/iso.ts';
import type { ClusterStore, StoredNode } from './store.ts';

export interface NodeView {
  id: string;
  url: string;
  version: string;
  role: string;
  startedAt: string;
  seenAt: string;
  draining: boolean;
  sessions: { count: number };
  memoryBytes: number;
  followers: Record<string, number>;
}

/** The nodes of the cluster, for the operator. A hub that has its database to itself is the only one. */
export interface Nodes {
  list(page: { limit: number; cursor?: string }): Promise<{ data: NodeView[]; nextCursor: string | null }>;
  /** Has a node hand over what it does for the others. Rejects with `not-found`, and with `not-a-cluster` where there are no others. */
  drain(id: string): Promise<void>;
}

export class ClusterNodes implements Nodes {
  readonly #store: ClusterStore;

  constructor(store: ClusterStore) {
    this.#store = store;
  }

  async list({ limit, cursor }: { limit: number; cursor?: string }): Promise<{ data: NodeView[]; nextCursor: string | null }> {
    const rows = await this.#store.nodes({ limit: limit + 1, after: cursor });
    const data = rows.slice(0, limit).map(viewOf);
    return { data, nextCursor: rows.length > limit ? (data.at(-1)?.id ?? null) : null };
  }

  async drain(id: string): Promise<void> {
    if (!(await this.#store.drain(id))) throw missing(id);
  }
}

export class OnlyNode implements Nodes {
  readonly #self: () => Promise<StoredNode>;

  /** `self`: asked with each request. */
  constructor(self: () => Promise<StoredNode>) {
    this.#self = self;
  }

  async list(): Promise<{ data: NodeView[]; nextCursor: string | null }> {
    return { data: [viewOf(await this.#self())], nextCursor: null };
  }

  async drain(id: string): Promise<void> {
    if (id !== (await this.#self()).id) throw missing(id);
    throw new HooklineError(
      'not-a-cluster',
      'This hub has its database to itself: there is no other node to hand over to. Stop it instead.',
    );
  }
}

const missing = (id: string): HooklineError => new HooklineError('not-found', `There is no node "${id}".`);

function viewOf({ startedAt, seenAt, draining, sessions, followers, ...rest }: StoredNode): NodeView {
  return {
    ...rest,
    startedAt: iso(startedAt),
    seenAt: iso(seenAt),
    draining: draining === 1,
    sessions: { count: sessions },
    followers: JSON.parse(followers),
  };
}
