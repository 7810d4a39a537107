import { hasCode } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { ApiRequest } from '../../http/route.ts';
import type { EndpointView } from '../../webhooks/endpoints/endpoint.ts';
import type { Endpoints } from '../../webhooks/endpoints/endpoints.ts';
import { asParameter } from './dialect.ts';
import { type Subscription, wrong } from './requests.ts';

export interface WebhookPorts {
  endpoints: Pick<Endpoints, 'list' | 'create' | 'update' | 'remove'>;
}

/** By it those are known that were made here, of which a client may change where they lead. */
const MADE_HERE = 'subscribed_apps of the Cloud API';
const ALL = 10_000;

/** An account is subscribed where it has an endpoint in these words; the one that is made here is for all its sessions. */
export function webhookHandlers({ endpoints }: WebhookPorts) {
  const subscribed = async (tenantId: TenantId): Promise<EndpointView[]> => {
    const { data } = await endpoints.list(tenantId, { limit: ALL });
    return data.filter(({ dialect }) => dialect === 'cloud');
  };

  return {
    async list({ tenantId }: ApiRequest) {
      const data = (await subscribed(tenantId)).map(({ url }) => ({
        whatsapp_business_api_data: { id: tenantId as string, name: 'Hookline' },
        override_callback_uri: url,
      }));
      return { data };
    },

    async subscribe({ tenantId, body }: ApiRequest<unknown, Subscription>) {
      const { override_callback_uri: url, verify_token: token } = body;
      const known = await subscribed(tenantId);
      const isThere = url ? known.some((one) => one.url === url && one.sessions.length === 0) : known.length > 0;
      if (isThere) return { success: true };
      if (!url) throw wrong('override_callback_uri', 'is missing: the hub has no other URL to send webhooks to');
      if (!token) throw wrong('verify_token', 'is missing: with it the URL is asked whether it waits for these webhooks');
      const dialectOptions = { verifyToken: { secret: token } };
      const own = known.find(({ description }) => description === MADE_HERE);
      const saved = own
        ? endpoints.update(tenantId, own.id, { url, dialectOptions })
        : endpoints.create(tenantId, { url, dialect: 'cloud', dialectOptions, description: MADE_HERE });
      await saved.catch((error) => {
        // Of files that is another number.
        throw hasCode(error, 'url-forbidden') ? asParameter(error) : error;
      });
      return { success: true };
    },

    async unsubscribe({ tenantId }: ApiRequest) {
      for (const { id } of await subscribed(tenantId)) await endpoints.remove(tenantId, id);
      return { success: true };
    },
  };
}
