import { useSignal } from '@preact/signals';
import type { FlowSecret } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { type Faults, faultsOf } from '../../parts/faults.ts';
import { Field } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { MakeButton } from '../../parts/make-button.tsx';
import { notify } from '../../parts/notices.tsx';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { FLOWS } from './flow.ts';
import { words } from './words.ts';

/** What the step "http" may send along: names alone, for the hub shows the values to nobody. */
export function Secrets({ page: { name: title } }: PageProps) {
  const list = useList('secrets', (cursor) => hub.listFlowSecrets({ cursor }), { idOf: ({ name }) => name });
  const setting = useSignal<string | null>(null);
  const removing = useSignal<string | null>(null);
  const add = may('flows:write') && (
    <MakeButton verb={words.addSecret}>{(close) => <SetSecret name="" close={close} done={() => void list.reload()} />}</MakeButton>
  );
  return (
    <Page title={title} up={{ href: FLOWS, name: words.title }} lead={words.secretsLead} actions={add}>
      <List
        list={list}
        label={title}
        idOf={({ name }) => name}
        columns={[
          { head: words.name, cell: ({ name }) => <code>{name}</code> },
          { head: words.usedAs, cell: ({ name }) => <code>{`{{ secrets.${name} }}`}</code> },
          { head: words.setAt, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
          ...(may('flows:write')
            ? [
                {
                  head: words.actions,
                  cell: ({ name }: FlowSecret) => (
                    <span class="row">
                      <button
                        type="button"
                        class="quiet small"
                        onClick={() => {
                          setting.value = name;
                        }}
                      >
                        {words.replace}
                      </button>
                      <button
                        type="button"
                        class="danger small"
                        onClick={() => {
                          removing.value = name;
                        }}
                      >
                        {words.remove}
                      </button>
                    </span>
                  ),
                },
              ]
            : []),
        ]}
        empty={
          <Empty title={words.noSecretsTitle}>
            <p>{words.noSecrets}</p>
          </Empty>
        }
      />
      {setting.value !== null && (
        <SetSecret
          name={setting.value}
          close={() => {
            setting.value = null;
          }}
          done={() => void list.reload()}
        />
      )}
      {removing.value !== null && (
        <Confirm
          title={fill(words.removeTitle, { name: removing.value })}
          verb={words.remove}
          act={async () => {
            const name = removing.value ?? '';
            await hub.deleteFlowSecret(name);
            notify(fill(words.removed, { name }));
            await list.reload();
          }}
          close={() => {
            removing.value = null;
          }}
        >
          <p>{words.removeSecretLead}</p>
        </Confirm>
      )}
    </Page>
  );
}

/** `name`: empty for a new one. */
function SetSecret({ name: given, close, done }: { name: string; close(): void; done(): void }) {
  const name = useSignal(given);
  const value = useSignal('');
  const faults = useSignal<Faults<'value'>>({ at: {}, rest: null });
  const nameError = useSignal<string | null>(null);
  return (
    <FormDialog
      title={given === '' ? words.addSecret : fill(words.replaceTitle, { name: given })}
      verb={words.setSecret}
      act={async () => {
        faults.value = { at: {}, rest: null };
        const chosen = name.value.trim();
        nameError.value = /^[a-z][a-z0-9_]{0,63}$/.test(chosen) ? null : words.secretNameWrong;
        if (nameError.value !== null) return false;
        await hub.putFlowSecret(chosen, { value: value.value });
        return chosen;
      }}
      done={(chosen) => {
        notify(fill(words.secretSet, { name: chosen }));
        done();
      }}
      refused={(why) => {
        faults.value = faultsOf(why, { value: 'value' });
        return faults.value.rest === null;
      }}
      close={close}
    >
      {given === '' && <Field label={words.name} help={words.secretNameHelp} text={name} error={nameError.value} />}
      <Field label={words.value} help={words.valueHelp} type="password" text={value} error={faults.value.at.value} />
    </FormDialog>
  );
}
