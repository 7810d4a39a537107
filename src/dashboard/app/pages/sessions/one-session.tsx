import { useSignal } from '@preact/signals';
import type { Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { useOne } from '../../live/use-one.ts';
import { Awaited } from '../../parts/list.tsx';
import { notifyTrouble } from '../../parts/notices.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Page } from '../../shell/frame.tsx';
import { may } from '../../shell/who.ts';
import { SandboxPhone } from './sandbox-phone.tsx';
import { isLinking, pathTo, SESSIONS } from './session.ts';
import { SessionCare } from './session-care.tsx';
import { SessionFacts } from './session-facts.tsx';
import { SessionSettings } from './session-settings.tsx';
import { words } from './words.ts';

/** Milliseconds. */
const EVERY = 30_000;

/** `part`: what of it is shown; empty: how it stands. */
export function OneSession({ name, part }: { name: string; part: string }) {
  const {
    value: session,
    trouble,
    reload,
    set,
  } = useOne(name, () => hub.getSession(name), {
    after: ['session.*'],
    isAbout: ({ sessionName }) => sessionName === name,
  });
  // Its memory is looked at so often, and makes no events.
  useEvery(session?.engine === 'wppconnect' ? EVERY : null, reload);
  const up = { href: SESSIONS, name: words.title };
  if (!session) {
    return (
      <Page title={name} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  const tabs = [
    { href: pathTo(session), name: words.tabState },
    ...(may('sessions:write') ? [{ href: pathTo(session, '/settings'), name: words.tabSettings }] : []),
    ...(may('sessions:write') && session.engine === 'sandbox' ? [{ href: pathTo(session, '/phone'), name: words.tabPhone }] : []),
  ];
  const shown = tabs.find(({ href }) => href === pathTo(session, part && `/${part}`)) ?? tabs[0];
  const isOn = (suffix: string): boolean => shown?.href === pathTo(session, suffix);
  return (
    <Page title={session.name} up={up} actions={may('sessions:write') && <Commands session={session} set={set} />}>
      <Tabs label={words.tabs} tabs={tabs} current={shown?.href ?? ''} />
      {isOn('') && (
        <>
          <SessionFacts session={session} />
          {may('sessions:write') && <SessionCare session={session} set={set} />}
        </>
      )}
      {isOn('/settings') && <SessionSettings key={session.id} session={session} set={set} />}
      {isOn('/phone') && <SandboxPhone session={session} />}
    </Page>
  );
}

function Commands({ session, set }: { session: Session; set(session: Session): void }) {
  const isAsking = useSignal(false);
  const { status } = session;
  const command = (ask: (id: string) => Promise<Session>) => async (): Promise<void> => {
    isAsking.value = true;
    await ask(session.id).then(set, notifyTrouble);
    isAsking.value = false;
  };
  const isAtRest = ['stopped', 'failed', 'loggedOut'].includes(status);
  return (
    <>
      {isLinking(session) && (
        <a class="button main" href={`/dashboard/whatsapp/connect?session=${encodeURIComponent(session.name)}`}>
          {words.link}
        </a>
      )}
      {isAtRest ? (
        <button type="button" class="main" disabled={isAsking.value} onClick={command(hub.connectSession)}>
          {words.start}
        </button>
      ) : (
        <>
          <button type="button" class="quiet" disabled={isAsking.value} onClick={command(hub.restartSession)}>
            {words.restart}
          </button>
          <button type="button" class="quiet" disabled={isAsking.value} onClick={command(hub.disconnectSession)}>
            {words.stop}
          </button>
        </>
      )}
    </>
  );
}
