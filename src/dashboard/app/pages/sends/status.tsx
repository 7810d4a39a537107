import type { Message, MessageWithHistory } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Time } from '../../parts/time.tsx';
import { isCancelable, type SendStatus } from './send.ts';
import { words } from './words.ts';

const TONES: Record<SendStatus, Tone> = {
  scheduled: 'rest',
  queued: 'busy',
  sending: 'busy',
  sent: 'good',
  delivered: 'good',
  read: 'good',
  played: 'good',
  failed: 'bad',
  expired: 'bad',
  canceled: 'rest',
  unknown: 'warn',
  received: 'good',
};

export const SendState = ({ status }: Pick<Message, 'status'>) => <Badge tone={TONES[status]}>{words[status]}</Badge>;

/** The reasons of the API, by their codes. */
const reasonText = (reason: string): string => (words as Record<string, string>)[`waits_${reason.replaceAll('-', '')}`] ?? reason;

export function WaitsFor({ waitsFor }: { waitsFor: MessageWithHistory['waitsFor'] }) {
  if (!waitsFor) return null;
  const { reason, until } = waitsFor;
  return (
    <span>
      {reasonText(reason)}
      {until && (
        <>
          , <Time at={until} />
        </>
      )}
    </span>
  );
}

/** Why one of a list waits; that is told of each alone. What went wrong, where it waits no more. */
export function Waits({ send }: { send: Message }) {
  const { value } = useOne(isCancelable(send) ? send.id : null, () => hub.getMessage(send.id));
  if (send.error) return <span class="error excerpt">{send.error.message}</span>;
  return value ? <WaitsFor waitsFor={value.waitsFor} /> : null;
}
