import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { HubEvent } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { hear } from '../../live/events.ts';
import { useList } from '../../live/use-list.ts';
import { Pick, SearchField } from '../../parts/filters.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { query, setQuery } from '../../shell/place.ts';
import { leads } from '../../shell/reach.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { CHOICES, EVENTS, type Filter, gistOf, isIn, pathTo } from './event.ts';
import { OneEvent } from './one-event.tsx';
import { words } from './words.ts';

export function Events({ rest: [id] }: PageProps) {
  return id === undefined ? <AllEvents /> : <OneEvent key={id} id={id} />;
}

const LIMIT = 50;
/** So many stay on the page while new ones come. */
const MOST = 250;
const CONNECT = '/dashboard/whatsapp/connect';

function AllEvents() {
  const of = (name: keyof Filter): string => query.value.get(name) ?? '';
  const filter: Filter = { types: of('types'), session: of('session'), search: of('search') };
  const { types, session, search } = filter;
  const key = JSON.stringify(filter);
  const asked = { types: types || undefined, session: session || undefined, search: search || undefined };
  const list = useList(key, (cursor) => hub.listEvents({ order: 'desc', limit: LIMIT, cursor, ...asked }), { most: MOST });
  /** How many came since it was paused; null: it is not. */
  const missed = useSignal<number | null>(null);

  useEffect(() => {
    if (missed.value !== null) missed.value = 0;
    return hear(types === '' ? ['*'] : types.split(',').map((type) => type.trim()), (event) => {
      if (!isIn(event, filter)) return;
      if (missed.value === null) list.put(event.id, event);
      else missed.value++;
    });
  }, [key]);

  const isPaused = missed.value !== null;
  function pause(): void {
    missed.value = isPaused ? null : 0;
    if (isPaused) void list.reload();
  }
  const isNarrowed = types !== '' || session !== '' || search !== '';
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        <button type="button" class="quiet" onClick={pause}>
          {missed.value === null ? words.pause : fill(words.goOn, { count: number(missed.value) })}
        </button>
      }
    >
      <div class="row">
        <Pick label={words.type} all={words.allTypes} chosen={types} choose={(value) => setQuery({ types: value })} groups={CHOICES} />
        {may('sessions:read') && <ChooseSession chosen={session} />}
        <SearchField label={words.search} text={search} search={(text) => setQuery({ search: text })} />
      </div>
      <List
        list={list}
        label={words.title}
        columns={[
          { head: words.type, cell: ({ id, type }) => <EventLink id={id} type={type} /> },
          { head: words.session, cell: ({ sessionName }) => sessionName ?? <span class="none">–</span> },
          { head: words.content, cell: (event) => <span class="excerpt">{gistOf(event)}</span> },
          { head: words.at, cell: ({ timestamp }) => <Time at={timestamp} /> },
        ]}
        empty={
          isNarrowed ? (
            <Empty title={words.noneTitle}>
              <p>{list.older === null ? words.none : words.noneYet}</p>
              <a class="button quiet" href={EVENTS}>
                {words.all}
              </a>
            </Empty>
          ) : (
            <Empty title={words.emptyTitle}>
              <p>{words.empty}</p>
              {leads(CONNECT) && (
                <a class="button quiet" href={CONNECT}>
                  {words.connect}
                </a>
              )}
            </Empty>
          )
        }
      />
    </Page>
  );
}

/** As wide as the longest name of a type. */
const EventLink = ({ id, type }: Pick<HubEvent, 'id' | 'type'>) => (
  <span class="type">
    <a href={pathTo(id)}>{type}</a>
  </span>
);

function ChooseSession({ chosen }: { chosen: string }) {
  const { items } = useList<{ id: string; name: string }>('sessions', (cursor) => hub.listSessions({ limit: 200, cursor }));
  return (
    <Pick
      label={words.session}
      all={words.allSessions}
      chosen={chosen}
      choose={(value) => setQuery({ session: value })}
      groups={{ '': items?.map(({ name }) => name) ?? [] }}
    />
  );
}
