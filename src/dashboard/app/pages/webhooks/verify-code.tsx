import { useSignal } from '@preact/signals';
import type { Endpoint } from '../../../../client/index.ts';
import { Choice } from '../../parts/choice.tsx';
import { Code } from '../../parts/code.tsx';
import { CopiedText } from '../../parts/copied-text.tsx';
import { secretOf } from './endpoint.ts';
import { RECEIVERS, type ReceiverLanguage, receiverIn } from './receivers.ts';
import { words } from './words.ts';

const LANGUAGES = Object.keys(RECEIVERS) as ReceiverLanguage[];

/** A whole receiver that knows genuine deliveries, with the secret in it where it was shown since the page was loaded. */
export function VerifyCode({ endpoint }: { endpoint: Endpoint }) {
  const language = useSignal<ReceiverLanguage>('TypeScript');
  const secret = secretOf(endpoint.id);
  return (
    <section class="stack">
      <h2>{words.verifyTitle}</h2>
      <p class="lead">
        {secret === undefined ? words.verifyLead : words.verifyFilled} <a href="/docs/webhooks">{words.verifyMore}</a>
      </p>
      {endpoint.publicKey !== null && <CopiedText label={words.publicKey} text={endpoint.publicKey} />}
      <Choice
        label={words.language}
        options={LANGUAGES.map((one) => [one, one] as const)}
        chosen={language.value}
        choose={(one) => {
          language.value = one;
        }}
      />
      <Code label={language.value} text={receiverIn(language.value, secret)} />
    </section>
  );
}
