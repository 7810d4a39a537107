import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { shellWords as words } from '../shell/words.ts';
import { Dialog } from './dialog.tsx';
import { say } from './say.ts';

interface Props<Done> {
  title: string;
  /** What it does, a verb: it stands on the button. */
  verb: string;
  /** What leaves all as it is; "Cancel" where that could be misread. */
  no?: string;
  /** It ends or removes something. */
  isDangerous?: boolean;
  /** Something is still missing. */
  isBlocked?: boolean;
  /** False: it stays open, for something is to be mended or shown. Rejects as `ask` does, which is told below the fields. */
  act(): Promise<Done | false>;
  /** With what `act` gave, once it is closed. */
  done?(done: Done): void;
  /** Whether what was refused is told elsewhere, at its field say. */
  refused?(error: unknown): boolean;
  close(): void;
  /** Above the form. */
  lead?: ComponentChildren;
  children?: ComponentChildren;
}

/** A form before all else. It is sent once at a time, and closed when that was done. */
export function FormDialog<Done>(props: Props<Done>) {
  const { title, verb, no = words.cancel, isDangerous = false, isBlocked = false, close, lead, children } = props;
  const id = useId();
  const error = useSignal<string | null>(null);
  const isActing = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    error.value = null;
    isActing.value = true;
    await props.act().then(
      (done) => {
        if (done === false) return;
        close();
        props.done?.(done);
      },
      (why) => {
        if (!props.refused?.(why)) error.value = say(why);
      },
    );
    isActing.value = false;
  }

  return (
    <Dialog
      title={title}
      close={close}
      answers={
        <>
          <button type="submit" form={id} class={isDangerous ? 'danger' : 'main'} disabled={isActing.value || isBlocked}>
            {verb}
          </button>
          <button type="button" class="quiet" onClick={close}>
            {no}
          </button>
        </>
      }
    >
      {lead}
      <form id={id} onSubmit={submit} noValidate>
        {children}
        {error.value !== null && (
          <p class="error" role="alert">
            {error.value}
          </p>
        )}
      </form>
    </Dialog>
  );
}
