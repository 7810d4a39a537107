import type { Delivery, Endpoint, EndpointStats } from '../../../../client/index.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { clockTime, durationInWords, Time } from '../../parts/time.tsx';
import { fill } from '../../words/words.ts';
import { type Attempt, type DeliveryStatus, isPaused, pathToDelivery } from './endpoint.ts';
import { words } from './words.ts';

function healthOf(endpoint: Endpoint): readonly [Tone, string] {
  const { status, failingSince, pausedUntil } = endpoint;
  if (isPaused(endpoint)) return ['rest', words.paused];
  if (status === 'disabled') return ['bad', words.disabled];
  if (failingSince !== null) return ['warn', words.failing];
  if (pausedUntil !== null) return ['rest', words.pausedByReceiver];
  return ['good', words.healthy];
}

export function EndpointStatus({ endpoint }: { endpoint: Endpoint }) {
  const [tone, text] = healthOf(endpoint);
  return <Badge tone={tone}>{text}</Badge>;
}

/** The attempts of the last day, by the hour and result. */
export function Attempts({ stats }: { stats: EndpointStats | null }) {
  if (!stats || stats.lastDay.attempts === 0) return <span class="none">{words.noAttempts}</span>;
  const { succeeded, failed } = stats.lastDay;
  const text = fill(words.attemptsOfDay, { succeeded, failed });
  return (
    <span class="spark-line">
      <Sparkline
        label={text}
        bars={stats.hours.map((hour) => ({
          up: hour.succeeded,
          down: hour.failed,
          about: `${clockTime(hour.at)} ${fill(words.attemptsOfDay, hour)}`,
        }))}
      />
      <span class="help">{text}</span>
    </span>
  );
}

const TONES: Record<DeliveryStatus, Tone> = { pending: 'busy', delivered: 'good', dead: 'bad' };

/** `isHeld`: its endpoint is sent nothing now. */
export function DeliveryState({ status, isHeld = false }: { status: DeliveryStatus; isHeld?: boolean }) {
  if (status === 'pending' && isHeld) return <Badge tone="rest">{words.held}</Badge>;
  return <Badge tone={TONES[status]}>{words[status]}</Badge>;
}

/** When it is tried next, or behind which other one it waits. */
export function NextAttempt({ delivery: { endpointId, nextAttemptAt, waitsFor } }: { delivery: Delivery }) {
  if (waitsFor === null) return nextAttemptAt && <Time at={nextAttemptAt} />;
  const { deliveryId, eventType, until } = waitsFor;
  return (
    <span>
      {words.waitsFor} <a href={pathToDelivery(endpointId, deliveryId)}>{eventType}</a>
      {until && (
        <>
          {' '}
          (<Time at={until} />)
        </>
      )}
    </span>
  );
}

export function AttemptResult({ attempt: { status, errorClass, latency } }: { attempt: Attempt }) {
  const what = status !== null && (errorClass === null || errorClass === 'http') ? String(status) : words.noAnswer;
  return (
    <span class="row">
      <Badge tone={errorClass === null ? 'good' : 'bad'}>{what}</Badge>
      <span class="none">{durationInWords(latency)}</span>
    </span>
  );
}

/** What went wrong and what to do about it; null: nothing did. */
export function adviceOn({ status, errorClass }: Pick<Attempt, 'status' | 'errorClass'>): string | null {
  if (errorClass === null) return null;
  if (errorClass !== 'http') return words[`why_${errorClass}`];
  const code = status ?? 0;
  if (code >= 300 && code < 400) return words.why_redirect;
  if (code === 401 || code === 403) return words.why_refused;
  if (code === 404 || code === 405) return words.why_missing;
  if (code === 410) return words.why_gone;
  if (code === 429) return words.why_slow;
  return code >= 500 ? words.why_broken : words.why_other;
}
