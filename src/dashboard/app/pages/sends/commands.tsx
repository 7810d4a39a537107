import { useSignal } from '@preact/signals';
import type { Message } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { notify } from '../../parts/notices.tsx';
import { may } from '../../shell/who.ts';
import { isCancelable, isRetriable } from './send.ts';
import { words } from './words.ts';

/** What can be done with a send as it stands now. `changed`: told once it was done. */
export function SendCommands({ send, changed }: { send: Message; changed(): unknown }) {
  const asked = useSignal<'cancel' | 'retry' | null>(null);
  if (!may('messages:send')) return null;
  const close = (): void => {
    asked.value = null;
  };
  return (
    <>
      {isCancelable(send) && (
        <button
          type="button"
          class="quiet small"
          onClick={() => {
            asked.value = 'cancel';
          }}
        >
          {words.cancel}
        </button>
      )}
      {isRetriable(send) && (
        <button
          type="button"
          class="quiet small"
          onClick={() => {
            asked.value = 'retry';
          }}
        >
          {words.retry}
        </button>
      )}
      {asked.value === 'cancel' && (
        <Confirm
          title={words.cancelTitle}
          verb={words.cancel}
          no={words.keep}
          act={async () => {
            await hub.deleteMessage(send.id);
            notify(words.canceledNow);
            await changed();
          }}
          close={close}
        >
          <p>{words.cancelLead}</p>
        </Confirm>
      )}
      {asked.value === 'retry' && (
        <Confirm
          title={words.retryTitle}
          verb={words.retry}
          act={async () => {
            await hub.retryMessage(send.id);
            notify(words.retried);
            await changed();
          }}
          close={close}
        >
          <p>{send.status === 'unknown' ? words.retryUnknown : words.retryFailed}</p>
        </Confirm>
      )}
    </>
  );
}
