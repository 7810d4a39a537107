import { docsPage } from '../pages/docs.ts';
import { homePage } from '../pages/home.ts';
import { PAGE_HEADERS } from '../pages/html.ts';
import { type ApiRequest, Reply } from '../route.ts';

export interface Probes {
  version: string;
  /** Rejects or answers false while the hub should be given no requests: starting, stopping, or its database is away. */
  ready(): Promise<boolean>;
  /** In the text format of Prometheus. */
  metrics(): Promise<{ type: string; text: string }>;
}

export function operationHandlers({ version, ready, metrics }: Probes, document: () => object) {
  return {
    live: async () => ({ status: 'ok', version }),
    async readiness(_request: ApiRequest): Promise<Reply> {
      const isReady = await ready().catch(() => false);
      return new Reply({ status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not ready' } });
    },
    async metrics(): Promise<Reply> {
      const { type, text } = await metrics();
      return new Reply({ body: text, headers: { 'Content-Type': type } });
    },
    openapi: async () => document(),
    docs: async () => new Reply({ body: docsPage(document()), headers: PAGE_HEADERS }),
    home: async () => new Reply({ body: homePage(version), headers: PAGE_HEADERS }),
  };
}
