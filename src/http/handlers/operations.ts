import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { asyncApiDocument } from '../asyncapi.ts';
import { ownOrigin } from '../own-page.ts';
import { DOCS_HEADERS, docsPage } from '../pages/docs.ts';
import { docsScript } from '../pages/docs-script.ts';
import { postmanCollection } from '../postman.ts';
import { type ApiRequest, Reply } from '../route.ts';
import { WhatsAppCheck } from '../shapes/engines.ts';

export interface Probes {
  version: string;
  /** Rejects or answers false while the hub should be given no requests: starting, stopping, or its database is away. */
  ready(): Promise<boolean>;
  /** How far each follower of the ledger is behind it. */
  lags(): Promise<{ follower: string; events: number; seconds: number }[]>;
  /** Since when the store of files does not answer; null while it does. */
  mediaAwaySince(): Milliseconds | null;
  /** The engines that are turned on, and what the last look at WhatsApp's page found; null: there was none. */
  engines(): Promise<{ engines: readonly string[]; whatsapp: unknown }>;
  /** In the text format of Prometheus. */
  metrics(): Promise<{ type: string; text: string }>;
}

/** Seconds that a follower may be behind the ledger before the hub says so. */
const LAGGING = 30;

export function operationHandlers({ version, ready, lags, mediaAwaySince, engines, metrics }: Probes, document: () => object) {
  return {
    live: async () => ({ status: 'ok', version }),
    async readiness(): Promise<Reply> {
      const isReady = await ready().catch(() => false);
      // It takes requests all the same, and more hubs behind one balancer would not help: it is said, not refused for.
      const lagging = isReady ? (await lags().catch(() => [])).filter(({ seconds }) => seconds >= LAGGING) : [];
      const degraded = lagging.map(({ follower, events, seconds }) => ({ follower, events, seconds: Math.round(seconds) }));
      const awaySince = mediaAwaySince();
      const media = awaySince !== null && { media: { awaySince: iso(awaySince) } };
      const body = { status: isReady ? 'ready' : 'not ready', ...(degraded.length > 0 && { degraded }), ...media };
      return new Reply({ status: isReady ? 200 : 503, body });
    },
    async engines() {
      const found = await engines();
      return { ...found, whatsapp: WhatsAppCheck.safeParse(found.whatsapp).data ?? null };
    },
    async metrics(): Promise<Reply> {
      const { type, text } = await metrics();
      return new Reply({ body: text, headers: { 'Content-Type': type } });
    },
    openapi: async () => document(),
    asyncapi: async ({ header }: ApiRequest) => asyncApiDocument(document(), ownOrigin(header)),
    postman: async ({ header }: ApiRequest) => postmanCollection(document(), ownOrigin(header)),
    docsScript: async () =>
      new Reply({ body: docsScript(), headers: { 'Content-Type': 'text/javascript; charset=utf-8', 'Cache-Control': 'no-cache' } }),
    docs: async () => new Reply({ body: docsPage(document()), headers: DOCS_HEADERS }),
  };
}
