import { useSignal } from '@preact/signals';
import type { Key } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { CopiedText } from '../../parts/copied-text.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { faultsOf } from '../../parts/faults.ts';
import { Field } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { MakeButton } from '../../parts/make-button.tsx';
import { notify } from '../../parts/notices.tsx';
import { fill } from '../../words/words.ts';
import { ALL, KeyList, OF_TENANT } from './key-list.tsx';
import { words } from './words.ts';

type Scope = Key['scopes'][number];

/** A key is shown once. */
export function ShownKey({ text, close }: { text: string; close(): void }) {
  return (
    <Dialog title={words.keyTitle} close={close}>
      <p>{words.keyLead}</p>
      <CopiedText label={words.keyLabel} text={text} />
    </Dialog>
  );
}

/** The keys of a tenant: what each may do, a new one, and an end to one. */
export function Keys({ tenantId }: { tenantId: string }) {
  const list = useList(tenantId, () => hub.listTenantKeys(tenantId));
  const revoking = useSignal<Key | null>(null);
  const key = useSignal<string | null>(null);
  return (
    <>
      <MakeButton verb={words.makeKey} class="quiet start">
        {(close) => (
          <NewKey
            tenantId={tenantId}
            close={close}
            made={(shown) => {
              key.value = shown;
              void list.reload();
            }}
          />
        )}
      </MakeButton>
      <KeyList
        list={list}
        revoke={(one) =>
          one.revokedAt === null && (
            <button
              type="button"
              class="danger small"
              onClick={() => {
                revoking.value = one;
              }}
            >
              {words.revoke}
            </button>
          )
        }
      />
      {key.value !== null && (
        <ShownKey
          text={key.value}
          close={() => {
            key.value = null;
          }}
        />
      )}
      {revoking.value && (
        <Confirm
          title={fill(words.revokeTitle, { name: revoking.value.name })}
          verb={words.revoke}
          act={async () => {
            await hub.deleteTenantKey(tenantId, revoking.value?.id ?? '');
            notify(words.revokedNow);
            await list.reload();
          }}
          close={() => {
            revoking.value = null;
          }}
        >
          <p>{words.revokeLead}</p>
        </Confirm>
      )}
    </>
  );
}

function NewKey({ tenantId, close, made }: { tenantId: string; close(): void; made(key: string): void }) {
  const name = useSignal('');
  const chosen = useSignal<ReadonlySet<Scope>>(new Set(OF_TENANT));
  const error = useSignal<string | null>(null);
  return (
    <FormDialog
      title={words.makeKey}
      verb={words.makeKey}
      act={async () => {
        error.value = chosen.value.size === 0 ? words.noScope : null;
        if (error.value !== null) return false;
        const scopes = ALL.filter((scope) => chosen.value.has(scope));
        return hub.createTenantKey(tenantId, { name: name.value, scopes });
      }}
      done={({ key }) => made(key)}
      refused={(why) => {
        error.value = faultsOf(why, { name: 'name' }).at.name ?? null;
        return error.value !== null;
      }}
      close={close}
    >
      <Field label={words.keyName} text={name} error={error.value} />
      <fieldset class="stack-tight">
        <legend>{words.scopes}</legend>
        {ALL.map((scope) => (
          <label key={scope} class="check">
            <input
              type="checkbox"
              checked={chosen.value.has(scope)}
              onChange={(event) => {
                const next = new Set(chosen.value);
                if (event.currentTarget.checked) next.add(scope);
                else next.delete(scope);
                chosen.value = next;
              }}
            />
            <span>
              <code>{scope}</code>
              {scope === 'metrics:read' && ` (${words.ofHub})`}
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  );
}
