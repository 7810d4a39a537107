import { useSignal } from '@preact/signals';
import type { Flow, PutFlowQuery } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Select } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
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
  return (
    <FormDialog
      title={fill(words.publishTitle, { name })}
      verb={words.publish}
      act={() => hub.putFlow(name, source, runs.value === '' ? {} : { runs: runs.value })}
      done={done}
      refused={(why) => {
        const isTold = refused(why);
        if (isTold) close();
        return isTold;
      }}
      close={close}
      lead={<p>{isFirst ? words.publishFirst : words.publishLead}</p>}
    >
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
    </FormDialog>
  );
}
