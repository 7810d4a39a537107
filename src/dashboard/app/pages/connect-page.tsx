import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Session } from '../../../client/index.ts';
import { ask, hub, Problem } from '../ask.ts';
import { words } from '../here.ts';
import { Linking } from '../linking/linking.tsx';
import { signedIn } from '../linking/signed-in.ts';
import { Frame } from '../parts/frame.tsx';
import { say } from '../parts/say.ts';
import { fill } from '../words/words.ts';
import { NameForm } from './name-form.tsx';
import { type SignedIn, SignIn } from './sign-in.tsx';

const named = (): string | null => new URL(location.href).searchParams.get('session');

/** The session that the page is about stands in its address, so that it is the same one after a reload. */
function setNamed(name: string | null): void {
  history.replaceState(null, '', name === null ? location.pathname : `?session=${encodeURIComponent(name)}`);
}

/** For a tenant's own people: a session by name, and the phone that is linked to it. */
export function ConnectPage() {
  const who = useSignal<SignedIn | null | undefined>(undefined);
  const session = useSignal<Session | null>(null);
  const trouble = useSignal<string | null>(null);

  const leave = (): void => {
    session.value = null;
    setNamed(null);
  };
  const fail = (error: Error): void => {
    if (error instanceof Problem && error.status === 401) who.value = null;
    else if (!(error instanceof Problem && error.status === 404)) trouble.value = say(error);
    leave();
  };
  const enter = (shown: SignedIn): void => {
    who.value = shown;
    const name = named();
    if (name === null) return;
    hub.getSession(name).then((found) => {
      session.value = found;
    }, fail);
  };
  useEffect(() => {
    ask<SignedIn>('GET', '/dashboard/sign-in').then(enter, () => {
      who.value = null;
    });
  }, []);
  const signOut = async (): Promise<void> => {
    await ask('DELETE', '/dashboard/sign-in').catch(() => undefined);
    leave();
    who.value = null;
  };

  if (who.value === undefined) return null;
  if (who.value === null) return <SignIn done={enter} />;
  const aside = (
    <>
      <span>{fill(words.signedInAs, { name: who.value.name })}</span>
      <button type="button" class="link" onClick={signOut}>
        {words.signOut}
      </button>
    </>
  );
  const chosen = session.value;
  if (chosen) return <Connecting key={chosen.id} session={chosen} aside={aside} leave={leave} fail={fail} />;
  return (
    <Frame title={words.connectTitle} lead={words.connectLead} aside={aside}>
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
          setNamed(made.name);
        }}
      />
    </Frame>
  );
}

interface ConnectingProps {
  session: Session;
  aside: ComponentChildren;
  leave(): void;
  fail(error: Error): void;
}

function Connecting({ session, aside, leave, fail }: ConnectingProps) {
  const source = useMemo(() => signedIn(session.id), [session.id]);
  return (
    <Frame title={words.connectTitle} lead={fill(words.session, { name: session.name })} aside={aside}>
      <Linking source={source} ended={fail}>
        <button type="button" class="main" onClick={leave}>
          {words.another}
        </button>
      </Linking>
    </Frame>
  );
}
