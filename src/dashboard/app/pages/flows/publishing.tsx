import { useSignal } from '@preact/signals';
import type { Flow, PutFlowQuery } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Select } from '../../parts/field.tsx';
import { say } from '../../parts/say.ts';
import { fill } from '../../words/words.ts';
import { words } from './words.ts';

interface Props {
  name: string;
  source: string;
  /** There are no runs yet that it could matter to. */
  isFirst: boolean;
  done(flow: Flow): void;
  /** Whether what is wrong is shown at its place, and not here. */
  refused?(error: unknown): boolean;
  close(): void;
}

/** Asks what becomes of the runs under way, and publishes. */
export function Publishing({ name, source, isFirst, done, refused = () => false, close }: Props) {
  const runs = useSignal<NonNullable<PutFlowQuery['runs']> | ''>('');
  const error = useSignal<string | null>(null);
  const isAsking = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    isAsking.value = true;
    error.value = null;
    await hub.putFlow(name, source, runs.value === '' ? {} : { runs: runs.value }).then(
      (flow) => {
        close();
        done(flow);
      },
      (why) => {
        if (refused(why)) close();
        else error.value = say(why);
      },
    );
    isAsking.value = false;
  }

  return (
    <Dialog
      title={fill(words.publishTitle, { name })}
      close={close}
      answers={
        <button type="submit" form="publish" class="main" disabled={isAsking.value}>
          {words.publish}
        </button>
      }
    >
      <form id="publish" onSubmit={submit} noValidate>
        <p>{isFirst ? words.publishFirst : words.publishLead}</p>
        {!isFirst && (
          <Select
            label={words.runsUnderWay}
            text={runs}
            options={[
              ['', words.runsFlow],
              ['keep', words.runsKeep],
              ['migrate', words.runsMigrate],
              ['end', words.runsEnd],
            ]}
          />
        )}
        {error.value !== null && (
          <p class="error" role="alert">
            {error.value}
          </p>
        )}
      </form>
    </Dialog>
  );
}
