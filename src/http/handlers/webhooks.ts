import type { EndpointId, TenantId } from '../../core/ids.ts';
import type { Deliveries } from '../../webhooks/delivery/deliveries.ts';
import type { Endpoints } from '../../webhooks/endpoints/endpoints.ts';
import type { Replays } from '../../webhooks/replay/replays.ts';
import { ownOrigin } from '../own-page.ts';
import { type ApiRequest, mayDo } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type { CreateEndpoint, DeliveriesQuery, Replay, RotateSecret, UpdateEndpoint } from '../shapes/webhooks.ts';

type EndpointRef = { id: EndpointId };
type OnEndpoint<Body = unknown, Query = unknown> = ApiRequest<Query, Body, EndpointRef>;

export function webhookHandlers(
  endpoints: Pick<Endpoints, 'create' | 'list' | 'get' | 'update' | 'remove' | 'rotateSecret' | 'test' | 'enable' | 'disable'>,
  deliveries: Pick<Deliveries, 'list' | 'get' | 'retry' | 'stats'>,
  replays: Pick<Replays, 'begin' | 'get' | 'preview'>,
) {
  return {
    target: (tenantId: TenantId, { id = '' }: Record<string, string>): Promise<EndpointRef> => endpoints.get(tenantId, id),
    create: ({ tenantId, body, ...asking }: ApiRequest<unknown, CreateEndpoint>) => endpoints.create(tenantId, body, askingBy(asking)),
    list: ({ tenantId, query }: ApiRequest<PageQuery>) => endpoints.list(tenantId, query),
    get: ({ target }: OnEndpoint) => Promise.resolve(target),
    update: ({ tenantId, target, body, ...asking }: OnEndpoint<UpdateEndpoint>) =>
      endpoints.update(tenantId, target.id, body, askingBy(asking)),
    remove: ({ tenantId, target }: OnEndpoint) => endpoints.remove(tenantId, target.id),
    rotateSecret: ({ tenantId, target, body }: OnEndpoint<RotateSecret>) => endpoints.rotateSecret(tenantId, target.id, body),
    test: ({ tenantId, target }: OnEndpoint) => endpoints.test(tenantId, target.id),
    enable: ({ tenantId, target }: OnEndpoint) => endpoints.enable(tenantId, target.id),
    disable: ({ tenantId, target }: OnEndpoint) => endpoints.disable(tenantId, target.id),
    replay: ({ tenantId, target, body }: OnEndpoint<Replay>) => replays.begin(tenantId, target.id, body),
    previewReplay: ({ tenantId, target, query }: OnEndpoint<unknown, Replay>) => replays.preview(tenantId, target.id, query),
    getReplay: ({ tenantId, target, params: { replayId = '' } }: OnEndpoint) => replays.get(tenantId, target.id, replayId),
    stats: ({ tenantId, target }: OnEndpoint) => deliveries.stats(tenantId, target.id),
    listDeliveries: ({ tenantId, target, query }: OnEndpoint<unknown, DeliveriesQuery>) => deliveries.list(tenantId, target.id, query),
    getDelivery: ({ tenantId, params: { id = '' } }: ApiRequest) => deliveries.get(tenantId, id),
    retryDelivery: ({ tenantId, params: { id = '' } }: ApiRequest) => deliveries.retry(tenantId, id),
  };
}

const askingBy = ({ principal, header }: Pick<ApiRequest, 'principal' | 'header'>) => ({
  origin: ownOrigin(header),
  maySend: mayDo(principal, 'messages:send'),
});
