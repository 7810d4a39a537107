import { useId } from 'preact/hooks';

interface Props<Value extends string> {
  label: string;
  options: readonly (readonly [Value, string])[];
  chosen: Value;
  choose(value: Value): void;
}

/** One of a few, side by side; radio buttons to the keyboard and to whoever reads aloud. */
export function Choice<Value extends string>({ label, options, chosen, choose }: Props<Value>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div class="choice-options">
        {options.map(([value, text]) => (
          <label key={value}>
            <input type="radio" name={name} value={value} checked={value === chosen} onChange={() => choose(value)} />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
