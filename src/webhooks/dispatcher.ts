import type { LedgerEvent } from '../core/events.ts';
import { kept } from '../core/kept.ts';
import { maskOf } from '../core/mask.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { type Opener, openerOf } from '../core/seal.ts';
import type { Database, Tx } from '../db/open.ts';
import type { Actions, Step } from './actions.ts';
import { attempt, type Target } from './attempt.ts';
import { type Endpoint, liveSecrets } from './endpoint.ts';
import { openHeaders } from './headers.ts';
import type { EndpointHealth } from './health.ts';
import { endpointOf, isRetryLane } from './lane-key.ts';
import type { Due, EventLog, Lane, Lanes, LaneWork, WayOut, WebhookMeter } from './ports.ts';
import { MAX_AGE } from './schedule.ts';
import { pauseOf, settle } from './settle.ts';
import { keyTextOf } from './sign.ts';
import { type Outcome, SystemWebhookStore, type Waiting } from './system-store.ts';

export interface DispatcherOptions {
  ledger: EventLog;
  lanes: Lanes;
  health: EndpointHealth;
  egress: WayOut;
  /** Does what answers ask for. */
  actions: Actions;
  secretKey: Buffer;
  runtime: Runtime;
  meter?: WebhookMeter;
  /** Of the hub, for `user-agent`. */
  version: string;
  /** Milliseconds that an endpoint has to answer; 15,000 when not given. */
  deadline?: number;
  /** Milliseconds of nothing but failures after which an endpoint is disabled; 5 days when not given. */
  disableAfter?: number;
}

const DEADLINE = 15_000;
const DISABLE_AFTER = 5 * 24 * 3_600_000;
/** Deliveries that one commit settles at the most. */
const BATCH = 32;
/** Milliseconds after which no further request of a batch is begun: a crash repeats no more than this. */
const BATCH_TIME = 500;

/** Endpoints whose masks are kept for their next batch. */
const KEPT_MASKS = 1_000;

/** One request of a batch, with what its answer asks for. */
type Sent = Outcome & { event: LedgerEvent; steps: Step[] };

/** What a pump did with the front of its lane, before it is written. */
interface Batch {
  outcomes: Sent[];
  /** The endpoint answered 410. */
  gone: boolean;
  /** The endpoint asked to be left alone. */
  pausedUntil: Milliseconds | null;
  /** The endpoint's rate allows no request before. */
  notBefore: Milliseconds;
}

/**
 * Sends what is due in a lane, in order. At least once: what was sent and not yet written when the process dies is sent
 * again with the same `webhook-id`.
 */
export class WebhookDispatcher {
  readonly #store: SystemWebhookStore;
  readonly #options: DispatcherOptions;
  readonly #open: Opener;
  /** By the secrets, as JSON: making one costs more than the request. */
  readonly #maskOf = kept(KEPT_MASKS, (secrets) => maskOf(JSON.parse(secrets)));

  constructor(db: Database, options: DispatcherOptions) {
    this.#store = new SystemWebhookStore(db);
    this.#options = options;
    this.#open = openerOf(options.secretKey);
  }

  /** The pump of lanes of the kind `webhook`. */
  readonly pump = async (lane: Lane): Promise<void> => {
    const now = this.#options.runtime.clock.now();
    const [endpoint, front] = await Promise.all([this.#store.endpoint(endpointOf(lane.key)), this.#store.front(lane.key, BATCH, now)]);
    // Removed, and its lanes with it: there is nothing to commit to.
    if (!endpoint) return;
    const held = endpoint.disabledAt !== null || (endpoint.pausedUntil ?? 0) > now;
    const batch = await this.#send(endpoint, held ? [] : front, isRetryLane(lane.key) || endpoint.ordering === 'relaxed');
    await lane.commit((tx) => this.#write(tx, lane, endpoint, batch));
    this.#report(endpoint, front, batch);
  };

  async #send(endpoint: Endpoint, front: readonly Waiting[], aside: boolean): Promise<Batch> {
    const { runtime, health, egress, actions, version } = this.#options;
    const { clock, random } = runtime;
    const startedAt = clock.now();
    const batch: Batch = { outcomes: [], gone: false, pausedUntil: null, notBefore: 0 };
    if (front.length === 0) return batch;
    const target = this.#targetOf(endpoint, startedAt);
    const deadline = endpoint.timeoutSeconds === null ? (this.#options.deadline ?? DEADLINE) : endpoint.timeoutSeconds * 1_000;
    for (const delivery of front) {
      const now = clock.now();
      if (delivery.dueAt > now || now - startedAt > BATCH_TIME) break;
      const wait = health.take(endpoint.id, endpoint.rateLimit);
      if (wait > 0) {
        batch.notBefore = now + wait;
        break;
      }
      const { asked, ...made } = await attempt(target, delivery.event, delivery.attempts + 1, { wayOut: egress, clock, deadline, version });
      health.note(endpoint.id, made);
      const owed = { ...delivery, expiresAt: expiryOf(delivery, endpoint) };
      const change = settle(owed, made, { aside, schedule: endpoint.schedule, now: clock.now(), random });
      const steps = await actions.show(delivery.event, asked);
      batch.outcomes.push({ ordinal: delivery.ordinal, endpointId: endpoint.id, attempt: made, change, event: delivery.event, steps });
      batch.gone = made.status === 410;
      batch.pausedUntil = pauseOf(made, clock.now());
      const blocked = change.status === 'pending' && !aside;
      const probed = made.errorClass !== null && health.of(endpoint.id).breaker !== 'closed';
      if (blocked || probed || batch.gone || batch.pausedUntil !== null) break;
    }
    return batch;
  }

  #targetOf(endpoint: Endpoint, now: Milliseconds): Target {
    const { tenantId, url } = endpoint;
    const headers = openHeaders(endpoint, this.#open);
    const signers = liveSecrets(endpoint, this.#open, now);
    const secret = Object.keys(headers).filter((name) => typeof endpoint.headers[name] !== 'string');
    const mask = this.#maskOf(JSON.stringify([...secret.map((name) => headers[name] as string), ...signers.v1.map(keyTextOf)]));
    return { tenantId, url, headers, signers, mask };
  }

  /** Runs in the transaction that holds the lane; answers when the lane is due next. */
  async #write(tx: Tx, lane: Lane, endpoint: Endpoint, batch: Batch): Promise<Due> {
    const { outcomes, pausedUntil, notBefore } = batch;
    await this.#options.lanes.schedule(tx, movedAside(lane, outcomes));
    await this.#store.record(tx, await this.#act(tx, endpoint, outcomes));
    if (pausedUntil !== null) await this.#store.pause(tx, endpoint.id, pausedUntil);
    await this.#judge(tx, endpoint, batch);
    return this.#store.nextDue(tx, lane.key, notBefore);
  }

  /** Notes since when the endpoint has only failed; disables it when that is too long, or when it said that it is gone. */
  async #judge(tx: Tx, endpoint: Endpoint, { outcomes, gone }: Batch): Promise<void> {
    const { ledger, runtime, disableAfter = DISABLE_AFTER } = this.#options;
    const { id, tenantId, url, failingSince } = endpoint;
    const now = runtime.clock.now();
    if (outcomes.some(({ attempt: made }) => made.errorClass === null)) {
      if (failingSince !== null) await this.#store.setFailingSince(tx, id, null);
    } else if (outcomes.length > 0 && failingSince === null) await this.#store.setFailingSince(tx, id, now);
    const failed = outcomes.length > 0 && outcomes.every(({ attempt: made }) => made.errorClass !== null);
    const tooLong = failed && failingSince !== null && now - failingSince >= disableAfter;
    if (!gone && !tooLong) return;
    const reason = gone ? 'gone' : 'failing';
    const disabled = await this.#store.disable(tx, id, { reason, now, ...(tooLong && { failingSince }) });
    if (!disabled) return;
    const detail = gone ? 'The endpoint answered 410 Gone.' : `No try has succeeded since ${new Date(failingSince ?? now).toISOString()}.`;
    await ledger.append(tx, [{ tenantId, session: null, type: 'webhook.disabled', data: { endpointId: id, url, reason, detail } }]);
    tx.afterCommit(() =>
      runtime.log.warn(`Endpoint ${id} is disabled; what it is owed is kept until it is enabled. ${detail}`, { reason }),
    );
  }

  /** The outcomes with what became of the actions. Each sends like any other sender: its lane is locked before the ledger. */
  async #act(tx: Tx, endpoint: Endpoint, sent: readonly Sent[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const { event, steps, ...outcome } of sent) {
      const actions = await this.#options.actions.send(tx, event, endpoint.id, steps, () => this.#store.actionsBefore(tx, outcome.ordinal));
      outcomes.push({ ...outcome, attempt: { ...outcome.attempt, actions } });
    }
    return outcomes;
  }

  #report(endpoint: Endpoint, front: readonly Waiting[], { outcomes }: Batch): void {
    const { runtime, meter } = this.#options;
    const { log } = runtime;
    for (const [index, { attempt: made, change }] of outcomes.entries()) {
      meter?.attempted(made.latency, made.errorClass);
      if (change.status !== 'pending') meter?.ended(change.status);
      if (made.errorClass === null) continue;
      const fields = {
        endpoint: endpoint.id,
        delivery: front[index]?.id,
        attempt: made.number,
        errorClass: made.errorClass,
        error: made.error,
      };
      if (change.status === 'dead') log.warn('A delivery was given up; it can be retried by its id', fields);
      else log.debug('A delivery failed and will be tried again', fields);
    }
  }
}

/** Until when it is owed. What waited when the endpoint was resumed has its full time before it again. */
const expiryOf = ({ createdAt, expiresAt }: Waiting, { resumedAt }: Endpoint): Milliseconds =>
  resumedAt !== null && createdAt < resumedAt ? Math.max(expiresAt, resumedAt + MAX_AGE) : expiresAt;

/** Wake-ups for the retry lane that the failures of a relaxed lane went to. */
function movedAside(lane: Lane, outcomes: readonly Outcome[]): LaneWork[] {
  return outcomes.flatMap(({ change }) =>
    change.lane === lane.key || change.dueAt === null
      ? []
      : [{ kind: 'webhook', key: change.lane, tenantId: lane.tenantId, dueAt: change.dueAt, retry: true }],
  );
}
