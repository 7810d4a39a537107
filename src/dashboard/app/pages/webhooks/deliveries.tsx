import { hub } from '../../ask.ts';
import { useEvery } from '../../live/every.ts';
import { useList } from '../../live/use-list.ts';
import { Chips } from '../../parts/filters.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { query, setQuery } from '../../shell/place.ts';
import { DELIVERY_STATUSES, type DeliveryStatus, type EndpointHealth, pathToDelivery } from './endpoint.ts';
import { RetryDelivery } from './retry-delivery.tsx';
import { DeliveryState, NextAttempt } from './status.tsx';
import { words } from './words.ts';

const LIMIT = 25;
/** Milliseconds: attempts make no events. */
const EVERY = 5_000;

/** What an endpoint was sent and what it is owed, newest first. */
export function Deliveries({ endpoint }: { endpoint: EndpointHealth }) {
  const { id } = endpoint;
  const status = DELIVERY_STATUSES.find((one) => one === query.value.get('status'));
  const list = useList(
    `${id} ${status ?? ''}`,
    (cursor) => hub.listWebhookDeliveries(id, { limit: LIMIT, cursor, ...(status && { status: status as DeliveryStatus }) }),
    { after: ['*'], about: () => undefined },
  );
  useEvery(EVERY, list.reload);
  return (
    <>
      <Chips
        label={words.state}
        options={DELIVERY_STATUSES.map((one) => [one, words[one]] as const)}
        chosen={status ?? ''}
        choose={(value) => setQuery({ status: value })}
      />
      <List
        list={list}
        label={words.tabDeliveries}
        columns={[
          { head: words.event, cell: (delivery) => <a href={pathToDelivery(id, delivery.id)}>{delivery.eventType}</a> },
          { head: words.state, cell: (delivery) => <DeliveryState status={delivery.status} isHeld={endpoint.status === 'disabled'} /> },
          { head: words.attempts, isNumber: true, cell: ({ attemptsMade }) => number(attemptsMade) },
          { head: words.nextAttempt, cell: (delivery) => <NextAttempt delivery={delivery} /> },
          { head: words.at, cell: ({ createdAt }) => <Time at={createdAt} /> },
          { head: words.actions, cell: (delivery) => <RetryDelivery delivery={delivery} isSmall changed={list.reload} /> },
        ]}
        empty={
          <Empty title={words.noDeliveriesTitle}>
            <p>{status === undefined ? words.noDeliveries : words.noDeliveriesState}</p>
          </Empty>
        }
      />
    </>
  );
}
