import type { Config } from '../config/load.ts';
import type { TenantId } from '../core/ids.ts';
import type { LogLevel, Runtime } from '../core/runtime.ts';
import { VERSION } from '../core/version.ts';
import { Bundle } from '../dashboard/bundle.ts';
import type { Database } from '../db/open.ts';
import { lastCheck } from '../home/whatsapp-check.ts';
import { auditHandlers } from '../http/handlers/audit.ts';
import { bulkHandler } from '../http/handlers/bulk.ts';
import { dashboardHandlers } from '../http/handlers/dashboard.ts';
import { directoryHandlers } from '../http/handlers/directory.ts';
import { erasureHandler } from '../http/handlers/erasure.ts';
import { eventHandlers } from '../http/handlers/events.ts';
import { flowHandlers } from '../http/handlers/flows.ts';
import { guideHandler } from '../http/handlers/guide.ts';
import { hubSettingHandlers } from '../http/handlers/hub-settings.ts';
import { limitsHandler } from '../http/handlers/limits.ts';
import { linkPageHandlers } from '../http/handlers/link-pages.ts';
import { mediaHandlers } from '../http/handlers/media.ts';
import { messageHandlers } from '../http/handlers/messages.ts';
import { nodeHandlers } from '../http/handlers/nodes.ts';
import { operationHandlers } from '../http/handlers/operations.ts';
import { passkeyTokenHandlers } from '../http/handlers/passkey-tokens.ts';
import { quarantineHandlers } from '../http/handlers/quarantine.ts';
import { sandboxHandlers } from '../http/handlers/sandbox.ts';
import { sessionHandlers } from '../http/handlers/sessions.ts';
import { tenantHandlers } from '../http/handlers/tenants.ts';
import { webhookHandlers } from '../http/handlers/webhooks.ts';
import { OpenStreams } from '../http/live/open-streams.ts';
import { EventSockets } from '../http/live/websocket.ts';
import { openApiDocument } from '../http/openapi.ts';
import { pageTable } from '../http/page-routes.ts';
import { Guide } from '../http/pages/guide.ts';
import type { FindSession, Route } from '../http/route.ts';
import { routeTable } from '../http/routes.ts';
import { type HttpServer, httpApp, listen } from '../http/server.ts';
import { dialectRoutes } from './dialects.ts';
import { limitsReport } from './limits-report.ts';
import type { Rooms } from './rooms.ts';

/** The plug-board of HTTP: which handler calls which room. Listens at once; answers once `started` resolves. */
export async function openHttp(
  config: Config,
  runtime: Runtime,
  db: Database,
  rooms: Rooms,
  { started, phase, log }: { started: Promise<void>; phase: { ready: boolean }; log: { level: LogLevel } },
): Promise<HttpServer> {
  const { keys, tenants, sessions, outbox, directories, media, endpoints, deliveries, replays, ledger, flows, handoffs } = rooms;
  const { flowSecrets, explanations, chatTexts, addresses, optOuts } = rooms;
  const ready = async (): Promise<boolean> => {
    if (phase.ready) await db.check();
    return phase.ready;
  };
  const streams = new OpenStreams({
    patience: config.http.streamPatienceSeconds * 1_000,
    keys,
    onChange: rooms.cluster.counts?.streams.note,
    runtime,
  });
  const sockets = new EventSockets(streams, { allowedOrigins: config.http.allowedOrigins, runtime });
  const findSession: FindSession = (tenantId, idOrName) => sessions.ref(tenantId, idOrName);
  const bundle = new Bundle();
  const elsewhere = async (tenantId: TenantId): Promise<number> => (await rooms.cluster.counts?.streams.elsewhere(tenantId)) ?? 0;
  const streamsOf = rooms.limits.named('streams');
  const allowanceOf = async (tenantId: TenantId) => ({ limit: await streamsOf(tenantId), elsewhere: await elsewhere(tenantId) });
  const linkPages = linkPageHandlers(rooms.linkPages, { ledger, streams, allowanceOf, pages: bundle, now: runtime.clock.now });
  const passkeyTokens = passkeyTokenHandlers({ tokens: rooms.passkeyTokens, linkPages: rooms.linkPages, sessions, pages: bundle });
  let document: object | undefined;
  const routes: Route[] = routeTable({
    tenants: tenantHandlers(tenants, keys, findSession),
    sessions: sessionHandlers(sessions),
    sandbox: sandboxHandlers(sessions),
    messages: messageHandlers(outbox, addresses, findSession),
    directory: directoryHandlers(directories),
    bulk: bulkHandler(outbox, sessions, runtime.log),
    media: mediaHandlers(media),
    webhooks: webhookHandlers(endpoints, deliveries, replays),
    events: eventHandlers(ledger, findSession, { streams, sockets, allowanceOf }),
    flows: flowHandlers({ flows, handoffs, optOuts, secrets: flowSecrets, explanations, chatTexts, addresses }, (tenantId, idOrName) =>
      sessions.ref(tenantId, idOrName),
    ),
    erasure: erasureHandler(rooms.erasures),
    audit: auditHandlers(rooms.audit),
    quarantine: quarantineHandlers(rooms.quarantine),
    linkPages,
    passkeyTokens,
    nodes: nodeHandlers(rooms.cluster.nodes),
    hubSettings: hubSettingHandlers({
      ...{ allow: config.egress.allow, proxies: config.chromium.proxies },
      ...{ log, configuredLevel: config.log.level },
    }),
    limits: limitsHandler((tenantId) => limitsReport(rooms, tenantId, async () => streams.used(tenantId) + (await elsewhere(tenantId)))),
    operations: operationHandlers(
      {
        ...{
          version: VERSION,
          ready,
          lags: () => ledger.lags(),
          mediaAwaySince: () => media.awaySince,
          metrics: () => rooms.metrics.tell(rooms.gauges),
        },
        engines: async () => ({ engines: config.engines, whatsapp: await lastCheck(config.dataDir) }),
      },
      () => {
        document ??= openApiDocument(routes, VERSION);
        return document;
      },
    ),
  });
  const dialects = dialectRoutes(config, runtime, rooms);
  const uploads = { media, clock: runtime.clock, deadline: config.media.timeoutSeconds * 1_000, idle: config.media.idleSeconds * 1_000 };
  const app = httpApp({
    ...{
      routes: [
        ...routes,
        ...dialects,
        ...pageTable({ guide: guideHandler(new Guide()), linkPages, passkeyTokens, dashboard: dashboardHandlers(bundle, rooms.signIns) }),
      ],
    },
    ...{ signIns: rooms.signIns, linkPages: rooms.linkPages, passkeyTokens: rooms.passkeyTokens },
    ...{ runtime, keys, tenants, uploads, bodyLimit: config.http.bodyLimitBytes, limits: config.http, trustProxy: config.http.trustProxy },
    dialects: [...new Set(dialects.flatMap(({ dialect }) => dialect ?? []))],
    forwarding: rooms.cluster.forwarding ?? undefined,
    ...{ firstAnswers: rooms.firstAnswers, meter: rooms.metrics.ofHttp, audit: rooms.audit, rates: rooms.rates, countsOf: rooms.countsOf },
  });
  const front = await listen(app, {
    host: config.host,
    port: config.port,
    log: runtime.log,
    ready: started,
    longest: uploads.deadline + 30_000,
  });
  return {
    ...front,
    close(grace) {
      // Whoever reads a stream would not leave by itself.
      streams.close();
      return front.close(grace);
    },
  };
}
