import type { HubEvent, Message } from '../../../../client/index.ts';

export type SendStatus = Message['status'];

/** In the order in which a send comes to them; the compiler says when the API knows another. */
const ALL: Record<Exclude<SendStatus, 'received'>, true> = {
  ...{ scheduled: true, queued: true, sending: true, sent: true, delivered: true, read: true, played: true },
  ...{ failed: true, expired: true, canceled: true, unknown: true },
};
export const STATUSES = Object.keys(ALL) as (keyof typeof ALL)[];

export const SENDS = '/dashboard/sends';

export const isCancelable = ({ status }: Message): boolean => status === 'scheduled' || status === 'queued';
export const isRetriable = ({ status }: Message): boolean => status === 'failed' || status === 'unknown';

/** Events after which a send may stand otherwise. */
export const EVENTS: HubEvent['type'][] = [...STATUSES.map((status) => `message.${status}` as const), 'message.undelivered'];

/** What it says, or what it is. */
export const contentOf = ({ text, caption, title, emoji, media, location, poll, list, type }: Message): string =>
  text ?? caption ?? title ?? poll?.question ?? list?.text ?? emoji ?? location?.name ?? media?.filename ?? type;

/** Which message an event is about, where it is about one. */
export function messageOf({ data }: HubEvent): string | undefined {
  const { id, messageId } = data as { id?: string; messageId?: string };
  return messageId ?? id;
}
