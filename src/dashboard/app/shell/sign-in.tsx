import { useSignal } from '@preact/signals';
import { ask } from '../ask.ts';
import { words } from '../here.ts';
import { Field } from '../parts/field.tsx';
import { Frame } from '../parts/frame.tsx';
import { say } from '../parts/say.ts';
import type { SignedIn } from './who.ts';
import { shellWords } from './words.ts';

export function SignIn({ done }: { done(who: SignedIn): void }) {
  const key = useSignal('');
  const error = useSignal<string | null>(null);
  const isAsking = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    error.value = null;
    const shown = key.value.trim();
    // What else there is cannot stand in a header, and no key has it.
    if (!/^[!-~]+$/.test(shown)) {
      error.value = words.keyWrong;
      return;
    }
    isAsking.value = true;
    const known = { unauthorized: words.keyWrong };
    await ask<SignedIn>('POST', '/dashboard/sign-in', { headers: { authorization: `Bearer ${shown}` } }).then(done, (refused) => {
      error.value = say(refused, known);
    });
    isAsking.value = false;
  }

  return (
    <Frame title={words.signInTitle} lead={words.signInLead}>
      <form onSubmit={submit} noValidate>
        <Field label={words.key} help={words.keyHelp} error={error.value} text={key} type="password" autocomplete="off" />
        <button type="submit" class="main" disabled={isAsking.value}>
          {words.signIn}
        </button>
      </form>
      <p class="help">
        <a href="/docs">{shellWords.docs}</a>
      </p>
    </Frame>
  );
}
