/**
 * What nodes of a cluster tell each other of, once it is on disk, over `LISTEN` and `NOTIFY`. It only wakes: whoever misses it finds the same
 * in the tables at the next look.
 *
 *   `ledger`    events up to this position
 *   `lanes`     work in this lane, or in many where nothing stands there
 *   `sessions`  the row of this session was changed
 *   `endpoints` this endpoint begins anew
 *   `keys`      keys were revoked
 *   `tenants`   the settings of this tenant were changed
 *   `leases`    something is free, or a node came or went
 *   `shows`     what the node that runs a session is to show on its phone; see webhooks/actions/
 *   `owners`    another node runs this session, or is to; many where nothing stands there
 */
export type Topic = 'ledger' | 'lanes' | 'sessions' | 'endpoints' | 'keys' | 'tenants' | 'leases' | 'shows' | 'owners';

const CHANNEL = 'hookline';

export const LISTEN = `LISTEN ${CHANNEL}`;

/** The longest text that goes through (bytes are 8,000 in all). */
const LONGEST = 1_000;

/** Statements that tell it when the transaction commits. `from`: whose news it is. */
export function tellNews(from: string, news: Iterable<{ topic: Topic; text: string }>): string {
  const calls = [...news].map(({ topic, text }) => {
    const payload = `${from} ${topic} ${text.length > LONGEST ? '' : text}`.replaceAll("'", "''");
    return `pg_notify('${CHANNEL}', '${payload}')`;
  });
  return calls.length === 0 ? '' : `SELECT ${calls.join(', ')};`;
}

/** Null for what is none. */
export function readNews(channel: string, payload: string | undefined): { from: string; topic: Topic; text: string } | null {
  const [, from = '', topic = '', text = ''] = (channel === CHANNEL && /^(\S+) (\S+) (.*)$/s.exec(payload ?? '')) || [];
  return from === '' ? null : { from, topic: topic as Topic, text };
}
