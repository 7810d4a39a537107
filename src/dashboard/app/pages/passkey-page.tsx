import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask, Problem } from '../ask.ts';
import { problem, words } from '../here.ts';
import { Signing } from '../linking/signing.tsx';
import type { PasskeyToken } from '../linking/source.ts';
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

const OVER: Record<string, string> = {
  'not-found': words.passkeyOver,
  'passkey-expired': words.passkeyOver,
  'passkey-mismatch': words.passkeyOver,
  'passkey-unavailable': words.passkeyUnavailable,
};

/** For the browser that has the passkey: how to sign in it, or that what was signed is handed over. */
export function PasskeyPage() {
  const token = useSignal<PasskeyToken | null>(null);
  const isSigned = useSignal(false);
  const trouble = useSignal<string | null>(problem ? (OVER[problem] ?? problem) : null);

  const refused = (error: Error): void => {
    token.value = null;
    trouble.value = (error instanceof Problem && OVER[error.code]) || say(error);
  };
  const look = (): void => {
    if (isSigned.value || document.visibilityState !== 'visible') return;
    ask<PasskeyToken>('GET', `${base}/request`).then((asked) => {
      trouble.value = null;
      token.value ??= asked;
    }, refused);
  };
  useEffect(() => {
    if (problem) return;
    const signed = takeSigned();
    if (signed !== null) {
      isSigned.value = true;
      ask('POST', `${base}/answer`, { body: signed }).catch((error) => {
        isSigned.value = false;
        refused(error);
      });
      return;
    }
    look();
    // Whoever comes back from where it was signed reads what came of it.
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);

  const asked = token.value;
  const lead = asked && trouble.value === null ? words.signLead : undefined;
  return (
    <Frame title={words.signTitle} lead={lead}>
      <p class={`told ${trouble.value === null ? '' : 'told-trouble'}`} role="status" data-hookline-passkey={base}>
        <span class="mark" aria-hidden="true" />
        {trouble.value ?? (isSigned.value ? words.passkeySigned : asked ? words.statePasskey : words.stateOther)}
      </p>
      {asked && <Signing source={{ passkeyToken: async () => asked }} />}
    </Frame>
  );
}
