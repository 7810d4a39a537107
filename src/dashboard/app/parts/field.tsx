import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Labelled {
  label: string;
  help?: string | undefined;
  /** What is wrong with it; it takes the focus there. */
  error?: string | null | undefined;
  /** What is written in it. */
  text: Signal<string>;
}

interface Props extends Labelled {
  type?: 'text' | 'tel' | 'password' | 'url' | 'time' | 'date' | 'datetime-local';
  autocomplete?: 'off' | 'tel';
  inputmode?: 'numeric' | 'decimal';
  required?: boolean;
  /** What holds while nothing is written in it. */
  placeholder?: string | undefined;
}

/** A field with what it is above it and what is wrong below it; what is wrong takes the focus there. */
export function Field({ label, help, error, text, type = 'text', autocomplete = 'off', inputmode, required, placeholder }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useFocusOn(error, input);
  const id = useId();
  // Preact knows each type of input by a shape of its own.
  const typed = { type } as { type: 'text' };
  return (
    <Around id={id} label={label} help={help} error={error}>
      <input
        ref={input}
        id={id}
        {...typed}
        autocomplete={autocomplete}
        autocapitalize="none"
        inputMode={inputmode}
        required={required}
        placeholder={placeholder}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        aria-describedby={help || error ? `${id}-help` : undefined}
        aria-invalid={error ? 'true' : undefined}
        spellcheck={false}
      />
    </Around>
  );
}

/** As `Field`, for what has several lines. */
export function TextArea({ label, help, error, text, rows = 3, mono = false }: Labelled & { rows?: number; mono?: boolean }) {
  const input = useRef<HTMLTextAreaElement>(null);
  useFocusOn(error, input);
  const id = useId();
  return (
    <Around id={id} label={label} help={help} error={error}>
      <textarea
        ref={input}
        id={id}
        class={mono ? 'mono' : undefined}
        rows={rows}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        aria-describedby={help || error ? `${id}-help` : undefined}
        aria-invalid={error ? 'true' : undefined}
      />
    </Around>
  );
}

/** As `Field`, for one of a few. */
export function Select<Value extends string>({
  label,
  help,
  error,
  text,
  options,
}: Omit<Labelled, 'text'> & { text: Signal<Value>; options: readonly (readonly [value: Value, text: string])[] }) {
  const input = useRef<HTMLSelectElement>(null);
  useFocusOn(error, input);
  const id = useId();
  return (
    <Around id={id} label={label} help={help} error={error}>
      <select
        ref={input}
        id={id}
        value={text.value}
        onChange={(event) => {
          text.value = event.currentTarget.value as Value;
        }}
        aria-describedby={help || error ? `${id}-help` : undefined}
        aria-invalid={error ? 'true' : undefined}
      >
        {options.map(([value, name]) => (
          <option key={value} value={value} selected={value === text.value}>
            {name}
          </option>
        ))}
      </select>
    </Around>
  );
}

/** A yes or no. */
export function Check({ label, on }: { label: string; on: Signal<boolean> }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={on.value}
        onChange={(event) => {
          on.value = event.currentTarget.checked;
        }}
      />
      <span>{label}</span>
    </label>
  );
}

function useFocusOn(error: string | null | undefined, input: { current: HTMLElement | null }): void {
  useEffect(() => {
    if (error) input.current?.focus();
  }, [error]);
}

function Around({ id, label, help, error, children }: Omit<Labelled, 'text'> & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {(error || help) && (
        <p id={`${id}-help`} class={error ? 'error' : 'help'} role={error ? 'alert' : undefined}>
          {error ?? help}
        </p>
      )}
    </div>
  );
}
