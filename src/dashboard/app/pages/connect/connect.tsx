import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Session } from '../../../../client/index.ts';
import { hub, Problem } from '../../ask.ts';
import { words } from '../../here.ts';
import { Linking } from '../../linking/linking.tsx';
import { signedIn } from '../../linking/signed-in.ts';
import { say } from '../../parts/say.ts';
import { Page } from '../../shell/frame.tsx';
import { query, setQuery } from '../../shell/place.ts';
import { fill } from '../../words/words.ts';
import { NameForm } from './name-form.tsx';

/** For a tenant's own people: a session by name, and the phone that is linked to it. */
export function ConnectPage() {
  const session = useSignal<Session | null>(null);
  const trouble = useSignal<string | null>(null);
  /** It stands in the address, so that it is the same one after a reload. */
  const named = query.value.get('session');

  const leave = (): void => {
    session.value = null;
    setQuery({ session: null });
  };
  const fail = (error: Error): void => {
    if (!(error instanceof Problem && [401, 404].includes(error.status))) trouble.value = say(error);
    leave();
  };
  useEffect(() => {
    if (named === null || named === session.value?.name) return;
    hub.getSession(named).then((found) => {
      session.value = found;
    }, fail);
  }, [named]);

  const chosen = session.value;
  if (chosen) return <Connecting key={chosen.id} session={chosen} leave={leave} fail={fail} />;
  return (
    <Page title={words.connectTitle} lead={words.connectLead}>
      {trouble.value !== null && (
        <p class="told told-trouble" role="alert">
          <span class="mark" aria-hidden="true" />
          {trouble.value}
        </p>
      )}
      <NameForm
        made={(made) => {
          trouble.value = null;
          session.value = made;
          setQuery({ session: made.name });
        }}
      />
    </Page>
  );
}

interface ConnectingProps {
  session: Session;
  leave(): void;
  fail(error: Error): void;
}

function Connecting({ session, leave, fail }: ConnectingProps) {
  const source = useMemo(() => signedIn(session.id), [session.id]);
  const isLinked = useSignal(false);
  return (
    <Page title={words.connectTitle} lead={fill(words.session, { name: session.name })}>
      <Linking
        source={source}
        ended={fail}
        linked={() => {
          isLinked.value = true;
        }}
      >
        <button type="button" class="main" onClick={leave}>
          {words.another}
        </button>
      </Linking>
      {session.engine === 'sandbox' && !isLinked.value && <SandboxScan id={session.id} />}
    </Page>
  );
}

function SandboxScan({ id }: { id: string }) {
  const trouble = useSignal<string | null>(null);
  const scan = (): Promise<unknown> =>
    hub.scanInSandbox(id).catch((error) => {
      trouble.value = say(error);
    });
  return (
    <section class="stack-tight">
      <p class="help">{words.sandboxLead}</p>
      <button type="button" class="quiet" onClick={scan}>
        {words.sandboxScan}
      </button>
      {trouble.value !== null && (
        <p class="error" role="alert">
          {trouble.value}
        </p>
      )}
    </section>
  );
}
