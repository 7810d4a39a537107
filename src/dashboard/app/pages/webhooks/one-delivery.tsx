import { useSignal } from '@preact/signals';
import { hub } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { useOne } from '../../live/use-one.ts';
import { Choice } from '../../parts/choice.tsx';
import { Code } from '../../parts/code.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Awaited } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { exactTime, Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import { leads } from '../../shell/reach.ts';
import { fill } from '../../words/words.ts';
import { EVENTS, pathTo as pathToEvent } from '../events/event.ts';
import { type Attempt, pathTo } from './endpoint.ts';
import { RetryDelivery } from './retry-delivery.tsx';
import { AttemptResult, adviceOn, DeliveryState, NextAttempt } from './status.tsx';
import { words } from './words.ts';

/** Milliseconds between two looks while it is not over. */
const EVERY = 2_000;

/** One event owed to one endpoint: what is sent, and each request that was made for it. */
export function OneDelivery({ endpointId, id }: { endpointId: string; id: string }) {
  const { value: delivery, trouble, reload } = useOne(id, () => hub.getDelivery(id));
  useEvery(delivery === null || delivery.status === 'pending' ? EVERY : null, reload);
  const up = { href: pathTo({ id: endpointId }), name: words.tabDeliveries };
  if (!delivery) {
    return (
      <Page title={words.delivery} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  const { eventId, attempts } = delivery;
  return (
    <Page title={delivery.eventType} up={up} actions={<RetryDelivery delivery={delivery} changed={reload} />}>
      <div class="panes">
        <section class="pane">
          <h2>{words.delivery}</h2>
          <dl class="facts">
            <Fact name={words.state}>
              <DeliveryState status={delivery.status} />
            </Fact>
            <Fact name={words.event}>
              {leads(EVENTS) ? (
                <a href={pathToEvent(eventId)}>
                  <code>{eventId}</code>
                </a>
              ) : (
                <code>{eventId}</code>
              )}
            </Fact>
            <Fact name={words.attempts}>{number(delivery.attemptsMade)}</Fact>
            {(delivery.nextAttemptAt ?? delivery.waitsFor) && (
              <Fact name={words.nextAttempt}>
                <NextAttempt delivery={delivery} />
              </Fact>
            )}
            <Fact name={words.at}>
              <Time at={delivery.createdAt} />
            </Fact>
            {delivery.finishedAt !== null && (
              <Fact name={words.finishedAt}>
                <Time at={delivery.finishedAt} />
              </Fact>
            )}
          </dl>
        </section>
        {(delivery.requests ?? [delivery]).map(({ body }) => (
          <Payload key={body} body={body} />
        ))}
      </div>
      <h2>{words.attempts}</h2>
      {attempts.length === 0 && <p class="none">{words.noAttemptsYet}</p>}
      {attempts.toReversed().map((attempt) => (
        <OneAttempt key={`${attempt.number} ${attempt.startedAt}`} attempt={attempt} />
      ))}
    </Page>
  );
}

/** As people read it, or byte for byte, which is what is signed. */
function Payload({ body }: { body: string }) {
  const way = useSignal<'read' | 'sent'>('read');
  return (
    <section class="pane">
      <h2>{words.payload}</h2>
      <Choice
        label={words.payloadAs}
        options={[
          ['read', words.payloadRead],
          ['sent', words.payloadSent],
        ]}
        chosen={way.value}
        choose={(one) => {
          way.value = one;
        }}
      />
      <Code label="application/json" text={way.value === 'read' ? readable(body) : body} />
    </section>
  );
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

const headerLines = (headers: Record<string, string | string[]>): string =>
  Object.entries(headers)
    .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`))
    .join('\n');

function OneAttempt({ attempt }: { attempt: Attempt }) {
  const { requestHeaders, responseHeaders, responseBody, actions, error } = attempt;
  const advice = adviceOn(attempt);
  return (
    <section class="pane">
      <div class="row between">
        <h3>{fill(words.attemptNumber, { number: number(attempt.number) })}</h3>
        <AttemptResult attempt={attempt} />
        <time dateTime={attempt.startedAt}>{exactTime(attempt.startedAt)}</time>
      </div>
      {advice !== null && <p class="advice">{advice}</p>}
      {error !== null && <p class="error">{error}</p>}
      <div class="panes">
        {requestHeaders ? <Code label={words.signed} text={headerLines(requestHeaders)} /> : <p class="help">{words.notSigned}</p>}
        {responseHeaders && <Code label={words.responseHeaders} text={headerLines(responseHeaders)} />}
      </div>
      {responseBody ? <Code label={words.responseBody} text={responseBody} /> : responseHeaders && <p class="help">{words.noBody}</p>}
      {actions.length > 0 && (
        <ul class="plain">
          {actions.map((action) => (
            <li key={action.index}>
              {action.ok
                ? fill(words.actionDone, { number: number((action.index ?? 0) + 1) })
                : fill(words.actionFailed, { number: number((action.index ?? 0) + 1), why: action.error?.message ?? '' })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
