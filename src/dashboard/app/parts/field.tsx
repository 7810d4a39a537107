import type { Signal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Props {
  label: string;
  help: string;
  error: string | null;
  /** What is written in it. */
  text: Signal<string>;
  type: 'text' | 'tel' | 'password';
  autocomplete: 'off' | 'tel';
}

/** A field with what it is above it and what is wrong below it; what is wrong takes the focus there. */
export function Field({ label, help, error, text, type, autocomplete }: Props) {
  const id = useId();
  // Preact knows each type of input by a shape of its own.
  const typed = { type } as { type: 'text' };
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (error) input.current?.focus();
  }, [error]);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        ref={input}
        id={id}
        {...typed}
        autocomplete={autocomplete}
        autocapitalize="none"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        aria-describedby={`${id}-help`}
        aria-invalid={error ? 'true' : undefined}
        spellcheck={false}
      />
      <p id={`${id}-help`} class={error ? 'error' : 'help'} role={error ? 'alert' : undefined}>
        {error ?? help}
      </p>
    </div>
  );
}
