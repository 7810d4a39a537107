import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, Problem } from '../ask.ts';
import { problem, words } from '../here.ts';
import { Frame } from '../parts/frame.tsx';
import { say } from '../parts/say.ts';

const base = location.pathname.replace(/\/$/, '');

/** What the snippet signed, where WhatsApp's page let it send nothing: it came here with it. Nothing of it is left in the address. */
function takeSigned(): unknown {
  const text = location.hash.slice(1);
  if (text === '') return null;
  history.replaceState(null, '', base);
  try {
    return JSON.parse(decodeURIComponent(text));
  } catch {
    return null;
  }
}

const TOLD: Record<string, string> = {
  'not-found': words.passkeyOver,
  'passkey-expired': words.passkeyOver,
  'passkey-mismatch': words.passkeyOver,
  'passkey-unavailable': words.passkeyUnavailable,
};

/** For the browser that has the passkey: what was signed is handed over, or the extension finds here what is to be signed. */
export function PasskeyPage() {
  const told = useSignal<{ text: string; isTrouble: boolean } | null>(problem ? { text: TOLD[problem] ?? problem, isTrouble: true } : null);

  useEffect(() => {
    const signed = takeSigned();
    if (problem) return;
    const asking = signed === null ? ask('GET', `${base}/request`) : ask('POST', `${base}/answer`, { body: signed });
    asking.then(
      () => {
        told.value = { text: signed === null ? words.passkeySign : words.passkeySigned, isTrouble: false };
      },
      (error) => {
        told.value = { text: (error instanceof Problem && TOLD[error.code]) || say(error), isTrouble: true };
      },
    );
  }, []);

  const { text, isTrouble } = told.value ?? { text: words.stateOther, isTrouble: false };
  return (
    <Frame title={words.passkeyTitle}>
      <p class={`told ${isTrouble ? 'told-trouble' : ''}`} role="status" data-hookline-passkey={base}>
        <span class="mark" aria-hidden="true" />
        {text}
      </p>
    </Frame>
  );
}
