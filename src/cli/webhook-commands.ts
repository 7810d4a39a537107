/** Endpoints of a tenant, on the running hub, by its API. */
import { setTimeout as pause } from 'node:timers/promises';
import { type CreateWebhookBody, type Endpoint, entriesOf, type ReplayWebhookBody } from '../client/index.ts';
import { type HubOptions, tenantsHub } from './hub-client.ts';
import { answer, answerRows, table } from './output.ts';
import { showProgress } from './progress.ts';

/** `url` of the options is where the hub is. */
export async function createWebhook(url: string, options: HubOptions & Omit<CreateWebhookBody, 'url'>): Promise<void> {
  const { events, sessions, ordering, rateLimit, description } = options;
  const { hub, as } = tenantsHub(options);
  // JSON leaves out what was not said.
  const made = await hub.createWebhook({ url, events, sessions, ordering, rateLimit, description } as CreateWebhookBody, as);
  const warnings = (made.warnings ?? []).map(({ path, message }) => `${path} ${message}\n`).join('');
  answer(made, `${made.id}\nSecret, shown this once: ${made.secret}\n${warnings}`);
}

export async function listWebhooks(options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const found: Endpoint[] = [];
  for await (const endpoint of entriesOf((cursor) => hub.listWebhooks({ limit: 200, cursor }, as))) found.push(endpoint);
  answerRows(found, ['id', 'status', 'failingSince', 'url', 'events', 'description']);
}

/** What it is owed is kept. */
export async function pauseWebhook(id: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  say(await hub.disableWebhook(id, as));
}

export async function enableWebhook(id: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  say(await hub.enableWebhook(id, as));
}

const say = (endpoint: Endpoint): void => answer(endpoint, `${endpoint.url} is ${endpoint.status}\n`);

export async function deleteWebhook(id: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  await hub.deleteWebhook(id, as);
  answer({ id, deleted: true }, `${id} was deleted\n`);
}

export async function testWebhook(id: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const sent = await hub.testWebhook(id, as);
  answer(sent, `${sent.eventId} is on its way: "hookline webhook deliveries ${id}" shows what it was answered\n`);
}

/** `overlap`: how many seconds the former secrets sign beside the new one. */
export async function rotateWebhookSecret(id: string, { overlap, ...options }: HubOptions & { overlap?: number }): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const made = await hub.rotateWebhookSecret(id, { ...(overlap !== undefined && { overlapSeconds: overlap }) }, as);
  answer(made, `Secret, shown this once: ${made.secret}\n`);
}

/** The newest first. */
export async function listDeliveries(
  id: string,
  { status, limit, ...options }: HubOptions & { status?: 'pending' | 'delivered' | 'dead'; limit: number },
): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const { data } = await hub.listWebhookDeliveries(id, { limit, ...(status && { status }) }, as);
  const rows = data.map((delivery) => ({ ...delivery, waitsFor: delivery.waitsFor?.deliveryId ?? null }));
  answer(data, table(rows, ['id', 'eventType', 'status', 'attemptsMade', 'nextAttemptAt', 'waitsFor', 'createdAt']));
}

export async function retryDelivery(id: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const delivery = await hub.retryDelivery(id, as);
  const { eventType, waitsFor } = delivery;
  answer(delivery, `${eventType} goes out again${waitsFor ? ` after ${waitsFor.deliveryId}, behind which it waits` : ''}\n`);
}

const BETWEEN_LOOKS = 500;

export interface ReplayOptions extends HubOptions {
  since: string;
  until?: string;
  events?: string[];
  status?: ReplayWebhookBody['status'];
  /** Otherwise it goes on by itself. */
  wait: boolean;
}

export async function replayWebhook(id: string, { since, until, events: types, status, wait, ...options }: ReplayOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  let replay = await hub.replayWebhook(id, { since, until, types, status } as ReplayWebhookBody, as);
  {
    using progress = showProgress();
    while (wait && replay.status === 'running') {
      progress.to('looked through', replay.seen, replay.total);
      await pause(BETWEEN_LOOKS);
      replay = await hub.getWebhookReplay(id, replay.id, as);
    }
  }
  const done = `${replay.queued} of ${replay.total} events are on their way again\n`;
  answer(replay, replay.status === 'done' ? done : `${replay.id} goes on by itself: ${done}`);
}
