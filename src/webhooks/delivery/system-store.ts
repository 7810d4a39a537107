import type { LedgerEvent } from '../../core/events.ts';
import type { DeliveryId, EndpointId, TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, selected } from '../../db/columns.ts';
import type { Database } from '../../db/open.ts';
import { list, listed, rowsOf } from '../../db/rows.ts';
import type { Tx } from '../../db/tx.ts';
import type { Endpoint, Ordering } from '../endpoints/endpoint.ts';
import { ENDPOINT_COLUMNS, toEndpoint } from '../endpoints/endpoint-store.ts';
import { endpointOf, isMisplaced, isRetryLane, otherOrderOf } from '../lane-key.ts';
import type { ActionResult, Attempt } from '../owed/delivery.ts';
import type { Due } from '../ports.ts';
import type { Change } from './after-attempt.ts';

/** A delivery that waits, with the event it owes. */
export interface Waiting {
  ordinal: number;
  id: DeliveryId;
  lane: string;
  attempts: number;
  failures: number;
  restarts: number;
  /** 0: at once, whatever the clock says, as what was never tried is. */
  dueAt: Milliseconds;
  expiresAt: Milliseconds;
  createdAt: Milliseconds;
  event: LedgerEvent;
}

export interface Outcome {
  ordinal: number;
  endpointId: EndpointId;
  /** Of the delivery, when the try began. */
  restarts: number;
  attempt: Attempt;
  /** Null when it is an attempt in the log and nothing more. */
  change: Change | null;
}

/** Of a delivery that waits in a lane, what says where it belongs. */
export interface Placed {
  ordinal: number;
  failures: number;
  sessionId: LedgerEvent['sessionId'];
  json: string;
}

/** Longer than between any two tries of a delivery: two failures so far apart say nothing of the time between them. */
const QUIET = 2 * 24 * 3_600_000;
/** Milliseconds after which a lane looks again whether what is older than its events has come over from the lane of another order. */
const COMING_OVER = 1_000;

/** What the workers of the hub read and write, whoever the tenant is. */
export class SystemWebhookStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async endpoint(id: EndpointId, sql = this.#db.sql): Promise<Endpoint | undefined> {
    const [row] = await rowsOf<object>(sql, `${ENDPOINTS} WHERE id = ?`, [id]);
    return row && toEndpoint(row);
  }

  async endpointsOf(tx: Tx, tenantIds: readonly TenantId[]): Promise<Endpoint[]> {
    const each = tenantIds.map(() => '?').join(', ');
    return (await rowsOf<object>(tx.sql, `${ENDPOINTS} WHERE tenant_id IN (${each}) ORDER BY id`, tenantIds)).map(toEndpoint);
  }

  /**
   * The front of a lane: in order, whether due or not; of a retry lane what is due by then, longest due first. Nothing while
   * events of its session wait in a lane of another order: they are older.
   */
  async front(lane: string, limit: number, dueBy: Milliseconds): Promise<Waiting[]> {
    const other = otherOrderOf(lane);
    const which = isRetryLane(lane) ? 'AND d.failures > 0 AND d.due_at <= ? ORDER BY d.due_at' : 'ORDER BY d.event_position';
    const query = `
      SELECT ${selected(WAITING)}
      FROM webhook_deliveries d JOIN events e ON e.position = d.event_position
      WHERE d.lane = ? AND d.due_at IS NOT NULL ${other ? `AND NOT ${WAITS_IN_ANOTHER_ORDER}` : ''} ${which} LIMIT ?`;
    const values = [lane, ...(other ?? []), ...(isRetryLane(lane) ? [dueBy] : []), limit];
    return (await rowsOf<WaitingRow>(this.#db.sql, query, values)).map(toWaiting);
  }

  /** When the lane is due next, not before `notBefore`; null when nothing waits in it, or its endpoint is disabled or gone. */
  async nextDue(tx: Tx, lane: string, { notBefore, now }: { notBefore: Milliseconds; now: Milliseconds }): Promise<Due> {
    const other = otherOrderOf(lane);
    const query = `
      SELECT d.due_at AS "dueAt", d.failures, w.paused_until AS "pausedUntil", w.ordering, ${other ? WAITS_IN_ANOTHER_ORDER : 'NULL'} AS held
      FROM webhook_deliveries d JOIN webhook_endpoints w ON w.id = ?
      WHERE d.lane = ? AND d.due_at IS NOT NULL AND w.disabled_at IS NULL
      ${isRetryLane(lane) ? 'AND d.failures > 0 ORDER BY d.due_at' : 'ORDER BY d.event_position'} LIMIT 1`;
    const [head] = await rowsOf<Head>(tx.sql, query, [...(other ?? []), endpointOf(lane), lane]);
    if (!head) return null;
    // What waits in it is put elsewhere first, and holds up those that wait there.
    if (isMisplaced(lane, head)) return 0;
    const dueAt = Math.max(head.dueAt, head.pausedUntil ?? 0, notBefore, head.held ? now + COMING_OVER : 0);
    return head.failures > 0 ? { retryAt: dueAt } : dueAt;
  }

  /** What waits in a lane, the oldest first; `failed`: only what has failed. */
  async waitingIn(tx: Tx, lane: string, { limit, failed }: { limit: number; failed: boolean }): Promise<Placed[]> {
    return rowsOf(
      tx.sql,
      `SELECT d.ordinal, d.failures, e.session_id AS "sessionId", e.data AS json
       FROM webhook_deliveries d JOIN events e ON e.position = d.event_position
       WHERE d.lane = ? AND d.due_at IS NOT NULL ${failed ? 'AND d.failures > 0' : ''} ORDER BY d.event_position LIMIT ?`,
      [lane, limit],
    );
  }

  async putInto(tx: Tx, places: readonly [ordinal: number, lane: string][]): Promise<void> {
    await rowsOf(
      tx.sql,
      `UPDATE webhook_deliveries SET lane = v.lane FROM ${listed({ ordinal: 'bigint', lane: 'text' }, tx.dialect)} AS v
       WHERE webhook_deliveries.ordinal = v.ordinal`,
      [list(places)],
    );
  }

  /**
   * Two statements, however many outcomes there are. A success ends its delivery, whatever became of that meanwhile: it was taken. A
   * failure of one that was started afresh or ended since is an attempt and nothing more.
   */
  async record(tx: Tx, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await rowsOf(
      tx.sql,
      `INSERT INTO webhook_attempts (number, ${MADE_COLUMNS.join(', ')})
       SELECT d.attempts + 1, ${MADE_COLUMNS.map((name) => `made.${name}`).join(', ')}
       FROM ${listed(MADE, tx.dialect)} AS made JOIN webhook_deliveries d ON d.ordinal = made.delivery`,
      [list(outcomes.map(madeOf))],
    );
    await rowsOf(
      tx.sql,
      `UPDATE webhook_deliveries SET attempts = webhook_deliveries.attempts + 1, ${CHANGES.join(', ')}
       FROM ${listed(CHANGED, tx.dialect)} AS v WHERE webhook_deliveries.ordinal = v.ordinal`,
      [list(outcomes.map(changedOf))],
    );
  }

  /** What is over without a request. */
  async settle(tx: Tx, ordinals: readonly number[], now: Milliseconds): Promise<void> {
    if (ordinals.length === 0) return;
    const done = { status: 'delivered', failures: 0, due_at: null, finished_at: now };
    await tx.sql('webhook_deliveries').whereIn('ordinal', ordinals).update(done);
  }

  /** What became of the actions of a delivery's attempts so far. */
  async actionsBefore(tx: Tx, ordinal: number): Promise<ActionResult[]> {
    const rows = await tx.sql('webhook_attempts').where({ delivery: ordinal }).whereNotNull('actions').select('actions');
    return rows.flatMap(({ actions }) => JSON.parse(actions) as ActionResult[]);
  }

  /**
   * Books how tries went on an endpoint as it was when they began; locks it. Returns since when it has only failed; undefined when it
   * has begun anew or ended since, and nothing was booked.
   */
  async book(
    tx: Tx,
    { id, generation }: Pick<Endpoint, 'id' | 'generation'>,
    { succeeded, pausedUntil, now }: { succeeded: boolean; pausedUntil: Milliseconds | null; now: Milliseconds },
  ): Promise<{ failingSince: Milliseconds | null } | undefined> {
    const failing = 'CASE WHEN failing_since IS NULL OR failed_at < ? THEN ? ELSE failing_since END, failed_at = ?';
    const [booked] = await rowsOf<{ failingSince: Milliseconds | null }>(
      tx.sql,
      `UPDATE webhook_endpoints SET paused_until = COALESCE(?, paused_until), failing_since = ${succeeded ? 'NULL' : failing}
       WHERE id = ? AND generation = ? RETURNING failing_since AS "failingSince"`,
      [pausedUntil, ...(succeeded ? [] : [now - QUIET, now, now]), id, generation],
    );
    return booked;
  }

  /** False when it was disabled before. */
  async disable(tx: Tx, id: EndpointId, { reason, now }: { reason: string; now: Milliseconds }): Promise<boolean> {
    const query = tx.sql('webhook_endpoints').where({ id }).whereNull('disabled_at');
    const change = { disabled_at: now, disabled_reason: reason, updated_at: now, generation: tx.sql.raw('generation + 1') };
    return (await query.update(change)) === 1;
  }

  /** Endpoints that have only failed of late. */
  async failing(): Promise<EndpointId[]> {
    const rows = await this.#db.sql('webhook_endpoints').whereNotNull('failing_since').whereNull('disabled_at').select('id');
    return rows.map(({ id }) => id);
  }

  /** What waits out its back-off, the oldest behind `after` first. */
  async backedOff(tx: Tx, id: EndpointId, { after, limit, now }: Choice): Promise<{ ordinal: number; lane: string }[]> {
    return rowsOf(
      tx.sql,
      `SELECT ordinal, lane FROM webhook_deliveries
       WHERE endpoint_id = ? AND due_at IS NOT NULL AND failures > 0 AND due_at > ? AND ordinal > ? ORDER BY ordinal LIMIT ?`,
      [id, now, after, limit],
    );
  }

  /** Makes due at once what waits out its back-off: the oldest behind `after`, then the oldest. Returns the lanes. */
  async wake(tx: Tx, id: EndpointId, choice: Choice): Promise<string[]> {
    const chosen = await this.backedOff(tx, id, choice);
    const rest = choice.limit - chosen.length;
    if (rest > 0) chosen.push(...(await this.backedOff(tx, id, { ...choice, after: 0, limit: rest })));
    if (chosen.length === 0) return [];
    const ordinals = chosen.map(({ ordinal }) => ordinal);
    await tx.sql('webhook_deliveries').whereIn('ordinal', ordinals).update({ due_at: 0 });
    return chosen.map(({ lane }) => lane);
  }
}

interface Choice {
  after: number;
  limit: number;
  now: Milliseconds;
}

interface Head {
  dueAt: Milliseconds;
  failures: number;
  pausedUntil: Milliseconds | null;
  ordering: Ordering;
  held: unknown;
}

const ENDPOINTS = `SELECT ${selected(ENDPOINT_COLUMNS)} FROM webhook_endpoints`;

/** The event beside its delivery: both have an id. */
type WaitingRow = Omit<Waiting, 'event'> & Omit<LedgerEvent, 'id'> & { eventId: LedgerEvent['id'] };

const WAITING = {
  ordinal: 'd.ordinal',
  id: 'd.id',
  lane: 'd.lane',
  attempts: 'd.attempts',
  failures: 'd.failures',
  restarts: 'd.restarts',
  dueAt: 'd.due_at',
  expiresAt: 'd.expires_at',
  createdAt: 'd.created_at',
  position: 'e.position',
  eventId: 'e.id',
  type: 'e.type',
  at: 'e.at',
  tenantId: 'e.tenant_id',
  sessionId: 'e.session_id',
  sessionName: 'e.session_name',
  seq: 'e.seq',
  json: 'e.data',
} as const satisfies Columns<WaitingRow>;

/** A range of lanes; see `otherOrderOf`. */
const WAITS_IN_ANOTHER_ORDER = `EXISTS (SELECT 1 FROM webhook_deliveries o WHERE o.lane >= ? AND o.lane < ? AND o.due_at IS NOT NULL)`;

const MADE = {
  delivery: 'bigint',
  endpoint_id: 'text',
  started_at: 'bigint',
  signature: 'text',
  latency: 'integer',
  status: 'integer',
  error_class: 'text',
  error: 'text',
  response_headers: 'text',
  response_body: 'text',
  actions: 'text',
} as const;

const MADE_COLUMNS = Object.keys(MADE);

const madeOf = ({ ordinal, endpointId, attempt }: Outcome) => [
  ordinal,
  endpointId,
  attempt.startedAt,
  attempt.signature,
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
  restarts: 'integer',
  status: 'text',
  lane: 'text',
  failures: 'integer',
  due_at: 'bigint',
  finished_at: 'bigint',
} as const;

const HOLDS = `(v.status = 'delivered' OR v.restarts = webhook_deliveries.restarts AND webhook_deliveries.status = 'pending')`;
const CHANGES = ['status', 'lane', 'failures', 'due_at', 'finished_at'].map(
  (name) => `${name} = CASE WHEN ${HOLDS} THEN v.${name} ELSE webhook_deliveries.${name} END`,
);
/** Of no delivery. */
const NEVER = -1;

const changedOf = ({ ordinal, restarts, change }: Outcome) =>
  change
    ? [ordinal, restarts, change.status, change.lane, change.failures, change.dueAt, change.finishedAt]
    : [ordinal, NEVER, null, null, null, null, null];

function toWaiting({ position, eventId, type, at, tenantId, sessionId, sessionName, seq, json, ...delivery }: WaitingRow): Waiting {
  return { ...delivery, event: { position, id: eventId, type, at, tenantId, sessionId, sessionName, seq, json } };
}
