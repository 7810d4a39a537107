import type { AuditEntry } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Badge } from '../../parts/badge.tsx';
import { SearchField } from '../../parts/filters.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { query, setQuery } from '../../shell/place.ts';
import { words } from './words.ts';

const ACTORS = {
  key: null,
  operator: words.operator,
  cli: words.commandLine,
  'link-page': words.linkPage,
  'passkey-token': words.passkeyToken,
} as const;

const actorOf = ({ actor: { kind, name } }: AuditEntry): string => ACTORS[kind] ?? name ?? kind;

/** Who asked for what. */
export function AuditLog() {
  const action = query.value.get('action') ?? '';
  const list = useList(`audit ${action}`, (cursor) => hub.listAudit({ cursor, action: action || undefined }));
  return (
    <>
      <p>{words.auditLead}</p>
      <SearchField label={words.searchAction} text={action} search={(text) => setQuery({ action: text })} />
      <List
        list={list}
        label={words.auditLabel}
        columns={[
          { head: words.action, cell: ({ action }) => <code>{action}</code> },
          { head: words.actor, cell: actorOf },
          { head: words.resource, cell: ({ resource }) => (resource ? `${resource.type} ${resource.id ?? ''}` : '–') },
          {
            head: words.answer,
            cell: ({ status, code }) => <Badge tone={status < 400 ? 'good' : 'warn'}>{code ? `${status} ${code}` : status}</Badge>,
          },
          { head: words.address, cell: ({ address }) => address ?? '–' },
          { head: words.at, cell: ({ at }) => <Time at={at} /> },
        ]}
        empty={
          <Empty title={words.auditEmptyTitle}>
            <p>{words.auditEmpty}</p>
          </Empty>
        }
      />
    </>
  );
}
