import type { HubEvent } from '../../../../client/index.ts';
import { EVENT_TYPES } from '../../../../core/events.ts';

export const EVENTS = '/dashboard/events';

export const pathTo = (id: string): string => `${EVENTS}/${encodeURIComponent(id)}`;

/** What is shown of all events; empty: all. */
export interface Filter {
  /** Patterns with commas between. */
  types: string;
  /** Name or id. */
  session: string;
  search: string;
}

/** Those alone that it is narrowed to: the address of such a list. */
export function pathOf(filter: Partial<Filter>): string {
  const query = new URLSearchParams(filter);
  return `${EVENTS}?${query}`;
}

const familyOf = (type: string): string => type.replace(/\..*/, '');

/** What one may choose from, by what types begin with: `message.*`, `message.received`, … */
export const CHOICES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...new Set(EVENT_TYPES.map(familyOf)), 'custom'].map((family) => [
    family,
    [`${family}.*`, ...EVENT_TYPES.filter((type) => familyOf(type) === family)],
  ]),
);

/** Whether an event that has just come is one of these; its type is. */
export function isIn(event: HubEvent, { session, search }: Filter): boolean {
  if (session !== '' && event.sessionId !== session && event.sessionName !== session) return false;
  if (search === '') return true;
  const text = JSON.stringify(event).toLowerCase();
  const wanted = search.toLowerCase();
  return text.includes(JSON.stringify(wanted).slice(1, -1)) || text.includes(wanted);
}

const LONGEST_GIST = 160;

/** What it says in a line: a text that stands in it, else its data. */
export function gistOf({ type, data }: HubEvent): string {
  const { text, caption, detail, from, to, reason } = data as Record<string, unknown>;
  const said = [text, caption, detail].find((one) => typeof one === 'string');
  if (typeof said === 'string') return said.slice(0, LONGEST_GIST);
  if (type === 'session.status') return `${from} → ${to}${reason ? ` (${reason})` : ''}`;
  return JSON.stringify(data).slice(0, LONGEST_GIST);
}

/** How to ask for it, to go on from it, and to have it sent again: to be pasted into a shell. */
export function curlOf(
  { id, type, timestamp }: HubEvent,
  origin: string,
  tenant: string | null,
): Record<'get' | 'follow' | 'replay', string> {
  const lines = (...parts: string[]): string =>
    [
      `curl ${parts[0]}`,
      ...parts.slice(1),
      '-H "Authorization: Bearer $HOOKLINE_API_KEY"',
      ...(tenant === null ? [] : [`-H 'X-Tenant-Id: ${tenant}'`]),
    ].join(' \\\n  ');
  const range = JSON.stringify({ since: timestamp, until: timestamp, types: [type] });
  return {
    get: lines(`'${origin}/api/events/${id}'`),
    follow: lines(`-N '${origin}/api/events?after=${id}'`, "-H 'Accept: text/event-stream'"),
    replay: lines(`-X POST "${origin}/api/webhooks/$WEBHOOK/replay"`, "-H 'Content-Type: application/json'", `-d '${range}'`),
  };
}
