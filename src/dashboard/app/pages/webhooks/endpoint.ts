import { signal } from '@preact/signals';
import type { Delivery, DeliveryWithAttempts, Endpoint, EndpointStats, ListWebhooksQuery, Page } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { who } from '../../shell/who.ts';

export const WEBHOOKS = '/dashboard/webhooks';

export const pathTo = ({ id }: Pick<Endpoint, 'id'>, part = ''): string => `${WEBHOOKS}/${encodeURIComponent(id)}${part}`;

export const pathToDelivery = (endpointId: string, id: string): string => pathTo({ id: endpointId }, `/deliveries/${id}`);

/** An endpoint, and how it fares. */
export type EndpointHealth = Endpoint & { stats: EndpointStats | null };

export type Attempt = DeliveryWithAttempts['attempts'][number];
export type DeliveryStatus = Delivery['status'];

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const satisfies DeliveryStatus[];

export async function listEndpoints(query: ListWebhooksQuery): Promise<Page<EndpointHealth>> {
  const { data, nextCursor } = await hub.listWebhooks(query);
  const all = data.map(async (endpoint) => ({ ...endpoint, stats: await hub.getWebhookStats(endpoint.id).catch(() => null) }));
  return { data: await Promise.all(all), nextCursor };
}

/** Whether somebody has paused it, and no failure disabled it. */
export const isPaused = ({ status, disabledReason }: Endpoint): boolean => status === 'disabled' && disabledReason === 'requested';

/** Types or ids as they are written in a field, with commas or blanks between. */
export const partsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** The secrets that were shown since the page was loaded, by endpoint: only whoever was shown one sees it again. */
const shown = signal<{ to: unknown; secrets: ReadonlyMap<string, string> }>({ to: null, secrets: new Map() });

export const secretOf = (id: string): string | undefined => (shown.value.to === who.value ? shown.value.secrets.get(id) : undefined);

export function keepSecret(id: string, secret: string): void {
  const former = shown.peek().to === who.peek() ? shown.peek().secrets : [];
  shown.value = { to: who.peek(), secrets: new Map([...former, [id, secret]]) };
}
