import { useSignal } from '@preact/signals';
import { words } from '../here.ts';
import { Field } from '../parts/field.tsx';
import { say } from '../parts/say.ts';
import { Countdown } from './countdown.tsx';
import type { Code } from './source.ts';

interface Props {
  pairing: Code | null;
  /** Whether a code can be asked for now. */
  isReady: boolean;
  pair(phone: string): Promise<unknown>;
}

/** A code to be typed on the phone, and the number that it is asked for with. */
export function Pairing({ pairing, isReady, pair }: Props) {
  const number = useSignal('');
  const error = useSignal<string | null>(null);
  const isAsking = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    error.value = null;
    isAsking.value = true;
    const known = { 'invalid-body': words.numberWrong, 'pairing-unavailable': words.notReady, 'qr-unavailable': words.notReady };
    await pair(number.value).catch((refused) => {
      error.value = say(refused, known);
    });
    isAsking.value = false;
  }

  const form = (
    <form onSubmit={submit} noValidate>
      <Field label={words.number} help={words.numberHelp} error={error.value} text={number} type="tel" autocomplete="tel" />
      <button type="submit" class={pairing ? 'quiet' : 'main'} disabled={!isReady || isAsking.value}>
        {isAsking.value ? words.gettingCode : words.getCode}
      </button>
    </form>
  );
  if (!pairing) return <div class="pairing">{form}</div>;
  return (
    <div class="pairing">
      <div class="code-box">
        <p class="code" role="img" aria-label={`${words.codeLabel}: ${[...pairing.code].join(' ')}`}>
          {pairing.code}
        </p>
        <Countdown text={words.codeEnds} until={pairing.expiresAt} />
      </div>
      <details class="again">
        <summary>{words.newCode}</summary>
        {form}
      </details>
    </div>
  );
}
