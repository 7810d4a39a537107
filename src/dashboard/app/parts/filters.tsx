import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { shellWords as words } from '../shell/words.ts';

/** Milliseconds after the last key before it is searched for. */
const PAUSE = 250;

/** Told a little after somebody has stopped typing; "/" leads to it. */
export function SearchField({ label = words.search, text, search }: { label?: string; text: string; search(text: string): void }) {
  const typed = useSignal(text);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    typed.value = text;
  }, [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          clearTimeout(timer.current);
          search(typed.value.trim());
        }}
      >
        <input
          type="search"
          aria-label={label}
          placeholder={label}
          value={typed.value}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            clearTimeout(timer.current);
            timer.current = setTimeout(() => search(typed.value.trim()), PAUSE);
          }}
        />
      </form>
    </search>
  );
}

interface Props {
  label: string;
  options: readonly (readonly [value: string, text: string])[];
  /** Empty: all. */
  chosen: string;
  choose(value: string): void;
}

/** What a list is narrowed to: one of these, or (pressed again) all. */
export function Chips({ label, options, chosen, choose }: Props) {
  return (
    <fieldset class="filters">
      <legend class="unseen">{label}</legend>
      {options.map(([value, text]) => (
        <button
          key={value}
          type="button"
          class="chip"
          aria-pressed={value === chosen}
          onClick={() => choose(value === chosen ? '' : value)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

interface PickProps {
  label: string;
  /** What stands for all of them. */
  all: string;
  /** One of the values; empty: all. */
  chosen: string;
  choose(value: string): void;
  /** Values by the name of their group; those of '' stand by themselves. */
  groups: Readonly<Record<string, readonly string[]>>;
}

/** What a list is narrowed to, where it is one of many. */
export function Pick({ label, all, chosen, choose, groups }: PickProps) {
  const isKnown = chosen === '' || Object.values(groups).some((values) => values.includes(chosen));
  const option = (value: string) => (
    <option key={value} value={value} selected={value === chosen}>
      {value}
    </option>
  );
  return (
    <label class="row">
      <span class="none">{label}</span>
      <select class="choose" value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{all}</option>
        {!isKnown && option(chosen)}
        {Object.entries(groups).map(([name, values]) =>
          name === '' ? (
            values.map(option)
          ) : (
            <optgroup key={name} label={name}>
              {values.map(option)}
            </optgroup>
          ),
        )}
      </select>
    </label>
  );
}
