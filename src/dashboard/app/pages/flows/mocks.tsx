import { type Signal, useSignal } from '@preact/signals';
import { Field, TextArea } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { fill } from '../../words/words.ts';
import type { Mock, Request } from './conversation.ts';
import { words } from './words.ts';

/** What is being set: `mock` is what was set for it before. */
export interface Setting {
  request: string;
  asks: Request['asks'];
  /** The step that asks, where that is known. */
  step: string | null;
  mock: Mock | null;
}

/** Of a request: whatever stands behind the "?" of its URL. */
export const fits = ({ method, url }: Request): string => `${method} ${url.split('?')[0]}`;

/** What was set for a request, by a person here. */
export const mockFor = (mocks: readonly Mock[], request: Request): Mock | null =>
  mocks.find((one) => one.request === fits(request)) ?? null;

const FIRST: Record<Request['asks'], string> = {
  http: '',
  model: '[{ "say": "…" }, "done"]',
  transcription: '{ "text": "…" }',
};

/** What the mock answers, as it is written in the form. */
function bodyOf({ mock, asks }: Setting): string {
  const answer = asks === 'model' ? mock?.tools : mock?.body;
  if (answer === undefined) return mock ? '' : FIRST[asks];
  return typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2);
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

/** The answer of somebody outside, who is not asked in a chat beside a text. */
export function MockForm({ setting, done, close }: { setting: Setting; done(mock: Mock): void; close(): void }) {
  const { asks, step, mock } = setting;
  const request = useSignal(setting.request);
  const status = useSignal(String(mock?.status ?? 200));
  const body = useSignal(bodyOf(setting));
  const failure = useSignal(mock?.error ?? '');
  const error = useSignal<Partial<Record<'status' | 'body', string>>>({});

  function made(): Mock | false {
    const base = { request: request.value.trim() };
    if (failure.value.trim() !== '') return { ...base, error: failure.value.trim() };
    const code = Number(status.value);
    const written = body.value.trim();
    const found = written === '' ? null : parsed(written);
    error.value = {
      ...(!(Number.isInteger(code) && code >= 100 && code <= 599) && { status: words.mockStatusWrong }),
      ...(asks === 'model' && !Array.isArray(found?.value) && { body: words.mockToolsWrong }),
    };
    if (Object.keys(error.value).length > 0) return false;
    if (asks === 'model') return { ...base, tools: found?.value, ...(code !== 200 && { status: code }) };
    return { ...base, status: code, ...(written !== '' && { body: found ? found.value : written }) };
  }

  return (
    <FormDialog
      title={words.mockTitle}
      verb={words.mockSet}
      isBlocked={request.value.trim() === ''}
      act={async () => made()}
      done={done}
      close={close}
      lead={<p>{step === null ? words.mockLead : fill(words.mockLeadOf, { step })}</p>}
    >
      <Field label={words.mockRequest} help={words.mockRequestHelp} text={request} />
      <Field label={words.mockStatus} inputmode="numeric" text={status} error={error.value.status} />
      <TextArea
        label={asks === 'model' ? words.mockTools : words.mockBody}
        help={asks === 'model' ? words.mockToolsHelp : words.mockBodyHelp}
        mono
        rows={4}
        text={body}
        error={error.value.body}
      />
      <Field label={words.mockError} help={words.mockErrorHelp} text={failure} />
    </FormDialog>
  );
}

/** All that is set, to be changed or taken back. */
export function Mocks({ mocks, change }: { mocks: Signal<readonly Mock[]>; change(setting: Setting): void }) {
  if (mocks.value.length === 0) return null;
  return (
    <section class="stack-tight">
      <h2>{words.mocks}</h2>
      <ul class="plain">
        {mocks.value.map((mock) => (
          <li key={mock.request} class="row between">
            <span class="wraps">
              <code>{mock.request}</code> → {mock.error ?? mock.status ?? 200}
            </span>
            <span class="row">
              <button
                type="button"
                class="link"
                onClick={() => change({ request: mock.request, asks: mock.tools === undefined ? 'http' : 'model', step: null, mock })}
              >
                {words.mockChange}
                <span class="unseen"> {mock.request}</span>
              </button>
              <button
                type="button"
                class="link"
                onClick={() => {
                  mocks.value = mocks.value.filter((one) => one !== mock);
                }}
              >
                {words.mockRemove}
                <span class="unseen"> {mock.request}</span>
              </button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
