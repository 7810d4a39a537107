/** Makes here what there is in another product: sessions, and endpoints that go on in its words. Logins stay where they are. */
import type { CreateWebhookBody } from '../client/index.ts';
import { isProblem } from '../client/problem.ts';
import { type HubOptions, tenantsHub } from './hub-client.ts';
import { type FoundAccount, type FoundWebhook, type Product, SOURCES } from './import-sources.ts';
import { answer } from './output.ts';

export interface ImportOptions extends HubOptions {
  from: URL;
  fromKey: string;
  dryRun: boolean;
}

/** In which words endpoints go on. Of a product that is not named here its webhooks have to be registered by hand. */
const TOLD: Partial<Record<Product, (webhook: FoundWebhook) => Pick<CreateWebhookBody, 'dialect' | 'dialectOptions'>>> = {
  evolution: ({ events, byEvents, base64 }) => ({ dialect: 'evolution', dialectOptions: { events, byEvents, base64 } }),
  waha: ({ events, hmacKey }) => ({ dialect: 'waha', dialectOptions: { events, ...(hmacKey && { hmacKey: { secret: hmacKey } }) } }),
};

interface Imported {
  name: string;
  /** Under which name it is here; null where it was not made. */
  session: string | null;
  endpoints: { url: string; secret?: string | undefined }[];
  /** Where the person who has the phone links it, once. */
  linkPage: string | null;
  /** What did not come along. */
  left: string[];
}

/** A name as sessions have them here. */
const nameOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 64) || 'session';

export async function importFrom(product: Product, { from, fromKey, dryRun, ...options }: ImportOptions): Promise<void> {
  const found = await SOURCES[product]({ url: from, key: fromKey });
  const { hub, as } = tenantsHub(options);

  const make = async (account: FoundAccount): Promise<Imported> => {
    const session = nameOf(account.name);
    const left = [...account.left, ...(session === account.name ? [] : [`name: "${account.name}" is "${session}" here`])];
    const imported: Imported = {
      name: account.name,
      session,
      endpoints: account.webhooks.map(({ url }) => ({ url })),
      linkPage: null,
      left,
    };
    if (dryRun) return imported;
    try {
      await hub.createSession({ name: session, start: false }, as);
    } catch (error) {
      if (!isProblem(error, 'session-exists')) throw error;
      return {
        ...imported,
        session: null,
        endpoints: [],
        left: [`session: there is one named "${session}" already; it was left as it is`],
      };
    }
    const { id } = await hub.getSession(session, as);
    imported.endpoints = [];
    for (const webhook of account.webhooks) {
      const told = TOLD[product]?.(webhook);
      if (!told) left.push(`webhook ${webhook.url}: it is told in other words here; see docs/webhooks.md, and hookline webhook create`);
      else
        await endpoint(id, webhook, told).then(
          (made) => imported.endpoints.push(made),
          (error: Error) => left.push(`webhook ${webhook.url}: ${error.message}`),
        );
    }
    imported.linkPage = (await hub.createLinkPage(session, {}, as)).url;
    return imported;
  };
  const endpoint = async (sessionId: string, { url, enabled, headers }: FoundWebhook, told: object) => {
    const body: CreateWebhookBody = { url, sessions: [sessionId], headers, description: `From ${product}`, ...told };
    const { id, secret } = await hub.createWebhook(body, as);
    if (!enabled) await hub.disableWebhook(id, as);
    return { url, secret };
  };

  const all: Imported[] = [];
  for (const account of found) all.push(await make(account));
  answer(all, textOf(all, dryRun));
}

function textOf(all: readonly Imported[], dryRun: boolean): string {
  if (all.length === 0) return 'There is nothing to import\n';
  const lines = all.flatMap(({ name, session, endpoints, linkPage, left }) => [
    `${name}: ${session === null ? 'not made' : dryRun ? 'would be made' : `session "${session}"`}`,
    ...endpoints.map(({ url, secret }) => `  webhook ${url}${secret ? `, whose secret is ${secret}` : ''}`),
    ...(linkPage ? [`  link the phone: ${linkPage}`] : []),
    ...left.map((what) => `  left: ${what}`),
  ]);
  return `${[...lines, '', 'Logins and messages of before do not come along: each phone is linked anew, and may stay linked there until you are sure.'].join('\n')}\n`;
}
