import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hubNow } from '../ask.ts';
import { isPhone, words } from '../here.ts';
import { say } from '../parts/say.ts';
import { Countdown, Remaining } from './countdown.tsx';
import { Pairing } from './pairing.tsx';
import { PasskeyStep } from './passkey.tsx';
import { QrCode } from './qr.tsx';
import type { LinkSource, LinkState } from './source.ts';
import { told } from './told.ts';
import { WhereToTap } from './where-to-tap.tsx';

interface Props {
  source: LinkSource;
  /** Known already. */
  first?: LinkState;
  /** Below the success. */
  children?: ComponentChildren;
  linked?(state: LinkState): void;
  ended(problem: Error): void;
}

/** Nothing goes on by itself in these. */
const AT_REST = ['stopped', 'failed', 'loggedOut'];

/** From nothing to connected: a code to scan or to type, how long it is good for, and what is going on. */
export function Linking({ source, first, children, linked, ended }: Props) {
  const state = useSignal<LinkState | null>(null);
  const way = useSignal<'qr' | 'code'>(isPhone || first?.pairing ? 'code' : 'qr');
  const isOnline = useSignal(true);
  /** When the first code of this window was seen. */
  const since = useSignal<number | null>(null);
  const trouble = useSignal<string | null>(null);
  const isRenewed = useSignal(false);
  /** What there is to do while WhatsApp Web does not come up. */
  const unreached = useSignal<string | null>(null);
  /** How often the state was told of by itself. */
  const heard = useRef(0);

  function show(next: LinkState): void {
    const code = next.qr ?? next.pairing;
    const former = state.value?.qr ?? state.value?.pairing;
    if (code && code.restartsAt !== former?.restartsAt) since.value = hubNow();
    const [asked, before] = [next.passkey, state.value?.passkey];
    if (!asked) isRenewed.value = false;
    else if (before && asked.expiresAt !== before.expiresAt) isRenewed.value = true;
    if (next.advice) unreached.value = next.advice;
    else if (next.status !== 'starting') unreached.value = null;
    if (next.status === 'connected' && state.value?.status !== 'connected') linked?.(next);
    state.value = next;
  }

  useEffect(() => {
    if (first) show(first);
    return source.watch({
      state(next) {
        heard.current++;
        show(next);
      },
      online(answers) {
        isOnline.value = answers;
      },
      ended,
    });
  }, [source]);

  /** Shows what an action is answered with, unless the state was told of since: that is newer. Rejects as the action does. */
  async function answered(action: Promise<LinkState>): Promise<void> {
    const before = heard.current;
    const next = await action;
    if (heard.current === before) show(next);
  }

  async function startAnew(): Promise<void> {
    trouble.value = null;
    await answered(source.startAnew()).catch((error) => {
      trouble.value = say(error);
    });
  }

  function choose(next: 'qr' | 'code'): void {
    way.value = next;
    // While a code may be typed there is none to scan.
    if (next === 'qr' && state.value?.status === 'pairing') void startAnew();
  }

  const now = state.value;
  const status = now?.status ?? '';
  const isWaiting = ['starting', 'qr', 'pairing', ''].includes(status);
  const code = now?.qr ?? now?.pairing;
  const isAgain = since.value !== null;
  const sentence =
    trouble.value ??
    (!isOnline.value
      ? words.stateOffline
      : now
        ? told(now, { way: way.value, isAgain, isRenewed: isRenewed.value, isUnreached: unreached.value !== null })
        : words.stateOther);
  const panel =
    way.value === 'qr' ? (
      <QrPanel now={now} />
    ) : (
      <Pairing
        pairing={now?.pairing ?? null}
        isReady={status === 'qr' || status === 'pairing'}
        pair={async (phone) => show(await source.pair(phone))}
      />
    );

  return (
    <div class={`linking linking-${way.value}`}>
      <p class={`told told-${trouble.value ? 'trouble' : status || 'other'}`} role="status">
        <span class="mark" aria-hidden="true" />
        {sentence}
      </p>
      {unreached.value !== null && <p class="advice">{unreached.value}</p>}
      {status === 'connected' && <div class="success">{children}</div>}
      {AT_REST.includes(status) && (
        <button type="button" class="main" onClick={startAnew}>
          {words.startAgain}
        </button>
      )}
      {now?.passkey && <PasskeyStep passkey={now.passkey} source={source} answered={answered} />}
      {isWaiting && (
        <>
          <div class="panel">{panel}</div>
          {code && since.value !== null && (
            <div class="window">
              <Remaining from={since.value} until={code.restartsAt} />
              <Countdown text={words.windowLeft} until={code.restartsAt} />
            </div>
          )}
          <WhereToTap way={way.value} />
          <button type="button" class="link" onClick={() => choose(way.value === 'qr' ? 'code' : 'qr')}>
            {way.value === 'qr' ? words.useCode : words.useQr}
          </button>
        </>
      )}
    </div>
  );
}

function QrPanel({ now }: { now: LinkState | null }) {
  if (!now?.qr) return <div class="qr qr-empty" aria-hidden="true" />;
  return (
    <>
      <QrCode code={now.qr.code} />
      <Countdown text={words.codeChanges} until={now.qr.expiresAt} />
    </>
  );
}
