import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { hubNow } from '../ask.ts';
import { words } from '../here.ts';
import { say } from '../parts/say.ts';
import { Countdown, Remaining } from './countdown.tsx';
import { Signing } from './signing.tsx';
import type { LinkSource, LinkState, Passkey } from './source.ts';

interface Props {
  passkey: Passkey;
  source: LinkSource;
  /** Takes over what an action is answered with. Rejects as the action does. */
  answered(action: Promise<LinkState>): Promise<void>;
}

/** Between what is scanned and the link, where WhatsApp asks for the passkey: to sign, and to compare a code after it. */
export function PasskeyStep({ passkey, source, answered }: Props) {
  const trouble = useSignal<string | null>(null);
  const isAsking = useSignal(false);
  const title = useRef<HTMLHeadingElement>(null);
  const { code, expiresAt } = passkey;
  // Whoever typed a number, or pressed a button, has nothing left under the keyboard otherwise.
  useEffect(() => title.current?.focus(), [code]);

  async function tell(answer: Promise<LinkState>): Promise<void> {
    trouble.value = null;
    isAsking.value = true;
    const over = { 'passkey-unavailable': words.notAwaited, 'passkey-expired': words.afterExpired };
    await answered(answer).catch((error) => {
      trouble.value = say(error, over);
    });
    isAsking.value = false;
  }

  return (
    <section class="passkey">
      <h2 ref={title} tabIndex={-1}>
        {code === null ? words.signTitle : words.compareTitle}
      </h2>
      {code === null ? (
        <>
          <p>{words.signLead}</p>
          <Signing key={expiresAt} source={source} />
        </>
      ) : (
        <Compare code={code} isAsking={isAsking.value} confirm={(matches) => tell(source.confirmPasskey(matches))} />
      )}
      {trouble.value !== null && (
        <p class="error" role="alert">
          {trouble.value}
        </p>
      )}
      <TimeLeft key={expiresAt} until={expiresAt} />
      {code === null && (
        <button type="button" class="link" disabled={isAsking.value} onClick={() => tell(source.declinePasskey())}>
          {words.cannotSign}
        </button>
      )}
    </section>
  );
}

/** Until when WhatsApp takes an answer, from when it was first seen here. */
function TimeLeft({ until }: { until: string }) {
  const since = useSignal(hubNow());
  return (
    <div class="window">
      <Remaining from={since.value} until={until} />
      <Countdown text={words.windowLeft} until={until} />
    </div>
  );
}

interface CompareProps {
  code: string;
  isAsking: boolean;
  confirm(matches: boolean): void;
}

function Compare({ code, isAsking, confirm }: CompareProps) {
  return (
    <>
      <p>{words.compareLead}</p>
      <p class="code" role="img" aria-label={`${words.compareLabel}: ${[...code].join(' ')}`}>
        {code}
      </p>
      <div class="answers">
        <button type="button" class="main" disabled={isAsking} onClick={() => confirm(true)}>
          {words.compareSame}
        </button>
        <button type="button" class="quiet" disabled={isAsking} onClick={() => confirm(false)}>
          {words.compareOther}
        </button>
      </div>
    </>
  );
}
