import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface Props {
  /** What it does, a verb. */
  verb: string;
  /** How it looks. */
  class?: string;
  /** The dialog that it opens, with what closes that. */
  children(close: () => void): ComponentChildren;
}

/** A button that asks in a dialog for what there is to know before something is made. */
export function MakeButton({ verb, class: look = 'main', children }: Props) {
  const isOpen = useSignal(false);
  return (
    <>
      <button
        type="button"
        class={look}
        onClick={() => {
          isOpen.value = true;
        }}
      >
        {verb}
      </button>
      {isOpen.value &&
        children(() => {
          isOpen.value = false;
        })}
    </>
  );
}
