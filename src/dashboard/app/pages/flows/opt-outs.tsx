import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { addressText } from '../../parts/address.ts';
import { Empty, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { FLOWS, flowPath } from './flow.ts';
import { words } from './words.ts';

/** The contacts who want nothing more of flows. Who may write to one again says so at the chat. */
export function OptOuts({ page: { name: title } }: PageProps) {
  const list = useList('opt-outs', (cursor) => hub.listOptOuts({ cursor }), {
    after: ['contact.opted-out', 'contact.opted-in'],
    idOf: ({ chat }) => chat.id,
  });
  return (
    <Page title={title} up={{ href: FLOWS, name: words.title }} lead={words.optOutsLead}>
      <List
        list={list}
        label={title}
        idOf={({ chat }) => chat.id}
        columns={[
          { head: words.contact, cell: ({ chat }) => addressText(chat.id) },
          { head: words.since, cell: ({ since }) => <Time at={since} /> },
          { head: words.saidIn, cell: ({ flow }) => (flow === null ? words.origin_api : <a href={flowPath(flow)}>{flow}</a>) },
        ]}
        empty={
          <Empty title={words.noOptOutsTitle}>
            <p>{words.noOptOuts}</p>
          </Empty>
        }
      />
    </Page>
  );
}
