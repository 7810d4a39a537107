import type { Knex } from 'knex';
import type { LedgerEvent } from '../../core/events.ts';
import { type EndpointId, firstIdAt, type ReplayId, type TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { DialectName } from '../../db/dialect.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { SystemWebhookStore } from '../delivery/system-store.ts';
import type { DeliveryStatus } from '../owed/delivery.ts';
import { afresh } from '../owed/delivery-store.ts';
import type { Replay } from './replay.ts';

/** An event of the ledger with the delivery of it that the endpoint has, if any. */
export interface Replayable {
  event: Pick<LedgerEvent, 'position' | 'type' | 'sessionId' | 'sessionName' | 'json'>;
  delivery: { ordinal: number; status: DeliveryStatus } | null;
}

/** The replays of one tenant. */
export class ReplayReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, _dialect?: DialectName) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async get(endpointId: string, id: string): Promise<Replay | undefined> {
    const row = await this.sql('webhook_replays').where({ tenant_id: this.tenantId, endpoint_id: endpointId, id }).first();
    return row && toReplay(row);
  }

  /**
   * The last position in the ledger, whoever's it is, of what happened before `time`; 0 when nothing did. Ids of events
   * sort by time, and within a millisecond anyhow, so this looks at one millisecond in their index.
   */
  async positionBefore(time: Milliseconds): Promise<number> {
    const before = this.sql('events').where('id', '<', firstIdAt('evt', time));
    const last = await before.clone().orderBy('id', 'desc').first('at');
    if (!last) return 0;
    const row = await before.where('id', '>=', firstIdAt('evt', last.at)).max('position as position').first();
    return row?.position ?? 0;
  }

  /** The tenant's events after one position up to another. */
  async count(after: number, last: number): Promise<number> {
    const row = await this.sql('events')
      .where({ tenant_id: this.tenantId })
      .where('position', '>', after)
      .where('position', '<=', last)
      .count('* as count')
      .first();
    return Number(row?.count);
  }
}

export class ReplayTransactor extends ReplayReader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  async insert(replay: Replay): Promise<void> {
    await this.sql('webhook_replays').insert(toRow(replay));
  }
}

/** What the worker of replays reads and writes, whoever the tenant is. */
export class SystemReplayStore {
  readonly #db: Database;
  readonly #webhooks: SystemWebhookStore;

  constructor(db: Database) {
    this.#db = db;
    this.#webhooks = new SystemWebhookStore(db);
  }

  async replay(id: string): Promise<Replay | undefined> {
    const row = await this.#db.sql('webhook_replays').where({ id }).first();
    return row && toReplay(row);
  }

  /** The events that the replay comes to next, in their order. */
  async page(tx: Tx, { tenantId, endpointId, position, lastPosition }: Replay, limit: number): Promise<Replayable[]> {
    const rows: Record<string, unknown>[] = await tx
      .sql('events as e')
      .leftJoin('webhook_deliveries as d', (join) =>
        join.on('d.event_position', 'e.position').andOn('d.endpoint_id', tx.sql.raw('?', [endpointId])),
      )
      .where('e.tenant_id', tenantId)
      .where('e.position', '>', position)
      .where('e.position', '<=', lastPosition)
      .orderBy('e.position')
      .limit(limit)
      .select('e.position', 'e.type', 'e.session_id', 'e.session_name', 'e.data', 'd.ordinal', 'd.status');
    return rows.map((row) => ({
      event: {
        position: row.position as number,
        type: row.type as LedgerEvent['type'],
        sessionId: row.session_id as LedgerEvent['sessionId'],
        sessionName: row.session_name as string | null,
        json: row.data as string,
      },
      delivery: row.ordinal === null ? null : { ordinal: row.ordinal as number, status: row.status as DeliveryStatus },
    }));
  }

  /** Makes deliveries due now as if they were new, each in its lane; the attempts made stay in their logs. */
  async restart(tx: Tx, places: readonly [ordinal: number, lane: string][], now: Milliseconds): Promise<void> {
    if (places.length === 0) return;
    const ordinals = places.map(([ordinal]) => ordinal);
    await tx.sql('webhook_deliveries').whereIn('ordinal', ordinals).update(afresh(tx.sql, now));
    await this.#webhooks.putInto(tx, places);
  }

  async advance(tx: Tx, { id, position, seen, queued, finishedAt }: Replay): Promise<void> {
    await tx.sql('webhook_replays').where({ id }).update({ position, seen, queued, finished_at: finishedAt });
  }
}

const toReplay = (row: Record<string, unknown>): Replay => ({
  id: row.id as ReplayId,
  tenantId: row.tenant_id as TenantId,
  endpointId: row.endpoint_id as EndpointId,
  since: row.since as Milliseconds,
  until: row.until as Milliseconds,
  types: JSON.parse(row.types as string),
  selection: row.selection as Replay['selection'],
  position: row.position as number,
  lastPosition: row.last_position as number,
  total: row.total as number,
  seen: row.seen as number,
  queued: row.queued as number,
  createdAt: row.created_at as Milliseconds,
  finishedAt: row.finished_at as Milliseconds | null,
});

const toRow = (replay: Replay): Record<string, unknown> => ({
  id: replay.id,
  tenant_id: replay.tenantId,
  endpoint_id: replay.endpointId,
  since: replay.since,
  until: replay.until,
  types: JSON.stringify(replay.types),
  selection: replay.selection,
  position: replay.position,
  last_position: replay.lastPosition,
  total: replay.total,
  seen: replay.seen,
  queued: replay.queued,
  created_at: replay.createdAt,
  finished_at: replay.finishedAt,
});
