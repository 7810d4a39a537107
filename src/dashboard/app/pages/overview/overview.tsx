import type { ComponentChildren } from 'preact';
import type { Session } from '../../../../client/index.ts';
import { spoken } from '../../here.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Awaited } from '../../parts/list.tsx';
import { number, percent } from '../../parts/number.ts';
import { Sparkline } from '../../parts/sparkline.tsx';
import { clockTime } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { leads } from '../../shell/reach.ts';
import { may } from '../../shell/who.ts';
import { en } from '../../words/en/overview.ts';
import { es } from '../../words/es/overview.ts';
import { pt } from '../../words/pt/overview.ts';
import { fill } from '../../words/words.ts';
import { needsPerson, pathTo, type Status } from '../sessions/session.ts';
import { SessionStatus } from '../sessions/status.tsx';
import { type EndpointHealth, WEBHOOKS } from '../webhooks/endpoint.ts';
import { EndpointStatus } from '../webhooks/status.tsx';
import { type Count, type Day, useDay } from './day.ts';

const words = spoken({ en, pt, es });

const SENDS = '/dashboard/sends';
const CONNECT = '/dashboard/whatsapp/connect';

/** The day at a glance: how all stands, and what a person has to see to. */
export function Overview({ page }: PageProps) {
  const { day, trouble, reload } = useDay();
  if (!day) {
    return (
      <Page title={page.name}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  const { sessions, messages, hours, endpoints } = day;
  return (
    <Page title={page.name} lead={words.lead}>
      <NeedsPerson day={day} />
      {messages && (
        <dl class="figures">
          <Figure name={words.messagesIn} when={words.today} count={messages.in} href="/dashboard/chats" />
          <Figure name={words.messagesOut} when={words.today} count={messages.out} href={SENDS} />
          <Figure name={words.waiting} when={words.now} count={messages.waiting} href={`${SENDS}?status=queued`} />
          <Figure name={words.failed} when={words.today} count={messages.failed} href={`${SENDS}?status=failed`} />
        </dl>
      )}
      {hours && <Hours hours={hours} />}
      <div class="panes">
        {sessions && <SessionsPane sessions={sessions} />}
        {endpoints && <WebhooksPane endpoints={endpoints} />}
      </div>
      <p>
        <a href="/docs">{words.docs}</a>
      </p>
    </Page>
  );
}

/** The messages of the last day, by the hour: what came in above the line, what left below it. */
function Hours({ hours }: { hours: Required<Day>['hours'] }) {
  const sum = (of: 'inbound' | 'outbound'): string => number(hours.reduce((all, hour) => all + hour[of], 0));
  const text = fill(words.hours, { inbound: sum('inbound'), outbound: sum('outbound') });
  const about = ({ at, inbound, outbound }: (typeof hours)[number]): string =>
    `${clockTime(at)} ${fill(words.hours, { inbound: number(inbound), outbound: number(outbound) })}`;
  return (
    <section class="pane">
      <h2>{words.lastDay}</h2>
      <span class="spark-line">
        <Sparkline isCalm label={text} bars={hours.map((hour) => ({ up: hour.inbound, down: hour.outbound, about: about(hour) }))} />
        <span class="help">{text}</span>
      </span>
    </section>
  );
}

/** A link, where the key may see what it leads to. */
function To({ href, children }: { href: string; children: ComponentChildren }): ComponentChildren {
  return leads(href) ? <a href={href}>{children}</a> : children;
}

const written = ({ count, more }: Count): string => `${number(count)}${more ? '+' : ''}`;

function Figure({ name, when, count, href }: { name: string; when: string; count: Count; href: string }) {
  return (
    <div>
      <dt>
        <To href={href}>{name}</To> <span class="none">{when}</span>
      </dt>
      <dd>{written(count)}</dd>
    </div>
  );
}

function NeedsPerson({ day: { sessions = [], endpoints = [], messages, handed = [], failedRuns, hasAside } }: { day: Day }) {
  const rows: { key: string; tone: Tone; text: ComponentChildren; href: string }[] = [
    ...sessions.filter(needsPerson).map((session) => ({
      ...{ key: session.id, tone: 'rest' as const, href: pathTo(session) },
      text: session.name,
    })),
    ...endpoints.flatMap(({ id, url, status, disabledReason, failingSince }) => {
      if (disabledReason === 'requested' || (status === 'enabled' && failingSince === null)) return [];
      const text = fill(status === 'disabled' ? words.disabled : words.failing, { url });
      return [{ key: id, tone: status === 'disabled' ? ('bad' as const) : ('warn' as const), text, href: `${WEBHOOKS}/${id}` }];
    }),
    ...(messages && messages.failed.count > 0
      ? [
          {
            ...{ key: 'failed', tone: 'bad' as const, href: `${SENDS}?status=failed` },
            text: fill(words.failedSends, { count: written(messages.failed) }),
          },
        ]
      : []),
    ...(messages && messages.unknown.count > 0
      ? [
          {
            ...{ key: 'unknown', tone: 'warn' as const, href: `${SENDS}?status=unknown` },
            text: fill(words.unknownSends, { count: written(messages.unknown) }),
          },
        ]
      : []),
    ...handed.map(({ session, chats }) => ({
      ...{ key: `handed ${session.id}`, tone: 'warn' as const, href: `/dashboard/chats/${encodeURIComponent(session.name)}?hands=person` },
      text: fill(words.handed, { session: session.name, count: written(chats) }),
    })),
    ...(failedRuns && failedRuns.count > 0
      ? [
          {
            ...{
              key: 'runs',
              tone: 'bad' as const,
              href: `/dashboard/flows/${encodeURIComponent(failedRuns.flow ?? '')}/runs?status=failed`,
            },
            text: fill(words.failedRuns, { count: written(failedRuns) }),
          },
        ]
      : []),
    ...(hasAside ? [{ key: 'aside', tone: 'warn' as const, text: words.aside, href: '/dashboard/settings/quarantine' }] : []),
  ];
  const unseen = [...(may('sessions:read') ? [] : [words.sessions]), ...(may('webhooks:read') ? [] : [words.webhooks])];
  const statusOf = (key: string): Status | undefined => sessions.find(({ id }) => id === key)?.status;
  return (
    <section class="pane">
      <h2>{words.person}</h2>
      {rows.length === 0 && unseen.length === 0 && <p class="none">{words.nobody}</p>}
      {unseen.length > 0 && <p class="none">{fill(words.unseen, { what: unseen.join(', ') })}</p>}
      {rows.length > 0 && (
        <ul class="plain">
          {rows.map(({ key, tone, text, href }) => {
            const status = statusOf(key);
            return (
              <li key={key} class="row">
                {status ? (
                  <>
                    <SessionStatus status={status} />
                    <To href={href}>{text}</To>
                  </>
                ) : (
                  <Badge tone={tone}>
                    <span class="wraps">
                      <To href={href}>{text}</To>
                    </span>
                  </Badge>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function SessionsPane({ sessions }: { sessions: readonly Session[] }) {
  const counts = new Map<Status, number>();
  for (const { status } of sessions) counts.set(status, (counts.get(status) ?? 0) + 1);
  return (
    <section class="pane">
      <h2>
        <To href="/dashboard/sessions">{words.sessions}</To>
      </h2>
      {sessions.length === 0 && (
        <>
          <p class="none">{words.noSessions}</p>
          {may('sessions:write') && (
            <a class="button main" href={CONNECT}>
              {words.connect}
            </a>
          )}
        </>
      )}
      {sessions.length > 0 && (
        <dl class="facts">
          {[...counts].map(([status, count]) => (
            <div key={status}>
              <dt>
                <SessionStatus status={status} />
              </dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function WebhooksPane({ endpoints }: { endpoints: readonly EndpointHealth[] }) {
  return (
    <section class="pane">
      <h2>
        <To href={WEBHOOKS}>{words.webhooks}</To>
      </h2>
      {endpoints.length === 0 && (
        <>
          <p class="none">{words.noWebhooks}</p>
          {may('webhooks:write') && leads(WEBHOOKS) && (
            <a class="button quiet" href={`${WEBHOOKS}/new`}>
              {words.addWebhook}
            </a>
          )}
        </>
      )}
      {endpoints.length > 0 && (
        <ul class="plain">
          {endpoints.map((endpoint) => {
            const { attempts = 0, successRate = null } = endpoint.stats?.lastDay ?? {};
            const waiting = endpoint.stats?.waiting ?? 0;
            return (
              <li key={endpoint.id} class="stack-tight">
                <div class="row">
                  <EndpointStatus endpoint={endpoint} />
                  <To href={`${WEBHOOKS}/${endpoint.id}`}>{endpoint.url}</To>
                </div>
                <p class="help">
                  {successRate === null ? words.noAttempts : fill(words.attempts, { rate: percent(successRate), count: number(attempts) })}
                  {waiting > 0 && ` · ${fill(words.waitingDeliveries, { count: number(waiting) })}`}
                </p>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
