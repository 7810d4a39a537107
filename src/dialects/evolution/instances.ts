import { HooklineError, hasCode } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Clock } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, mayDo } from '../../http/route.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { SessionView } from '../../sessions/view.ts';
import type { ApiKeys } from '../../tenants/api-keys.ts';
import type { Scope } from '../../tenants/scopes.ts';
import { needNothingElse } from '../requests.ts';
import { allSessions, onceThereIsACode } from '../sessions.ts';
import { instanceOf, integrationOf, SETTINGS, stateOf } from './answers.ts';
import type { ConnectQuery, Instance, InstancesQuery, Settings } from './requests.ts';
import { type InstanceWebhooks, shownAtCreation } from './webhooks.ts';

export interface InstancePorts {
  sessions: Pick<Sessions, 'create' | 'list' | 'get' | 'ref' | 'connect' | 'restart' | 'logout' | 'destroy' | 'qr' | 'pair'>;
  keys: Pick<ApiKeys, 'create'>;
  webhooks: InstanceWebhooks;
  clock: Clock;
}

/** What the key of an instance may do there, as far as whoever makes the instance may. */
const INSTANCE_SCOPES: Scope[] = [
  ...(['sessions:read', 'sessions:write', 'messages:read', 'messages:send', 'webhooks:read', 'webhooks:write'] as const),
];

export type OnInstance<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

const ENGINES: Record<string, 'sandbox' | 'wppconnect'> = { 'WHATSAPP-BAILEYS': 'wppconnect', SANDBOX: 'sandbox' };

/** Of what cannot be asked of the hub, what does it instead. */
const NO_SETTINGS: Record<keyof Settings, string> = {
  rejectCall: 'calls are told of (the event "call") and not refused',
  groupsIgnore: 'what comes from groups is told; let the receiver, or the filter of the endpoint, leave it out',
  alwaysOnline: 'the account is shown as available by POST /instance/setPresence',
  readMessages: 'messages are marked as read by POST /chat/markMessageAsRead',
  readStatus: 'statuses of contacts are not read',
  syncFullHistory: 'what was written before the phone was linked is not taken in',
};
const NO_PARTS = {
  ...NO_SETTINGS,
  proxyHost: 'the way out is set by the operator, for the whole hub',
  rabbitmq: 'there are webhooks, and the ledger at GET /api/events',
  chatwootAccountId: 'Chatwoot is not connected from here',
};

export function instanceHandlers({ sessions, keys, webhooks, clock }: InstancePorts) {
  const shown = async ({ tenantId, id }: Pick<SessionView, 'tenantId' | 'id'>, number: string | undefined) => {
    const qr = await onceThereIsACode(sessions, { tenantId, id }, clock);
    if (!qr) return undefined;
    const pairing = number ? await sessions.pair(tenantId, id, number) : null;
    return { pairingCode: pairing?.code ?? null, code: qr.code, base64: qr.dataUrl, count: qr.attempt };
  };
  /** What an instance is made with holds, or there is no instance. */
  const orNothing = <T>({ tenantId, id }: SessionView, work: Promise<T>): Promise<T> =>
    work.catch(async (error) => {
      await sessions.destroy(tenantId, id);
      throw error;
    });
  const state = (session: SessionView) => ({ instance: { instanceName: session.name, state: stateOf(session) } });

  return {
    async target(tenantId: TenantId, { id = '' }: Record<string, string>): Promise<SessionRef> {
      return sessions.ref(tenantId, id).catch((error) => {
        if (hasCode(error, 'not-found')) throw new HooklineError('not-found', `The "${id}" instance does not exist`);
        throw error;
      });
    },

    async create({ tenantId, body, ...by }: ApiRequest<unknown, Instance>) {
      const { instanceName, integration = 'WHATSAPP-BAILEYS', number, qrcode, webhook } = body;
      const engine = ENGINES[integration];
      if (!engine) {
        const message = `is none of ${Object.keys(ENGINES).join(', ')}; the hub links phones, and speaks to no Cloud API`;
        throw new HooklineError('invalid-body', 'The hub has no such integration.', { errors: [{ path: 'integration', message }] });
      }
      needNothingElse(body, NO_PARTS);
      if (webhook?.url && !mayDo(by.principal, 'webhooks:write')) {
        throw new HooklineError('forbidden', 'This key lacks the scope "webhooks:write", which the webhook takes.');
      }
      // It starts once there is whom to tell of its codes.
      const { session: made } = await sessions.create(tenantId, { name: instanceName, engine, start: false }).catch((error) => {
        if (!hasCode(error, 'session-exists')) throw error;
        throw new HooklineError('session-exists', `This name "${instanceName}" is already in use.`);
      });
      const endpoint = webhook?.url ? await orNothing(made, webhooks.set(made, webhook, by)) : null;
      const scopes = INSTANCE_SCOPES.filter((scope) => mayDo(by.principal, scope));
      const { key } = await keys.create(tenantId, { name: `instance ${instanceName}`, scopes, sessionId: made.id });
      const session = await sessions.connect(tenantId, made.id);
      const code = qrcode || number ? await shown(session, number ?? undefined) : undefined;
      return {
        instance: {
          instanceName: session.name,
          instanceId: session.id,
          integration: integrationOf(session),
          webhookWaBusiness: null,
          accessTokenWaBusiness: '',
          status: stateOf(session),
        },
        hash: key,
        webhook: shownAtCreation(endpoint),
        websocket: { enabled: false },
        rabbitmq: { enabled: false },
        nats: { enabled: false },
        sqs: { enabled: false },
        settings: SETTINGS,
        ...(code && { qrcode: code }),
      };
    },

    async connect({ tenantId, target, query }: OnInstance<unknown, ConnectQuery>) {
      const before = await sessions.get(tenantId, target.id);
      if (stateOf(before) === 'open') return state(before);
      await sessions.connect(tenantId, target.id);
      const code = await shown(target, query.number);
      return code ?? state(await sessions.get(tenantId, target.id));
    },

    state: async ({ tenantId, target }: OnInstance) => state(await sessions.get(tenantId, target.id)),

    async restart({ tenantId, target }: OnInstance) {
      const session = await sessions.restart(tenantId, target.id);
      return { instance: { instanceName: session.name, status: stateOf(session) } };
    },

    async logout({ tenantId, target }: OnInstance) {
      const session = await sessions.get(tenantId, target.id);
      if (stateOf(session) !== 'open') throw new HooklineError('session-not-connected', `The "${session.name}" instance is not connected`);
      await sessions.logout(tenantId, target.id);
      return { status: 'SUCCESS', error: false, response: { message: 'Instance logged out' } };
    },

    async remove({ tenantId, target }: OnInstance) {
      await sessions.destroy(tenantId, target.id);
      await webhooks.remove(tenantId, target);
      return { status: 'SUCCESS', error: false, response: { message: 'Instance deleted' } };
    },

    async list({ tenantId, principal, query }: ApiRequest<InstancesQuery>) {
      const { instanceName, instanceId, number } = query;
      const only = principal?.kind === 'tenant' ? principal.sessionId : null;
      return (only === null ? await allSessions(sessions, tenantId) : [await sessions.get(tenantId, only)])
        .filter(
          ({ id, name, phone }) =>
            (instanceName ?? name) === name && (instanceId ?? id) === id && (number === undefined || number.replace(/\D/g, '') === phone),
        )
        .map(instanceOf);
    },

    settings: () => Promise.resolve(SETTINGS),
    async setSettings({ target, body }: OnInstance<Settings>) {
      needNothingElse(body, NO_SETTINGS);
      return { settings: { instanceName: target.name, settings: SETTINGS } };
    },
    proxy: () => Promise.resolve(null),
    async setProxy(): Promise<never> {
      throw new HooklineError('forbidden', 'The way out to WhatsApp is set by the operator, who names the proxies (chromium.proxies).');
    },
  };
}
