import type { EndpointId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { maskOf } from '../../core/mask.ts';
import { memoizeLru, setLatest } from '../../core/memoize.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import { type Opener, openerOf } from '../../core/seal.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { Actions, Step } from '../actions/actions.ts';
import { secretsIn } from '../endpoints/dialect-options.ts';
import { type Endpoint, liveSecrets } from '../endpoints/endpoint.ts';
import { openHeaders } from '../endpoints/headers.ts';
import type { Course, EndpointHealth } from '../health/health.ts';
import { endpointOf, isMisplaced, isRetryLane } from '../lane-key.ts';
import { MAX_AGE } from '../owed/schedule.ts';
import type { DialectRequest, Due, EventLog, Lane, Lanes, LaneWork, WayOut, WebhookMeter } from '../ports.ts';
import { keyTextOf } from '../signing/sign.ts';
import { nextState, pauseOf } from './after-attempt.ts';
import { attempt, type Made, type Target, untold } from './attempt.ts';
import { Probes } from './probes.ts';
import { reorder } from './reorder.ts';
import { type Outcome, SystemWebhookStore, type Waiting } from './system-store.ts';
import { callbackKeyOf, requestsOf, type TellingOptions, Untellable } from './telling.ts';

export interface DispatcherOptions {
  ledger: EventLog;
  lanes: Lanes;
  health: EndpointHealth;
  egress: WayOut;
  /** Does what answers ask for. */
  actions: Actions;
  /** How events are told in the words of other products. */
  telling: TellingOptions;
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

/** Endpoints whose masks are kept for their next batch, and of which it is known that the log has told of them. */
const KEPT_ENDPOINTS = 1_000;
/** Milliseconds of nothing but failures. */
const WORTH_TELLING = 60_000;

/** What waited out its back-off and is tried at once for each success of one that had waited so: a start that quickens with each round. */
const WOKEN = 4;
const MOST_WOKEN = 128;

/** One request of a batch, with what its answer asks for. */
type Sent = Outcome & { delivery: Waiting; steps: Step[] };

/** What a pump did with the front of its lane, before it is written. */
interface Batch {
  outcomes: Sent[];
  /** Of what the endpoint's dialect has no words for: it is done without a request. */
  wordless: number[];
  /** A try before its time that failed: not on record, unless the answer was about the endpoint. */
  probe: Sent | null;
  /** The endpoint answered 410. */
  gone: boolean;
  /** The endpoint asked to be left alone. */
  pausedUntil: Milliseconds | null;
  /** The endpoint's rate allows no request before. */
  notBefore: Milliseconds;
}

/**
 * Sends what is due in a lane, in order. At least once: what was sent and not yet written when the process dies is sent
 * again with the same `webhook-id`. While a try is under way somebody may change the endpoint or start the delivery afresh: a
 * success counts for its delivery all the same, a failure is then an attempt in the log and nothing more, and neither says
 * anything of the endpoint as it is now.
 */
export class WebhookDispatcher {
  readonly #store: SystemWebhookStore;
  readonly #options: DispatcherOptions;
  readonly #probes: Probes;
  readonly #open: Opener;
  /** Since when each endpoint fails that the log has told of. */
  readonly #toldOf = new Map<EndpointId, Milliseconds>();
  /** By the secrets, as JSON: making one costs more than the request. */
  readonly #maskOf = memoizeLru(KEPT_ENDPOINTS, (secrets) => maskOf(JSON.parse(secrets)));

  constructor(db: Database, options: DispatcherOptions) {
    this.#store = new SystemWebhookStore(db);
    this.#options = options;
    this.#probes = new Probes(db, options);
    this.#open = openerOf(options.secretKey);
  }

  /** Begins to probe endpoints that fail. */
  start(): Promise<void> {
    return this.#probes.start();
  }

  stop(): Promise<void> {
    return this.#probes.stop();
  }

  /** Resolves when no probe is being asked for. */
  drain(): Promise<void> {
    return this.#probes.drain();
  }

  /** The pump of lanes of the kind `webhook`. */
  readonly pump = async (lane: Lane): Promise<void> => {
    const { health, lanes, runtime } = this.#options;
    const id = endpointOf(lane.key);
    const course = health.course(id);
    const now = runtime.clock.now();
    const dueBy = this.#probes.wants(id) ? Number.MAX_SAFE_INTEGER : now;
    const [endpoint, front] = await Promise.all([this.#store.endpoint(id), this.#store.front(lane.key, BATCH, dueBy)]);
    // Removed, and its lanes with it: there is nothing to commit to.
    if (!endpoint) {
      health.forget(id);
      return;
    }
    if (isMisplaced(lane.key, { ordering: endpoint.ordering, failures: front[0]?.failures ?? 0 })) {
      await lane.commit((tx) => reorder(tx, lane, { store: this.#store, lanes }));
      return;
    }
    const held = endpoint.disabledAt !== null || (endpoint.pausedUntil ?? 0) > now;
    const batch = await this.#send(endpoint, held ? [] : front, {
      course,
      aside: isRetryLane(lane.key) || endpoint.ordering === 'relaxed',
    });
    await lane.commit((tx) => this.#write(tx, lane, endpoint, batch));
    this.#report(endpoint, batch);
  };

  async #send(endpoint: Endpoint, front: readonly Waiting[], { course, aside }: { course: Course; aside: boolean }): Promise<Batch> {
    const { runtime, health, egress, actions, version } = this.#options;
    const { clock } = runtime;
    const startedAt = clock.now();
    const batch: Batch = { outcomes: [], wordless: [], probe: null, gone: false, pausedUntil: null, notBefore: 0 };
    if (front.length === 0) return batch;
    const target = this.#targetOf(endpoint, startedAt);
    const deadline = endpoint.timeoutSeconds === null ? (this.#options.deadline ?? DEADLINE) : endpoint.timeoutSeconds * 1_000;
    for (const delivery of front) {
      const now = clock.now();
      if (course.over || now - startedAt > BATCH_TIME) break;
      const early = delivery.dueAt > now;
      if (early && !this.#probes.wants(endpoint.id)) break;
      const requests = await this.#told(endpoint, delivery);
      if (!(requests instanceof Untellable) && requests.length === 0) {
        batch.wordless.push(delivery.ordinal);
        continue;
      }
      if (requests instanceof Untellable) {
        const { asked: _, ...made } = untold(delivery.attempts + 1, now, requests.message);
        batch.outcomes.push(this.#outcome(endpoint, delivery, made, aside));
        continue;
      }
      const wait = health.take(endpoint.id, endpoint.rateLimit);
      if (wait > 0) {
        batch.notBefore = now + wait;
        break;
      }
      if (early && !this.#probes.take(endpoint.id)) break;
      const which = { eventId: delivery.event.id, number: delivery.attempts + 1, requests };
      const { asked, ...made } = await attempt(target, which, { wayOut: egress, clock, deadline, version });
      course.note(made);
      this.#probes.note(endpoint.id, made);
      const sent: Sent = { ...this.#outcome(endpoint, delivery, made, aside), steps: await actions.show(delivery.event, asked) };
      if (early && made.errorClass !== null) batch.probe = sent;
      else batch.outcomes.push(sent);
      batch.gone = made.status === 410;
      batch.pausedUntil = pauseOf(made, clock.now());
      const blocked = sent.change?.status === 'pending' && !aside;
      const probed = made.errorClass !== null && course.breaker !== 'closed';
      if (blocked || probed || batch.probe || batch.gone || batch.pausedUntil !== null) break;
    }
    return batch;
  }

  #outcome(endpoint: Endpoint, delivery: Waiting, made: Omit<Made, 'asked'>, aside: boolean): Sent {
    const { clock, random } = this.#options.runtime;
    const owed = { lane: delivery.lane, failures: delivery.failures, expiresAt: expiryOf(delivery, endpoint) };
    const change = nextState(owed, made, { aside, schedule: endpoint.schedule, now: clock.now(), random });
    const { ordinal, restarts } = delivery;
    return { ordinal, restarts, endpointId: endpoint.id, attempt: made, change, delivery, steps: [] };
  }

  /** What tells of the event that is owed. Rejects where that could not be found out now. */
  async #told(endpoint: Endpoint, { event }: Waiting): Promise<DialectRequest[] | Untellable> {
    const { telling, runtime } = this.#options;
    return requestsOf(endpoint, event, telling, { now: runtime.clock.now(), open: this.#open }).catch((error) => {
      if (error instanceof Untellable) return error;
      throw error;
    });
  }

  #targetOf(endpoint: Endpoint, now: Milliseconds): Target {
    const { tenantId, url } = endpoint;
    const headers = openHeaders(endpoint, this.#open);
    const signers = liveSecrets(endpoint, this.#open, now);
    const secret = Object.keys(headers).filter((name) => typeof endpoint.headers[name] !== 'string');
    const callbackKey = callbackKeyOf(endpoint, this.#open);
    const secrets = [...secret.map((name) => headers[name] as string), ...signers.v1.map(keyTextOf), ...secretsIn(endpoint, this.#open)];
    const mask = this.#maskOf(JSON.stringify(callbackKey === null ? secrets : [...secrets, callbackKey]));
    return { tenantId, url, headers, signers, mayAct: endpoint.dialect === 'hookline', mask };
  }

  /** Runs in the transaction that holds the lane; answers when the lane is due next. */
  async #write(tx: Tx, lane: Lane, endpoint: Endpoint, batch: Batch): Promise<Due> {
    const { outcomes, wordless, probe, gone, pausedUntil, notBefore } = batch;
    const told = probe && (gone || pausedUntil !== null) ? [...outcomes, { ...probe, change: null }] : outcomes;
    const asked = told.filter(isAsked);
    const succeeded = outcomes.filter(isSuccess);
    const recovered = succeeded.filter(({ delivery }) => delivery.failures > 0);
    const isNews = succeeded.length < asked.length || recovered.length > 0 || (succeeded.length > 0 && endpoint.failingSince !== null);
    const now = this.#options.runtime.clock.now();
    const booked = isNews && (await this.#store.book(tx, endpoint, { succeeded: succeeded.length > 0, pausedUntil, now }));
    // It has begun anew or ended since.
    const isPast = isNews && !booked;
    const counted = isPast ? told.map((one) => (isSuccess(one) || !isAsked(one) ? one : { ...one, change: null })) : told;
    await this.#store.settle(tx, wordless, now);
    await this.#options.lanes.schedule(tx, movedAside(lane, counted));
    await this.#store.record(tx, await this.#act(tx, counted));
    if (booked) {
      tx.afterCommit(() => this.#tell(endpoint, asked, booked.failingSince, now));
      await this.#judge(tx, endpoint, { gone, failingSince: booked.failingSince });
      await this.#wake(tx, endpoint, recovered);
    }
    return this.#store.nextDue(tx, lane.key, { notBefore, now });
  }

  /** Disables the endpoint when it has only failed for too long (`failingSince`: as the row says now), or said that it is gone. */
  async #judge(
    tx: Tx,
    { id, tenantId, url }: Endpoint,
    { gone, failingSince }: { gone: boolean; failingSince: Milliseconds | null },
  ): Promise<void> {
    const { ledger, runtime, disableAfter = DISABLE_AFTER } = this.#options;
    const now = runtime.clock.now();
    if (!gone && !(failingSince !== null && now - failingSince >= disableAfter)) return;
    const reason = gone ? 'gone' : 'failing';
    if (!(await this.#store.disable(tx, id, { reason, now }))) return;
    const detail = gone ? 'The endpoint answered 410 Gone.' : `No try has succeeded since ${iso(failingSince ?? now)}.`;
    await ledger.append(tx, [{ tenantId, session: null, type: 'webhook.disabled', data: { endpointId: id, url, reason, detail } }]);
    tx.afterCommit(() =>
      runtime.log.warn(`Endpoint ${id} is disabled; what it is owed is kept until it is enabled. ${detail}`, { reason }),
    );
  }

  /** In the log, once, of what has answered nothing but failures for a while, and when that is over. */
  #tell({ id }: Endpoint, told: readonly Sent[], failingSince: Milliseconds | null, now: Milliseconds): void {
    const { log } = this.#options.runtime;
    if (failingSince === null) {
      if (this.#toldOf.delete(id)) log.info(`Endpoint ${id} takes its deliveries again`);
    } else if (now - failingSince >= WORTH_TELLING && this.#toldOf.get(id) !== failingSince) {
      const { errorClass, error } = told.at(-1)?.attempt ?? {};
      log.warn(`Endpoint ${id} has only failed since ${iso(failingSince)}; what it is owed waits and is tried again`, {
        errorClass,
        error,
      });
      setLatest(this.#toldOf, id, failingSince, KEPT_ENDPOINTS);
    }
  }

  /** What had failed before succeeds now: some more that only wait out their back-off are tried at once, and for each of them some more. */
  async #wake(tx: Tx, { id, tenantId }: Endpoint, recovered: readonly Sent[]): Promise<void> {
    if (recovered.length === 0) return;
    const { lanes, runtime } = this.#options;
    const after = Math.max(...recovered.map(({ ordinal }) => ordinal));
    const woken = await this.#store.wake(tx, id, {
      after,
      limit: Math.min(WOKEN * recovered.length, MOST_WOKEN),
      now: runtime.clock.now(),
    });
    await lanes.schedule(
      tx,
      woken.map((key) => ({ kind: 'webhook', key, tenantId, dueAt: 0, retry: true })),
    );
  }

  /** The outcomes with what became of the actions. Each sends like any other sender: its lane is locked before the ledger. */
  async #act(tx: Tx, sent: readonly Sent[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const { delivery, steps, ...outcome } of sent) {
      if (steps.length === 0) {
        outcomes.push(outcome);
        continue;
      }
      const before = () => this.#store.actionsBefore(tx, outcome.ordinal);
      const done = await this.#options.actions.send(tx, delivery.event, outcome.endpointId, steps, before);
      outcomes.push({ ...outcome, attempt: { ...outcome.attempt, actions: done } });
    }
    return outcomes;
  }

  #report(endpoint: Endpoint, { outcomes, probe }: Batch): void {
    const { runtime, meter } = this.#options;
    const { log } = runtime;
    for (const { attempt: made, change, delivery } of probe ? [...outcomes, probe] : outcomes) {
      const fields = { endpoint: endpoint.id, delivery: delivery.id, attempt: made.number, errorClass: made.errorClass, error: made.error };
      meter?.attempted(made.latency, made.errorClass);
      if (change && change.status !== 'pending') meter?.ended(change.status);
      if (made.errorClass === null) continue;
      if (change?.status === 'dead') log.warn('A delivery was given up; it can be retried by its id', fields);
      else log.debug('A delivery failed and will be tried again', fields);
    }
  }
}

/** What could not be told says nothing of the endpoint. */
const isAsked = ({ attempt: made }: Outcome): boolean => made.errorClass !== 'dialect';
const isSuccess = ({ attempt: made }: Outcome): boolean => made.errorClass === null;

/** Until when it is owed. What waited when the endpoint was resumed has its full time before it again. */
const expiryOf = ({ createdAt, expiresAt }: Waiting, { resumedAt }: Endpoint): Milliseconds =>
  resumedAt !== null && createdAt < resumedAt ? Math.max(expiresAt, resumedAt + MAX_AGE) : expiresAt;

/** Wake-ups for the retry lane that the failures of a relaxed lane went to. */
function movedAside(lane: Lane, outcomes: readonly Outcome[]): LaneWork[] {
  return outcomes.flatMap(({ change }) =>
    change === null || change.lane === lane.key || change.dueAt === null
      ? []
      : [{ kind: 'webhook', key: change.lane, tenantId: lane.tenantId, dueAt: change.dueAt, retry: true }],
  );
}
