import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { shellWords as words } from '../shell/words.ts';
import { fill } from '../words/words.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { say } from './say.ts';

interface Props {
  title: string;
  /** What it does, a verb: it stands on the button. */
  verb: string;
  /** What leaves all as it is; "Cancel" where that could be misread. */
  no?: string;
  /** What cannot be undone is done once its name was typed. */
  name?: string;
  /** Rejects as `ask` does; closed once it resolves. */
  act(): Promise<unknown>;
  close(): void;
  /** What comes of it. */
  children?: ComponentChildren;
}

/** Asks before something is done that ends or removes something. */
export function Confirm({ title, verb, no = words.cancel, name, act, close, children }: Props) {
  const typed = useSignal('');
  const error = useSignal<string | null>(null);
  const isActing = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    error.value = null;
    if (name !== undefined && typed.value.trim() !== name) {
      error.value = words.nameDiffers;
      return;
    }
    isActing.value = true;
    await act().then(close, (refused) => {
      error.value = say(refused);
    });
    isActing.value = false;
  }

  return (
    <Dialog
      title={title}
      close={close}
      answers={
        <>
          <button type="submit" form="confirm" class="danger" disabled={isActing.value}>
            {verb}
          </button>
          <button type="button" class="quiet" onClick={close}>
            {no}
          </button>
        </>
      }
    >
      {children}
      <form id="confirm" onSubmit={submit} noValidate>
        {name !== undefined && <Field label={fill(words.typeName, { name })} error={error.value} text={typed} />}
        {name === undefined && error.value !== null && (
          <p class="error" role="alert">
            {error.value}
          </p>
        )}
      </form>
    </Dialog>
  );
}
