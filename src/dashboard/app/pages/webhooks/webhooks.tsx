import { hub } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { useList } from '../../live/use-list.ts';
import { Empty, List } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { durationInWords } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { may } from '../../shell/who.ts';
import { listEndpoints, pathTo, WEBHOOKS } from './endpoint.ts';
import { NewWebhook } from './new-webhook.tsx';
import { OneDelivery } from './one-delivery.tsx';
import { OneWebhook } from './one-webhook.tsx';
import { Attempts, EndpointStatus } from './status.tsx';
import { words } from './words.ts';

export function Webhooks({ rest: [id, part = '', inner] }: PageProps) {
  if (id === 'new' && may('webhooks:write')) return <NewWebhook />;
  if (id !== undefined && part === 'deliveries' && inner !== undefined) return <OneDelivery key={inner} endpointId={id} id={inner} />;
  if (id !== undefined) return <OneWebhook key={id} id={id} part={part} />;
  return <AllWebhooks />;
}

const LIMIT = 25;
/** Milliseconds: attempts make no events. */
const EVERY = 10_000;

function AllWebhooks() {
  const list = useList('webhooks', (cursor) => listEndpoints({ limit: LIMIT, cursor }), {
    after: ['webhook.*'],
    one: async (id) => ({ ...(await hub.getWebhook(id)), stats: await hub.getWebhookStats(id) }),
  });
  useEvery(EVERY, list.reload);
  const add = may('webhooks:write') && (
    <a class="button main" href={`${WEBHOOKS}/new`}>
      {words.add}
    </a>
  );
  return (
    <Page title={words.webhooks} lead={words.lead} actions={list.items && list.items.length > 0 && add}>
      <List
        list={list}
        label={words.webhooks}
        columns={[
          {
            head: words.url,
            cell: (endpoint) => (
              <span class="stack-tight">
                <a href={pathTo(endpoint)}>{endpoint.url}</a>
                {endpoint.description !== '' && <span class="help">{endpoint.description}</span>}
              </span>
            ),
          },
          { head: words.state, cell: (endpoint) => <EndpointStatus endpoint={endpoint} /> },
          { head: words.lastDay, cell: ({ stats }) => <Attempts stats={stats} /> },
          {
            head: words.latency,
            cell: ({ stats }) => stats?.lastDay.latency.p50 != null && durationInWords(stats.lastDay.latency.p50),
          },
          { head: words.waiting, isNumber: true, cell: ({ stats }) => stats && number(stats.waiting) },
        ]}
        empty={
          <Empty title={words.emptyTitle}>
            <p>{words.empty}</p>
            {add}
          </Empty>
        }
      />
    </Page>
  );
}
