import type { HubEvent, Message } from '../../../../client/index.ts';

export const STATUSES = [
  'scheduled',
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'expired',
  'canceled',
  'unknown',
] as const satisfies SendStatus[];
export type SendStatus = Message['status'];

export const SENDS = '/dashboard/sends';

export const isCancelable = ({ status }: Message): boolean => status === 'scheduled' || status === 'queued';
export const isRetriable = ({ status }: Message): boolean => status === 'failed' || status === 'unknown';

/** Events after which a send may stand otherwise. */
export const EVENTS: HubEvent['type'][] = [
  'message.scheduled',
  'message.queued',
  'message.sending',
  'message.sent',
  'message.delivered',
  'message.undelivered',
  'message.read',
  'message.played',
  'message.failed',
  'message.expired',
  'message.canceled',
  'message.unknown',
];

/** What it says, or what it is. */
export const contentOf = ({ text, caption, title, emoji, media, location, poll, list, type }: Message): string =>
  text ?? caption ?? title ?? poll?.question ?? list?.text ?? emoji ?? location?.name ?? media?.filename ?? type;

/** Which message an event is about, where it is about one. */
export function messageOf({ data }: HubEvent): string | undefined {
  const { id, messageId } = data as { id?: string; messageId?: string };
  return messageId ?? id;
}
