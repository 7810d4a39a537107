import type { NodeId, SessionId } from '../core/ids.ts';
import type { Columns } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { list, listed, rowsOf } from '../db/rows.ts';
import type { Tx } from '../db/tx.ts';
import type { Member } from './members.ts';

/** Who runs a session. */
export interface SessionLease {
  sessionId: SessionId;
  engine: string;
  /** Null: nobody does. */
  nodeId: NodeId | null;
  generation: number;
  wantedBy: NodeId | null;
}

const COLUMNS = {
  sessionId: 'sessions.id',
  engine: 'engine',
  nodeId: 'node_id',
  generation: 'generation',
  wantedBy: 'wanted_by',
} as const satisfies Columns<SessionLease>;

const LEASE = { session_id: 'text', node_id: 'text' } as const;

export class SessionOwnersStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Of these sessions, or of all. */
  async leases(ids?: readonly SessionId[]): Promise<SessionLease[]> {
    const query = this.#db.sql({ sessions: 'whatsapp_instances' }).leftJoin('session_leases', 'session_id', 'sessions.id');
    if (ids) query.whereIn('sessions.id', ids);
    const rows: SessionLease[] = await query.select(COLUMNS);
    return rows.map((row) => ({ ...row, generation: Number(row.generation ?? 0) }));
  }

  /** In the transaction that makes the session. */
  async begin(tx: Tx, sessionId: SessionId, nodeId: NodeId | null): Promise<void> {
    await tx.sql('session_leases').insert({ session_id: sessionId, node_id: nodeId, generation: 1 });
    tx.tell('owners', sessionId);
  }

  /** The nodes as they tell of themselves now. */
  async takers(): Promise<Member[]> {
    const rows: (Omit<Member, 'draining' | 'roomBytes'> & { draining: number; roomBytes: number | string | null })[] = await this.#db
      .sql('nodes')
      .join('node_beats', 'node_id', 'nodes.id')
      .orderBy('nodes.id')
      .select({ id: 'nodes.id', url: 'url', role: 'role', draining: 'draining', roomBytes: 'room_bytes' });
    return rows.map(({ draining, roomBytes, ...row }) => ({
      ...row,
      draining: draining === 1,
      roomBytes: roomBytes === null ? null : Number(roomBytes),
    }));
  }

  /** Gives sessions that nobody runs to nodes, where both are still so. */
  async place(placed: readonly { sessionId: SessionId; nodeId: NodeId }[]): Promise<void> {
    if (placed.length === 0) return;
    await this.#db.write(async (tx) => {
      await rowsOf(
        tx.sql,
        `INSERT INTO session_leases (session_id, node_id, generation)
         SELECT placed.session_id, beats.node_id, 1 FROM ${listed(LEASE, tx.dialect)} AS placed
         JOIN whatsapp_instances AS sessions ON sessions.id = placed.session_id
         JOIN node_beats AS beats ON beats.node_id = placed.node_id AND beats.draining = 0 WHERE true
         ON CONFLICT (session_id) DO UPDATE SET node_id = excluded.node_id, generation = session_leases.generation + 1, wanted_by = NULL
         WHERE session_leases.node_id IS NULL`,
        [list(placed.map(({ sessionId, nodeId }) => [sessionId, nodeId]))],
      );
      tellOwners(
        tx,
        placed.map(({ sessionId }) => sessionId),
      );
    });
  }

  /** Nothing of these runs here any more: they are whose who wants them, or nobody's. */
  async handOver(ids: readonly SessionId[], nodeId: NodeId): Promise<void> {
    await this.#db.write(async (tx) => {
      const wanted = tx.sql('nodes').select('id').where('id', tx.sql.ref('wanted_by'));
      const changes = { node_id: wanted, wanted_by: null, generation: tx.sql.raw('generation + 1') };
      await tx.sql('session_leases').whereIn('session_id', ids).where({ node_id: nodeId }).update(changes);
      tellOwners(tx, ids);
    });
  }

  /** Has their owners hand them over to this node. */
  async ask(ids: readonly SessionId[], nodeId: NodeId): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('session_leases').whereIn('session_id', ids).whereNot({ node_id: nodeId }).update({ wanted_by: nodeId });
      tellOwners(tx, ids);
    });
  }
}

/** With more of them everybody looks at all. */
const TOLD = 20;

function tellOwners(tx: Tx, ids: readonly SessionId[]): void {
  if (ids.length > TOLD) tx.tell('owners', '');
  else for (const id of ids) tx.tell('owners', id);
}
