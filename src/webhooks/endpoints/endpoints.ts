import { baseOfDialect, type EndpointDialect } from '../../core/dialects.ts';
import { type Fault, HooklineError, toldFaults } from '../../core/errors.ts';
import { type DeliveryId, type EndpointId, newId, type SessionId, type TenantId } from '../../core/ids.ts';
import { type LimitOf, limitReached } from '../../core/limits.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import { openerOf, seal } from '../../core/seal.ts';
import type { Database } from '../../db/open.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
import type { EndpointHealth } from '../health/health.ts';
import { lanesOf, testLaneOf } from '../lane-key.ts';
import { DeliveryReader, DeliveryTransactor, insertDeliveries } from '../owed/delivery-store.ts';
import type { Addresses, CallbackKeys, EventDialects, EventLog, KnownSessions, Lanes, Look, UrlCheck } from '../ports.ts';
import { isSecret } from '../signing/sign.ts';
import { CALLING_BACK, NAMING_THE_HUB, readOptions, sealOptions, secretNamesIn } from './dialect-options.ts';
import { callbackKeyPlace, type Endpoint, type EndpointView, viewOf, withNewSecret, withNewSigningKey } from './endpoint.ts';
import { type Asking, changesOf, DEFAULTS, type EndpointInput } from './endpoint-input.ts';
import { EndpointReader, EndpointTransactor } from './endpoint-store.ts';
import { shakeHands } from './handshake.ts';

export interface Page<T> {
  data: T[];
  /** Give it as `cursor` to read on; null at the end. */
  nextCursor: string | null;
}

/** What was taken, and is probably not what was meant. */
export interface Warned {
  warnings?: Fault[];
}

export interface EndpointsOptions {
  ledger: EventLog;
  lanes: Lanes;
  health: EndpointHealth;
  egress: UrlCheck & Look;
  /** 32 bytes; seals the secrets. */
  secretKey: Buffer;
  runtime: Runtime;
  /** Milliseconds that a former secret signs beside a new one where nobody says otherwise; 24 hours when not given. */
  rotation?: number;
  sessions: KnownSessions;
  addresses: Pick<Addresses, 'read'>;
  callbackKeys: CallbackKeys;
  /** Those that an endpoint may have. */
  dialects: readonly EndpointDialect[];
  /** What of them is asked of a URL. */
  events: EventDialects;
  /** How many endpoints a tenant may have; any number when not given. */
  limitOf?: LimitOf;
}

const ROTATION = 24 * 3_600_000;
/** Members that make other requests of those to come, or other waits between them. */
const RENEWING = ['url', 'headers', 'signatures', 'timeoutSeconds', 'schedule', 'dialect', 'dialectOptions'] as const;

/** A tenant's endpoints. Every id is the tenant's own or `not-found`; every URL is allowed or `url-forbidden`. */
export class Endpoints {
  readonly #store: TenantStore<EndpointReader, EndpointTransactor>;
  readonly #deliveries: TenantStore<DeliveryReader, DeliveryTransactor>;
  readonly #options: EndpointsOptions;

  constructor(db: Database, options: EndpointsOptions) {
    this.#store = tenantStore(db, { Reader: EndpointReader, Transactor: EndpointTransactor });
    this.#deliveries = tenantStore(db, { Reader: DeliveryReader, Transactor: DeliveryTransactor });
    this.#options = options;
  }

  /**
   * The secret is shown here and at its rotation only; `secret` is one of the tenant's own. Rejects with `invalid-body` and `url-forbidden`.
   */
  async create(
    tenantId: TenantId,
    { secret: own, ...input }: EndpointInput & { secret?: string | undefined },
    asking: Asking = {},
  ): Promise<EndpointView & Warned & { secret: string }> {
    const { egress, secretKey } = this.#options;
    const now = this.#now();
    const owner = { id: newId('whk', now), tenantId };
    refuseSecret(own);
    const changes = changesOf(input, secretKey, owner, this.#options.addresses.read);
    const { warnings = [] } = await this.#heed(tenantId, input.sessions);
    await egress.check(tenantId, input.url);
    const { secret, secrets } = withNewSecret({ ...owner, secrets: [] }, secretKey, { ...this.#rotating(now), secret: own });
    const blank = this.#withSigningKey({
      ...DEFAULTS,
      url: input.url,
      ...changes,
      ...owner,
      secrets,
      signingKeys: [],
      callbackKey: null,
      pausedUntil: null,
      failingSince: null,
      resumedAt: null,
      disabledAt: null,
      disabledReason: null,
      generation: 0,
      createdAt: now,
      updatedAt: now,
    });
    const inDialect = this.#inDialect(null, blank, input, asking);
    await this.#shakeHands(inDialect);
    const session = await this.#onlySession(inDialect);
    const limit = (await this.#options.limitOf?.(tenantId)) ?? null;
    const { endpoint, ...unanswered } = await this.#store.transact(tenantId, async (t, tx) => {
      const used = limit === null ? 0 : await t.count();
      if (limit !== null && used >= limit) throw limitReached({ name: 'endpoints', limit, used }, 'Delete one first.');
      const keyed = await this.#keyed(tx, null, inDialect, { session, asking });
      await t.insert(keyed.endpoint);
      return keyed;
    });
    const view = viewOf(endpoint, now);
    const all = [...unusedSecret(view), ...warnings, ...unanswered.warnings];
    return { ...view, secret, ...(all.length > 0 && { warnings: all }) };
  }

  async list(tenantId: TenantId, { limit, cursor = '' }: { limit: number; cursor?: string }): Promise<Page<EndpointView>> {
    const found = await this.#store.read(tenantId, (r) => r.list(cursor, limit + 1));
    const data = found.slice(0, limit).map((endpoint) => viewOf(endpoint, this.#now()));
    return { data, nextCursor: found.length > limit ? (data.at(-1)?.id ?? null) : null };
  }

  count(tenantId: TenantId): Promise<number> {
    return this.#store.read(tenantId, (r) => r.count());
  }

  /** The oldest one in this dialect that hears of this session alone, named by its id; null where there is none. */
  async ofSession(tenantId: TenantId, sessionId: SessionId, dialect: EndpointDialect): Promise<EndpointView | null> {
    const endpoint = await this.#store.read(tenantId, (r) => r.ofSession(sessionId, dialect));
    return endpoint ? viewOf(endpoint, this.#now()) : null;
  }

  async get(tenantId: TenantId, id: string): Promise<EndpointView> {
    return viewOf(await this.#found(tenantId, id), this.#now());
  }

  /**
   * What is not given stays as it is. With a new URL, what waits for the endpoint is tried at once; with another order it is put into the
   * lanes of that. Rejects as `create` does, and with `not-found`.
   */
  async update(tenantId: TenantId, id: string, input: Partial<EndpointInput>, asking: Asking = {}): Promise<EndpointView & Warned> {
    const changes = changesOf(input, this.#options.secretKey, { id: id as EndpointId, tenantId }, this.#options.addresses.read);
    const before = await this.#found(tenantId, id);
    const { warnings = [] } = await this.#heed(tenantId, input.sessions);
    if (changes.url !== undefined) await this.#options.egress.check(tenantId, changes.url);
    const session = await this.#onlySession({ ...before, ...changes });
    if (['url', 'dialect', 'dialectOptions'].some((name) => input[name as keyof EndpointInput] !== undefined)) {
      refuseToCarry(before, changes, input);
      await this.#shakeHands(this.#inDialect(before, { ...before, ...changes }, input, asking));
    }
    let unanswered: Fault[] = [];
    const view = await this.#change(tenantId, id, async (former, tx) => {
      const moved = changes.url !== undefined && changes.url !== former.url;
      refuseToCarry(former, changes, input);
      const inDialect = this.#inDialect(former, this.#withSigningKey({ ...former, ...changes }), input, asking);
      const keyed = await this.#keyed(tx, former, inDialect, { session, asking });
      unanswered = keyed.warnings;
      const changed = keyed.endpoint;
      if (moved && former.disabledAt === null) return this.#resumed(tx, changed);
      if (changed.ordering !== former.ordering && former.disabledAt === null) {
        await this.#wake(tx, changed, await this.#deliveries.within(tx, tenantId).lanesWaiting(changed.id));
      }
      const isRenewed = RENEWING.some((name) => JSON.stringify(changed[name]) !== JSON.stringify(former[name]));
      return isRenewed ? this.#renewed(tx, changed) : changed;
    });
    const all = [...warnings, ...unanswered];
    return { ...view, ...(all.length > 0 && { warnings: all }) };
  }

  /** Removes its deliveries, too. */
  async remove(tenantId: TenantId, id: string): Promise<void> {
    await this.#store.transact(tenantId, async (t, tx) => {
      const endpoint = await t.hold(id);
      if (!endpoint) throw missing(id);
      await this.#options.lanes.retire(tx, lanesOf(endpoint.id));
      if (endpoint.callbackKey) await this.#options.callbackKeys.remove(tx, tenantId, endpoint.callbackKey.id);
      await t.remove(id);
      tx.afterCommit(() => this.#options.health.forget(endpoint.id));
      tx.tell('endpoints', endpoint.id);
    });
  }

  /**
   * A new secret, and a new key pair where there is one. The former ones sign beside them for a while, so that receivers can change over: for
   * `overlapSeconds`, 0 being that they end now. `secret`: one of the tenant's own. Rejects with `invalid-body` for one that is none.
   */
  async rotateSecret(
    tenantId: TenantId,
    id: string,
    { overlapSeconds, secret: own }: { overlapSeconds?: number | undefined; secret?: string | undefined } = {},
  ): Promise<EndpointView & Warned & { secret: string }> {
    refuseSecret(own);
    let fresh = '';
    const view = await this.#change(tenantId, id, async (former, tx) => {
      const { secretKey } = this.#options;
      const rotating = { ...this.#rotating(this.#now()), ...(overlapSeconds !== undefined && { overlap: overlapSeconds * 1_000 }) };
      const { secret, secrets } = withNewSecret(former, secretKey, { ...rotating, secret: own });
      fresh = secret;
      const signingKeys = former.signingKeys.length > 0 ? withNewSigningKey(former, secretKey, rotating) : [];
      return this.#renewed(tx, { ...former, secrets, signingKeys });
    });
    const warnings = unusedSecret(view);
    return { ...view, secret: fresh, ...(warnings.length > 0 && { warnings }) };
  }

  /** Enabled again, or no longer waiting for its next try: all that waits for it is due now. Idempotent. */
  enable(tenantId: TenantId, id: string): Promise<EndpointView> {
    return this.#change(tenantId, id, (former, tx) => this.#resumed(tx, { ...former, disabledAt: null, disabledReason: null }));
  }

  /**
   * Nothing is sent to it until it is enabled; what it is owed meanwhile is kept. A request that is under way ends as an attempt. Told to
   * the tenant's other endpoints, once. Idempotent.
   */
  disable(tenantId: TenantId, id: string): Promise<EndpointView> {
    return this.#change(tenantId, id, async (former, tx) => {
      if (former.disabledAt !== null) return former;
      const reason = 'requested';
      const data = { endpointId: id, url: former.url, reason, detail: 'Somebody has disabled the endpoint.' };
      await this.#options.ledger.append(tx, [{ tenantId, session: null, type: 'webhook.disabled', data }]);
      return this.#renewed(tx, { ...former, disabledAt: this.#now(), disabledReason: reason });
    });
  }

  /** Sends one `webhook.test` to this endpoint alone: at once, past its filter and its queue, and without retries. */
  async test(tenantId: TenantId, id: string): Promise<{ eventId: string; deliveryId: DeliveryId }> {
    const { ledger, lanes, egress } = this.#options;
    const { url, disabledAt } = await this.#found(tenantId, id);
    if (disabledAt !== null) throw new HooklineError('endpoint-disabled', `The endpoint "${id}" is disabled. Enable it, then test it.`);
    await egress.check(tenantId, url);
    return this.#store.transact(tenantId, async (t, tx) => {
      const endpoint = await t.hold(id);
      if (!endpoint) throw missing(id);
      const now = this.#now();
      const data = { endpointId: endpoint.id, text: 'If you can verify this signature, this endpoint works.' };
      const [event] = await ledger.append(tx, [{ tenantId, session: null, type: 'webhook.test', data }]);
      if (!event) throw new Error('The ledger gave back nothing for an event that it was given');
      const lane = testLaneOf(endpoint.id);
      const delivery = { id: newId('dlv', now), tenantId, endpointId: endpoint.id, eventPosition: event.position, lane };
      // It expires as it is made, so its first try is its last.
      await insertDeliveries(tx, [{ ...delivery, expiresAt: now }], now);
      await lanes.schedule(tx, [{ kind: 'webhook', key: lane, tenantId, dueAt: 0 }]);
      return { eventId: event.id, deliveryId: delivery.id };
    });
  }

  /**
   * An id of a session must be one of the tenant's, as everywhere. A name that no session has may be that of one to come: it is warned of, for
   * a name that is misspelt would make an endpoint that never hears anything. Rejects with `not-found`.
   */
  async #heed(tenantId: TenantId, sessions: readonly string[] = []): Promise<Warned> {
    const known = await Promise.all(sessions.map((session) => this.#options.sessions.idOf(tenantId, session)));
    const unknown = sessions.flatMap((session, index) => (known[index] === null ? [{ session, path: `sessions.${index}` }] : []));
    const errors = unknown
      .filter(({ session }) => session.startsWith('ses_'))
      .map(({ session, path }) => ({ path, message: `there is no session "${session}"` }));
    if (errors.length > 0) throw new HooklineError('not-found', toldFaults('The endpoint is not valid', errors), { errors });
    const warnings = unknown.map(({ session, path }) => ({
      path,
      message: `no session is called "${session}" now; the endpoint hears of it once there is one`,
    }));
    return warnings.length > 0 ? { warnings } : {};
  }

  /** With what is said of its dialect, read and sealed. Throws `invalid-body`. */
  #inDialect(former: Endpoint | null, changed: Endpoint, input: Partial<EndpointInput>, { origin }: Asking): Endpoint {
    const { dialect } = changed;
    const isOther = former?.dialect !== dialect;
    const given = input.dialectOptions ?? (isOther ? {} : undefined);
    if (dialect === 'hookline') {
      if (Object.keys(given ?? {}).length > 0) refuseAt('dialectOptions', 'are for the words of other products: give a dialect, too');
      return { ...changed, dialectOptions: {} };
    }
    if (isOther && !this.#options.dialects.includes(dialect)) {
      refuseAt('dialect', 'is not spoken here: name it in "dialects" of the configuration');
    }
    if (given === undefined) return changed;
    const usual = isOther ? undefined : former?.dialectOptions.serverUrl;
    const isFound = NAMING_THE_HUB.includes(dialect);
    const serverUrl = usual ?? (origin === undefined ? undefined : origin + baseOfDialect(dialect));
    const options = readOptions(dialect, { ...(isFound && serverUrl !== undefined && { serverUrl }), ...given });
    return { ...changed, dialectOptions: sealOptions(options, this.#options.secretKey, changed) };
  }

  #shakeHands(endpoint: Endpoint): Promise<void> {
    const { events, egress, runtime, secretKey } = this.#options;
    return shakeHands(endpoint, { events, egress, random: runtime.random, open: openerOf(secretKey) });
  }

  /** The one session that an endpoint hears of; null where there are others, or none of that name yet. */
  async #onlySession({ tenantId, sessions }: Pick<Endpoint, 'tenantId' | 'sessions'>): Promise<SessionId | null> {
    const [only] = sessions;
    return only === undefined || sessions.length > 1 ? null : this.#options.sessions.idOf(tenantId, only);
  }

  /**
   * With the key that its receivers call back with, where its dialect has one. It was given for the session and the place where the URL led: for
   * others there is another one. Whoever may not send gives nobody such a key.
   */
  async #keyed(
    tx: Tx,
    former: Endpoint | null,
    endpoint: Endpoint,
    { session, asking }: { session: SessionId | null; asking: Asking },
  ): Promise<{ endpoint: Endpoint; warnings: Fault[] }> {
    const { callbackKeys, secretKey } = this.#options;
    const { tenantId, dialect, dialectOptions, url } = endpoint;
    const isAsked = CALLING_BACK.includes(dialect) && dialectOptions.callbackKey !== false;
    const had = former?.callbackKey ?? null;
    const isSame = had !== null && isAsked && had.sessionId === session && new URL(url).origin === new URL(former?.url ?? '').origin;
    if (isSame) return { endpoint, warnings: [] };
    if (had !== null) await callbackKeys.remove(tx, tenantId, had.id);
    if (!isAsked) return { endpoint: { ...endpoint, callbackKey: null }, warnings: [] };
    const lacks =
      session === null ? 'the endpoint is not for one session' : asking.maySend ? null : 'this key may not send messages itself';
    if (session === null || lacks !== null) {
      const message = `receivers are given none to call back with: ${lacks}`;
      return { endpoint: { ...endpoint, callbackKey: null }, warnings: [{ path: 'dialectOptions.callbackKey', message }] };
    }
    const { id, key } = await callbackKeys.make(tx, tenantId, { name: `for receivers at ${endpoint.id}`, sessionId: session });
    const callbackKey = { id, sessionId: session, sealed: seal(key, secretKey, callbackKeyPlace(endpoint)) };
    return { endpoint: { ...endpoint, callbackKey }, warnings: [] };
  }

  async #found(tenantId: TenantId, id: string): Promise<Endpoint> {
    const endpoint = await this.#store.read(tenantId, (r) => r.get(id));
    if (!endpoint) throw missing(id);
    return endpoint;
  }

  async #change(tenantId: TenantId, id: string, work: (former: Endpoint, tx: Tx) => Promise<Endpoint>): Promise<EndpointView> {
    return this.#store.transact(tenantId, async (t, tx) => {
      const former = await t.hold(id);
      if (!former) throw missing(id);
      const endpoint = { ...(await work(former, tx)), updatedAt: this.#now() };
      await t.update(endpoint);
      return viewOf(endpoint, endpoint.updatedAt);
    });
  }

  /** All that waits for it is due now, with its full time before it, whatever the endpoint did before. */
  async #resumed(tx: Tx, endpoint: Endpoint): Promise<Endpoint> {
    // First: lanes that woke before would look at it as it was, and come to nothing.
    const renewed = this.#renewed(tx, endpoint);
    await this.#wake(tx, endpoint, await this.#deliveries.within(tx, endpoint.tenantId).resume(endpoint.id));
    return { ...renewed, pausedUntil: null, failingSince: null, resumedAt: this.#now() };
  }

  /** What a try that is under way comes to says nothing of it. */
  #renewed(tx: Tx, endpoint: Endpoint): Endpoint {
    tx.afterCommit(() => this.#options.health.forget(endpoint.id));
    tx.tell('endpoints', endpoint.id);
    return { ...endpoint, generation: endpoint.generation + 1 };
  }

  #wake(tx: Tx, { tenantId }: Endpoint, lanes: readonly string[]): Promise<void> {
    return this.#options.lanes.schedule(
      tx,
      lanes.map((key) => ({ kind: 'webhook', key, tenantId, dueAt: 0 })),
    );
  }

  #withSigningKey(endpoint: Endpoint): Endpoint {
    if (!endpoint.signatures.includes('v1a') || endpoint.signingKeys.length > 0) return endpoint;
    return { ...endpoint, signingKeys: withNewSigningKey(endpoint, this.#options.secretKey, this.#rotating(this.#now())) };
  }

  #rotating(now: Milliseconds): { now: Milliseconds; overlap: Milliseconds } {
    return { now, overlap: this.#options.rotation ?? ROTATION };
  }

  #now(): Milliseconds {
    return this.#options.runtime.clock.now();
  }
}

/** What is secret was given for the place where the URL led: whoever may only change the URL does not get it sent to himself. */
function refuseToCarry({ url, headers, dialectOptions }: Endpoint, changes: Partial<Endpoint>, input: Partial<EndpointInput>): void {
  if (changes.url === undefined || new URL(changes.url).origin === new URL(url).origin) return;
  const secretHeaders = changes.headers ? [] : Object.keys(headers).filter((name) => typeof headers[name] !== 'string');
  const carried = { headers: secretHeaders, dialectOptions: input.dialectOptions ? [] : secretNamesIn(dialectOptions) };
  const errors = Object.entries(carried)
    .filter(([, secret]) => secret.length > 0)
    .map(([path, secret]) => ({
      path,
      message:
        `must be given, too: the URL now leads to another scheme, host or port, and the secrets in ${secret.join(', ')} do not go along by ` +
        `themselves. Give all ${path} again, or {} for none`,
    }));
  if (errors.length > 0) throw new HooklineError('invalid-body', toldFaults('The endpoint is not valid', errors), { errors });
}

function refuseAt(path: string, message: string): never {
  throw new HooklineError('invalid-body', `The endpoint is not valid: ${path}: ${message}.`, { errors: [{ path, message }] });
}

function refuseSecret(secret: string | undefined): void {
  if (secret === undefined || isSecret(secret)) return;
  // It may be one that is in use elsewhere: it is not repeated.
  const message = 'is no secret of Standard Webhooks: "whsec_" and base64 of 24 to 64 random bytes, as by `openssl rand -base64 32`';
  refuseAt('secret', message);
}

/** Each endpoint has a secret, so that `v1` can be asked for at any time. */
const unusedSecret = ({ signatures }: EndpointView): Fault[] =>
  signatures.includes('v1') ? [] : [{ path: 'secret', message: 'signs nothing while "signatures" has no "v1"; verify with "publicKey"' }];

const missing = (id: string): HooklineError => new HooklineError('not-found', `There is no endpoint "${id}".`);
