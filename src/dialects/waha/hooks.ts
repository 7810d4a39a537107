import { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, mayDo } from '../../http/route.ts';
import type { EndpointView } from '../../webhooks/endpoints/endpoint.ts';
import type { EndpointInput } from '../../webhooks/endpoints/endpoint-input.ts';
import type { Endpoints } from '../../webhooks/endpoints/endpoints.ts';
import type { Webhook } from './requests.ts';

export interface HookPorts {
  endpoints: Pick<Endpoints, 'list' | 'create' | 'update' | 'remove'>;
  originOf(header: ApiRequest['header']): string;
}

const PAGE = 200;
/** What is held back where settings are shown. */
const SECRET = /auth|cookie|key|secret|token/i;

/** The endpoints of a session that stand as `config.webhooks` in it: those of this dialect that hear of this session alone. */
export function hooksOf({ endpoints, originOf }: HookPorts) {
  const all = async (tenantId: TenantId): Promise<EndpointView[]> => {
    const found: EndpointView[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await endpoints.list(tenantId, { limit: PAGE, ...(cursor && { cursor }) });
      found.push(...page.data.filter(({ dialect, sessions }) => dialect === 'waha' && sessions.length === 1));
      cursor = page.nextCursor;
    }
    return found;
  };
  const ofSession = async ({ tenantId, id, name }: SessionRef): Promise<EndpointView[]> =>
    (await all(tenantId)).filter(({ sessions: [heard] }) => heard === id || heard === name);

  return {
    /** By session, as they are shown to whoever may see endpoints. */
    async shown({ tenantId, principal }: Pick<ApiRequest, 'tenantId' | 'principal'>) {
      const found = mayDo(principal, 'webhooks:read') ? await all(tenantId) : [];
      return ({ id, name }: { id: string; name: string }) =>
        found.filter(({ sessions: [heard] }) => heard === id || heard === name).map(webhookOf);
    },
    /** Puts these in the place of those that were there. */
    async put({ tenantId, principal, header }: ApiRequest, session: SessionRef, wanted: readonly Webhook[]): Promise<void> {
      const former = await ofSession(session);
      if (wanted.length === 0 && former.length === 0) return;
      if (!mayDo(principal, 'webhooks:write')) throw new HooklineError('forbidden', 'This key lacks the scope "webhooks:write".');
      const asking = { origin: originOf(header), maySend: mayDo(principal, 'messages:send') };
      const inputs = wanted.map((hook, at) => {
        const there = former.find(({ url }) => url === hook.url);
        if (there?.dialectOptions.hmacKey && hook.hmac && !hook.hmac.key) {
          const errors = [{ path: `config.webhooks.${at}.hmac.key`, message: 'is kept sealed and is not known any more: give it again' }];
          throw new HooklineError('invalid-body', 'The webhooks cannot be set.', { errors });
        }
        return { there, input: endpointOf(hook, session) };
      });
      for (const { there, input } of inputs) {
        if (there) await endpoints.update(tenantId, there.id, input, asking);
        else await endpoints.create(tenantId, input, asking);
      }
      const kept = inputs.map(({ there }) => there?.id);
      for (const { id } of former) if (!kept.includes(id)) await endpoints.remove(tenantId, id);
    },
    /** Of a session that is gone they would hear nothing any more. */
    async remove(session: SessionRef): Promise<void> {
      for (const { id } of await ofSession(session)) await endpoints.remove(session.tenantId, id);
    },
  };
}

function endpointOf({ url, events, hmac, retries, customHeaders }: Webhook, session: SessionRef): EndpointInput {
  const headers = (customHeaders ?? []).map(({ name, value }) => [name, SECRET.test(name) ? { secret: value } : value]);
  return {
    ...{ url, sessions: [session.id], dialect: 'waha', headers: Object.fromEntries(headers) },
    dialectOptions: { events: [...events], ...(hmac?.key && { hmacKey: { secret: hmac.key } }) },
    schedule: retries ? scheduleOf(retries) : null,
  };
}

/** Seconds; the last is repeated, as the hub tries for days. */
function scheduleOf({ policy, delaySeconds = 2, attempts = 15 }: NonNullable<Webhook['retries']>): number[] {
  const factor = (nth: number): number => (policy === 'exponential' ? 2 ** nth : policy === 'linear' ? nth + 1 : 1);
  return Array.from({ length: Math.min(attempts, 50) }, (_, nth) => Math.min(Math.max(1, Math.round(delaySeconds * factor(nth))), 86_400));
}

/** Without what is secret. */
const webhookOf = ({ url, dialectOptions, headers, schedule }: EndpointView) => ({
  url,
  events: dialectOptions.events ?? ['*'],
  hmac: dialectOptions.hmacKey ? { key: null } : null,
  retries: schedule && { policy: null, delaySeconds: schedule[0], attempts: schedule.length },
  customHeaders: Object.entries(headers).map(([name, value]) => ({ name, value: typeof value === 'string' ? value : null })),
});
