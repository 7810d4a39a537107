import type { TenantId } from '../../core/ids.ts';
import { KeyedQueue } from '../../core/keyed-queue.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, mayDo } from '../../http/route.ts';
import type { EndpointView } from '../../webhooks/endpoints/endpoint.ts';
import type { EndpointInput } from '../../webhooks/endpoints/endpoint-input.ts';
import type { Endpoints } from '../../webhooks/endpoints/endpoints.ts';
import { EVOLUTION } from './dialect.ts';
import type { SetWebhook, Webhook } from './requests.ts';

export interface WebhookPorts {
  endpoints: Pick<Endpoints, 'ofSession' | 'create' | 'update' | 'enable' | 'disable' | 'remove'>;
  /** Where the request has reached the hub. */
  originOf(header: ApiRequest['header']): string;
}

type By = Pick<ApiRequest, 'principal' | 'header'>;

/** An instance has one webhook: an endpoint of the hub that is told in this dialect, of this session alone. */
export type InstanceWebhooks = ReturnType<typeof instanceWebhooks>;

export function instanceWebhooks({ endpoints, originOf }: WebhookPorts) {
  /** Two that come at a time make one endpoint and not two. */
  const turns = new KeyedQueue();
  const find = (session: SessionRef): Promise<EndpointView | null> => endpoints.ofSession(session.tenantId, session.id, 'evolution');

  return {
    find,

    set: (session: SessionRef, webhook: Webhook, { principal, header }: By) =>
      turns.run(session.id, async () => {
        const { tenantId } = session;
        const asking = { origin: originOf(header), maySend: mayDo(principal, 'messages:send') };
        const before = await find(session);
        // Its clients send something for no URL, too.
        if (webhook.enabled === false && !URL.canParse(webhook.url ?? '')) return before && endpoints.disable(tenantId, before.id);
        const { dialectOptions, ...rest } = inputOf(webhook);
        // Whether a key goes along is said to the hub, and stays as it was said.
        const callbackKey = before?.dialectOptions.callbackKey;
        const kept = { serverUrl: asking.origin + EVOLUTION.base, ...(callbackKey !== undefined && { callbackKey }) };
        const input = { ...rest, sessions: [session.id], dialectOptions: { ...dialectOptions, ...kept } };
        const after = before ? await endpoints.update(tenantId, before.id, input, asking) : await endpoints.create(tenantId, input, asking);
        const { enabled = true } = webhook;
        if (enabled === (after.status === 'enabled')) return after;
        return enabled ? endpoints.enable(tenantId, after.id) : endpoints.disable(tenantId, after.id);
      }),

    /** With its instance. */
    async remove(tenantId: TenantId, session: SessionRef): Promise<void> {
      const endpoint = await find(session);
      if (endpoint) await endpoints.remove(tenantId, endpoint.id);
    },
  };
}

export const webhookHandlers = (webhooks: InstanceWebhooks) => ({
  async set({ target, body, ...by }: ApiRequest<unknown, SetWebhook, SessionRef>) {
    const endpoint = await webhooks.set(target, body.webhook, by);
    return endpoint && shown(endpoint, target);
  },
  async find({ target }: ApiRequest<unknown, unknown, SessionRef>) {
    const endpoint = await webhooks.find(target);
    return endpoint && shown(endpoint, target);
  },
});

/** The secret that a token is signed with stands among the headers there. */
const JWT_KEY = 'jwt_key';
/** Each request of the hub has one already. */
const OWN = ['content-type'];

function inputOf({ url = '', headers, events, byEvents, webhookByEvents, base64, webhookBase64 }: Webhook): EndpointInput {
  const given = Object.entries(headers ?? {}).filter(([name]) => name !== JWT_KEY && !OWN.includes(name.toLowerCase()));
  const jwtKey = headers?.[JWT_KEY];
  return {
    url,
    dialect: 'evolution',
    // The hub keeps it sealed, and takes no other.
    headers: Object.fromEntries(given.map(([name, value]) => [name, name.toLowerCase() === 'authorization' ? { secret: value } : value])),
    dialectOptions: {
      events: events ?? [],
      byEvents: byEvents ?? webhookByEvents ?? false,
      base64: base64 ?? webhookBase64 ?? false,
      ...(jwtKey !== undefined && jwtKey !== '' && { jwtKey: { secret: jwtKey } }),
    },
  };
}

/** As they can be shown: what is secret is not. */
const headersOf = ({ headers }: EndpointView): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));

function shown(endpoint: EndpointView & { warnings?: unknown }, session: SessionRef) {
  const { id, url, status, dialectOptions, createdAt, updatedAt, warnings } = endpoint;
  return {
    id,
    enabled: status === 'enabled',
    url,
    headers: headersOf(endpoint),
    events: dialectOptions.events ?? [],
    webhookByEvents: dialectOptions.byEvents ?? false,
    webhookBase64: dialectOptions.base64 ?? false,
    instanceId: session.id,
    createdAt,
    updatedAt,
    ...(warnings !== undefined && { warnings }),
  };
}

/** In the answer to whoever made the instance with it. */
export const shownAtCreation = (endpoint: EndpointView | null) =>
  endpoint
    ? {
        webhookUrl: endpoint.url,
        webhookHeaders: headersOf(endpoint),
        webhookByEvents: endpoint.dialectOptions.byEvents ?? false,
        webhookBase64: endpoint.dialectOptions.base64 ?? false,
      }
    : {};
