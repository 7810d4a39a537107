import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ListMessagesQuery, Message } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { hear, lookAgain } from '../../live/events.ts';
import { soon } from '../../live/soon.ts';
import { type Listed, useList } from '../../live/use-list.ts';
import { addressText } from '../../parts/address.ts';
import { Field } from '../../parts/field.tsx';
import { Chips, Pick } from '../../parts/filters.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { query, setQuery } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { BulkSend } from './bulk.tsx';
import { SendCommands } from './commands.tsx';
import { OneSend } from './one-send.tsx';
import { contentOf, EVENTS, SENDS, STATUSES } from './send.ts';
import { SendState, Waits } from './status.tsx';
import { words } from './words.ts';

export function Sends({ rest: [part] }: PageProps) {
  if (part === 'bulk' && may('messages:send')) return <BulkSend />;
  if (part !== undefined) return <OneSend key={part} id={part} />;
  return <Queue />;
}

interface Named {
  id: string;
  name: string;
}

const LIMIT = 25;

const sendsOf = ({ id }: Named, status: string, cursor?: string) =>
  hub.listMessages(id, { direction: 'outbound', limit: LIMIT, cursor, status: (status || undefined) as ListMessagesQuery['status'] });

function Queue() {
  const canList = may('sessions:read');
  const sessions = useList<Named>(canList ? 'sessions' : null, (cursor) => hub.listSessions({ limit: 200, cursor }));
  const status = query.value.get('status') ?? '';
  const asked = query.value.get('session');
  const named = canList || !asked ? null : { id: asked, name: asked };
  const chosen = named ?? sessions.items?.find(({ name }) => name === asked) ?? null;
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={
        may('messages:send') && (
          <a class="button main" href={`${SENDS}/bulk`}>
            {words.bulk}
          </a>
        )
      }
    >
      <div class="row">
        {canList && (
          <Pick
            label={words.session}
            all={words.allSessions}
            chosen={chosen?.name ?? ''}
            choose={(value) => setQuery({ session: value })}
            groups={{ '': sessions.items?.map(({ name }) => name) ?? [] }}
          />
        )}
        <Chips
          label={words.state}
          options={STATUSES.map((one) => [one, words[one]] as const)}
          chosen={status}
          choose={(value) => setQuery({ status: value })}
        />
      </div>
      {!canList && <NamedSession />}
      {chosen && <OfOne key={chosen.id} session={chosen} status={status} />}
      {!chosen && canList && <OfAll sessions={sessions} status={status} />}
    </Page>
  );
}

/** For whoever may read messages, and not which sessions there are. */
function NamedSession() {
  const name = useSignal(query.value.get('session') ?? '');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ session: name.value.trim() });
      }}
    >
      <Field label={words.session} help={words.nameSession} text={name} />
      <button type="submit" class="main">
        {words.open}
      </button>
    </form>
  );
}

function OfOne({ session, status }: { session: Named; status: string }) {
  const list = useList(`${session.id} ${status}`, (cursor) => sendsOf(session, status, cursor), {
    after: EVENTS,
    about: ({ sessionId, sessionName }) => (sessionId === session.id || sessionName === session.name ? undefined : null),
  });
  return <Rows list={list} status={status} />;
}

/** The newest of each session, in one list. */
function OfAll({ sessions, status }: { sessions: Listed<Named>; status: string }) {
  const found = useSignal<Pick<Listed<Message>, 'items' | 'trouble'>>({ items: null, trouble: null });
  const { items: named } = sessions;

  async function reload(): Promise<void> {
    if (!named) return sessions.reload();
    const pages = Promise.all(named.map((session) => sendsOf(session, status)));
    found.value = await pages.then(
      (all) => ({
        items: all.flatMap(({ data }) => data).sort((one, other) => other.timestamp.localeCompare(one.timestamp)),
        trouble: null,
      }),
      (trouble) => ({ items: found.peek().items, trouble }),
    );
  }
  const key = named?.map(({ id }) => id).join();
  useEffect(() => {
    if (!named) return;
    const again = soon(() => void reload());
    again.call();
    const stops = [lookAgain(again.call), hear(EVENTS, again.call)];
    return () => {
      again.cancel();
      for (const stop of stops) stop();
    };
  }, [key, status]);

  const { items, trouble } = found.value;
  const list: Listed<Message> = {
    ...{ items: named?.length === 0 ? [] : items, trouble: named ? trouble : sessions.trouble },
    ...{ reload, older: null, isLoadingOlder: false, put: () => undefined },
  };
  const nameOf = (id: string): string => named?.find((session) => session.id === id)?.name ?? id;
  return (
    <>
      <Rows list={list} status={status} nameOf={named && named.length > 1 ? nameOf : undefined} />
      {named && named.length > 0 && items && items.length >= LIMIT && <p class="help">{words.onlyNewest}</p>}
    </>
  );
}

function Rows({ list, status, nameOf }: { list: Listed<Message>; status: string; nameOf?: ((id: string) => string) | undefined }) {
  return (
    <List
      list={list}
      label={words.label}
      columns={[
        {
          head: words.to,
          cell: ({ id, to }) => (
            <a class="address" href={`${SENDS}/${id}`}>
              {addressText(to)}
            </a>
          ),
        },
        { head: words.message, cell: (send) => <span class="excerpt">{contentOf(send)}</span> },
        { head: words.state, cell: (send) => <SendState status={send.status} /> },
        { head: words.waits, cell: (send) => <Waits send={send} /> },
        ...(nameOf ? [{ head: words.session, cell: ({ sessionId }: Message) => nameOf(sessionId) }] : []),
        { head: words.at, cell: ({ timestamp }) => <Time at={timestamp} /> },
        { head: words.actions, cell: (send) => <SendCommands send={send} changed={list.reload} /> },
      ]}
      empty={
        <Empty title={words.emptyTitle}>
          <p>{status === '' ? words.empty : words.emptyState}</p>
        </Empty>
      }
    />
  );
}
