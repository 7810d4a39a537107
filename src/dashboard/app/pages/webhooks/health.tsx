import { Fact } from '../../parts/fact.tsx';
import { number, percent } from '../../parts/number.ts';
import { durationInWords, Time } from '../../parts/time.tsx';
import { fill } from '../../words/words.ts';
import { type EndpointHealth, isPaused, pathToDelivery } from './endpoint.ts';
import { Attempts, EndpointStatus } from './status.tsx';
import { words } from './words.ts';

/** How an endpoint fares, and what that means for what it is owed. */
export function Health({ endpoint }: { endpoint: EndpointHealth }) {
  const { stats, pausedUntil, failingSince, disabledAt } = endpoint;
  const { lastDay } = stats ?? {};
  const hidden = Object.entries(lastDay?.byStatus ?? {});
  return (
    <section class="pane">
      <h2 class="unseen">{words.health}</h2>
      <Advice endpoint={endpoint} />
      <div class="row between">
        <EndpointStatus endpoint={endpoint} />
        <Attempts stats={stats} />
      </div>
      <dl class="facts facts-wide">
        {lastDay?.successRate != null && <Fact name={words.successRate}>{percent(lastDay.successRate)}</Fact>}
        {lastDay?.latency.p50 != null && (
          <Fact name={words.latencies}>
            {durationInWords(lastDay.latency.p50)} / {durationInWords(lastDay.latency.p95 ?? 0)}
          </Fact>
        )}
        {hidden.length > 0 && (
          <Fact name={words.answers}>{hidden.map(([status, count]) => `${status}: ${number(count)}`).join(' · ')}</Fact>
        )}
        <Fact name={words.waiting}>{stats ? number(stats.waiting) : '–'}</Fact>
        {stats?.oldestWaitingAt && (
          <Fact name={words.oldest}>
            <Time at={stats.oldestWaitingAt} />
          </Fact>
        )}
        {stats && stats.breaker !== 'closed' && <Fact name={words.breaker}>{words[`breaker_${stats.breaker}`]}</Fact>}
        {stats?.slowedTo != null && <Fact name={words.slowed}>{fill(words.perSecond, { count: number(stats.slowedTo) })}</Fact>}
        {disabledAt !== null && (
          <Fact name={words.disabledAt}>
            <Time at={disabledAt} />
          </Fact>
        )}
        {disabledAt === null && failingSince !== null && (
          <Fact name={words.failingSince}>
            <Time at={failingSince} />
          </Fact>
        )}
        {pausedUntil !== null && (
          <Fact name={words.pausedUntil}>
            <Time at={pausedUntil} />
          </Fact>
        )}
      </dl>
    </section>
  );
}

/** What somebody has to do; nothing where it does by itself. */
function Advice({ endpoint }: { endpoint: EndpointHealth }) {
  const { status, disabledReason, failingSince, stats } = endpoint;
  const text =
    status === 'disabled'
      ? isPaused(endpoint)
        ? words.advicePaused
        : disabledReason === 'gone'
          ? words.adviceGone
          : words.adviceDisabled
      : failingSince !== null && words.adviceFailing;
  if (!text) return null;
  const failing = status === 'enabled' && stats?.failing;
  return (
    <p class="advice">
      {text}
      {failing && (
        <>
          {' '}
          <a href={pathToDelivery(endpoint.id, failing.deliveryId)}>
            {fill(words.openFailing, { type: failing.eventType, attempts: number(failing.attemptsMade) })}
          </a>
        </>
      )}
    </p>
  );
}
