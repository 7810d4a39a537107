import type { LedgerEvent } from '../core/events.ts';
import type { DeliveryId, EndpointId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Database, Tx } from '../db/open.ts';
import { list, listed, rowsOf } from '../db/rows.ts';
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
    const [row] = await rowsOf<Record<string, unknown>>(this.#db.sql, 'SELECT * FROM webhook_endpoints WHERE id = ?', [id]);
    return row && toEndpoint(row);
  }

  async endpointsOf(tx: Tx, tenantIds: readonly TenantId[]): Promise<Endpoint[]> {
    const each = tenantIds.map(() => '?').join(', ');
    const query = `SELECT * FROM webhook_endpoints WHERE tenant_id IN (${each}) ORDER BY id`;
    return (await rowsOf<Record<string, unknown>>(tx.sql, query, tenantIds)).map(toEndpoint);
  }

  /** The front of a lane: in order, whether due or not; of a retry lane what is due, longest due first. */
  async front(lane: string, limit: number, now: Milliseconds): Promise<Waiting[]> {
    const [which, values] = isRetryLane(lane)
      ? ['AND d.failures > 0 AND d.due_at <= ? ORDER BY d.due_at', [lane, now, limit]]
      : ['ORDER BY d.event_position', [lane, limit]];
    const query = `
      SELECT d.ordinal, d.id AS delivery_id, d.lane, d.attempts, d.failures, d.due_at, d.expires_at, d.created_at, e.*
      FROM webhook_deliveries d JOIN events e ON e.position = d.event_position
      WHERE d.lane = ? AND d.due_at IS NOT NULL ${which} LIMIT ?`;
    return (await rowsOf<Record<string, unknown>>(this.#db.sql, query, values)).map(toWaiting);
  }

  /** When the lane is due next, not before `notBefore`; null when nothing waits in it, or its endpoint is disabled or gone. */
  async nextDue(tx: Tx, lane: string, notBefore: Milliseconds): Promise<Due> {
    const query = `
      SELECT d.due_at, d.failures, w.paused_until
      FROM webhook_deliveries d JOIN webhook_endpoints w ON w.id = ?
      WHERE d.lane = ? AND d.due_at IS NOT NULL AND w.disabled_at IS NULL
      ${isRetryLane(lane) ? 'AND d.failures > 0 ORDER BY d.due_at' : 'ORDER BY d.event_position'} LIMIT 1`;
    const [head] = await rowsOf<{ due_at: Milliseconds; failures: number; paused_until: Milliseconds | null }>(tx.sql, query, [
      endpointOf(lane),
      lane,
    ]);
    if (!head) return null;
    const dueAt = Math.max(head.due_at, head.paused_until ?? 0, notBefore);
    return head.failures > 0 ? { retryAt: dueAt } : dueAt;
  }

  /** Two statements, however many outcomes there are. */
  async record(tx: Tx, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await rowsOf(
      tx.sql,
      `INSERT INTO webhook_attempts (${Object.keys(MADE).join(', ')}) SELECT * FROM ${listed(MADE, tx.dialect)} AS made`,
      [list(outcomes.map(madeOf))],
    );
    await rowsOf(
      tx.sql,
      `UPDATE webhook_deliveries
       SET status = v.status, lane = v.lane, attempts = v.attempts, failures = v.failures, due_at = v.due_at, finished_at = v.finished_at
       FROM ${listed(CHANGED, tx.dialect)} AS v WHERE webhook_deliveries.ordinal = v.ordinal`,
      [list(outcomes.map(changedOf))],
    );
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

const MADE = {
  delivery: 'bigint',
  endpoint_id: 'text',
  number: 'integer',
  started_at: 'bigint',
  latency: 'integer',
  status: 'integer',
  error_class: 'text',
  error: 'text',
  response_headers: 'text',
  response_body: 'text',
  actions: 'text',
} as const;

const madeOf = ({ ordinal, endpointId, attempt }: Outcome) => [
  ordinal,
  endpointId,
  attempt.number,
  attempt.startedAt,
  attempt.latency,
  attempt.status,
  attempt.errorClass,
  attempt.error,
  attempt.responseHeaders && JSON.stringify(attempt.responseHeaders),
  attempt.responseBody,
  attempt.actions.length > 0 ? JSON.stringify(attempt.actions) : null,
];

const CHANGED = {
  ordinal: 'bigint',
  status: 'text',
  lane: 'text',
  attempts: 'integer',
  failures: 'integer',
  due_at: 'bigint',
  finished_at: 'bigint',
} as const;

const changedOf = ({ ordinal, attempt, change }: Outcome) => [
  ordinal,
  change.status,
  change.lane,
  attempt.number,
  change.failures,
  change.dueAt,
  change.finishedAt,
];

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
