import type { Knex } from 'knex';
import type { LedgerEvent } from '../core/events.ts';
import type { DeliveryId, EndpointId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Database, Tx } from '../db/open.ts';
import type { ActionResult, Attempt } from './delivery.ts';
import type { Endpoint } from './endpoint.ts';
import { toEndpoint } from './endpoint-store.ts';
import { endpointOf, isRetryLane } from './lane-key.ts';
import type { Due } from './ports.ts';
import type { Change } from './settle.ts';

/** A delivery that waits, with the event it owes. */
export interface Waiting {
  ordinal: number;
  id: DeliveryId;
  lane: string;
  attempts: number;
  failures: number;
  dueAt: Milliseconds;
  expiresAt: Milliseconds;
  createdAt: Milliseconds;
  event: LedgerEvent;
}

export interface Outcome {
  ordinal: number;
  endpointId: EndpointId;
  attempt: Attempt;
  change: Change;
}

/** What the workers of the hub read and write, whoever the tenant is. */
export class SystemWebhookStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async endpoint(id: EndpointId): Promise<Endpoint | undefined> {
    const row = await this.#db.sql('webhook_endpoints').where({ id }).first();
    return row && toEndpoint(row);
  }

  async endpointsOf(tx: Tx, tenantIds: readonly TenantId[]): Promise<Endpoint[]> {
    const rows = await tx.sql('webhook_endpoints').whereIn('tenant_id', tenantIds).orderBy('id');
    return rows.map(toEndpoint);
  }

  /** The front of a lane: in order, whether due or not; of a retry lane what is due, longest due first. */
  async front(lane: string, limit: number, now: Milliseconds): Promise<Waiting[]> {
    const query = this.#db
      .sql('webhook_deliveries as d')
      .join('events as e', 'e.position', 'd.event_position')
      .where('d.lane', lane)
      .whereNotNull('d.due_at')
      .limit(limit)
      .select('d.ordinal', 'd.id as delivery_id', 'd.lane', 'd.attempts', 'd.failures', 'd.due_at', 'd.expires_at', 'd.created_at', 'e.*');
    if (isRetryLane(lane)) query.whereRaw('d.failures > 0').where('d.due_at', '<=', now).orderBy('d.due_at');
    else query.orderBy('d.event_position');
    return (await query).map(toWaiting);
  }

  /** When the lane is due next, not before `notBefore`; null when nothing waits in it, or its endpoint is disabled or gone. */
  async nextDue(tx: Tx, lane: string, notBefore: Milliseconds): Promise<Due> {
    const query = tx
      .sql('webhook_deliveries as d')
      .join('webhook_endpoints as w', 'w.id', tx.sql.raw('?', [endpointOf(lane)]))
      .where('d.lane', lane)
      .whereNotNull('d.due_at')
      .whereNull('w.disabled_at')
      .first('d.due_at', 'd.failures', 'w.paused_until');
    const head = await (isRetryLane(lane) ? query.whereRaw('d.failures > 0').orderBy('d.due_at') : query.orderBy('d.event_position'));
    if (!head) return null;
    const dueAt = Math.max(head.due_at, head.paused_until ?? 0, notBefore);
    return head.failures > 0 ? { retryAt: dueAt } : dueAt;
  }

  /** Two statements, however many outcomes there are. */
  async record(tx: Tx, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await tx.sql('webhook_attempts').insert(outcomes.map(toAttemptRow));
    await changeDeliveries(tx.sql, outcomes);
  }

  /** What became of the actions of a delivery's attempts so far. */
  async actionsBefore(tx: Tx, ordinal: number): Promise<ActionResult[]> {
    const rows = await tx.sql('webhook_attempts').where({ delivery: ordinal }).whereNotNull('actions').select('actions');
    return rows.flatMap(({ actions }) => JSON.parse(actions) as ActionResult[]);
  }

  async pause(tx: Tx, id: EndpointId, until: Milliseconds): Promise<void> {
    await tx.sql('webhook_endpoints').where({ id }).update({ paused_until: until });
  }

  async setFailingSince(tx: Tx, id: EndpointId, since: Milliseconds | null): Promise<void> {
    await tx.sql('webhook_endpoints').where({ id }).update({ failing_since: since });
  }

  /** False when it was disabled before, or has succeeded since it was read as failing since `failingSince`. */
  async disable(
    tx: Tx,
    id: EndpointId,
    { reason, failingSince, now }: { reason: string; failingSince?: Milliseconds | null; now: Milliseconds },
  ): Promise<boolean> {
    const query = tx.sql('webhook_endpoints').where({ id }).whereNull('disabled_at');
    if (failingSince) query.where({ failing_since: failingSince });
    return (await query.update({ disabled_at: now, disabled_reason: reason, updated_at: now })) === 1;
  }
}

/** `UPDATE … FROM (VALUES …)`, whose columns both stores name `column1` and on; the casts tell Postgres what they are. */
async function changeDeliveries(sql: Knex, outcomes: readonly Outcome[]): Promise<void> {
  const row =
    '(CAST(? AS bigint), CAST(? AS text), CAST(? AS text), CAST(? AS integer), CAST(? AS integer), CAST(? AS bigint), CAST(? AS bigint))';
  const values = outcomes.flatMap(({ ordinal, attempt, change }) => [
    ordinal,
    change.status,
    change.lane,
    attempt.number,
    change.failures,
    change.dueAt,
    change.finishedAt,
  ]);
  await sql.raw(
    `UPDATE webhook_deliveries
     SET status = v.column2, lane = v.column3, attempts = v.column4, failures = v.column5, due_at = v.column6, finished_at = v.column7
     FROM (VALUES ${outcomes.map(() => row).join(', ')}) AS v
     WHERE webhook_deliveries.ordinal = v.column1`,
    values as Knex.RawBinding[],
  );
}

const toAttemptRow = ({ ordinal, endpointId, attempt }: Outcome): Record<string, unknown> => ({
  delivery: ordinal,
  endpoint_id: endpointId,
  number: attempt.number,
  started_at: attempt.startedAt,
  latency: attempt.latency,
  status: attempt.status,
  error_class: attempt.errorClass,
  error: attempt.error,
  response_headers: attempt.responseHeaders && JSON.stringify(attempt.responseHeaders),
  response_body: attempt.responseBody,
  actions: attempt.actions.length > 0 ? JSON.stringify(attempt.actions) : null,
});

const toWaiting = (row: Record<string, unknown>): Waiting => ({
  ordinal: row.ordinal as number,
  id: row.delivery_id as DeliveryId,
  lane: row.lane as string,
  attempts: row.attempts as number,
  failures: row.failures as number,
  dueAt: row.due_at as number,
  expiresAt: row.expires_at as number,
  createdAt: row.created_at as number,
  event: {
    position: row.position as number,
    id: row.id as LedgerEvent['id'],
    type: row.type as LedgerEvent['type'],
    at: row.at as number,
    tenantId: row.tenant_id as TenantId,
    sessionId: row.session_id as LedgerEvent['sessionId'],
    sessionName: row.session_name as string | null,
    seq: row.seq as number,
    json: row.data as string,
  },
});
