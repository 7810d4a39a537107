import { type Signal, useSignal } from '@preact/signals';
import type { Session, UpdateSessionBody } from '../../../../client/index.ts';
import { hub, Problem } from '../../ask.ts';
import { Field } from '../../parts/field.tsx';
import { notify } from '../../parts/notices.tsx';
import { say } from '../../parts/say.ts';
import { go } from '../../shell/place.ts';
import { fill } from '../../words/words.ts';
import { pathTo } from './session.ts';
import { words } from './words.ts';

/** Where each field stands in the body, and in the `errors` of a problem. */
const FIELDS = {
  name: 'name',
  perMinute: 'config.pacing.perMinute',
  burst: 'config.pacing.burst',
  minGap: 'config.pacing.minGapSeconds',
  jitter: 'config.pacing.jitter',
  perChat: 'config.pacing.perChatPerMinute',
  quietFrom: 'config.pacing.quietHours.from',
  quietTo: 'config.pacing.quietHours.to',
  timezone: 'config.pacing.quietHours.timezone',
  warmUpDays: 'config.pacing.warmUp.days',
  warmUpPerDay: 'config.pacing.warmUp.perDay',
} as const;
type FieldName = keyof typeof FIELDS;

const NAMES = Object.keys(FIELDS) as FieldName[];
const TEXTS: readonly FieldName[] = ['name', 'quietFrom', 'quietTo', 'timezone'];

/** What `path` ("a.b") leads to, as it is written in a field. */
function writtenAt(value: unknown, path: string): string {
  const found = path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);
  return found === undefined || found === null ? '' : String(found);
}

/** What the fields say; one that is empty is left out, and what is no number is given as it is, for the hub to refuse. */
function bodyOf(texts: Record<FieldName, string>): UpdateSessionBody {
  const body: Record<string, unknown> = {};
  for (const field of NAMES) {
    const text = texts[field].trim();
    if (text === '' && field !== 'name') continue;
    const keys = FIELDS[field].split('.');
    const last = keys.pop() as string;
    let inner = body;
    for (const key of keys) {
      inner[key] ??= {};
      inner = inner[key] as Record<string, unknown>;
    }
    const figure = Number(text.replace(',', '.'));
    inner[last] = TEXTS.includes(field) || Number.isNaN(figure) ? text : figure;
  }
  return { config: { pacing: null }, ...body };
}

/** What of a session can be changed: its name, and how fast its sends leave. */
export function SessionSettings({ session, set }: { session: Session; set(session: Session): void }) {
  const texts = Object.fromEntries(NAMES.map((field) => [field, useSignal(writtenAt(session, FIELDS[field]))])) as Record<
    FieldName,
    Signal<string>
  >;
  const errors = useSignal<Partial<Record<FieldName, string>>>({});
  const trouble = useSignal<string | null>(null);
  const isSaving = useSignal(false);

  function refuse(error: unknown): void {
    const { errors: faults = [], options } = (error instanceof Problem ? error.members : {}) as {
      errors?: { path: string; message: string }[];
      options?: { name?: { name: string } };
    };
    const free = options?.name?.name;
    const found = NAMES.flatMap((field): [FieldName, string][] => {
      // A fault of the whole group stands beside its first field.
      const fault = faults.find(({ path }) => FIELDS[field] === path || FIELDS[field].startsWith(`${path}.`));
      return fault ? [[field, fault.message]] : [];
    });
    const placed = Object.fromEntries(found.filter(([, message], at) => found.findIndex(([, other]) => other === message) === at));
    if (free !== undefined) errors.value = { name: fill(words.nameTaken, { name: free }) };
    else if (found.length > 0) errors.value = placed;
    else if (error instanceof Problem && error.code === 'invalid-body') errors.value = { name: error.message };
    else trouble.value = say(error);
  }

  async function save(event: Event): Promise<void> {
    event.preventDefault();
    errors.value = {};
    trouble.value = null;
    isSaving.value = true;
    const written = Object.fromEntries(NAMES.map((field) => [field, texts[field].value])) as Record<FieldName, string>;
    await hub.updateSession(session.id, bodyOf(written)).then((changed) => {
      set(changed);
      notify(words.saved);
      if (changed.name !== session.name) go(pathTo(changed, '/settings'), { replace: true });
    }, refuse);
    isSaving.value = false;
  }

  const field = (name: FieldName, label: string, more: { help?: string; type?: 'time'; inputmode?: 'decimal' } = {}) => (
    <Field label={label} text={texts[name]} error={errors.value[name]} {...more} />
  );
  const figure = { inputmode: 'decimal' } as const;
  return (
    <form class="wide-form" onSubmit={save} noValidate>
      {field('name', words.name)}
      <p class="help">
        {words.settingsLead} {words.emptyMeans}
      </p>
      <div class="fields">
        {field('perMinute', words.perMinute, figure)}
        {field('burst', words.burst, figure)}
        {field('minGap', words.minGap, figure)}
        {field('jitter', words.jitter, { ...figure, help: words.jitterHelp })}
        {field('perChat', words.perChat, figure)}
      </div>
      <div class="fields">
        {field('quietFrom', words.quietFrom, { type: 'time' })}
        {field('quietTo', words.quietTo, { type: 'time' })}
        {field('timezone', words.timezone, { help: words.timezoneHelp })}
      </div>
      <div class="fields">
        {field('warmUpDays', words.warmUpDays, figure)}
        {field('warmUpPerDay', words.warmUpPerDay, figure)}
      </div>
      {trouble.value !== null && (
        <p class="error" role="alert">
          {trouble.value}
        </p>
      )}
      <button type="submit" class="main" disabled={isSaving.value}>
        {words.save}
      </button>
    </form>
  );
}
