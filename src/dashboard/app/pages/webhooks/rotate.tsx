import { useSignal } from '@preact/signals';
import type { Endpoint } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { CopiedText } from '../../parts/copied-text.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Select } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
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
    <FormDialog
      title={words.rotateTitle}
      verb={words.rotate}
      isDangerous={overlap.value === 'none'}
      act={async () => {
        const overlapSeconds = OVERLAPS[overlap.value];
        const asked = overlapSeconds === undefined ? {} : { overlapSeconds };
        const { secret: fresh, warnings: _, ...changed } = await hub.rotateWebhookSecret(endpoint.id, asked);
        keepSecret(endpoint.id, fresh);
        secret.value = fresh;
        set(changed);
        // The secret is shown in its place.
        return false;
      }}
      close={close}
      lead={<p>{words.rotateLead}</p>}
    >
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
    </FormDialog>
  );
}
