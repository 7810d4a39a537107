/** What there is in another product, by its own HTTP. */
import { HooklineError, messageOf } from '../core/errors.ts';

export const PRODUCTS = ['evolution', 'waha', 'wppconnect-server'] as const;
export type Product = (typeof PRODUCTS)[number];

/** A webhook of one account. */
export interface FoundWebhook {
  url: string;
  enabled: boolean;
  /** In the words of the product; empty for all. */
  events: string[];
  headers: Record<string, string>;
  /** Each event at a path of its own; files in the body. */
  byEvents: boolean;
  base64: boolean;
  /** Signs the bodies; null where nothing does. */
  hmacKey: string | null;
}

/** An account that is linked there, or is to be. */
export interface FoundAccount {
  name: string;
  /** Digits, where it is known. */
  phone: string | null;
  webhooks: FoundWebhook[];
  /** What of it cannot come along, for people. */
  left: string[];
}

export interface Source {
  url: URL;
  /** Of that product. */
  key: string;
}

/** Milliseconds. */
const PATIENCE = 15_000;

// biome-ignore lint/suspicious/noExplicitAny: what another product answers
type Json = any;

async function ask({ url }: Source, path: string, headers: Record<string, string>): Promise<Json> {
  const at = `${url.href.replace(/\/$/, '')}${path}`;
  const response = await fetch(at, { headers, signal: AbortSignal.timeout(PATIENCE) }).catch((error) => {
    const { cause } = error as { cause?: unknown };
    throw new HooklineError(
      'bad-request',
      `${at} cannot be reached: ${messageOf(cause ?? error)}. Give its address as its clients have it.`,
    );
  });
  const text = await response.text();
  if (response.status === 401 || response.status === 403)
    throw new HooklineError(
      'unauthorized',
      `${at} does not know the key (${response.status}). Give that of the other product with --from-key.`,
    );
  if (!response.ok) throw new HooklineError('bad-request', `${at} answered ${response.status}: ${text.slice(0, 200)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new HooklineError('bad-request', `${at} does not answer in JSON. Give the address of its API, and not that of a page.`);
  }
}

const digits = (text: unknown): string | null => (typeof text === 'string' ? /^\d{5,15}/.exec(text)?.[0] : undefined) ?? null;
const list = (value: unknown): Json[] => (Array.isArray(value) ? value : []);
const named = (headers: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries((headers ?? {}) as object).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])));

const EVOLUTION_LEFT: Record<string, string> = {
  rejectCall: 'calls are told of, and not refused',
  alwaysOnline: 'the account is not kept as available',
  readMessages: 'messages are marked as read by who asks for it',
  readStatus: 'statuses of contacts are not read',
  groupsIgnore: 'what comes from groups is told; leave it out with the filter of the endpoint',
};
const EVOLUTION_PARTS: Record<string, string> = {
  Chatwoot: 'Chatwoot is not connected from here',
  Proxy: 'the way out is set by the operator (chromium.proxies)',
  Rabbitmq: 'events come by webhook, and are at GET /api/events',
  Sqs: 'events come by webhook, and are at GET /api/events',
  Nats: 'events come by webhook, and are at GET /api/events',
};

const webhookOf = ({ url, enabled, events, headers, webhookByEvents, webhookBase64 }: Json): FoundWebhook => ({
  ...{ url, enabled: enabled !== false, events: list(events), headers: named(headers) },
  ...{ byEvents: webhookByEvents === true, base64: webhookBase64 === true, hmacKey: null },
});

async function fromEvolution(source: Source): Promise<FoundAccount[]> {
  const headers = { apikey: source.key };
  const found: FoundAccount[] = [];
  for (const row of list(await ask(source, '/instance/fetchInstances', headers))) {
    // Version 1 has it a level deeper.
    const name: string = row.name ?? row.instance?.instanceName;
    const webhook = await ask(source, `/webhook/find/${encodeURIComponent(name)}`, headers).catch(() => null);
    const settings = Object.keys(EVOLUTION_LEFT).filter((setting) => row.Setting?.[setting] === true);
    const parts = Object.keys(EVOLUTION_PARTS).filter((part) => row[part]?.enabled === true);
    found.push({
      name,
      phone: digits(row.number ?? row.ownerJid ?? row.instance?.owner),
      webhooks: webhook?.url ? [webhookOf(webhook)] : [],
      left: [...settings.map((one) => `${one}: ${EVOLUTION_LEFT[one]}`), ...parts.map((one) => `${one}: ${EVOLUTION_PARTS[one]}`)],
    });
  }
  return found;
}

async function fromWaha(source: Source): Promise<FoundAccount[]> {
  const sessions = await ask(source, '/api/sessions?all=true', { 'x-api-key': source.key });
  return list(sessions).map(({ name, me, config }) => ({
    name,
    phone: digits(me?.id),
    webhooks: list(config?.webhooks).map(({ url, events, customHeaders, hmac }) => ({
      url,
      enabled: true,
      events: list(events).includes('*') ? [] : list(events),
      byEvents: false,
      base64: false,
      hmacKey: hmac?.key || null,
      headers: named(Object.fromEntries(list(customHeaders).map((header) => [header.name, header.value]))),
    })),
    left: [
      ...(config?.proxy ? ['proxy: the way out is set by the operator (chromium.proxies)'] : []),
      ...(list(config?.webhooks).some(({ hmac }) => hmac && !hmac.key)
        ? ['hmac: its key is not told; set it as hmacKey of the endpoint']
        : []),
    ],
  }));
}

async function fromWppconnectServer(source: Source): Promise<FoundAccount[]> {
  const { response } = await ask(source, `/api/${encodeURIComponent(source.key)}/show-all-sessions`, {});
  return list(response).map((name) => ({
    name: String(name),
    phone: null,
    webhooks: [],
    left: ['webhook: the server does not tell it; register it with `hookline webhook create`'],
  }));
}

export const SOURCES: Record<Product, (source: Source) => Promise<FoundAccount[]>> = {
  evolution: fromEvolution,
  waha: fromWaha,
  'wppconnect-server': fromWppconnectServer,
};
