import type { ComponentChildren } from 'preact';
import type { Key } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { type Listed, useList } from '../../live/use-list.ts';
import { Badge } from '../../parts/badge.tsx';
import { List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { words } from './words.ts';

type Scope = Key['scopes'][number];

/** Whether a key has it that was not made for something else: what is of the whole hub is in none by itself. */
const SCOPES: Record<Scope, boolean> = {
  'sessions:read': true,
  'sessions:write': true,
  'messages:read': true,
  'messages:send': true,
  'webhooks:read': true,
  'webhooks:write': true,
  'flows:read': true,
  'flows:write': true,
  'events:read': true,
  'audit:read': true,
  'keys:read': true,
  'metrics:read': false,
};
export const ALL = Object.keys(SCOPES) as Scope[];
export const OF_TENANT = ALL.filter((scope) => SCOPES[scope]);

/** What each key may do, in which session where it is for one, whether it is good, and when it was used. `revoke`: what ends one, where somebody may. */
export function KeyList({ list, revoke }: { list: Listed<Key>; revoke?: (key: Key) => ComponentChildren }) {
  return (
    <List
      list={list}
      label={words.keysLabel}
      columns={[
        { head: words.keyName, cell: ({ name }) => name },
        { head: words.hint, cell: ({ hint }) => <code>{hint}…</code> },
        {
          head: words.scopes,
          cell: ({ scopes, session }) => (
            <>
              {OF_TENANT.every((scope) => scopes.includes(scope)) && scopes.length === OF_TENANT.length ? (
                words.allScopes
              ) : (
                <code>{scopes.join(' ')}</code>
              )}{' '}
              {session !== null && <code>{session}</code>}
            </>
          ),
        },
        {
          head: words.state,
          cell: ({ revokedAt }) => (revokedAt ? <Badge tone="rest">{words.revoked}</Badge> : <Badge tone="good">{words.live}</Badge>),
        },
        { head: words.lastUsed, cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
        { head: words.made, cell: ({ createdAt }) => <Time at={createdAt} /> },
        ...(revoke ? [{ head: words.revoke, cell: revoke }] : []),
      ]}
      empty={null}
    />
  );
}

/** Those of the tenant of whoever is signed in: the operator makes and revokes them. */
export function OwnKeys() {
  const list = useList('own keys', () => hub.listKeys());
  return (
    <>
      <p>{words.ownKeysLead}</p>
      <KeyList list={list} />
    </>
  );
}
