import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ListMessagesQuery, MessageCounts, Session } from '../../../../client/index.ts';
import { hub, hubNow } from '../../ask.ts';
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
  /** How many messages there were in each of the last hours, oldest first. */
  hours?: MessageCounts['data'];
  hasAside?: boolean;
  /** Of each session, how many chats are in the hands of a person. */
  handed?: { session: Session; chats: Count }[];
  failedRuns?: Count & { flow: string | undefined };
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
    const stops = [
      lookAgain(again.call),
      hear(['session.status', 'message.*', 'webhook.*', 'quarantine.added', 'chat.*', 'flow.failed'], again.call),
    ];
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
  const some = sessions?.data.slice(0, MOST) ?? [];
  const [messages, handed, failedRuns] = await Promise.all([
    sessions && may('messages:read') ? messagesToday(some) : undefined,
    may('flows:read') ? handedIn(some) : undefined,
    may('flows:read') ? runsFailedToday() : undefined,
  ]);
  return {
    ...(sessions && { sessions: sessions.data }),
    ...(endpoints && { endpoints }),
    ...messages,
    ...(handed && { handed }),
    ...(failedRuns && { failedRuns }),
    ...(aside && { hasAside: aside.data.length > 0 }),
  };
}

async function endpointsNow(): Promise<EndpointHealth[]> {
  return (await listEndpoints({ limit: MOST })).data;
}

const midnight = (): string => new Date(new Date().setHours(0, 0, 0, 0)).toISOString();

async function handedIn(sessions: readonly Session[]): Promise<Required<Day>['handed']> {
  const all = await Promise.all(sessions.map(async (session) => ({ session, page: await hub.listHandoffs(session.id, { limit: PAGE }) })));
  return all
    .filter(({ page }) => page.data.length > 0)
    .map(({ session, page }) => ({ session, chats: { count: page.data.length, more: page.nextCursor !== null } }));
}

async function runsFailedToday(): Promise<Required<Day>['failedRuns']> {
  const { data, nextCursor } = await hub.listRuns({ status: 'failed', since: midnight(), trace: false, limit: PAGE });
  return { count: data.length, more: nextCursor !== null, flow: data[0]?.flow };
}

const HOUR = 3_600_000;

async function messagesToday(sessions: readonly Session[]): Promise<Pick<Day, 'messages' | 'hours'>> {
  const since = midnight();
  const counted = async (query: ListMessagesQuery): Promise<Count> => {
    const pages = await Promise.all(sessions.map(({ id }) => hub.listMessages(id, { limit: PAGE, ...query })));
    return { count: pages.reduce((sum, { data }) => sum + data.length, 0), more: pages.some(({ nextCursor }) => nextCursor !== null) };
  };
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [{ data: hours }, waiting, failed, unknown] = await Promise.all([
    hub.countMessages({ by: 'hour', since: new Date(hubNow() - 23 * HOUR).toISOString(), timezone }),
    counted({ status: 'queued' }),
    counted({ status: 'failed', since }),
    counted({ status: 'unknown', since }),
  ]);
  const today = hours.filter(({ at }) => at >= since);
  const sum = (of: 'inbound' | 'outbound'): Count => ({ count: today.reduce((all, hour) => all + hour[of], 0), more: false });
  return { hours, messages: { in: sum('inbound'), out: sum('outbound'), waiting, failed, unknown } };
}
