import { messageOf } from '../../core/errors.ts';
import type { EndpointId } from '../../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { Attempt } from '../owed/delivery.ts';
import type { Lanes } from '../ports.ts';
import { SystemWebhookStore } from './system-store.ts';

const SECOND = 1_000;
/** After a failure. */
const EVERY = 20 * SECOND;
/** After a success, when the last probe was later than this before it. */
const LEAST = 10 * SECOND;
/** Endpoints that are probed at the same time; the others wait: many that hang must not take the places of retries. */
const AT_ONCE = 64;
const LATER = SECOND;

/** Answers that speak of the event and not of the receiver. */
const ABOUT_THE_EVENT = new Set([400, 413, 415, 422]);

interface Probed {
  timer?: Timer;
  /** Somebody is to make a probe, or makes it. */
  asked: 'no' | 'yes' | 'taken';
  askedAt: Milliseconds;
  /** The delivery that was tried last: the next probe takes another, for its own event may be what fails. */
  after: number;
  /** It is to follow on a success. */
  soon: boolean;
}

/**
 * Finds out that a receiver is up again long before the schedule would: one delivery of an endpoint that fails is tried every 20 s,
 * past its back-off. In memory, a timer an endpoint. A probe that fails leaves no trace on its delivery.
 */
export class Probes {
  readonly #db: Database;
  readonly #store: SystemWebhookStore;
  readonly #lanes: Lanes;
  readonly #runtime: Runtime;
  readonly #probed = new Map<EndpointId, Probed>();
  #asked = 0;
  #stopped = false;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(db: Database, { lanes, runtime }: { lanes: Lanes; runtime: Runtime }) {
    this.#db = db;
    this.#store = new SystemWebhookStore(db);
    this.#lanes = lanes;
    this.#runtime = runtime;
  }

  /** Probes what failed when the hub ended. */
  async start(): Promise<void> {
    for (const id of await this.#store.failing()) this.#arm(id, this.#runtime.random() * EVERY);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#probed.values()) timer?.cancel();
    await this.#asking;
  }

  /** Resolves when no lane is being asked for. */
  async drain(): Promise<void> {
    await this.#asking;
  }

  /** Whether a delivery of the endpoint is to be tried although it is not due. */
  wants(id: EndpointId): boolean {
    return this.#probed.get(id)?.asked === 'yes';
  }

  /** The same; whoever is answered true makes the probe. */
  take(id: EndpointId): boolean {
    const probed = this.#probed.get(id);
    if (probed?.asked !== 'yes') return false;
    probed.asked = 'taken';
    return true;
  }

  /** What became of a try, a probe or any other. */
  note(id: EndpointId, { status, errorClass }: Pick<Attempt, 'status' | 'errorClass'>): void {
    const probed = this.#probed.get(id);
    if (errorClass !== null) {
      if (probed || status === null || !ABOUT_THE_EVENT.has(status)) this.#arm(id, EVERY);
      return;
    }
    if (!probed || probed.soon || probed.asked === 'yes') return;
    const since = this.#runtime.clock.now() - probed.askedAt;
    this.#arm(id, since >= 0 && since < LEAST ? LEAST - since : 0);
    probed.soon = true;
  }

  #arm(id: EndpointId, delay: Milliseconds): void {
    const probed = this.#probed.get(id) ?? { asked: 'no', askedAt: 0, after: 0, soon: false };
    this.#probed.set(id, probed);
    this.#release(probed);
    probed.soon = false;
    this.#wait(id, probed, delay);
  }

  #wait(id: EndpointId, probed: Probed, delay: Milliseconds): void {
    probed.timer?.cancel();
    if (this.#stopped) return;
    probed.timer = this.#runtime.clock.after(delay, () => {
      this.#asking = Promise.all([this.#asking, this.#ask(id, probed)]);
    });
  }

  #release(probed: Probed): void {
    if (probed.asked !== 'no') this.#asked--;
    probed.asked = 'no';
  }

  #drop(id: EndpointId, probed: Probed): void {
    this.#release(probed);
    this.#probed.delete(id);
  }

  async #ask(id: EndpointId, probed: Probed): Promise<void> {
    this.#release(probed);
    if (this.#asked >= AT_ONCE) {
      this.#arm(id, LATER);
      return;
    }
    probed.asked = 'yes';
    probed.askedAt = this.#runtime.clock.now();
    this.#asked++;
    try {
      const found = await this.#db.write((tx) => this.#choose(tx, id, probed.after));
      if (found && 'ordinal' in found) probed.after = found.ordinal;
      // Somebody has made a try meanwhile, or makes it: what becomes of that says when to go on.
      if (probed.asked !== 'yes') return;
      if (found === null) this.#drop(id, probed);
      else if ('ordinal' in found) this.#wait(id, probed, EVERY);
      else this.#arm(id, found.pausedUntil - probed.askedAt);
    } catch (error) {
      this.#runtime.log.debug('A probe could not be asked for; it will be again', { endpoint: id, error: messageOf(error) });
      this.#arm(id, EVERY);
    }
  }

  /** Wakes the lane of a delivery that waits out its back-off. Null when there is none, or nobody to send it to. */
  async #choose(tx: Tx, id: EndpointId, after: number): Promise<{ ordinal: number } | { pausedUntil: Milliseconds } | null> {
    const endpoint = await this.#store.endpoint(id, tx.sql);
    if (!endpoint || endpoint.disabledAt !== null) return null;
    const now = this.#runtime.clock.now();
    const { tenantId, pausedUntil } = endpoint;
    if (pausedUntil !== null && pausedUntil > now) return { pausedUntil };
    const next = async (behind: number) => (await this.#store.backedOff(tx, id, { after: behind, limit: 1, now }))[0];
    const chosen = (await next(after)) ?? (await next(0));
    if (!chosen) return null;
    await this.#lanes.schedule(tx, [{ kind: 'webhook', key: chosen.lane, tenantId, dueAt: 0, retry: true }]);
    return { ordinal: chosen.ordinal };
  }
}
