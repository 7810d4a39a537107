import type { Knex } from 'knex';
import type { LedgerEvent } from '../../core/events.ts';
import type { DeliveryId, EndpointId, TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, fromRow } from '../../db/columns.ts';
import { list, listed, rowsOf } from '../../db/rows.ts';
import type { Tx } from '../../db/tx.ts';
import { firstLaneOf, isRetryLane, laneRangeOf } from '../lane-key.ts';
import type { Attempt, DeliveryStatus, DeliveryView, FailingView } from './delivery.ts';
import { MAX_AGE } from './schedule.ts';

/** One event that is owed to one endpoint from now on. */
export interface NewDelivery {
  id: DeliveryId;
  tenantId: TenantId;
  endpointId: EndpointId;
  eventPosition: number;
  lane: string;
  expiresAt: Milliseconds;
}

const NEW = {
  id: 'text',
  tenant_id: 'text',
  endpoint_id: 'text',
  event_position: 'bigint',
  lane: 'text',
  expires_at: 'bigint',
  created_at: 'bigint',
} as const;
const NEW_COLUMNS = Object.keys(NEW).join(', ');

/** Each is due without a time. An event that the endpoint has a delivery of already (a replay came before) is left as it is. */
export async function insertDeliveries(tx: Tx, deliveries: readonly NewDelivery[], now: Milliseconds): Promise<void> {
  if (deliveries.length === 0) return;
  const rows = deliveries.map((d) => [d.id, d.tenantId, d.endpointId, d.eventPosition, d.lane, d.expiresAt, now]);
  // `WHERE true`: see dispatch/store.ts.
  await rowsOf(
    tx.sql,
    `INSERT INTO webhook_deliveries (${NEW_COLUMNS}, status, due_at)
     SELECT ${NEW_COLUMNS}, 'pending', 0 FROM ${listed(NEW, tx.dialect)} AS owed WHERE true
     ON CONFLICT (event_position, endpoint_id) DO NOTHING`,
    [list(rows)],
  );
}

interface DeliveryRow extends Omit<DeliveryView, 'nextAttemptAt' | 'waitsFor' | 'createdAt' | 'finishedAt'> {
  ordinal: number;
  lane: string;
  dueAt: Milliseconds | null;
  createdAt: Milliseconds;
  finishedAt: Milliseconds | null;
}

const COLUMNS = {
  ordinal: 'd.ordinal',
  id: 'd.id',
  endpointId: 'd.endpoint_id',
  eventId: 'e.id',
  eventType: 'e.type',
  sessionId: 'e.session_id',
  status: 'd.status',
  attemptsMade: 'd.attempts',
  lane: 'd.lane',
  dueAt: 'd.due_at',
  createdAt: 'd.created_at',
  finishedAt: 'd.finished_at',
} as const satisfies Columns<DeliveryRow>;

/** With its endpoint, and the front of its lane: this one itself, or the one behind which it waits. */
type FoundRow = DeliveryRow & { pausedUntil: Milliseconds | null; disabledAt: Milliseconds | null; front: number | null };

const FRONT = `CASE WHEN d.due_at IS NOT NULL THEN
  (SELECT f.ordinal FROM webhook_deliveries f WHERE f.lane = d.lane AND f.due_at IS NOT NULL ORDER BY f.event_position LIMIT 1) END AS front`;

const EVENT = {
  position: 'e.position',
  id: 'e.id',
  type: 'e.type',
  at: 'e.at',
  tenantId: 'e.tenant_id',
  sessionId: 'e.session_id',
  sessionName: 'e.session_name',
  seq: 'e.seq',
  json: 'e.data',
} as const satisfies Columns<LedgerEvent>;

const ATTEMPT_COLUMNS = {
  number: 'number',
  startedAt: 'started_at',
  signature: 'signature',
  latency: 'latency',
  status: 'status',
  errorClass: 'error_class',
  error: 'error',
  responseHeaders: 'response_headers',
  responseBody: 'response_body',
  actions: 'actions',
} as const satisfies Columns<Attempt>;

/** The deliveries of one tenant. */
export class DeliveryReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  /** Newest first, those before the ordinal `before`. */
  async list(
    endpointId: string,
    { status, event, before, limit, now }: { status?: DeliveryStatus; event?: string; before?: number; limit: number; now: Milliseconds },
  ): Promise<{ ordinal: number; view: DeliveryView }[]> {
    const query = this.#views().where('d.endpoint_id', endpointId).orderBy('d.ordinal', 'desc').limit(limit);
    if (status) query.where('d.status', status);
    if (event !== undefined) query.where('e.id', event);
    if (before !== undefined) query.where('d.ordinal', '<', before);
    return this.#viewed(await query, now);
  }

  async get(id: string, now: Milliseconds): Promise<{ ordinal: number; view: DeliveryView } | undefined> {
    return (await this.#viewed(await this.#views().where('d.id', id), now))[0];
  }

  /** Of what is tried again after a failure the one that is due first, in the first lane that has such. */
  async failing(endpointId: EndpointId, now: Milliseconds): Promise<FailingView | null> {
    const [from, before] = laneRangeOf(endpointId);
    const query = this.#views()
      .where('d.lane', '>=', from)
      .where('d.lane', '<', before)
      .whereRaw('d.due_at IS NOT NULL AND d.failures > 0');
    const [found] = await this.#viewed(await query.orderBy(['d.lane', 'd.due_at']).limit(1), now);
    if (!found) return null;
    const { id: deliveryId, eventType, attemptsMade, nextAttemptAt } = found.view;
    return { deliveryId, eventType, attemptsMade, nextAttemptAt };
  }

  async hasEndpoint(id: string): Promise<boolean> {
    return (await this.sql('webhook_endpoints').where({ tenant_id: this.tenantId, id }).first('id')) !== undefined;
  }

  /** `ordinal` is of a delivery that this reader gave out. */
  async attempts(ordinal: number): Promise<Attempt[]> {
    return (await this.sql('webhook_attempts').where({ delivery: ordinal }).orderBy('number').select(ATTEMPT_COLUMNS)).map(toAttempt);
  }

  /** What a delivery that this reader gave out tells of, as the ledger has it. */
  async event(ordinal: number): Promise<LedgerEvent> {
    const event = this.sql('webhook_deliveries as d').join('events as e', 'e.position', 'd.event_position').where('d.ordinal', ordinal);
    return event.first(EVENT);
  }

  /** What waits for the endpoint, and when the oldest event of that happened. */
  async backlog(endpointId: EndpointId): Promise<{ waiting: number; oldestAt: Milliseconds | null }> {
    const query = this.waiting(endpointId).count('* as count').min('event_position as oldest');
    const row = (await query.first()) as { count: number; oldest: number | null } | undefined;
    const oldest = await this.sql('events')
      .where('position', row?.oldest ?? 0)
      .first('at');
    return { waiting: row?.count ?? 0, oldestAt: oldest?.at ?? null };
  }

  /** The attempts made since then, newest first, at most `limit`. */
  async attemptsSince(
    endpointId: EndpointId,
    since: Milliseconds,
    limit: number,
  ): Promise<Pick<Attempt, 'startedAt' | 'latency' | 'status' | 'errorClass'>[]> {
    return this.sql('webhook_attempts')
      .where({ endpoint_id: endpointId })
      .whereExists(this.sql('webhook_endpoints').where({ id: endpointId, tenant_id: this.tenantId }).select('id'))
      .where('started_at', '>=', since)
      .orderBy('started_at', 'desc')
      .limit(limit)
      .select({ startedAt: 'started_at', latency: 'latency', status: 'status', errorClass: 'error_class' });
  }

  protected waiting(endpointId: EndpointId): Knex.QueryBuilder {
    const [from, before] = laneRangeOf(endpointId);
    return this.sql('webhook_deliveries')
      .where({ tenant_id: this.tenantId })
      .where('lane', '>=', from)
      .where('lane', '<', before)
      .whereNotNull('due_at');
  }

  #views(): Knex.QueryBuilder {
    return this.sql('webhook_deliveries as d')
      .join('events as e', 'e.position', 'd.event_position')
      .join('webhook_endpoints as w', 'w.id', 'd.endpoint_id')
      .where('d.tenant_id', this.tenantId)
      .select(COLUMNS, { pausedUntil: 'w.paused_until', disabledAt: 'w.disabled_at' }, this.sql.raw(FRONT));
  }

  /** As they are shown: what is not at the front of its lane waits for what is. In a lane of retries each is tried by itself. */
  async #viewed(rows: readonly FoundRow[], now: Milliseconds): Promise<{ ordinal: number; view: DeliveryView }[]> {
    const isBehind = ({ ordinal, lane, front }: FoundRow): boolean => front !== null && front !== ordinal && !isRetryLane(lane);
    const fronts = await this.#fronts(rows.filter(isBehind));
    return rows.map((row) => {
      const { ordinal, lane: _, dueAt, pausedUntil, disabledAt, front, createdAt, finishedAt, ...rest } = row;
      const from = (due: Milliseconds): string | null => (disabledAt === null ? iso(Math.max(due, pausedUntil ?? 0, now)) : null);
      const ahead = isBehind(row) ? fronts.get(front) : undefined;
      const view = {
        ...rest,
        nextAttemptAt: dueAt === null || ahead ? null : from(dueAt),
        waitsFor: ahead ? { deliveryId: ahead.id, eventType: ahead.eventType, until: from(ahead.dueAt) } : null,
        createdAt: iso(createdAt),
        finishedAt: iso(finishedAt),
      };
      return { ordinal, view };
    });
  }

  /** By their ordinals, without those that are over by now. */
  async #fronts(
    behind: readonly FoundRow[],
  ): Promise<Map<number | null, Pick<DeliveryView, 'id' | 'eventType'> & { dueAt: Milliseconds }>> {
    if (behind.length === 0) return new Map();
    const rows = await this.sql('webhook_deliveries as d')
      .join('events as e', 'e.position', 'd.event_position')
      .whereIn('d.ordinal', [...new Set(behind.map(({ front }) => front))])
      .whereNotNull('d.due_at')
      .select({ ordinal: 'd.ordinal', id: 'd.id', eventType: 'e.type', dueAt: 'd.due_at' });
    return new Map(rows.map(({ ordinal, ...front }) => [ordinal, front]));
  }
}

export class DeliveryTransactor extends DeliveryReader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  /** Makes it due now as if it were new; the attempts made stay in its log. Returns its lane, undefined when there is none. */
  async restart(id: string, now: Milliseconds): Promise<string | undefined> {
    const row = await this.sql('webhook_deliveries').where({ tenant_id: this.tenantId, id }).first('lane');
    if (!row) return undefined;
    const lane = firstLaneOf(row.lane);
    await this.sql('webhook_deliveries')
      .where({ tenant_id: this.tenantId, id })
      .update({ ...afresh(this.sql, now), lane });
    return lane;
  }

  /** Makes all that waits for an endpoint due now. Returns the lanes in which something waits. */
  async resume(endpointId: EndpointId): Promise<string[]> {
    const lanes = await this.lanesWaiting(endpointId);
    // Only what has failed is due later: heads, and what was moved aside.
    if (lanes.length > 0) await this.waiting(endpointId).whereRaw('failures > 0').update({ due_at: 0 });
    return lanes;
  }

  /** The lanes in which something waits: from one to the next along the index, past however much waits in each. */
  async lanesWaiting(endpointId: EndpointId): Promise<string[]> {
    const [from, before] = laneRangeOf(endpointId);
    const first = (after: string) =>
      `SELECT lane FROM webhook_deliveries WHERE ${after} AND lane < :before AND due_at IS NOT NULL ORDER BY lane LIMIT 1`;
    const rows = await this.sql.raw(
      `WITH RECURSIVE lanes (lane) AS (
         SELECT (${first('lane >= :from')})
         UNION ALL SELECT (${first('webhook_deliveries.lane > lanes.lane')}) FROM lanes WHERE lanes.lane IS NOT NULL
       ) SELECT lane FROM lanes WHERE lane IS NOT NULL`,
      { from, before },
    );
    return ((rows.rows ?? rows) as { lane: string }[]).map(({ lane }) => lane);
  }
}

/** A delivery that begins anew: as if it had never been tried, but for its log. A try that is under way is of the former one. */
export const afresh = (sql: Knex, now: Milliseconds) => ({
  status: 'pending',
  failures: 0,
  restarts: sql.raw('restarts + 1'),
  due_at: 0,
  expires_at: now + MAX_AGE,
  finished_at: null,
});

const parsedAttempt = fromRow<Omit<Attempt, 'actions'> & { actions: Attempt['actions'] | null }>(
  ATTEMPT_COLUMNS,
  'responseHeaders',
  'actions',
);

function toAttempt(row: object): Attempt {
  const attempt = parsedAttempt(row);
  return { ...attempt, actions: attempt.actions ?? [] };
}
