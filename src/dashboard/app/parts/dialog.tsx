import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { shellWords as words } from '../shell/words.ts';

interface Props {
  title: string;
  /** Called however it is closed: by its button, by Escape, by a click beside it. */
  close(): void;
  /** For what needs room. */
  wide?: boolean;
  /** Below the rest, instead of "Close". */
  answers?: ComponentChildren;
  children?: ComponentChildren;
}

/** Before all else until it is closed; the browser keeps the focus in it and gives it back. Shown as long as it is rendered. */
export function Dialog({ title, close, wide = false, answers, children }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // At once, not after the next frame: whoever types without waiting types into it, and not into the page's shortcuts.
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      dialog.current?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'wide' : ''}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div class="dialog">
        <h2 id={id}>{title}</h2>
        {children}
        <div class="answers">
          {answers ?? (
            <button type="button" class="quiet" onClick={close}>
              {words.close}
            </button>
          )}
        </div>
      </div>
    </dialog>
  );
}
