import type { Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import type { EventDraft, LedgerEvent } from '../core/events.ts';
import { type EventId, newId, type SessionId, type TenantId } from '../core/ids.ts';
import { type Columns, valuesOf } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import type { Tx } from '../db/tx.ts';
import { WRITE_LOCK } from '../db/write-order.ts';

const COLUMNS = {
  position: 'position',
  id: 'id',
  type: 'type',
  at: 'at',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  sessionName: 'session_name',
  seq: 'seq',
  json: 'data',
} as const satisfies Columns<LedgerEvent>;

/** A row that is new: the database gives it its position. */
type NewEvent = Omit<LedgerEvent, 'position'> & { subject: string | null };
const { position: _, ...KNOWN } = COLUMNS;
const NEW = { ...KNOWN, subject: 'subject' } as const satisfies Columns<NewEvent>;

/** Rows in one INSERT: below SQLite's limit on bound values whatever the number of columns here. */
const ROWS_PER_INSERT = 500;
const ONE_ROW = `(${Object.keys(NEW)
  .map(() => '?')
  .join(', ')})`;
const INSERT = `INSERT INTO events (${Object.values(NEW).join(', ')}) VALUES`;

export type Order = 'asc' | 'desc';

export interface EventFilter {
  /** Behind this position, in the order; without it from the first. */
  after?: number;
  /** Oldest first where it is not given. */
  order?: Order;
  /** The last position that may come; without it whatever is committed. */
  upTo?: number;
  limit: number;
  tenantId?: TenantId;
  sessionId?: SessionId;
  /** Patterns, see core/event-patterns.ts. */
  types?: string[];
}

/** Which of the events must stay although they are old. */
export type Keep = (tx: Tx, positions: readonly number[]) => Promise<Set<number>>;

export class LedgerStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Appends in the caller's transaction. Readers follow positions, so positions must become visible in their order:
   * SQLite has one writer, on Postgres a lock is held from here to the commit.
   */
  async append(tx: Tx, drafts: readonly EventDraft[], now: number): Promise<LedgerEvent[]> {
    if (tx.dialect === 'postgres') await tx.sql.raw('SELECT pg_advisory_xact_lock(?)', [WRITE_LOCK]);
    const lastSeq = await this.#takeSequences(tx.sql, drafts);
    const rows = drafts.map((draft): NewEvent => {
      const stream = draft.session?.id ?? draft.tenantId;
      const seq = (lastSeq.get(stream) as number) + 1;
      lastSeq.set(stream, seq);
      return {
        id: newId('evt', now),
        type: draft.type,
        at: now,
        tenantId: draft.tenantId,
        sessionId: draft.session?.id ?? null,
        sessionName: draft.session?.name ?? null,
        seq,
        json: JSON.stringify(draft.data),
        subject: draft.subject ?? null,
      };
    });
    const events: LedgerEvent[] = [];
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      const chunk = rows.slice(start, start + ROWS_PER_INSERT);
      const inserted = await rowsOf<{ id: EventId; position: number }>(
        tx.sql,
        `${INSERT} ${chunk.map(() => ONE_ROW).join(', ')} RETURNING id, position`,
        chunk.flatMap((row) => valuesOf(NEW, row)),
      );
      const positions = new Map(inserted.map((row) => [row.id, row.position]));
      for (const { subject: _, ...event } of chunk) events.push({ position: positions.get(event.id) as number, ...event });
    }
    return events;
  }

  /** Per stream (a session, or a tenant for what has none): the number before the first one taken. Locks the row. */
  async #takeSequences(sql: Knex, drafts: readonly EventDraft[]): Promise<Map<string, number>> {
    const wanted = new Map<string, { table: string; count: number }>();
    for (const draft of drafts) {
      const stream = draft.session?.id ?? draft.tenantId;
      const entry = wanted.get(stream) ?? { table: draft.session ? 'whatsapp_instances' : 'tenants', count: 0 };
      entry.count++;
      wanted.set(stream, entry);
    }
    const before = new Map<string, number>();
    for (const [stream, { table, count }] of wanted) {
      const take = `UPDATE ${table} SET last_seq = last_seq + ? WHERE id = ? RETURNING last_seq AS last`;
      const [row] = await rowsOf<{ last: number }>(sql, take, [count, stream]);
      // An event belongs to what exists; whoever was about to cause it came too late.
      if (!row) throw new HooklineError('not-found', `"${stream}" was deleted meanwhile.`);
      before.set(stream, row.last - count);
    }
    return before;
  }

  async read(
    { after, order = 'asc', upTo, limit, tenantId, sessionId, types }: EventFilter,
    sql: Knex = this.#db.sql,
  ): Promise<LedgerEvent[]> {
    const query = sql('events').orderBy('position', order).limit(limit);
    if (after !== undefined) query.where('position', order === 'asc' ? '>' : '<', after);
    if (upTo !== undefined) query.where('position', '<=', upTo);
    if (tenantId) query.where('tenant_id', tenantId);
    if (sessionId) query.where('session_id', sessionId);
    if (types && !types.includes('*')) {
      query.where((any) => {
        for (const pattern of types) any.orWhere('type', pattern.endsWith('.*') ? 'like' : '=', pattern.replace(/\*$/, '%'));
      });
    }
    return query.select(COLUMNS);
  }

  async byId(eventId: string): Promise<LedgerEvent | undefined> {
    return this.#db.sql('events').where('id', eventId).first(COLUMNS);
  }

  async ofTenant(tenantId: TenantId, eventId: string): Promise<LedgerEvent | undefined> {
    return this.#db.sql('events').where({ tenant_id: tenantId, id: eventId }).first(COLUMNS);
  }

  /** When the first event after a position was appended; undefined when there is none. */
  async nextAt(position: number): Promise<number | undefined> {
    const row = await this.#db.sql('events').where('position', '>', position).orderBy('position').first('at');
    return row?.at;
  }

  /** The last position there is: whatever is appended from now on comes after it. */
  async head(): Promise<number> {
    const row = await this.#db.sql('events').max('position as head').first();
    return row?.head ?? 0;
  }

  async prune(
    { tenantId, before, after, limit, upTo }: { tenantId: TenantId; before: number; after: number; limit: number; upTo: number },
    keep: Keep,
  ): Promise<number | null> {
    return this.#db.write(
      async (tx) => {
        const rows: { position: number; at: number }[] = await tx
          .sql('events')
          .where('tenant_id', tenantId)
          .where('position', '>', after)
          .where('position', '<=', Math.min(upTo, Number.MAX_SAFE_INTEGER))
          .orderBy('position')
          .limit(limit)
          .select('position', 'at');
        const young = rows.findIndex(({ at }) => at >= before);
        const old = (young < 0 ? rows : rows.slice(0, young)).map(({ position }) => position);
        const kept = await keep(tx, old);
        const gone = rows.slice(0, old.length).filter(({ position }) => !kept.has(position));
        await tx
          .sql('events')
          .whereIn(
            'position',
            gone.map(({ position }) => position),
          )
          .delete();
        await noteRemoved(tx, tenantId, gone);
        return old.length === limit ? (old.at(-1) ?? null) : null;
      },
      { for: tenantId },
    );
  }

  async positionOf(tenantId: TenantId, eventId: string): Promise<number | undefined> {
    const row = await this.#db.sql('events').where({ tenant_id: tenantId, id: eventId }).first('position');
    return row?.position;
  }

  /** The time of the last event of the tenant that was removed; null when none was. */
  async prunedTo(tenantId: TenantId): Promise<number | null> {
    const row = await this.#db.sql('tenants').where({ id: tenantId }).first({ prunedTo: 'events_pruned_to' });
    return row?.prunedTo ?? null;
  }

  /** The tenant's first event of this time or later. */
  async firstSince(tenantId: TenantId, at: number): Promise<Pick<LedgerEvent, 'position' | 'at'> | undefined> {
    return this.#db.sql('events').where({ tenant_id: tenantId }).where('at', '>=', at).orderBy('position').first('position', 'at');
  }

  /** Where the follower stands; a new one stands at the beginning. */
  async cursor(name: string): Promise<number> {
    await this.#db.write((tx) => tx.sql('ledger_cursors').insert({ name, position: 0 }).onConflict('name').ignore());
    const row = await this.#db.sql('ledger_cursors').where({ name }).first('position');
    return row.position;
  }

  /** Where the last of them stands; 0 while one has not begun. */
  async lowestCursor(names: readonly string[]): Promise<number> {
    const rows: { position: number }[] = await this.#db.sql('ledger_cursors').whereIn('name', names).select('position');
    return rows.length < names.length ? 0 : Math.min(...rows.map(({ position }) => position));
  }

  /** False when the cursor is not at `from` (any more): somebody else has moved it. Locks it until the transaction ends. */
  async moveCursor(tx: Tx, name: string, from: number, to: number): Promise<boolean> {
    const move = 'UPDATE ledger_cursors SET position = ? WHERE name = ? AND position = ? RETURNING name';
    return (await rowsOf(tx.sql, move, [to, name, from])).length === 1;
  }
}

/** For those who read on behind one of them: see `prunedTo`. */
export async function noteRemoved(tx: Tx, tenantId: TenantId, events: readonly Pick<LedgerEvent, 'at'>[]): Promise<void> {
  if (events.length === 0) return;
  const last = Math.max(...events.map(({ at }) => at));
  const told = tx.sql('tenants').where({ id: tenantId }).whereRaw('COALESCE(events_pruned_to, 0) < ?', [last]);
  await told.update({ events_pruned_to: last });
}
