import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Problem } from '../ask.ts';
import { problem, words } from '../here.ts';
import { guest, type Opened, open } from '../linking/guest.ts';
import { Linking } from '../linking/linking.tsx';
import type { LinkState } from '../linking/source.ts';
import { Frame } from '../parts/frame.tsx';
import { say } from '../parts/say.ts';

/** What a link says that cannot be opened, by the code of the problem. */
const CLOSED: Record<string, readonly [string, string]> = {
  'not-found': [words.nowhereTitle, words.nowhere],
  'link-page-ended': [words.endedTitle, words.ended],
  forbidden: [words.elsewhereTitle, words.elsewhere],
};

/** Long enough to read that it is done (ms). */
const PAUSE = 2_500;

/** For whoever was sent a link: the page that it leads to. */
export function LinkPage() {
  const closed = useSignal<string | null>(problem || null);
  const opened = useSignal<Opened | null>(null);
  const trouble = useSignal<string | null>(null);
  const isLinked = useSignal(false);

  const close = (error: Error): void => {
    if (error instanceof Problem && error.code in CLOSED) closed.value = error.code;
    else trouble.value = say(error);
  };
  const begin = (): void => {
    trouble.value = null;
    open().then((answer) => {
      opened.value = answer;
    }, close);
  };
  useEffect(() => {
    if (!closed.value) begin();
  }, []);

  if (closed.value !== null) {
    const [title, lead] = CLOSED[closed.value] ?? [words.nowhereTitle, words.nowhere];
    return <Frame title={title} lead={lead} />;
  }
  return (
    <Frame title={words.title} lead={isLinked.value ? undefined : words.lead}>
      {trouble.value !== null && (
        <>
          <p class="told told-trouble" role="alert">
            <span class="mark" aria-hidden="true" />
            {trouble.value}
          </p>
          <button type="button" class="main" onClick={begin}>
            {words.startAgain}
          </button>
        </>
      )}
      {opened.value && (
        <Linking
          source={guest}
          first={opened.value.state}
          ended={close}
          linked={(state) => {
            isLinked.value = true;
            goOn(state, opened.value);
          }}
        >
          <GoOn redirectUrl={opened.value.redirectUrl} />
        </Linking>
      )}
    </Frame>
  );
}

function GoOn({ redirectUrl }: { redirectUrl: string | null }) {
  if (redirectUrl === null) return <p>{words.done}</p>;
  return (
    <>
      <p>{words.goingBack}</p>
      <a class="button main" href={redirectUrl}>
        {words.goBack}
      </a>
    </>
  );
}

/** Tells the page around this one, where it is in one that it may be in; then goes where it was asked to. */
function goOn(state: LinkState, opened: Opened | null): void {
  const { frameAncestors = [], redirectUrl = null } = opened ?? {};
  if (window.parent !== window) {
    const message = { type: 'hookline.linked', phone: state.phone };
    // To each of them by name: whoever else has framed it is told nothing.
    for (const origin of frameAncestors) window.parent.postMessage(message, origin);
  }
  if (redirectUrl !== null) setTimeout(() => location.assign(redirectUrl), PAUSE);
}
