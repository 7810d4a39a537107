import { type Fault, HooklineError } from '../../core/errors.ts';
import { patternFault } from '../../core/event-patterns.ts';
import { type EndpointId, newId, type ReplayId, type TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
import { hearing } from '../delivery/fan-out.ts';
import { SystemWebhookStore } from '../delivery/system-store.ts';
import { hears } from '../delivery/telling.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { EndpointReader, EndpointTransactor } from '../endpoints/endpoint-store.ts';
import { matches, owes } from '../endpoints/filter.ts';
import { endpointOf, laneOf, replayLaneOf, replayOf } from '../lane-key.ts';
import { insertDeliveries } from '../owed/delivery-store.ts';
import { MAX_AGE } from '../owed/schedule.ts';
import type { Addresses, Due, EventDialects, Lane, Lanes } from '../ports.ts';
import type { Replay, Selection } from './replay.ts';
import { type Replayable, ReplayReader, ReplayTransactor, SystemReplayStore } from './replay-store.ts';

export interface ReplayInput {
  since: Milliseconds;
  /** Now when not given. */
  until?: Milliseconds;
  types?: string[];
  status?: Selection;
}

export interface ReplayView {
  id: ReplayId;
  endpointId: EndpointId;
  status: 'running' | 'done';
  since: string;
  until: string;
  types: string[];
  selection: Selection;
  /** Events in the range, how many of them were looked at, and how many of those were put into the endpoint's lanes. */
  total: number;
  seen: number;
  queued: number;
  createdAt: string;
  finishedAt: string | null;
}

/** What a replay would do: as in `ReplayView`. Where fewer were `seen` than there are, `queued` counts only those. */
export type ReplayPreview = Pick<ReplayView, 'total' | 'seen' | 'queued'>;

type Chosen = Pick<Replay, 'types' | 'selection'>;
type Range = Pick<Replay, 'since' | 'until' | 'types' | 'position' | 'lastPosition' | 'total'>;

/** Events that one transaction looks at. */
const PAGE = 200;
/** Events that a preview looks at, at the most. */
const PREVIEWED = 10_000;

/**
 * Sends an endpoint again what it was sent, should have been sent, or missed, under the same `webhook-id`. What is
 * replayed takes its place in the order of the ledger, before what waits and is younger. A replay is a lane of its own:
 * it goes page by page, and on after a restart.
 */
export class Replays {
  readonly #db: Database;
  readonly #store: TenantStore<ReplayReader, ReplayTransactor>;
  readonly #endpoints: TenantStore<EndpointReader, EndpointTransactor>;
  readonly #system: SystemReplayStore;
  readonly #webhooks: SystemWebhookStore;
  readonly #lanes: Lanes;
  readonly #addresses: Pick<Addresses, 'names'>;
  readonly #dialects: EventDialects;
  readonly #runtime: Runtime;

  constructor(
    db: Database,
    {
      lanes,
      addresses,
      dialects,
      runtime,
    }: { lanes: Lanes; addresses: Pick<Addresses, 'names'>; dialects: EventDialects; runtime: Runtime },
  ) {
    this.#db = db;
    this.#store = tenantStore(db, { Reader: ReplayReader, Transactor: ReplayTransactor });
    this.#endpoints = tenantStore(db, { Reader: EndpointReader, Transactor: EndpointTransactor });
    this.#system = new SystemReplayStore(db);
    this.#webhooks = new SystemWebhookStore(db);
    this.#lanes = lanes;
    this.#addresses = addresses;
    this.#dialects = dialects;
    this.#runtime = runtime;
  }

  /** Rejects with `not-found`, `endpoint-disabled` and `invalid-body`. */
  async begin(tenantId: TenantId, endpointId: string, input: ReplayInput): Promise<ReplayView> {
    const now = this.#runtime.clock.now();
    const { status: selection = 'all' } = input;
    const range = await this.#range(tenantId, input, now);
    return this.#store.transact(tenantId, async (t, tx) => {
      const endpoint = await this.#endpoints.within(tx, tenantId).hold(endpointId);
      if (!endpoint) throw new HooklineError('not-found', `There is no endpoint "${endpointId}".`);
      if (endpoint.disabledAt !== null) {
        throw new HooklineError('endpoint-disabled', `The endpoint "${endpointId}" is disabled. Enable it, then replay.`);
      }
      const replay: Replay = {
        id: newId('rpl', now),
        tenantId,
        endpointId: endpoint.id,
        ...range,
        selection,
        seen: 0,
        queued: 0,
        createdAt: now,
        finishedAt: null,
      };
      await t.insert(replay);
      await this.#lanes.schedule(tx, [{ kind: 'replay', key: replayLaneOf(endpoint.id, replay.id), tenantId, dueAt: now }]);
      return viewOf(replay);
    });
  }

  /** How many events a replay would send again, without doing it. Rejects with `not-found` and `invalid-body`. */
  async preview(tenantId: TenantId, endpointId: string, input: ReplayInput): Promise<ReplayPreview> {
    const { status: selection = 'all' } = input;
    const { position, lastPosition, total, types } = await this.#range(tenantId, input, this.#runtime.clock.now());
    const endpoint = await this.#endpoints.read(tenantId, (r) => r.get(endpointId));
    if (!endpoint) throw new HooklineError('not-found', `There is no endpoint "${endpointId}".`);
    const preview = { total, seen: 0, queued: 0 };
    for (let last = position; preview.seen < PREVIEWED; ) {
      const place = { tenantId, endpointId: endpoint.id, position: last, lastPosition };
      const page = await this.#system.page(this.#db, place, PAGE);
      preview.seen += page.length;
      preview.queued += (await this.#chosen(page, { types, selection }, endpoint)).length;
      if (page.length < PAGE) break;
      last = page.at(-1)?.event.position ?? lastPosition;
    }
    return preview;
  }

  /** What the input means in the ledger. Rejects with `invalid-body`. */
  async #range(tenantId: TenantId, { since, until: asked, types = ['*'] }: ReplayInput, now: Milliseconds): Promise<Range> {
    const until = asked ?? now;
    refuse({ since, until, types });
    const [position, lastPosition] = await this.#store.read(tenantId, (r) =>
      Promise.all([r.positionBefore(since), r.positionBefore(until + 1)]),
    );
    const total = await this.#store.read(tenantId, (r) => r.count(position, lastPosition));
    return { since, until, types, position, lastPosition, total };
  }

  /** Those of a page that are sent again. */
  async #chosen(page: readonly Replayable[], replay: Chosen, endpoint: Endpoint): Promise<Replayable[]> {
    const chosen: Replayable[] = [];
    for (const item of page) {
      if (!isChosen(item, replay, endpoint) || !hears(endpoint, item.event.type, this.#dialects)) continue;
      const heard = await hearing([endpoint], { ...item.event, tenantId: endpoint.tenantId }, this.#addresses);
      if (heard.length > 0) chosen.push(item);
    }
    return chosen;
  }

  async get(tenantId: TenantId, endpointId: string, id: string): Promise<ReplayView> {
    const replay = await this.#store.read(tenantId, (r) => r.get(endpointId, id));
    if (!replay) throw new HooklineError('not-found', `The endpoint has no replay "${id}".`);
    return viewOf(replay);
  }

  /** The pump of lanes of the kind `replay`: one page. */
  readonly pump = async (lane: Lane): Promise<void> => {
    const [replay, endpoint] = await Promise.all([this.#system.replay(replayOf(lane.key)), this.#webhooks.endpoint(endpointOf(lane.key))]);
    // Removed, with all that is its: there is nothing to commit to.
    if (!replay || !endpoint) return;
    await lane.commit((tx) => this.#turn(tx, replay, endpoint));
  };

  async #turn(tx: Tx, replay: Replay, endpoint: Endpoint): Promise<Due> {
    const now = this.#runtime.clock.now();
    const page = await this.#system.page(tx, replay, PAGE);
    const chosen = await this.#chosen(page, replay, endpoint);
    const { id: endpointId, tenantId } = endpoint;
    const laneFor = ({ event }: Replayable): string => laneOf(endpoint, event);
    const again = chosen.flatMap((item): [number, string][] => (item.delivery ? [[item.delivery.ordinal, laneFor(item)]] : []));
    await this.#system.restart(tx, again, now);
    const fresh = chosen
      .filter(({ delivery }) => delivery === null)
      .map((item) => ({
        id: newId('dlv', now),
        tenantId,
        endpointId,
        eventPosition: item.event.position,
        lane: laneFor(item),
        expiresAt: now + MAX_AGE,
      }));
    await insertDeliveries(tx, fresh, now);
    const done = page.length < PAGE;
    await this.#system.advance(tx, {
      ...replay,
      position: page.at(-1)?.event.position ?? replay.lastPosition,
      seen: replay.seen + page.length,
      queued: replay.queued + chosen.length,
      finishedAt: done ? now : null,
    });
    await this.#lanes.schedule(
      tx,
      chosen.map((item) => ({ kind: 'webhook', key: laneFor(item), tenantId, dueAt: 0 })),
    );
    return done ? null : now;
  }
}

/** What still waits for the endpoint needs no replay. */
function isChosen({ event, delivery }: Replayable, { types, selection }: Chosen, endpoint: Endpoint): boolean {
  if (!owes(endpoint, event) || !matches({ events: types, sessions: [] }, event)) return false;
  if (delivery === null) return selection !== 'failed';
  return delivery.status === 'dead' ? selection !== 'missing' : delivery.status === 'delivered' && selection === 'all';
}

function refuse({ since, until, types }: { since: Milliseconds; until: Milliseconds; types: string[] }): void {
  const errors: Fault[] = types.flatMap((type, index) => {
    const message = patternFault(type);
    return message === null ? [] : [{ path: `types.${index}`, message }];
  });
  if (since > until) errors.push({ path: 'until', message: 'is before since' });
  if (errors.length > 0) throw new HooklineError('invalid-body', 'The range of the replay is not valid.', { errors });
}

const viewOf = ({ tenantId: _, position: __, lastPosition: ___, ...replay }: Replay): ReplayView => ({
  ...replay,
  status: replay.finishedAt === null ? 'running' : 'done',
  since: iso(replay.since),
  until: iso(replay.until),
  createdAt: iso(replay.createdAt),
  finishedAt: iso(replay.finishedAt),
});
