import { useSignal } from '@preact/signals';
import { type Endpoint, isProblem, type Replay } from '../../../../client/index.ts';
import { hub, hubNow } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { useOne } from '../../live/use-one.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field, Select } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { number } from '../../parts/number.ts';
import { Progress } from '../../parts/progress.tsx';
import { say } from '../../parts/say.ts';
import { fill } from '../../words/words.ts';
import { partsOf } from './endpoint.ts';
import { words } from './words.ts';

const DAY = 24 * 3_600_000;

/** A time as a field of the browser writes it, in the time zone of whoever looks. */
function written(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

const instant = (text: string): string | undefined => (text === '' ? undefined : new Date(text).toISOString());

/** Sends a range again: how many that would be is seen before, and how far it is after. */
export function ReplayDialog({ endpoint, close }: { endpoint: Endpoint; close(): void }) {
  const since = useSignal(written(hubNow() - DAY));
  const until = useSignal('');
  const types = useSignal('');
  const status = useSignal<'failed' | 'missing' | 'all'>('failed');
  const begun = useSignal<Replay | null>(null);

  const range = {
    ...{ since: instant(since.value) ?? new Date(0).toISOString(), status: status.value },
    ...(until.value !== '' && { until: instant(until.value) }),
  };
  const chosen = partsOf(types.value);
  const preview = useOne(begun.value ? null : JSON.stringify([range, chosen]), () =>
    hub.getWebhookReplayPreview(endpoint.id, { ...range, types: chosen.join(',') || undefined }),
  );
  const { value: count, trouble } = preview;

  if (begun.value) return <Running replay={begun.value} close={close} />;
  const faults = isProblem(trouble) ? trouble.errors : [];
  const faultAt = (place: string) => faults.find(({ path }) => path.split('.')[0] === place)?.message;
  return (
    <FormDialog
      title={words.replayTitle}
      verb={count && count.queued > 0 ? fill(words.replayCount, { count: number(count.queued) }) : words.replay}
      isBlocked={!count || count.queued === 0}
      act={async () => {
        begun.value = await hub.replayWebhook(endpoint.id, { ...range, ...(chosen.length > 0 && { types: chosen }) });
        // How far it is is shown in its place.
        return false;
      }}
      close={close}
      lead={<p>{words.replayLead}</p>}
    >
      <Select
        label={words.replayWhich}
        text={status}
        options={[
          ['failed', words.replayFailed],
          ['missing', words.replayMissing],
          ['all', words.replayAll],
        ]}
      />
      <Field label={words.since} type="datetime-local" text={since} error={faultAt('since')} />
      <Field label={words.until} type="datetime-local" help={words.untilHelp} text={until} error={faultAt('until')} />
      <Field label={words.types} help={words.typesHelp} text={types} error={faultAt('types')} />
      <p role="status">{previewText(count)}</p>
      {trouble !== null && faults.length === 0 && (
        <p class="error" role="alert">
          {say(trouble)}
        </p>
      )}
    </FormDialog>
  );
}

function previewText(count: { total: number; seen: number; queued: number } | null): string {
  if (!count) return words.counting;
  const text = count.seen < count.total ? words.previewLeast : words.preview;
  return fill(text, { count: number(count.queued), total: number(count.total), seen: number(count.seen) });
}

/** It goes on without the page. */
function Running({ replay, close }: { replay: Replay; close(): void }) {
  const { value, reload } = useOne(replay.id, () => hub.getWebhookReplay(replay.endpointId, replay.id));
  const { seen, total, queued, status } = value ?? replay;
  useEvery(status === 'running' ? 1_000 : null, reload);
  return (
    <Dialog title={words.replayTitle} close={close}>
      <Progress text={words.replayProgress} done={Math.min(seen, total)} count={total} />
      <p role="status">{fill(status === 'done' ? words.replayDone : words.replayRunning, { count: number(queued) })}</p>
    </Dialog>
  );
}
