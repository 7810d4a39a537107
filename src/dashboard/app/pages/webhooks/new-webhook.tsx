import { useSignal } from '@preact/signals';
import type { NewEndpoint } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { useOne } from '../../live/use-one.ts';
import { CopiedText } from '../../parts/copied-text.tsx';
import { faultsOf } from '../../parts/faults.ts';
import { Field } from '../../parts/field.tsx';
import { notifyTrouble } from '../../parts/notices.tsx';
import { Page } from '../../shell/frame.tsx';
import { fill } from '../../words/words.ts';
import { ChosenEvents } from './chosen-events.tsx';
import { keepSecret, partsOf, pathTo, WEBHOOKS } from './endpoint.ts';
import { AttemptResult, adviceOn } from './status.tsx';
import { VerifyCode } from './verify-code.tsx';
import { words } from './words.ts';

type Step = 1 | 2 | 3;

/** An endpoint in three steps: where to, what of, and a test with the secret that is shown this once. */
export function NewWebhook() {
  const step = useSignal<Step>(1);
  const url = useSignal('');
  const description = useSignal('');
  const events = useSignal('message.*, session.*');
  const sessions = useSignal('');
  const errors = useSignal<Partial<Record<'url' | 'description' | 'events' | 'sessions', string>>>({});
  const trouble = useSignal<string | null>(null);
  const made = useSignal<NewEndpoint | null>(null);
  const isMaking = useSignal(false);

  async function create(): Promise<void> {
    isMaking.value = true;
    const body = {
      ...{ url: url.value, description: description.value, events: partsOf(events.value) },
      sessions: partsOf(sessions.value),
    };
    await hub.createWebhook(body).then(
      (endpoint) => {
        keepSecret(endpoint.id, endpoint.secret);
        made.value = endpoint;
        step.value = 3;
      },
      (error) => {
        const { at, rest } = faultsOf(error, { url: 'url', description: 'description', events: 'events', sessions: 'sessions' });
        errors.value = at;
        trouble.value = rest;
        // What is wrong there is mended there.
        if (at.url || at.description) step.value = 1;
      },
    );
    isMaking.value = false;
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    trouble.value = null;
    errors.value = {};
    if (step.value === 2) return create();
    if (URL.canParse(url.value.trim())) step.value = 2;
    else errors.value = { url: words.urlWrong };
  }

  const up = { href: WEBHOOKS, name: words.webhooks };
  if (made.value) {
    return (
      <Page title={words.addTitle} up={up}>
        <At step={3} />
        <Test endpoint={made.value} />
      </Page>
    );
  }
  return (
    <Page title={words.addTitle} up={up}>
      <At step={step.value} />
      <form key={step.value} class="wide-form" onSubmit={submit} noValidate>
        {step.value === 1 ? (
          <>
            <Field label={words.url} help={words.urlHelp} type="url" text={url} error={errors.value.url} />
            <Field label={words.description} help={words.descriptionHelp} text={description} error={errors.value.description} />
          </>
        ) : (
          <>
            <p>{words.eventsLead}</p>
            <ChosenEvents text={events} error={errors.value.events} />
            <Field label={words.sessions} help={words.sessionsHelp} text={sessions} error={errors.value.sessions} />
          </>
        )}
        {trouble.value !== null && (
          <p class="error" role="alert">
            {trouble.value}
          </p>
        )}
        <div class="row">
          <button type="submit" class="main" disabled={isMaking.value}>
            {step.value === 1 ? words.next : words.create}
          </button>
          {step.value === 2 && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                step.value = 1;
              }}
            >
              {words.back}
            </button>
          )}
        </div>
      </form>
    </Page>
  );
}

function At({ step }: { step: Step }) {
  return (
    <ol class="at-step" aria-label={words.steps}>
      {[words.stepUrl, words.stepEvents, words.stepTest].map((name, at) => (
        <li key={name} aria-current={at + 1 === step ? 'step' : undefined}>
          {name}
        </li>
      ))}
    </ol>
  );
}

function Test({ endpoint }: { endpoint: NewEndpoint }) {
  const deliveryId = useSignal<string | null>(null);
  const isAsking = useSignal(false);
  const { value: delivery, reload } = useOne(deliveryId.value, () => hub.getDelivery(deliveryId.value ?? ''));
  const attempt = delivery?.attempts.at(-1);
  useEvery(deliveryId.value !== null && !attempt ? 1_000 : null, reload);

  async function send(): Promise<void> {
    isAsking.value = true;
    await hub.testWebhook(endpoint.id).then((sent) => {
      deliveryId.value = sent.deliveryId;
    }, notifyTrouble);
    isAsking.value = false;
  }

  const advice = attempt && adviceOn(attempt);
  return (
    <>
      {endpoint.warnings?.map(({ path, message }) => (
        <p key={path} class="advice">
          {message}
        </p>
      ))}
      <div class="panes">
        <section class="pane">
          <h2>{words.secretTitle}</h2>
          <p>{words.secretLead}</p>
          <CopiedText label={words.secret} text={endpoint.secret} />
        </section>
        <section class="pane">
          <h2>{words.testTitle}</h2>
          <p>{fill(words.testLead, { url: endpoint.url })}</p>
          <button type="button" class="main" disabled={isAsking.value} onClick={send}>
            {words.test}
          </button>
          <div role="status" class="stack-tight">
            {deliveryId.value !== null && !attempt && <p class="none">{words.testing}</p>}
            {attempt && <AttemptResult attempt={attempt} />}
            {attempt && (advice === null ? <p>{words.testTaken}</p> : <p>{advice}</p>)}
            {attempt?.error && <p class="help">{attempt.error}</p>}
          </div>
          <a href={pathTo(endpoint)}>{words.toWebhook}</a>
        </section>
      </div>
      <VerifyCode endpoint={endpoint} />
    </>
  );
}
