import type { Knex } from 'knex';
import type { LedgerEvent } from '../../core/events.ts';
import { firstIdAt, type TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, fromRow, toRow } from '../../db/columns.ts';
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

/** Where somebody stands in the events that an endpoint may be sent again. */
type Place = Pick<Replay, 'tenantId' | 'endpointId' | 'position' | 'lastPosition'>;

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  endpointId: 'endpoint_id',
  since: 'since',
  until: 'until',
  types: 'types',
  selection: 'selection',
  position: 'position',
  lastPosition: 'last_position',
  total: 'total',
  seen: 'seen',
  queued: 'queued',
  createdAt: 'created_at',
  finishedAt: 'finished_at',
} as const satisfies Columns<Replay>;

const toReplay = fromRow<Replay>(COLUMNS, 'types');

/** The replays of one tenant. */
export class ReplayReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, _dialect?: DialectName) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async get(endpointId: string, id: string): Promise<Replay | undefined> {
    const row = await this.sql('webhook_replays').where({ tenant_id: this.tenantId, endpoint_id: endpointId, id }).first(COLUMNS);
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
    await this.sql('webhook_replays').insert(toRow(COLUMNS, replay));
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
    const row = await this.#db.sql('webhook_replays').where({ id }).first(COLUMNS);
    return row && toReplay(row);
  }

  /** The events that the replay comes to next, in their order. */
  async page({ sql }: Pick<Tx, 'sql'>, { tenantId, endpointId, position, lastPosition }: Place, limit: number): Promise<Replayable[]> {
    const rows: (Replayable['event'] & { ordinal: number | null; status: DeliveryStatus })[] = await sql('events as e')
      .leftJoin('webhook_deliveries as d', (join) =>
        join.on('d.event_position', 'e.position').andOn('d.endpoint_id', sql.raw('?', [endpointId])),
      )
      .where('e.tenant_id', tenantId)
      .where('e.position', '>', position)
      .where('e.position', '<=', lastPosition)
      .orderBy('e.position')
      .limit(limit)
      .select({
        position: 'e.position',
        type: 'e.type',
        sessionId: 'e.session_id',
        sessionName: 'e.session_name',
        json: 'e.data',
        ordinal: 'd.ordinal',
        status: 'd.status',
      });
    return rows.map(({ ordinal, status, ...event }) => ({ event, delivery: ordinal === null ? null : { ordinal, status } }));
  }

  /** Makes deliveries due now as if they were new, each in its lane; the attempts made stay in their logs. */
  async restart(tx: Tx, places: readonly [ordinal: number, lane: string][], now: Milliseconds): Promise<void> {
    if (places.length === 0) return;
    const ordinals = places.map(([ordinal]) => ordinal);
    await tx.sql('webhook_deliveries').whereIn('ordinal', ordinals).update(afresh(tx.sql, now));
    await this.#webhooks.putInto(tx, places);
  }

  async advance(tx: Tx, { id, position, seen, queued, finishedAt }: Replay): Promise<void> {
    await tx.sql('webhook_replays').where({ id }).update(toRow(COLUMNS, { position, seen, queued, finishedAt }));
  }
}
