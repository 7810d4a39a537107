import { useSignal } from '@preact/signals';
import type { Endpoint } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { CopiedText } from '../../parts/copied-text.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Select } from '../../parts/field.tsx';
import { say } from '../../parts/say.ts';
import { shellWords } from '../../shell/words.ts';
import { keepSecret, pathTo } from './endpoint.ts';
import { words } from './words.ts';

/** How long the former secret signs, too; the first is the hub's own time. */
const OVERLAPS = { hub: undefined, hour: 3_600, week: 7 * 86_400, none: 0 } as const;
type Overlap = keyof typeof OVERLAPS;

interface Props {
  endpoint: Endpoint;
  set(endpoint: Endpoint): void;
  close(): void;
}

export function RotateDialog({ endpoint, set, close }: Props) {
  const overlap = useSignal<Overlap>('hub');
  const secret = useSignal<string | null>(null);
  const error = useSignal<string | null>(null);
  const isAsking = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    error.value = null;
    isAsking.value = true;
    const overlapSeconds = OVERLAPS[overlap.value];
    await hub.rotateWebhookSecret(endpoint.id, overlapSeconds === undefined ? {} : { overlapSeconds }).then(
      ({ secret: fresh, warnings: _, ...changed }) => {
        keepSecret(endpoint.id, fresh);
        secret.value = fresh;
        set(changed);
      },
      (refused) => {
        error.value = say(refused);
      },
    );
    isAsking.value = false;
  }

  if (secret.value !== null) {
    return (
      <Dialog title={words.secretTitle} close={close}>
        <p>{words.secretLead}</p>
        <CopiedText label={words.secret} text={secret.value} />
        <p>
          <a href={pathTo(endpoint, '/verify')} onClick={close}>
            {words.toVerify}
          </a>
        </p>
      </Dialog>
    );
  }
  return (
    <Dialog
      title={words.rotateTitle}
      close={close}
      answers={
        <>
          <button type="submit" form="rotate" class={overlap.value === 'none' ? 'danger' : 'main'} disabled={isAsking.value}>
            {words.rotate}
          </button>
          <button type="button" class="quiet" onClick={close}>
            {shellWords.cancel}
          </button>
        </>
      }
    >
      <p>{words.rotateLead}</p>
      <form id="rotate" onSubmit={submit} noValidate>
        <Select
          label={words.overlap}
          help={overlap.value === 'none' ? words.overlapNoneHelp : undefined}
          text={overlap}
          options={[
            ['hub', words.overlapHub],
            ['hour', words.overlapHour],
            ['week', words.overlapWeek],
            ['none', words.overlapNone],
          ]}
        />
        {error.value !== null && (
          <p class="error" role="alert">
            {error.value}
          </p>
        )}
      </form>
    </Dialog>
  );
}
