import { AuditLog } from '../audit/audit.ts';
import { AuditRetention } from '../audit/retention.ts';
import { memoryCounts } from '../cluster/memory-counts.ts';
import type { SessionOwners } from '../cluster/session-owners.ts';
import type { Config } from '../config/load.ts';
import { ENDPOINT_DIALECTS } from '../core/dialects.ts';
import { messageOf } from '../core/errors.ts';
import type { EndpointId, SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { Tally } from '../core/tally.ts';
import { VERSION } from '../core/version.ts';
import { noteSeenTime, seenTime } from '../db/seen-time.ts';
import type { SetBack } from '../db/set-back.ts';
import type { Tx } from '../db/tx.ts';
import { LocalDispatcher } from '../dispatch/local.ts';
import { createEgress } from '../egress/client.ts';
import { Erasures } from '../erasure/erasures.ts';
import { FirstAnswers } from '../first-answers/first-answers.ts';
import { FlowFolder } from '../flows/catalogue/folder.ts';
import type { Addresses as ChatAddresses } from '../flows/ports.ts';
import { FlowEraser } from '../flows/runtime/erasing.ts';
import { Handoffs } from '../flows/runtime/handoff.ts';
import { OptOuts } from '../flows/runtime/opt-outs.ts';
import { RunRetention } from '../flows/runtime/retention.ts';
import { setBackFlows } from '../flows/runtime/set-back-store.ts';
import { type FlowRoom, flowRoom } from '../flows/wire-flows.ts';
import { LedgerEraser } from '../ledger/erasing.ts';
import { Ledger } from '../ledger/ledger.ts';
import { EventRetention } from '../ledger/retention.ts';
import { LinkPages } from '../link-pages/link-pages.ts';
import { PasskeyTokens } from '../link-pages/passkey-tokens.ts';
import { AddressBook } from '../messages/addresses/address-book.ts';
import { Directories } from '../messages/directory/directories.ts';
import { Inbox } from '../messages/inbox/inbox.ts';
import { SendLane } from '../messages/lane/lane.ts';
import { setBackMessages } from '../messages/lane/set-back-store.ts';
import { MediaLibrary } from '../messages/media/library.ts';
import { openLocal } from '../messages/media/local-file.ts';
import { SystemQueueStore, waitingSends } from '../messages/message/backlog-store.ts';
import { toChatId } from '../messages/recipients.ts';
import { MessageEraser, NamesEraser } from '../messages/retention/erasing.ts';
import { MessageRetention } from '../messages/retention/retention.ts';
import { Outbox } from '../messages/sends/outbox.ts';
import { ClockWatch } from '../ops/clock-watch.ts';
import { LoopWatch } from '../ops/loop-watch.ts';
import { type Gauges, Metrics } from '../ops/metrics.ts';
import { QuarantineEraser } from '../quarantine/erasing.ts';
import type { Item } from '../quarantine/item.ts';
import { Quarantine } from '../quarantine/quarantine.ts';
import type { EngineFactory, EngineName } from '../sessions/engine.ts';
import { sandboxEngine } from '../sessions/engines/sandbox/engine.ts';
import { GuardProcess } from '../sessions/engines/wppconnect/chromium/guard.ts';
import { sweepBrowsers } from '../sessions/engines/wppconnect/chromium/sweep.ts';
import { wppconnectEngine } from '../sessions/engines/wppconnect/engine.ts';
import type { SessionOwning } from '../sessions/options.ts';
import { Sessions } from '../sessions/sessions.ts';
import { ApiKeys } from '../tenants/api-keys.ts';
import { Rates } from '../tenants/rates.ts';
import { SignIns } from '../tenants/sign-ins.ts';
import { Tenants } from '../tenants/tenants.ts';
import { Actions } from '../webhooks/actions/actions.ts';
import { SystemBacklogStore } from '../webhooks/delivery/backlog-store.ts';
import { Deliveries } from '../webhooks/delivery/deliveries.ts';
import { WebhookDispatcher } from '../webhooks/delivery/dispatcher.ts';
import { fanOut } from '../webhooks/delivery/fan-out.ts';
import { AttemptRetention } from '../webhooks/delivery/retention.ts';
import { SystemRetentionStore } from '../webhooks/delivery/retention-store.ts';
import { setBackWebhooks } from '../webhooks/delivery/set-back-store.ts';
import { Endpoints } from '../webhooks/endpoints/endpoints.ts';
import { EndpointHealth } from '../webhooks/health/health.ts';
import { groupOf } from '../webhooks/lane-key.ts';
import type { CallbackKeys, Addresses as EndpointAddresses, KnownSessions } from '../webhooks/ports.ts';
import { Replays } from '../webhooks/replay/replays.ts';
import { buildCluster, followerLease } from './cluster.ts';
import { nodeUrlOf } from './cluster-node.ts';
import { dialectFacts, EVENT_DIALECTS, nullIfMissing } from './event-dialects.ts';
import { loginCopiesDirectoryOf } from './parts.ts';
import type { Storage } from './storage.ts';
import { auditKeepOf, flowSettingsOf, limitsOf, mediaSettingsOf, retentionOf } from './tenant-settings.ts';
import { voicesOf } from './voices.ts';

export type Rooms = ReturnType<typeof buildRooms>;

/**
 * The plug-board: every room, and what it needs of the others. Sessions and messages need each other: what an engine hears is for
 * the inbox, and what the outbox holds leaves by an engine. So the first of them is given functions that name the other, which is
 * there by the time that anything is heard.
 */
export function buildRooms(config: Config, runtime: Runtime, storage: Storage) {
  const { db, secretKey } = storage;
  const { clock, log } = runtime;
  const node = storage.node && { id: storage.node.id, url: nodeUrlOf(config), role: config.role };
  const metrics = new Metrics({ version: VERSION, node, database: db, now: clock.now, log });
  const loopWatch = new LoopWatch(runtime, metrics.ofLoop);
  const ledger: Ledger = new Ledger(db, runtime, {
    setAside: (tx, { follower, event, error }) => quarantine.addEvent(tx, follower, event, error),
  });
  ledger.onOwnAppend(metrics.heard);
  const audit = new AuditLog(db, runtime);
  const limits = limitsOf({ settingsOf: (tenantId) => tenants.settingsOf(tenantId) }, config);
  const report = () => ({
    memoryBytes: process.memoryUsage.rss(),
    sessions: sessions.running(),
    followers: ledger.behind((name) => cluster.has(followerLease(name))),
  });
  const cluster = buildCluster(config, runtime, storage, {
    report,
    costOf: (engine) => (engine === 'sandbox' ? SANDBOX_BYTES : BROWSER_BYTES),
  });
  const { owners } = cluster;
  const guard = cluster.life ? new GuardProcess(runtime) : undefined;
  cluster.life?.listen({
    until: (time) => guard?.until(time),
    unsure() {
      log.error('The database has not noted for too long that this node lives: it ends its sessions before others take them over');
      void sessions.cease();
    },
    sure() {
      log.warn('The database notes again that this node lives: its sessions go on');
      sessions.goOn();
    },
  });
  const nodes = (): number => Math.max(1, cluster.members.count);
  const countsOf = cluster.counts?.of ?? memoryCounts;
  const rates = new Rates(
    { requestsPerMinute: limits.named('requestsPerMinute'), eventsPerMinute: limits.named('eventsPerMinute') },
    // Each node reads what all of them append, and so counts it whole.
    { requestsPerMinute: countsOf('tenant-requests'), eventsPerMinute: memoryCounts('events') },
    runtime,
  );
  ledger.onAppend(rates.heard);
  const lanes = new LocalDispatcher(db, runtime, cluster.laneOwners ?? undefined);
  const egress = createEgress(config.egress, log);

  const sessions: Sessions = new Sessions(
    runtime,
    db,
    {
      ledger,
      inbound: {
        take: (session, told, mark) => inbox.take(session, told, mark),
      },
      setAside: (session, aside) => quarantine.setAside({ tenantId: session.tenantId, session }, aside),
      outbound: {
        ack: (session, ack) => outbox.ack(session, ack),
        rescheduleLane: (tx, session) => outbox.rescheduleLane(tx, session),
        engineIdOf: (session, messageId) => outbox.engineIdOf(session, messageId),
      },
      keepScreenshot: (session, picture) => media.addOf(session, picture, { mimetype: 'image/png', filename: 'screenshot.png' }),
      async onDestroy(tx, session) {
        await outbox.onDestroy(tx, session);
        await media.onDestroy(tx, session);
        await flowRuntime.onDestroy(tx, session);
        await keys.onDestroy(tx, session);
      },
      meter: metrics.ofSessions,
      limitOf: limits.named('sessions'),
    },
    {
      engines: enginesOf(config, guard),
      ...(owners && { owners: owning(owners, storage.node?.id ?? '') }),
      mayRun: () => cluster.life?.isSure ?? true,
      defaultEngine: config.engines.includes('wppconnect') ? 'wppconnect' : 'sandbox',
      sweep: (tokensDir, isOwned) => sweepBrowsers(tokensDir, isOwned, runtime.log),
      tokensDir: config.tokensDir,
      secretKey,
      loginCopies: {
        keep: config.sessions.loginCopies,
        ...(config.sessions.profiles === 'database'
          ? { every: config.sessions.profileCopyMinutes * MINUTE }
          : { directory: loginCopiesDirectoryOf(config.dataDir) }),
      },
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
      store: storage.blobs,
      isShared: config.cluster,
      nodes,
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
  const sends = new Tally((tenantId) => waitingSends(db, tenantId), clock, nodes);
  const queue = { limitOf: limits.named('queuedSends'), tally: sends };
  const outbox = new Outbox(db, { ledger, lanes, sessions, media, addresses, queue }, { ...runtime, ackTimeout });
  const deadline = config.sends.timeoutSeconds * 1_000;
  const patience = config.sends.patienceSeconds * 1_000;
  const sendLane = new SendLane(db, { ledger, lanes, sessions, media, addresses }, { ...runtime, deadline, patience, ackTimeout });
  lanes.register('send', { concurrency: SENDS_AT_ONCE, pump: (lane) => sendLane.pump(lane) });
  ledger.follow('sends', (tx, events) => sendLane.follow(tx, events), ['session.status', 'session.attention']);

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
  const optOuts = new OptOuts(db, { ledger, lanes, addresses }, runtime);
  const health = new EndpointHealth({ clock: runtime.clock, lanes, slots: config.webhooks.concurrencyPerEndpoint });
  const rotation = config.webhooks.rotationHours * HOUR;
  const chats: ChatAddresses & Pick<EndpointAddresses, 'read'> = {
    read: toChatId,
    names: (tenantId, chat) => addresses.names(tenantId, chat),
    chatOf: async (session, address) => addresses.knownAs(session, toChatId(address)),
  };
  const keys = new ApiKeys(db, runtime);
  const endpoints = new Endpoints(db, {
    ...{ ledger, lanes, health, egress, addresses: chats, sessions: knownSessions(sessions), secretKey, runtime, rotation },
    callbackKeys: callbackKeys(keys),
    events: EVENT_DIALECTS,
    dialects: ENDPOINT_DIALECTS.filter((name) => name === 'hookline' || config.dialects.includes(name)),
    limitOf: limits.named('endpoints'),
  });
  const telling = { dialects: EVENT_DIALECTS, facts: dialectFacts({ sessions, outbox, media }) };
  const deliveries = new Deliveries(db, { lanes, health, telling, runtime });
  const actions = new Actions({ sessions, outbox, handoffs }, runtime);
  const webhooks = new WebhookDispatcher(db, {
    ledger,
    lanes,
    health,
    egress,
    actions,
    telling,
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
    group: { of: groupOf, slots: (id) => health.slots(id as EndpointId) },
  });
  ledger.follow('webhooks', fanOut(db, { lanes, addresses: chats, dialects: EVENT_DIALECTS, runtime }));
  const replays = new Replays(db, { lanes, addresses: chats, dialects: EVENT_DIALECTS, runtime });
  lanes.register('replay', { concurrency: REPLAYS_AT_ONCE, pump: replays.pump });

  const settingsOf = (tenantId: TenantId) => flowSettingsOf(tenants, tenantId, config.flows);
  const flowsRoom: FlowRoom = flowRoom(
    db,
    {
      ...{ ledger, lanes, outbox, sessions, addresses: chats, egress, messages: outbox, secretKey, settingsOf },
      models: config.flows.models,
      voices: voicesOf(media),
      meter: metrics.ofFlows,
      directory: config.flowsDir,
      limitsOf: (tenantId) => limits.of(tenantId),
    },
    runtime,
  );

  const { flows, flowSecrets, flowRuntime, explanations, chatTexts } = flowsRoom;

  const passkeyTokens = new PasskeyTokens(db, { sessions }, runtime);
  const linkPages = new LinkPages(db, { sessions, passkeyTokens }, runtime);
  const signIns = new SignIns(db, runtime, { operator: () => keys.adminHash, used: keys.used });
  const firstAnswers = new FirstAnswers(db, secretKey, { ...runtime, nodeId: storage.node?.id ?? null });
  const giveBack = async (tenantId: TenantId): Promise<void> => {
    await sessions.destroyAll(tenantId);
    await media.forget(tenantId);
    sends.forget(tenantId);
  };
  const tenants: Tenants = new Tenants(db, { keys, belongings: { giveBack }, runtime });
  const keep = () => retentionOf(tenants, config.retention);
  const owing = new SystemRetentionStore(db);
  const eventRetention = new EventRetention({ ledger, deliveries: owing, runtime, keep });
  const attemptRetention = new AttemptRetention(db, keep, runtime);
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
        new LedgerEraser(db, { deliveries: owing, seen: () => ledger.seen() }),
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

  cluster.hear('ledger', (position) => ledger.heardOf(position === null ? null : Number(position)));
  const late = (error: unknown): void => log.warn('What other nodes have noted is found by the next sweep', { error: messageOf(error) });
  cluster.hear('lanes', (lane) => lanes.heardOf(lane).catch(late));
  const look = (): void => void lanes.lookAgain().catch(late);
  cluster.onChange(look);
  cluster.hear('leases', look);
  cluster.hear('keys', () => keys.tellRevoked());
  cluster.hear('tenants', (id) => tenants.heardOf(id as TenantId | null));
  cluster.hear('shows', (shown) => shown && actions.heardOf(shown));
  cluster.hear('endpoints', (id) => id !== null && health.forget(id as EndpointId));
  cluster.hear('sessions', (id) => {
    sessions
      .heardOf(id as SessionId | null)
      .catch((error) => log.warn('A session may still go by its former name', { error: messageOf(error) }));
  });

  const [backlogs, queues] = [new SystemBacklogStore(db), new SystemQueueStore(db)];
  const gauges = async (): Promise<Gauges> => ({
    sessions: await sessions.countByStatus(),
    queuedSends: await queues.queued(),
    deliveries: await backlogs.backlog(),
    lanes: await lanes.overdue(),
    followers: await ledger.lags(),
    quarantine: await quarantine.countByStatus(),
  });

  return {
    metrics,
    loopWatch,
    clockWatch,
    cluster,
    gauges,
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
    retentions: [media, eventRetention, attemptRetention, messageRetention, runRetention, auditRetention, firstAnswers],
    erasures,
    firstAnswers,
    audit,
    limits,
    countsOf,
    rates,
    sends,
    flows,
    flowSecrets,
    explanations,
    chatTexts,
    handoffs,
    optOuts,
    closeGuard: async () => guard?.close(),
    closeFlows: () => flowsRoom.close(),
    folder,
    keys,
    signIns,
    linkPages,
    passkeyTokens,
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
  idOf: (tenantId, idOrName) => sessions.ref(tenantId, idOrName).then(({ id }) => id, nullIfMissing),
});

const callbackKeys = (keys: ApiKeys): CallbackKeys => ({
  make: (tx, tenantId, { name, sessionId }) => keys.createWithin(tx, tenantId, { name, scopes: ['messages:send'], sessionId }),
  remove: (tx, tenantId, id) => keys.removeWithin(tx, tenantId, id),
});

const owning = (owners: SessionOwners, nodeId: string): SessionOwning => ({
  owns: (id) => owners.owns(id),
  tokenOf(id) {
    const generation = owners.generationOf(id);
    return generation === undefined ? null : { nodeId, generation };
  },
  made: (tx, { id, engine }) => owners.made(tx, id, engine),
  bring: (ids) => owners.bring(ids),
});

/** What a session takes of memory, about: a browser with WhatsApp Web in it, and what is in this process alone. */
const BROWSER_BYTES = 300e6;
const SANDBOX_BYTES = 2e6;

/** Those that are turned on. */
function enginesOf(
  { engines, chromium, sessions, sends }: Config,
  guard: GuardProcess | undefined,
): Partial<Record<EngineName, EngineFactory>> {
  const all: Record<EngineName, EngineFactory> = {
    sandbox: sandboxEngine,
    wppconnect: wppconnectEngine({
      chromium: chromium.path ?? null,
      browserArgs: chromium.args,
      proxies: chromium.proxies,
      onConflict: sessions.onConflict,
      deadlines: { send: sends.timeoutSeconds * 1_000 },
      guard,
    }),
  };
  return Object.fromEntries(engines.map((engine) => [engine, all[engine]]));
}

const REPLAYS_AT_ONCE = 4;

const ERASED_AT_ONCE = 4;

const MINUTE = 60_000;

const HOUR = 60 * MINUTE;

const DAY = 24 * HOUR;

/** One send is in flight per session, so this is how many sessions send at the same time; half of them may be of one tenant. */
const SENDS_AT_ONCE = 512;

/** Sessions that fetch what they received at the same time. */
const DOWNLOADING_AT_ONCE = 64;
