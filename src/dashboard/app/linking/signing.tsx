import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Problem } from '../ask.ts';
import { isApple, isPhone, words } from '../here.ts';
import { Choice } from '../parts/choice.tsx';
import { CopiedText } from '../parts/copied-text.tsx';
import { say } from '../parts/say.ts';
import { Steps } from '../parts/steps.tsx';
import { fill } from '../words/words.ts';
import type { LinkSource, PasskeyToken } from './source.ts';

const WHATSAPP = 'https://web.whatsapp.com/';
/** Opens the console. */
const KEYS = isApple ? '⌥ ⌘ J' : 'Ctrl Shift J';

/** How the passkey of the account signs: only on WhatsApp's own page, so that this one says how to have it done there. */
export function Signing({ source }: { source: Pick<LinkSource, 'passkeyToken'> }) {
  const token = useSignal<PasskeyToken | null>(null);
  const trouble = useSignal<string | null>(null);
  const way = useSignal<'extension' | 'snippet' | 'elsewhere'>(isPhone ? 'elsewhere' : 'extension');

  function begin(): void {
    trouble.value = null;
    source.passkeyToken().then(
      (made) => {
        token.value = made;
      },
      (error) => {
        // What is over is told by the next state.
        if (!(error instanceof Problem && error.code.startsWith('passkey-'))) trouble.value = say(error);
      },
    );
  }
  useEffect(begin, []);

  if (trouble.value !== null)
    return (
      <>
        <p class="error" role="alert">
          {trouble.value}
        </p>
        <button type="button" class="quiet" onClick={begin}>
          {words.tryAgain}
        </button>
      </>
    );
  if (!token.value) return null;
  const { url, snippet, extensionUrl } = token.value;
  return (
    // The extension looks for the attribute when its icon is pressed on this page.
    <div class="signing" data-hookline-passkey={url}>
      <Choice
        label={words.signWay}
        options={[
          ['extension', words.wayExtension],
          ['snippet', words.waySnippet],
          ['elsewhere', words.wayElsewhere],
        ]}
        chosen={way.value}
        choose={(value) => {
          way.value = value;
        }}
      />
      {way.value === 'extension' && (
        <>
          <a class="button quiet" href={extensionUrl} download>
            {words.getExtension}
          </a>
          <Steps steps={[words.stepUnpack, words.stepIcon, words.stepSign]} />
        </>
      )}
      {way.value === 'snippet' && (
        <>
          <Steps steps={[words.stepCopy, words.stepOpenWeb, fill(words.stepConsole, { keys: KEYS }), words.stepSign]} />
          <CopiedText key={snippet} label={words.snippetLabel} text={snippet} />
          <a class="button quiet" href={WHATSAPP} target="_blank" rel="noreferrer">
            {words.openWeb}
          </a>
          <p class="help">{words.consoleWarning}</p>
        </>
      )}
      {way.value === 'elsewhere' && (
        <>
          <p>{words.elsewhereLead}</p>
          <CopiedText key={url} label={words.elsewhereLabel} text={url} />
        </>
      )}
    </div>
  );
}
