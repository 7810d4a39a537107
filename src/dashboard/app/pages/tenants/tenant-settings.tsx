import { type Signal, useSignal } from '@preact/signals';
import type { Limits, Tenant, UpdateTenantBody } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { type Faults, faultsOf, figureIn, putAt, writtenAt } from '../../parts/faults.ts';
import { Field, Select } from '../../parts/field.tsx';
import { limitWords } from '../../parts/limit-words.ts';
import { notify } from '../../parts/notices.tsx';
import { words } from './words.ts';

type LimitName = keyof Limits['limits'];
const TYPING = 'settings.flows.typing';

/** The groups of fields; each field by its place in the body, with what it is called. */
const GROUPS: readonly (readonly [title: string, fields: readonly (readonly [place: string, label: string])[]])[] = [
  [
    words.retention,
    (['payloadDays', 'messagesDays', 'attemptsDays', 'auditDays'] as const).map(
      (name) => [`settings.retention.${name}`, words[name]] as const,
    ),
  ],
  [words.media, (['maxBytes', 'retentionDays'] as const).map((name) => [`settings.media.${name}`, words[name]] as const)],
  [words.flowsTitle, [['settings.flows.phonePauseMinutes', words.phonePauseMinutes]]],
  [words.limits, Object.entries(limitWords).map(([name, label]) => [`settings.limits.${name}`, label] as const)],
];
const PLACES = Object.fromEntries(
  ['name', ...GROUPS.flatMap(([, fields]) => fields.map(([place]) => place))].map((place) => [place, place]),
);

/** What differs for a tenant from the configuration of the hub. */
export function TenantSettings({ tenant, set }: { tenant: Tenant; set(tenant: Tenant): void }) {
  const texts = Object.fromEntries(Object.keys(PLACES).map((place) => [place, useSignal(writtenAt(tenant, place))])) as Record<
    string,
    Signal<string>
  >;
  const typing = useSignal(writtenAt(tenant, TYPING));
  const { value: now } = useOne(tenant.id, () => hub.getLimits({ tenant: tenant.id }));
  const faults = useSignal<Faults<string>>({ at: {}, rest: null });
  const isSaving = useSignal(false);

  async function save(event: Event): Promise<void> {
    event.preventDefault();
    faults.value = { at: {}, rest: null };
    isSaving.value = true;
    const body: Record<string, unknown> = {};
    for (const [place, text] of Object.entries(texts)) {
      const written = text.value.trim();
      if (written === writtenAt(tenant, place)) continue;
      putAt(body, place, place === 'name' ? written : written === '' ? null : figureIn(written));
    }
    if (typing.value !== writtenAt(tenant, TYPING)) putAt(body, TYPING, typing.value === '' ? null : typing.value === 'true');
    await hub.updateTenant(tenant.id, body as UpdateTenantBody).then(
      (changed) => {
        set(changed);
        notify(words.saved);
      },
      (error) => {
        faults.value = faultsOf(error, PLACES);
      },
    );
    isSaving.value = false;
  }

  const field = (place: string, label: string, inputmode?: 'numeric') => {
    const text = texts[place];
    const limit = now?.limits[place.split('.').at(-1) as LimitName];
    const placeholder = limit && text?.value === '' ? (limit.limit ?? 0).toLocaleString() : undefined;
    return text && <Field key={place} {...{ label, text, placeholder }} error={faults.value.at[place]} {...(inputmode && { inputmode })} />;
  };
  return (
    <form class="wide-form" onSubmit={save} noValidate>
      {field('name', words.name)}
      <p class="help">{words.settingsLead}</p>
      {GROUPS.map(([title, fields]) => (
        <fieldset key={title} class="stack">
          <legend>
            <b>{title}</b>
          </legend>
          <div class="fields">
            {fields.map(([place, label]) => field(place, label, 'numeric'))}
            {title === words.flowsTitle && (
              <Select
                label={words.typing}
                text={typing}
                options={[
                  ['', words.asTheHub],
                  ['true', words.typingYes],
                  ['false', words.typingNo],
                ]}
              />
            )}
          </div>
        </fieldset>
      ))}
      {faults.value.rest !== null && (
        <p class="error" role="alert">
          {faults.value.rest}
        </p>
      )}
      <button type="submit" class="main" disabled={isSaving.value}>
        {words.save}
      </button>
    </form>
  );
}
