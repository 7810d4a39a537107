import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ListMessagesQuery, Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { hear, lookAgain } from '../../live/events.ts';
import { soon } from '../../live/soon.ts';
import { may } from '../../shell/who.ts';
import { type EndpointHealth, listEndpoints } from '../webhooks/endpoint.ts';

/** At least so many; `more`: there are more than were counted. */
export interface Count {
  count: number;
  more: boolean;
}

/** What of the day the key may see; undefined: not that. */
export interface Day {
  sessions?: Session[];
  endpoints?: EndpointHealth[];
  messages?: Record<'in' | 'out' | 'waiting' | 'failed' | 'unknown', Count>;
  hasAside?: boolean;
}

/** Milliseconds between two looks, however much happens. */
const APART = 5_000;
/** Of more sessions and endpoints than these the figures are not added up. */
const MOST = 25;
/** As many as a page of the API has. */
const PAGE = 200;

export function useDay(): { day: Day | null; trouble: unknown; reload(): Promise<void> } {
  const found = useSignal<{ day: Day | null; trouble: unknown }>({ day: null, trouble: null });
  async function reload(): Promise<void> {
    found.value = await lookAtDay().then(
      (day) => ({ day, trouble: null }),
      (trouble) => ({ day: found.peek().day, trouble }),
    );
  }
  useEffect(() => {
    const again = soon(() => void reload(), APART);
    again.call();
    const stops = [lookAgain(again.call), hear(['session.status', 'message.*', 'webhook.*', 'quarantine.added'], again.call)];
    return () => {
      again.cancel();
      for (const stop of stops) stop();
    };
  }, []);
  return { ...found.value, reload };
}

async function lookAtDay(): Promise<Day> {
  const [sessions, endpoints, aside] = await Promise.all([
    may('sessions:read') ? hub.listSessions({ limit: PAGE }) : undefined,
    may('webhooks:read') ? endpointsNow() : undefined,
    may('messages:read') ? hub.listQuarantine({ limit: 1 }) : undefined,
  ]);
  const messages = sessions && may('messages:read') ? await messagesToday(sessions.data.slice(0, MOST)) : undefined;
  return {
    ...(sessions && { sessions: sessions.data }),
    ...(endpoints && { endpoints }),
    ...(messages && { messages }),
    ...(aside && { hasAside: aside.data.length > 0 }),
  };
}

async function endpointsNow(): Promise<EndpointHealth[]> {
  return (await listEndpoints({ limit: MOST })).data;
}

async function messagesToday(sessions: readonly Session[]): Promise<Required<Day>['messages']> {
  const since = new Date(new Date().setHours(0, 0, 0, 0)).toISOString();
  const counted = async (query: ListMessagesQuery): Promise<Count> => {
    const pages = await Promise.all(sessions.map(({ id }) => hub.listMessages(id, { limit: PAGE, ...query })));
    return { count: pages.reduce((sum, { data }) => sum + data.length, 0), more: pages.some(({ nextCursor }) => nextCursor !== null) };
  };
  const [inbound, outbound, waiting, failed, unknown] = await Promise.all([
    counted({ direction: 'inbound', since }),
    counted({ direction: 'outbound', since }),
    counted({ status: 'queued' }),
    counted({ status: 'failed', since }),
    counted({ status: 'unknown', since }),
  ]);
  return { in: inbound, out: outbound, waiting, failed, unknown };
}
