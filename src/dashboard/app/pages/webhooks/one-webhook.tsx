import { useSignal } from '@preact/signals';
import type { Endpoint } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { type One, useOne } from '../../live/use-one.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Awaited } from '../../parts/list.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Page } from '../../shell/frame.tsx';
import { go } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { Deliveries } from './deliveries.tsx';
import { type EndpointHealth, pathTo, WEBHOOKS } from './endpoint.ts';
import { Health } from './health.tsx';
import { ReplayDialog } from './replay.tsx';
import { RotateDialog } from './rotate.tsx';
import { VerifyCode } from './verify-code.tsx';
import { WebhookSettings } from './webhook-settings.tsx';
import { words } from './words.ts';

/** Milliseconds: attempts make no events. */
const EVERY = 5_000;

/** `part`: what of it is shown; empty: what it was sent. */
export function OneWebhook({ id, part }: { id: string; part: string }) {
  const found = useOne<EndpointHealth>(id, async () => ({ ...(await hub.getWebhook(id)), stats: await hub.getWebhookStats(id) }), {
    after: ['webhook.disabled'],
  });
  const { value: endpoint, trouble, reload } = found;
  useEvery(EVERY, reload);
  const up = { href: WEBHOOKS, name: words.webhooks };
  if (!endpoint) {
    return (
      <Page title={words.webhooks} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  const set = (changed: Endpoint): void => found.set({ ...changed, stats: found.value?.stats ?? null });
  const tabs = [
    { href: pathTo(endpoint), name: words.tabDeliveries },
    ...(may('webhooks:write') ? [{ href: pathTo(endpoint, '/settings'), name: words.tabSettings }] : []),
    { href: pathTo(endpoint, '/verify'), name: words.tabVerify },
  ];
  const shown = tabs.find(({ href }) => href === pathTo(endpoint, part && `/${part}`)) ?? tabs[0];
  const isOn = (suffix: string): boolean => shown?.href === pathTo(endpoint, suffix);
  return (
    <Page
      title={endpoint.url}
      lead={endpoint.description || undefined}
      up={up}
      actions={may('webhooks:write') && <Commands endpoint={endpoint} set={set} reload={reload} />}
    >
      <Health endpoint={endpoint} />
      <Tabs label={words.tabs} tabs={tabs} current={shown?.href ?? ''} />
      {isOn('') && <Deliveries endpoint={endpoint} />}
      {isOn('/settings') && <WebhookSettings endpoint={endpoint} set={set} />}
      {isOn('/verify') && <VerifyCode endpoint={endpoint} />}
    </Page>
  );
}

interface CommandsProps extends Pick<One<unknown>, 'reload'> {
  endpoint: Endpoint;
  set(endpoint: Endpoint): void;
}

function Commands({ endpoint, set, reload }: CommandsProps) {
  const asked = useSignal<'pause' | 'rotate' | 'replay' | 'remove' | null>(null);
  const isAsking = useSignal(false);
  const close = (): void => {
    asked.value = null;
  };
  const ask = (what: NonNullable<typeof asked.value>, text: string, kind = 'quiet') => (
    <button
      type="button"
      class={kind}
      onClick={() => {
        asked.value = what;
      }}
    >
      {text}
    </button>
  );
  async function act(what: () => Promise<unknown>, told: string): Promise<void> {
    isAsking.value = true;
    await what().then(() => notify(told), notifyTrouble);
    isAsking.value = false;
    await reload();
  }
  const isOff = endpoint.status === 'disabled';
  return (
    <>
      {isOff ? (
        <button
          type="button"
          class="main"
          disabled={isAsking.value}
          onClick={() => act(async () => set(await hub.enableWebhook(endpoint.id)), words.enabledNow)}
        >
          {words.enable}
        </button>
      ) : (
        <>
          <button
            type="button"
            class="quiet"
            disabled={isAsking.value}
            onClick={() => act(() => hub.testWebhook(endpoint.id), words.testSent)}
          >
            {words.test}
          </button>
          {ask('replay', words.replay)}
          {ask('pause', words.pause)}
        </>
      )}
      {ask('rotate', words.rotate)}
      {ask('remove', words.remove, 'danger')}
      {asked.value === 'replay' && <ReplayDialog endpoint={endpoint} close={close} />}
      {asked.value === 'rotate' && <RotateDialog endpoint={endpoint} set={set} close={close} />}
      {asked.value === 'pause' && (
        <Confirm
          title={words.pauseTitle}
          verb={words.pause}
          act={async () => {
            set(await hub.disableWebhook(endpoint.id));
            notify(words.pausedNow);
          }}
          close={close}
        >
          <p>{words.pauseLead}</p>
        </Confirm>
      )}
      {asked.value === 'remove' && (
        <Confirm
          title={words.removeTitle}
          verb={words.remove}
          act={async () => {
            await hub.deleteWebhook(endpoint.id);
            notify(words.removed);
            go(WEBHOOKS);
          }}
          close={close}
        >
          <p>{words.removeLead}</p>
        </Confirm>
      )}
    </>
  );
}
