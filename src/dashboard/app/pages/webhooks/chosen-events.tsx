import type { Signal } from '@preact/signals';
import type { HubEvent } from '../../../../client/index.ts';
import { Field } from '../../parts/field.tsx';
import { partsOf } from './endpoint.ts';
import { words } from './words.ts';

type Family<Type> = Type extends `${infer First}.${string}` ? First : never;

/** What types of events begin with. */
const FAMILIES: Record<Family<HubEvent['type']>, true> = {
  ...{ message: true, session: true, media: true, poll: true, presence: true, group: true, call: true },
  ...{ chat: true, flow: true, webhook: true, quarantine: true, contact: true, custom: true },
};
const PATTERNS = Object.keys(FAMILIES).map((family) => `${family}.*`);

/** Which events an endpoint hears of, written as the API takes them; by families at a click. */
export function ChosenEvents({ text, error }: { text: Signal<string>; error?: string | null | undefined }) {
  const chosen = partsOf(text.value);
  const isAll = chosen.includes('*');
  function toggle(pattern: string): void {
    const rest = chosen.filter((one) => one !== pattern && one !== '*');
    text.value = (chosen.includes(pattern) ? rest : pattern === '*' ? ['*'] : [...rest, pattern]).join(', ');
  }
  return (
    <>
      <fieldset class="filters">
        <legend class="unseen">{words.events}</legend>
        {['*', ...PATTERNS].map((pattern) => (
          <button
            key={pattern}
            type="button"
            class="chip"
            aria-pressed={pattern === '*' ? isAll : !isAll && chosen.includes(pattern)}
            onClick={() => toggle(pattern)}
          >
            {pattern === '*' ? words.allEvents : pattern}
          </button>
        ))}
      </fieldset>
      <Field label={words.events} help={words.eventsHelp} text={text} error={error} />
    </>
  );
}
