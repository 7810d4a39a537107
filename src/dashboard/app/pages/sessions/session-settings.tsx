import { type Signal, useSignal } from '@preact/signals';
import { isProblem, type Session, type UpdateSessionBody } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { faultsOf, figureIn, putAt, writtenAt } from '../../parts/faults.ts';
import { Field } from '../../parts/field.tsx';
import { notify } from '../../parts/notices.tsx';
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

/** What the fields say; one that is empty is left out, and what is no number is given as it is, for the hub to refuse. */
function bodyOf(texts: Record<FieldName, string>): UpdateSessionBody {
  const body: Record<string, unknown> = {};
  for (const field of NAMES) {
    const text = texts[field].trim();
    if (text !== '' || field === 'name') putAt(body, FIELDS[field], TEXTS.includes(field) ? text : figureIn(text));
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
    const free = isProblem(error, 'session-exists') && (error.members.options as { name?: { name: string } }).name?.name;
    const { at, rest } = faultsOf(error, FIELDS);
    if (free) errors.value = { name: fill(words.nameTaken, { name: free }) };
    else if (isProblem(error, 'invalid-body') && rest !== null) errors.value = { name: error.message };
    else errors.value = at;
    trouble.value = Object.keys(errors.value).length > 0 ? null : rest;
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
