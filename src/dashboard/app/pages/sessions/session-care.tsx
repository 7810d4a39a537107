import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { language } from '../../here.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { CopiedText } from '../../parts/copied-text.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { saveFile } from '../../parts/file.ts';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { go } from '../../shell/place.ts';
import { fill } from '../../words/words.ts';
import { SESSIONS } from './session.ts';
import { words } from './words.ts';

/** Its login, what its browser shows, and its end. */
export function SessionCare({ session, set }: { session: Session; set(session: Session): void }) {
  const { id, name, status } = session;
  const asked = useSignal<'logout' | 'remove' | null>(null);
  const pageUrl = useSignal<string | null>(null);
  const close = (): void => {
    asked.value = null;
  };
  const sendPage = async (): Promise<void> => {
    await hub.createLinkPage(id, { locale: language }).then(({ url }) => {
      pageUrl.value = url;
    }, notifyTrouble);
  };
  const backUp = async (): Promise<void> => {
    await hub
      .getSessionBackup(id)
      .then(async (answer) => saveFile(await answer.blob(), `${name}.hookline-session`))
      .catch(notifyTrouble);
  };

  return (
    <div class="panes">
      <section class="pane">
        <h2>{words.careTitle}</h2>
        <div class="row">
          {status !== 'connected' && (
            <button type="button" class="quiet" onClick={sendPage}>
              {words.sendPage}
            </button>
          )}
          <button type="button" class="quiet" onClick={backUp}>
            {words.backUp}
          </button>
        </div>
        <p class="help">{words.backUpHelp}</p>
        <div class="row">
          {status !== 'loggedOut' && (
            <button
              type="button"
              class="danger"
              onClick={() => {
                asked.value = 'logout';
              }}
            >
              {words.logOut}
            </button>
          )}
          <button
            type="button"
            class="danger"
            onClick={() => {
              asked.value = 'remove';
            }}
          >
            {words.remove}
          </button>
        </div>
      </section>
      {session.engine === 'wppconnect' && <Screenshot id={id} name={name} />}
      {pageUrl.value !== null && (
        <Dialog
          title={words.pageTitle}
          close={() => {
            pageUrl.value = null;
          }}
        >
          <p>{words.pageLead}</p>
          <CopiedText label={words.pageLabel} text={pageUrl.value} />
        </Dialog>
      )}
      {asked.value === 'logout' && (
        <Confirm title={fill(words.logOutTitle, { name })} verb={words.logOut} act={() => hub.logoutSession(id).then(set)} close={close}>
          <p>{words.logOutLead}</p>
        </Confirm>
      )}
      {asked.value === 'remove' && (
        <Confirm
          title={fill(words.removeTitle, { name })}
          verb={words.remove}
          name={name}
          act={async () => {
            await hub.deleteSession(id);
            notify(fill(words.removed, { name }));
            go(SESSIONS);
          }}
          close={close}
        >
          <p>{words.removeLead}</p>
        </Confirm>
      )}
    </div>
  );
}

function Screenshot({ id, name }: { id: string; name: string }) {
  const url = useSignal<string | null>(null);
  const isAsking = useSignal(false);
  const forget = (): void => {
    if (url.peek()) URL.revokeObjectURL(url.peek() as string);
  };
  useEffect(() => forget, []);
  const take = async (): Promise<void> => {
    isAsking.value = true;
    await hub
      .getSessionScreenshot(id)
      .then(async (answer) => {
        const file = await answer.blob();
        forget();
        url.value = URL.createObjectURL(file);
      })
      .catch(notifyTrouble);
    isAsking.value = false;
  };
  return (
    <section class="pane">
      <h2>{words.screenshotTitle}</h2>
      <p class="help">{words.screenshotLead}</p>
      <button type="button" class="quiet" disabled={isAsking.value} onClick={take}>
        {words.screenshot}
      </button>
      {url.value && <img class="screenshot" src={url.value} alt={fill(words.screenshotAlt, { name })} />}
    </section>
  );
}
