import { resolve } from 'node:path';
import { AuditLog } from './audit/audit.ts';
import { AuditRetention } from './audit/retention.ts';
import type { Config } from './config/load.ts';
import { hasCode, messageOf } from './core/errors.ts';
import type { EndpointId, TenantId } from './core/ids.ts';
import { type Logger, type Milliseconds, type Runtime, systemClock, systemRandom } from './core/runtime.ts';
import { Tally } from './core/tally.ts';
import { type DatabaseHold, holdDatabase } from './db/database-hold.ts';
import { databaseLocation } from './db/location.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openDatabase, type Tx } from './db/open.ts';
import { noteSeenTime, seenTime } from './db/seen-time.ts';
import type { SetBack } from './db/set-back.ts';
import { LocalDispatcher } from './dispatch/local.ts';
import { createEgress } from './egress/client.ts';
import { Erasures } from './erasure/erasures.ts';
import { FlowFolder } from './flows/catalogue/folder.ts';
import type { Addresses as ChatAddresses } from './flows/ports.ts';
import { FlowEraser } from './flows/runtime/erasing.ts';
import { Handoffs } from './flows/runtime/handoff.ts';
import { RunRetention } from './flows/runtime/retention.ts';
import { setBackFlows } from './flows/runtime/set-back-store.ts';
import { type FlowRoom, flowRoom } from './flows/wire-flows.ts';
import { type Held, holdDirectory } from './home/data-directory.ts';
import { finishRotation } from './home/key-rotation.ts';
import { loadSecretKey } from './home/secret-key.ts';
import { LedgerEraser } from './ledger/erasing.ts';
import { Ledger } from './ledger/ledger.ts';
import { AddressBook } from './messages/addresses/address-book.ts';
import { Directories } from './messages/directory/directories.ts';
import { Inbox } from './messages/inbox/inbox.ts';
import { SendLane } from './messages/lane/lane.ts';
import { setBackMessages } from './messages/lane/set-back-store.ts';
import { MediaLibrary } from './messages/media/library.ts';
import { openLocal } from './messages/media/local-file.ts';
import { SystemQueueStore, waitingSends } from './messages/message/backlog-store.ts';
import { toChatId } from './messages/recipients.ts';
import { MessageEraser, NamesEraser } from './messages/retention/erasing.ts';
import { MessageRetention } from './messages/retention/retention.ts';
import { Outbox } from './messages/sends/outbox.ts';
import { ClockWatch } from './ops/clock-watch.ts';
import { createLogging } from './ops/logging.ts';
import { LoopWatch } from './ops/loop-watch.ts';
import { Metrics, type Stock } from './ops/metrics.ts';
import { QuarantineEraser } from './quarantine/erasing.ts';
import type { Item } from './quarantine/item.ts';
import { Quarantine } from './quarantine/quarantine.ts';
import type { EngineFactory, EngineName } from './sessions/engine.ts';
import { sandboxEngine } from './sessions/engines/sandbox/engine.ts';
import { sweepBrowsers } from './sessions/engines/wppconnect/chromium/sweep.ts';
import { wppconnectEngine } from './sessions/engines/wppconnect/engine.ts';
import { Sessions } from './sessions/sessions.ts';
import { ApiKeys } from './tenants/api-keys.ts';
import { Rates } from './tenants/rates.ts';
import { DEFAULT_TENANT, Tenants } from './tenants/tenants.ts';
import { VERSION } from './version.ts';
import { Actions } from './webhooks/actions/actions.ts';
import { SystemBacklogStore } from './webhooks/delivery/backlog-store.ts';
import { Deliveries } from './webhooks/delivery/deliveries.ts';
import { WebhookDispatcher } from './webhooks/delivery/dispatcher.ts';
import { fanOut } from './webhooks/delivery/fan-out.ts';
import { Retention } from './webhooks/delivery/retention.ts';
import { SystemRetentionStore } from './webhooks/delivery/retention-store.ts';
import { setBackWebhooks } from './webhooks/delivery/set-back-store.ts';
import { Endpoints } from './webhooks/endpoints/endpoints.ts';
import { EndpointHealth } from './webhooks/health/health.ts';
import { shareOf } from './webhooks/lane-key.ts';
import type { KnownSessions } from './webhooks/ports.ts';
import { Replays } from './webhooks/replay/replays.ts';
import { openFront } from './wiring/http.ts';
import { fitTogether, mediaDirectoryOf } from './wiring/parts.ts';
import { placeSeals, resealAll, sealedWith } from './wiring/reseal.ts';
import { auditKeepOf, flowSettingsOf, limitsOf, mediaSettingsOf, retentionOf } from './wiring/tenant-settings.ts';

/** Keys that exist since this start. They are shown to whoever started the hub, and cannot be shown again. */
export interface NewKeys {
  admin: string | null;
  /** Of the tenant `default`. */
  tenant: string | null;
}

/** A hub that runs. Disposing of it stops accepting, finishes what is in flight and closes the browsers. */
export interface App extends AsyncDisposable {
  /** Where it listens; null when it was made to be embedded. */
  readonly url: string | null;
  readonly newKeys: NewKeys;
  readonly rooms: Rooms;
  readonly log: Logger;
  /** Resolves when the hub cannot go on (another one has taken its database), with why. Dispose of it then. */
  readonly lost: Promise<Error>;
}

export interface AppOverrides {
  runtime?: Partial<Runtime>;
  /** False: no HTTP, for code that embeds the hub. */
  listen?: boolean;
}

/**
 * Puts the house together and starts it. Rejects with what is wrong before anything is answered:
 * `data-directory-in-use`, `port-in-use`, `storage-unavailable`.
 */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const logging = createLogging(config.log);
  const runtime: Runtime = { clock: systemClock, random: systemRandom, log: logging.log, ...overrides.runtime };
  const opened: Closer[] = [() => logging.close()];
  const lost = Promise.withResolvers<Error>();
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined);
  try {
    const storage = await openStorage(config, runtime, { opened, onLost: lost.resolve });
    const rooms = buildRooms(config, runtime, storage);
    const phase = { ready: false };
    const front =
      overrides.listen === false ? null : await openFront(config, runtime, storage.db, rooms, { started: started.promise, phase });
    const newKeys = await startRooms(config, rooms, opened).catch(async (error) => {
      await front?.close(0);
      throw error;
    });
    const grace = config.shutdownSeconds * 1_000;
    opened.push(() => atMost(grace, Promise.all([front?.close(grace), rooms.media.stop(), rooms.lanes.stop()])));
    phase.ready = true;
    started.resolve();
    let closing: Promise<void> | undefined;
    return {
      url: front && `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${front.port}`,
      newKeys,
      rooms,
      log: runtime.log,
      lost: lost.promise,
      [Symbol.asyncDispose]() {
        phase.ready = false;
        closing ??= closeAll(opened, runtime);
        return closing;
      },
    };
  } catch (error) {
    started.reject(error);
    await closeAll(opened, runtime);
    throw error;
  }
}

type Closer = () => Promise<unknown>;

/** Last opened, first closed; one that fails does not keep the others open. */
async function closeAll(opened: Closer[], { log }: Runtime): Promise<void> {
  for (const close of opened.splice(0).reverse()) {
    await close().catch((error) => log.warn('Something could not be closed cleanly', { error: messageOf(error) }));
  }
}

/**
 * Resolves with the work, or without it after `grace` ms. What hangs (a receiver, WhatsApp) is left as a crash leaves it,
 * which the next start can deal with.
 */
async function atMost(grace: number, work: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, grace);
  await Promise.race([work, over.promise]).finally(() => clearTimeout(timer));
}

interface Storage {
  db: Database;
  secretKey: Buffer;
}

/** What is on disk, held by this process alone and brought up to date. */
async function openStorage(
  config: Config,
  runtime: Runtime,
  { opened, onLost }: { opened: Closer[]; onLost: (error: Error) => void },
): Promise<Storage> {
  const hold = (held: Held): void => void opened.push(() => held.release());
  hold(await holdDirectory('data', config.dataDir, runtime));
  if (resolve(config.tokensDir) !== resolve(config.dataDir)) hold(await holdDirectory('tokens', config.tokensDir, runtime));
  const location = databaseLocation(config);
  const owner = 'url' in location ? await holdPostgres(location.url, config, runtime, onLost) : undefined;
  if (owner) hold(owner);
  const migrated = await migrate(location);
  await owner?.claim();
  if (migrated.length > 0) runtime.log.info('The database was brought up to date', { migrations: migrated });
  const onError = (error: unknown): void => runtime.log.error('What was to follow a commit failed', { error: messageOf(error) });
  const db = openDatabase(location, { onError, log: runtime.log, clock: runtime.clock, ...(owner && { hold: owner }) });
  opened.push(() => db.close());
  await fitTogether(config, db, runtime);
  if (!config.secretKey) await finishRotation(config.dataDir, (from, to) => resealAll(db, from, to));
  const sealed = { configured: config.secretKey, sealedWith: await sealedWith(db) };
  const secretKey = await loadSecretKey(config.dataDir, { ...sealed, log: runtime.log });
  await placeSeals(db, secretKey, runtime.log);
  return { db, secretKey };
}

function holdPostgres(
  url: string,
  { databaseWaitSeconds }: Config,
  { clock, log }: Runtime,
  onLost: (error: Error) => void,
): Promise<DatabaseHold> {
  return holdDatabase(url, { clock, log, onLost, patience: databaseWaitSeconds * 1_000 });
}

export type Rooms = ReturnType<typeof buildRooms>;

/** The plug-board: every room, and what it needs of the others. */
function buildRooms(config: Config, runtime: Runtime, { db, secretKey }: Storage) {
  const { clock, log } = runtime;
  const metrics = new Metrics({ version: VERSION, database: db, now: clock.now, log });
  const loopWatch = new LoopWatch(runtime, metrics.ofLoop);
  const ledger: Ledger = new Ledger(db, runtime, {
    setAside: (tx, { follower, event, error }) => quarantine.addEvent(tx, follower, event, error),
  });
  ledger.onAppend(metrics.heard);
  const audit = new AuditLog(db, runtime);
  const limits = limitsOf({ settingsOf: (tenantId) => tenants.settingsOf(tenantId) }, config);
  const [requestsPerMinute, eventsPerMinute] = [limits.named('requestsPerMinute'), limits.named('eventsPerMinute')];
  const rates = new Rates({ requestsPerMinute, eventsPerMinute }, runtime);
  ledger.onAppend(rates.heard);
  const lanes = new LocalDispatcher(db, runtime);
  const egress = createEgress(config.egress, log);

  const sessions: Sessions = new Sessions(
    runtime,
    db,
    {
      ledger,
      lanes,
      inbound: {
        take: (session, told, mark) => inbox.take(session, told, mark),
      },
      setAside: (session, aside) => quarantine.setAside({ tenantId: session.tenantId, session }, aside),
      outbound: {
        ack: (session, ack) => outbox.ack(session, ack),
        reconsider: (tx, session) => outbox.reconsider(tx, session),
        engineIdOf: (session, messageId) => outbox.engineIdOf(session, messageId),
      },
      async onDestroy(tx, session) {
        await outbox.onDestroy(tx, session);
        await media.onDestroy(tx, session);
        await flowRuntime.onDestroy(tx, session);
      },
      meter: metrics.ofSessions,
      limitOf: limits.named('sessions'),
    },
    {
      engines: enginesOf(config),
      defaultEngine: config.engines.includes('wppconnect') ? 'wppconnect' : 'sandbox',
      sweep: (tokensDir, isOwned) => sweepBrowsers(tokensDir, isOwned, runtime.log),
      tokensDir: config.tokensDir,
      secretKey,
      qrWindow: config.sessions.qrWindowSeconds * 1_000,
      qrRounds: config.sessions.qrRounds,
      watchdog: config.sessions.watchdogSeconds * 1_000,
      memoryLimit: config.chromium.memoryLimitMb * 1e6,
      launches: config.sessions.chromiumLaunchesAtOnce,
    },
  );

  const media: MediaLibrary = new MediaLibrary(
    db,
    { ledger, lanes, sessions, egress, settingsOf: (tenantId) => mediaSettingsOf(tenants, tenantId, config.media, limits) },
    {
      ...runtime,
      directory: mediaDirectoryOf(config.dataDir),
      deadline: config.media.timeoutSeconds * 1_000,
      idle: config.media.idleSeconds * 1_000,
    },
  );
  lanes.register('media', { concurrency: DOWNLOADING_AT_ONCE, pump: media.pump });
  ledger.follow('media', media.follow, ['session.status']);

  const addresses = new AddressBook(db, runtime);
  const inbox = new Inbox(db, { ledger, sessions, media, addresses }, runtime);
  const directories = new Directories({ sessions, addresses, clock: runtime.clock });
  const ackTimeout = config.sends.ackTimeoutSeconds * 1_000 || null;
  const sends = new Tally((tenantId) => waitingSends(db, tenantId), clock);
  const queue = { limitOf: limits.named('queuedSends'), tally: sends };
  const outbox = new Outbox(db, { ledger, lanes, sessions, media, addresses, queue }, { ...runtime, ackTimeout });
  const deadline = config.sends.timeoutSeconds * 1_000;
  const patience = config.sends.patienceSeconds * 1_000;
  const sendLane = new SendLane(db, { ledger, lanes, sessions, media, addresses }, { ...runtime, deadline, patience, ackTimeout });
  lanes.register('send', { concurrency: SENDS_AT_ONCE, pump: (lane) => sendLane.pump(lane) });
  ledger.follow('sends', (tx, events) => sendLane.follow(tx, events), ['session.status']);

  const quarantine = new Quarantine(
    db,
    {
      ledger,
      again: (item) => takeInAgain({ ledger, sessions, inbox, outbox }, item),
      session: (tenantId, idOrName) => sessions.ref(tenantId, idOrName),
      keep: () => retentionOf(tenants, config.retention),
      meter: metrics.ofQuarantine,
    },
    { ...runtime, version: VERSION },
  );

  const handoffs = new Handoffs(db, { ledger, lanes, addresses }, runtime);
  const health = new EndpointHealth({ clock: runtime.clock, lanes, places: config.webhooks.concurrencyPerEndpoint });
  const rotation = config.webhooks.rotationHours * HOUR;
  const endpoints = new Endpoints(db, {
    ...{ ledger, lanes, health, egress, sessions: knownSessions(sessions), secretKey, runtime, rotation },
    limitOf: limits.named('endpoints'),
  });
  const deliveries = new Deliveries(db, { lanes, health, runtime });
  const webhooks = new WebhookDispatcher(db, {
    ledger,
    lanes,
    health,
    egress,
    actions: new Actions({ sessions, outbox, handoffs }, runtime),
    secretKey,
    runtime,
    meter: metrics.ofWebhooks,
    version: VERSION,
    deadline: config.webhooks.timeoutSeconds * 1_000,
    disableAfter: config.webhooks.disableAfterDays * DAY,
  });
  lanes.register('webhook', {
    concurrency: config.webhooks.concurrency,
    retries: config.webhooks.concurrency,
    pump: webhooks.pump,
    share: { of: shareOf, places: (id) => health.places(id as EndpointId) },
  });
  ledger.follow('webhooks', fanOut(db, { lanes, runtime }));
  const replays = new Replays(db, { lanes, runtime });
  lanes.register('replay', { concurrency: REPLAYS_AT_ONCE, pump: replays.pump });

  const settingsOf = (tenantId: TenantId) => flowSettingsOf(tenants, tenantId, config.flows);
  const chats: ChatAddresses = {
    names: (tenantId, chat) => addresses.names(tenantId, chat),
    chatOf: async (session, address) => addresses.knownAs(session, toChatId(address)),
  };
  const flowsRoom: FlowRoom = flowRoom(
    db,
    {
      ...{ ledger, lanes, outbox, sessions, addresses: chats, egress, messages: outbox, secretKey, settingsOf },
      meter: metrics.ofFlows,
      limitsOf: (tenantId) => limits.of(tenantId),
    },
    runtime,
  );

  const { flows, flowSecrets, flowRuntime, explanations } = flowsRoom;

  const keys = new ApiKeys(db, runtime);
  const giveBack = async (tenantId: TenantId): Promise<void> => {
    await sessions.destroyAll(tenantId);
    await media.forget(tenantId);
    sends.forget(tenantId);
  };
  const tenants: Tenants = new Tenants(db, { keys, belongings: { giveBack }, runtime });
  const retention = new Retention(db, { ledger, runtime, keep: () => retentionOf(tenants, config.retention) });
  const keep = () => retentionOf(tenants, config.retention);
  const messageRetention = new MessageRetention(db, { media, runtime, keep });
  const runRetention = new RunRetention(db, keep, runtime);
  const erasures = new Erasures(
    db,
    {
      lanes,
      names: (tenantId, chat) => addresses.names(tenantId, chat),
      erasers: [
        new FlowEraser(db, lanes),
        new MessageEraser(db, media),
        new QuarantineEraser(db),
        new LedgerEraser(db, { deliveries: new SystemRetentionStore(db), seen: () => ledger.seen }),
        new NamesEraser(db),
      ],
    },
    runtime,
  );
  lanes.register('erasure', { concurrency: ERASED_AT_ONCE, pump: erasures.pump });
  const auditRetention = new AuditRetention(db, (tenantId) => auditKeepOf(tenants, tenantId, config.retention), runtime);
  const folder = (tenantId: TenantId) => new FlowFolder(config.flowsDir, tenantId, flows, runtime);

  const seen = { read: () => seenTime(db), note: (at: Milliseconds) => noteSeenTime(db, at) };
  const setBack = [
    (back: SetBack) => setBackWebhooks(db, back),
    (back: SetBack) => setBackMessages(db, back),
    (back: SetBack) => setBackFlows(db, back),
    (back: SetBack) => sessions.setBack(back),
    // Last: whoever is woken by them says from the rows when they are due again.
    (back: SetBack) => lanes.setBack(back),
  ];
  const clockWatch = new ClockWatch(runtime, { seen, setBack });

  const [backlogs, queues] = [new SystemBacklogStore(db), new SystemQueueStore(db)];
  const stock = async (): Promise<Stock> => ({
    sessions: await sessions.census(),
    queuedSends: await queues.queued(),
    deliveries: await backlogs.backlog(),
    lanes: await lanes.overdue(),
    followers: await ledger.lags(),
    quarantine: await quarantine.census(),
  });

  return {
    metrics,
    loopWatch,
    clockWatch,
    stock,
    ledger,
    lanes,
    egress,
    sessions,
    media,
    /** A file of this machine, in the directory for it; no request comes here. */
    openFile: (path: unknown) => openLocal(config.mediaDir, path),
    addresses,
    inbox,
    quarantine,
    outbox,
    directories,
    endpoints,
    deliveries,
    webhooks,
    replays,
    retention,
    messageRetention,
    runRetention,
    erasures,
    audit,
    auditRetention,
    limits,
    rates,
    sends,
    flows,
    flowSecrets,
    explanations,
    handoffs,
    closeFlows: () => flowsRoom.close(),
    folder,
    keys,
    tenants,
  };
}

/** Where what was set aside goes in after all: as it would have, had it not failed. */
async function takeInAgain(
  { ledger, sessions, inbox, outbox }: { ledger: Ledger; sessions: Sessions; inbox: Inbox; outbox: Outbox },
  { tenantId, sessionId, stage, kind, raw, follower, eventId }: Item,
): Promise<(tx: Tx) => Promise<void>> {
  if (kind === 'event') return (tx) => ledger.again(tx, follower ?? '', eventId ?? '');
  const session = await sessions.ref(tenantId, sessionId ?? '');
  const arrival = await sessions.read(session, { kind, raw: JSON.parse(raw) }, stage);
  return async (tx) => {
    if (arrival === null) return;
    if ('ack' in arrival) await outbox.ackWithin(tx, session, arrival.ack);
    else await inbox.takeWithin(tx, session, [arrival]);
  };
}

const knownSessions = (sessions: Sessions): KnownSessions => ({
  has: (tenantId, idOrName) =>
    sessions.ref(tenantId, idOrName).then(
      () => true,
      (error) => {
        if (hasCode(error, 'not-found')) return false;
        throw error;
      },
    ),
});

/** Those that are turned on. */
function enginesOf({ engines, chromium, sessions, sends }: Config): Partial<Record<EngineName, EngineFactory>> {
  const all: Record<EngineName, EngineFactory> = {
    sandbox: sandboxEngine,
    wppconnect: wppconnectEngine({
      chromium: chromium.path ?? null,
      browserArgs: chromium.args,
      proxies: chromium.proxies,
      onConflict: sessions.onConflict,
      deadlines: { send: sends.timeoutSeconds * 1_000 },
    }),
  };
  return Object.fromEntries(engines.map((engine) => [engine, all[engine]]));
}

const REPLAYS_AT_ONCE = 4;
const ERASED_AT_ONCE = 4;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** One send is in flight per session, so this is how many sessions send at the same time; half of them may be of one tenant. */
const SENDS_AT_ONCE = 512;
/** Sessions that fetch what they received at the same time. */
const DOWNLOADING_AT_ONCE = 64;

/** Brings the rooms to life in the order in which they need each other; they are put to sleep in the opposite one. */
async function startRooms(config: Config, rooms: Rooms, opened: Closer[]): Promise<NewKeys> {
  const admin = await rooms.keys.openAdmin(config.adminKey);
  const made = await rooms.tenants.ensureDefault();
  opened.push(async () => rooms.egress.close());
  opened.push(() => rooms.audit.stop());
  await rooms.media.start();
  opened.push(() => rooms.media.stop());
  opened.push(() => rooms.closeFlows());
  const defaultTenant = await rooms.tenants.idOf(DEFAULT_TENANT);
  if (defaultTenant) {
    // Before the ledger is followed: what waited over a restart is answered by the flows as they are now.
    const folder = rooms.folder(defaultTenant);
    await folder.start();
    opened.push(() => folder.stop());
  }
  rooms.ledger.start();
  opened.push(() => rooms.ledger.stop());
  await rooms.sessions.start();
  opened.push(() => rooms.sessions.stop());
  await rooms.lanes.start();
  await rooms.webhooks.start();
  opened.push(() => rooms.webhooks.stop());
  rooms.loopWatch.start();
  opened.push(async () => rooms.loopWatch.stop());
  await rooms.clockWatch.start();
  opened.push(() => rooms.clockWatch.stop());
  rooms.retention.start();
  opened.push(() => rooms.retention.stop());
  rooms.messageRetention.start();
  opened.push(() => rooms.messageRetention.stop());
  rooms.runRetention.start();
  opened.push(() => rooms.runRetention.stop());
  rooms.quarantine.start();
  opened.push(() => rooms.quarantine.stop());
  rooms.auditRetention.start();
  opened.push(() => rooms.auditRetention.stop());
  return { admin, tenant: made?.apiKey.key ?? null };
}
