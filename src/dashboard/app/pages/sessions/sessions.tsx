import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Empty, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { may } from '../../shell/who.ts';
import { OneSession } from './one-session.tsx';
import { pathTo, phoneText } from './session.ts';
import { SessionStatus } from './status.tsx';
import { words } from './words.ts';

export function Sessions({ rest: [name, part] }: PageProps) {
  return name === undefined ? <AllSessions /> : <OneSession key={name} name={name} part={part ?? ''} />;
}

function AllSessions() {
  const list = useList('sessions', (cursor) => hub.listSessions({ cursor }), {
    after: ['session.status', 'session.stale', 'session.attention'],
    about: ({ sessionId }) => sessionId,
    one: (id) => hub.getSession(id),
  });
  const connect = may('sessions:write') && (
    <a class="button main" href="/dashboard/whatsapp/connect">
      {words.connect}
    </a>
  );
  return (
    <Page title={words.title} lead={words.lead} actions={list.items?.length !== 0 && connect}>
      <List
        list={list}
        label={words.label}
        columns={[
          { head: words.name, cell: (session) => <a href={pathTo(session)}>{session.name}</a> },
          { head: words.state, cell: (session) => <SessionStatus status={session.status} /> },
          { head: words.phone, cell: ({ phone }) => phoneText(phone) ?? <span class="none">–</span> },
          { head: words.engine, cell: ({ engine }) => engine },
          { head: words.since, cell: ({ connectedAt }) => <Time at={connectedAt} none="–" /> },
          { head: words.lastInbound, cell: ({ lastInboundAt }) => <Time at={lastInboundAt} none={words.none} /> },
        ]}
        empty={
          <Empty title={words.emptyTitle}>
            <p>{words.empty}</p>
            {connect}
          </Empty>
        }
      />
    </Page>
  );
}
