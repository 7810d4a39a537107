import { useSignal } from '@preact/signals';
import type { Delivery, Endpoint, HubEvent } from '../../../../client/index.ts';
import { acting, hub } from '../../ask.ts';
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
import { may } from '../../shell/who.ts';
import { chatOf, pathTo as pathToChat } from '../chats/chat.ts';
import { messageOf, SENDS } from '../sends/send.ts';
import { pathTo as pathToSession } from '../sessions/session.ts';
import { pathTo as pathToWebhook } from '../webhooks/endpoint.ts';
import { RetryDelivery } from '../webhooks/retry-delivery.tsx';
import { DeliveryState } from '../webhooks/status.tsx';
import { curlOf, EVENTS, pathOf } from './event.ts';
import { words } from './words.ts';

/** One event whole: what it is about, what webhooks were sent of it, and how a program asks for it. */
export function OneEvent({ id }: { id: string }) {
  const { value: event, trouble, reload } = useOne(id, () => hub.getEvent(id));
  const up = { href: EVENTS, name: words.title };
  if (!event) {
    return (
      <Page title={words.event} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  return (
    <Page title={event.type} up={up}>
      <div class="panes">
        <section class="pane">
          <h2>{words.event}</h2>
          <dl class="facts">
            <Fact name={words.at}>
              <Time at={event.timestamp} /> <span class="none">({exactTime(event.timestamp)})</span>
            </Fact>
            <Fact name={words.id}>
              <code>{event.id}</code>
            </Fact>
            {event.sessionName !== null && (
              <Fact name={words.session}>
                <Linked href={pathToSession({ name: event.sessionName })}>{event.sessionName}</Linked>
              </Fact>
            )}
            <Fact name={words.seq}>{number(event.seq)}</Fact>
          </dl>
          <nav class="row" aria-label={words.related}>
            <a href={pathOf({ types: event.type })}>{words.ofType}</a>
            <About event={event} />
          </nav>
        </section>
        <Ask event={event} />
      </div>
      <Code label="application/json" text={JSON.stringify(event, null, 2)} />
      {may('webhooks:read') && <Deliveries eventId={event.id} />}
    </Page>
  );
}

/** As a link, where it leads somewhere for whoever is signed in. */
function Linked({ href, children }: { href: string; children: string }) {
  return leads(href) ? <a href={href}>{children}</a> : <span>{children}</span>;
}

function About({ event }: { event: HubEvent }) {
  const { sessionName: session, type } = event;
  const chat = chatOf(event);
  const toChat = session !== null && chat !== undefined ? pathToChat(session, chat) : null;
  const isSend = (event.data as { direction?: string }).direction === 'outbound';
  const send = isSend && type.startsWith('message.') ? messageOf(event) : undefined;
  const toSend = send === undefined ? null : `${SENDS}/${send}`;
  return (
    <>
      {toChat !== null && leads(toChat) && <a href={toChat}>{words.chat}</a>}
      {toSend !== null && leads(toSend) && <a href={toSend}>{words.send}</a>}
    </>
  );
}

const WAYS = ['get', 'follow', 'replay'] as const;

/** To be pasted into a shell. */
function Ask({ event }: { event: HubEvent }) {
  const way = useSignal<(typeof WAYS)[number]>('get');
  return (
    <section class="pane">
      <h2>{words.curl}</h2>
      <Choice
        label={words.curlWay}
        options={WAYS.map((one) => [one, words[one]] as const)}
        chosen={way.value}
        choose={(one) => {
          way.value = one;
        }}
      />
      <Code label="curl" text={curlOf(event, location.origin, acting.value)[way.value]} />
      <p class="help">{way.value === 'replay' ? words.replayHelp : words.keyHelp}</p>
    </section>
  );
}

/** Endpoints that are asked, each with a request of its own. */
const ENDPOINTS = 25;
/** Milliseconds between two looks: attempts make no events. */
const EVERY = 5_000;

async function deliveriesOf(event: string): Promise<{ endpoint: Endpoint; delivery: Delivery }[]> {
  const { data } = await hub.listWebhooks({ limit: ENDPOINTS });
  const found = data.map(async (endpoint) => {
    const [delivery] = (await hub.listWebhookDeliveries(endpoint.id, { event, limit: 1 })).data;
    return delivery ? [{ endpoint, delivery }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** What webhooks were sent of it, to be sent again. */
function Deliveries({ eventId }: { eventId: string }) {
  const { value, trouble, reload } = useOne(`deliveries of ${eventId}`, () => deliveriesOf(eventId));
  useEvery(value?.some(({ delivery }) => delivery.status === 'pending') ? EVERY : null, reload);
  return (
    <section class="stack">
      <h2>{words.deliveries}</h2>
      {!value && <Awaited trouble={trouble} reload={reload} />}
      {value?.length === 0 && <p class="none">{words.noDeliveries}</p>}
      {value && value.length > 0 && (
        <table>
          <caption class="unseen">{words.deliveries}</caption>
          <thead>
            <tr>
              <th scope="col">{words.webhook}</th>
              <th scope="col">{words.state}</th>
              <th scope="col">{words.again}</th>
            </tr>
          </thead>
          <tbody>
            {value.map(({ endpoint, delivery }) => (
              <tr key={delivery.id}>
                <th scope="row">
                  <a href={pathToWebhook(endpoint, `/deliveries/${delivery.id}`)}>{endpoint.url}</a>
                </th>
                <td data-head={words.state}>
                  <DeliveryState status={delivery.status} isHeld={endpoint.status === 'disabled'} />
                </td>
                <td data-head={words.again}>
                  <RetryDelivery delivery={delivery} isSmall changed={reload} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
