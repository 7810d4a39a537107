import { useSignal } from '@preact/signals';
import type { Tenant } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { faultsOf } from '../../parts/faults.ts';
import { Field } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Awaited, Empty, List } from '../../parts/list.tsx';
import { MakeButton } from '../../parts/make-button.tsx';
import { notify } from '../../parts/notices.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { go, query } from '../../shell/place.ts';
import { actFor, TENANTS } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { Keys, ShownKey } from './keys.tsx';
import { TenantSettings } from './tenant-settings.tsx';
import { words } from './words.ts';

export function Tenants({ page: { name }, rest: [id, part] }: PageProps) {
  return id === undefined ? <AllTenants title={name} /> : <OneTenant key={id} id={id} part={part ?? ''} all={name} />;
}

function AllTenants({ title }: { title: string }) {
  const list = useList('tenants', (cursor) => hub.listTenants({ cursor }));
  const key = useSignal<string | null>(null);
  const make = (
    <MakeButton verb={words.make}>
      {(close) => (
        <NewTenant
          close={close}
          made={(shown) => {
            key.value = shown;
            void list.reload();
          }}
        />
      )}
    </MakeButton>
  );
  return (
    <Page title={title} lead={words.lead} actions={make}>
      <List
        list={list}
        label={words.label}
        columns={[
          { head: words.name, cell: ({ id, name }) => <a href={`${TENANTS}/${id}`}>{name}</a> },
          { head: words.id, cell: ({ id }) => <code>{id}</code> },
          { head: words.made, cell: ({ createdAt }) => <Time at={createdAt} /> },
          { head: words.actions, cell: ({ id }) => <Act id={id} /> },
        ]}
        empty={
          <Empty title={words.emptyTitle}>
            <p>{words.empty}</p>
          </Empty>
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
    </Page>
  );
}

function NewTenant({ close, made }: { close(): void; made(key: string): void }) {
  const name = useSignal('');
  const error = useSignal<string | null>(null);
  return (
    <FormDialog
      title={words.make}
      verb={words.make}
      act={() => {
        error.value = null;
        return hub.createTenant({ name: name.value });
      }}
      done={({ apiKey }) => made(apiKey.key)}
      refused={(why) => {
        error.value = faultsOf(why, { name: 'name' }).at.name ?? null;
        return error.value !== null;
      }}
      close={close}
    >
      <Field label={words.name} text={name} error={error.value} />
    </FormDialog>
  );
}

function OneTenant({ id, part, all }: { id: string; part: string; all: string }) {
  const { value: tenant, trouble, reload, set } = useOne(id, () => hub.getTenant(id));
  const isRemoving = useSignal(false);
  const up = { href: TENANTS, name: all };
  if (!tenant) {
    return (
      <Page title={all} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  const here = `${TENANTS}/${id}`;
  return (
    <Page title={tenant.name} up={up} actions={<Commands tenant={tenant} remove={() => (isRemoving.value = true)} />}>
      <Tabs
        label={words.tabs}
        tabs={[
          { href: here, name: words.tabKeys },
          { href: `${here}/settings`, name: words.tabSettings },
        ]}
        current={part === 'settings' ? `${here}/settings` : here}
      />
      {part === 'settings' ? <TenantSettings tenant={tenant} set={set} /> : <Keys tenantId={id} />}
      {isRemoving.value && (
        <Confirm
          title={fill(words.removeTitle, { name: tenant.name })}
          verb={words.remove}
          name={tenant.name}
          act={async () => {
            await hub.deleteTenant(id);
            actFor(null);
            notify(fill(words.removed, { name: tenant.name }));
            go(TENANTS);
          }}
          close={() => {
            isRemoving.value = false;
          }}
        >
          <p>{words.removeLead}</p>
        </Confirm>
      )}
    </Page>
  );
}

function Commands({ tenant, remove }: { tenant: Tenant; remove(): void }) {
  return (
    <>
      <Act id={tenant.id} />
      <button type="button" class="danger" onClick={remove}>
        {words.remove}
      </button>
    </>
  );
}

/** From there on it is this tenant's things that are shown: the page that the operator came for, or the day at a glance. */
function Act({ id }: { id: string }) {
  return (
    <button
      type="button"
      class="main"
      onClick={() => {
        const then = query.value.get('then') ?? '';
        actFor(id);
        go(/^\/dashboard\//.test(then) ? then : '/');
      }}
    >
      {words.act}
    </button>
  );
}
