import { useSignal } from '@preact/signals';
import type { Delivery } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { words } from './words.ts';

/** Sends one again, under its own id: receivers that keep the ids take no harm. */
export function RetryDelivery({ delivery, isSmall = false, changed }: { delivery: Delivery; isSmall?: boolean; changed(): unknown }) {
  const isAsking = useSignal(false);
  if (!may('webhooks:write')) return null;
  async function retry(): Promise<void> {
    isAsking.value = true;
    await hub.retryDelivery(delivery.id).then(({ waitsFor }) => {
      notify(waitsFor ? fill(words.retriedBehind, { type: waitsFor.eventType, id: waitsFor.deliveryId }) : words.retried);
    }, notifyTrouble);
    isAsking.value = false;
    await changed();
  }
  return (
    <button type="button" class={isSmall ? 'quiet small' : 'main'} disabled={isAsking.value} onClick={retry}>
      {delivery.status === 'pending' ? words.tryNow : words.retry}
    </button>
  );
}
