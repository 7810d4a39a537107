import { type Signal, useSignal } from '@preact/signals';
import type { Endpoint, UpdateWebhookBody } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { faultsOf, figureIn } from '../../parts/faults.ts';
import { Field, Select } from '../../parts/field.tsx';
import { notify } from '../../parts/notices.tsx';
import { ChosenEvents } from './chosen-events.tsx';
import { partsOf } from './endpoint.ts';
import { words } from './words.ts';

const FIELDS = {
  url: 'url',
  description: 'description',
  events: 'events',
  sessions: 'sessions',
  rateLimit: 'rateLimit',
  timeoutSeconds: 'timeoutSeconds',
  schedule: 'schedule',
} as const;
type FieldName = keyof typeof FIELDS;

const figureOrNone = (text: string): number | null => (text.trim() === '' ? null : (figureIn(text.trim()) as number));

/** What of an endpoint can be changed here. Headers, the filter by chats and the dialect are the API's to change, and stay as they are. */
export function WebhookSettings({ endpoint, set }: { endpoint: Endpoint; set(endpoint: Endpoint): void }) {
  const texts: Record<FieldName, Signal<string>> = {
    url: useSignal(endpoint.url),
    description: useSignal(endpoint.description),
    events: useSignal(endpoint.events.join(', ')),
    sessions: useSignal(endpoint.sessions.join(', ')),
    rateLimit: useSignal(String(endpoint.rateLimit ?? '')),
    timeoutSeconds: useSignal(String(endpoint.timeoutSeconds ?? '')),
    schedule: useSignal(endpoint.schedule?.join(', ') ?? ''),
  };
  const ordering = useSignal<Endpoint['ordering']>(endpoint.ordering);
  const errors = useSignal<Partial<Record<FieldName, string>>>({});
  const trouble = useSignal<string | null>(null);
  const warnings = useSignal<readonly string[]>([]);
  const isSaving = useSignal(false);

  async function save(event: Event): Promise<void> {
    event.preventDefault();
    errors.value = {};
    trouble.value = null;
    isSaving.value = true;
    const schedule = partsOf(texts.schedule.value);
    const body: UpdateWebhookBody = {
      ...{ url: texts.url.value, description: texts.description.value, ordering: ordering.value },
      ...{ events: partsOf(texts.events.value), sessions: partsOf(texts.sessions.value) },
      ...{ rateLimit: figureOrNone(texts.rateLimit.value), timeoutSeconds: figureOrNone(texts.timeoutSeconds.value) },
      schedule: schedule.length === 0 ? null : schedule.map((one) => figureIn(one) as number),
    };
    await hub.updateWebhook(endpoint.id, body).then(
      ({ warnings: told = [], ...changed }) => {
        set(changed);
        warnings.value = told.map(({ message }) => message);
        notify(words.saved);
      },
      (error) => {
        const { at, rest } = faultsOf(error, FIELDS);
        errors.value = at;
        trouble.value = rest;
      },
    );
    isSaving.value = false;
  }

  const field = (name: FieldName, label: string, more: { help?: string; type?: 'url'; inputmode?: 'numeric' } = {}) => (
    <Field label={label} text={texts[name]} error={errors.value[name]} {...more} />
  );
  const headers = Object.keys(endpoint.headers);
  const dialect = endpoint.dialect === 'hookline' ? null : `${endpoint.dialect} ${JSON.stringify(endpoint.dialectOptions)}`;
  return (
    <form class="wide-form" onSubmit={save} noValidate>
      {field('url', words.url, { type: 'url', help: words.urlHelp })}
      {field('description', words.description)}
      <ChosenEvents text={texts.events} error={errors.value.events} />
      {field('sessions', words.sessions, { help: words.sessionsHelp })}
      <Select
        label={words.ordering}
        help={words[`ordering_${ordering.value}_help`]}
        text={ordering}
        options={[
          ['strict', words.ordering_strict],
          ['chat', words.ordering_chat],
          ['relaxed', words.ordering_relaxed],
        ]}
      />
      <div class="fields">
        {field('rateLimit', words.rateLimit, { help: words.rateLimitHelp, inputmode: 'numeric' })}
        {field('timeoutSeconds', words.timeoutSeconds, { help: words.timeoutHelp, inputmode: 'numeric' })}
        {field('schedule', words.schedule, { help: words.scheduleHelp })}
      </div>
      {(headers.length > 0 || endpoint.filter !== null || dialect !== null) && (
        <p class="help">
          {words.byApi} {headers.length > 0 && <code>{headers.join(', ')}</code>}{' '}
          {endpoint.filter !== null && <code>{JSON.stringify(endpoint.filter)}</code>} {dialect !== null && <code>{dialect}</code>}
        </p>
      )}
      {warnings.value.map((warning) => (
        <p key={warning} class="advice">
          {warning}
        </p>
      ))}
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
