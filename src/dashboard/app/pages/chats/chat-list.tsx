import { useEffect, useRef } from 'preact/hooks';
import type { Chat, Handoff, Message, Page, Run, Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { hear } from '../../live/events.ts';
import { type Listed, useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { Chips, SearchField } from '../../parts/filters.tsx';
import { Empty, Listing } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { go, query, setQuery } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { contentOf } from '../sends/send.ts';
import { isOfSession, isShown, nameOf, namesOf, pathTo } from './chat.ts';
import { FoundMessages } from './found-messages.tsx';
import { useHandoff, WhoAnswers } from './hands.tsx';
import { words } from './words.ts';

/** Events that tell of a message which is new. */
const NEW = ['message.received', 'message.fromphone', 'message.scheduled', 'message.queued'] as const;
/** Of how many messages of a session it is looked which is the latest of each chat. */
const RECENT = 100;
/** So many are remembered while new ones come. */
const MOST_RECENT = 1_000;

/** Those of a session as the query of the address narrows them, the latest first. */
export function useChats(session: string): Listed<Chat> {
  const search = query.value.get('search') ?? undefined;
  const unread = query.value.get('unread') === '1' || undefined;
  const hands = query.value.get('hands') === 'person' && may('flows:read');
  return useList(
    `${session} ${unread} ${search} ${hands}`,
    (cursor) => (hands ? inHands(session, search, cursor) : hub.listChats(session, { search, unread, limit: 25, cursor })),
    {
      after: ['message.received', 'message.fromphone', 'message.sent', 'session.status', 'chat.handoff', 'chat.resumed'],
      about: (event) => (isOfSession(event, session) ? undefined : null),
    },
  );
}

/** Those that a person answers. One that the phone does not list is there by its address. */
async function inHands(session: string, search: string | undefined, cursor: string | undefined): Promise<Page<Chat>> {
  const [handed, { data: known }] = await Promise.all([
    hub.listHandoffs(session, { limit: 25, cursor }),
    hub.listChats(session, { limit: 200 }),
  ]);
  const chats = handed.data.map(({ chat }) => known.find((one) => namesOf(one).includes(chat.id)) ?? blankChat(chat));
  const words = search?.toLowerCase() ?? '';
  return { data: chats.filter((chat) => nameOf(chat).toLowerCase().includes(words)), nextCursor: handed.nextCursor };
}

const blankChat = ({ id, kind }: Handoff['chat']): Chat => ({
  ...{ id, kind: kind as Chat['kind'], lid: null, phone: /^(\d+)@c\.us$/.exec(id)?.[1] ?? null, name: null },
  ...{ unread: 0, lastMessageAt: null, archived: false, labels: [] },
});

interface Props {
  session: string;
  /** Those that could be chosen instead. */
  sessions: readonly Session[];
  /** An address of the one that is shown. */
  chosen: string | null;
  chats: Listed<Chat>;
}

/** The chats of a session: with whom, what was said last, what is unread, and who answers. */
export function ChatList({ session, sessions, chosen, chats }: Props) {
  const rows = useRef<HTMLUListElement>(null);
  const latest = useLatest(session);
  const { value: waiting } = useOne(
    may('flows:read') ? session : null,
    () => hub.listRuns({ session, status: 'waiting', trace: false, limit: 200 }),
    {
      after: ['flow.started', 'flow.ended', 'flow.failed'],
      isAbout: (event) => isOfSession(event, session),
    },
  );
  const isUnread = query.value.get('unread') === '1';
  const isInHands = query.value.get('hands') === 'person';
  const search = query.value.get('search') ?? '';

  /** Up and down the list, as in one of a desktop; Enter opens, as every link. */
  function press(event: KeyboardEvent): void {
    const links = [...(rows.current?.querySelectorAll('a') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (next === undefined || (at < 0 && event.key !== 'ArrowDown') || !links[next]) return;
    event.preventDefault();
    links[next]?.focus();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys only move the focus between links that are reached without them
    <div class={`chats ${chosen === null ? '' : 'chats-beside'}`} onKeyDown={press}>
      <div class="chats-tools">
        <SearchField label={words.search} text={search} search={(text) => setQuery({ search: text })} />
        {sessions.length > 1 && (
          <select class="choose" aria-label={words.session} value={session} onChange={(event) => go(pathTo(event.currentTarget.value))}>
            {sessions.map(({ id, name }) => (
              <option key={id} value={name} selected={name === session || id === session}>
                {name}
              </option>
            ))}
          </select>
        )}
        <Chips
          label={words.filter}
          options={[['unread', words.unread], ...(may('flows:read') ? [['person', words.person] as const] : [])]}
          chosen={isInHands ? 'person' : isUnread ? 'unread' : ''}
          choose={(value) => setQuery({ unread: value === 'unread' ? '1' : null, hands: value === 'person' ? value : null })}
        />
      </div>
      <div class="chats-found">
        <Listing
          list={chats}
          empty={
            isUnread || isInHands || search !== '' ? (
              <Empty title={words.noneFoundTitle}>
                <p>{words.noneFound}</p>
              </Empty>
            ) : (
              <Empty title={words.emptyTitle}>
                <p>{words.empty}</p>
              </Empty>
            )
          }
        >
          {(items) => (
            <ul ref={rows} class="chat-rows" aria-label={words.label}>
              {items.map((chat) => (
                <Row
                  key={chat.id}
                  session={session}
                  chat={chat}
                  isChosen={chosen !== null && namesOf(chat).includes(chosen)}
                  latest={namesOf(chat).flatMap((name) => latest.get(name) ?? [])[0]}
                  run={waiting?.data.find((run) => namesOf(chat).includes(run.chat.id))}
                />
              ))}
            </ul>
          )}
        </Listing>
        <FoundMessages session={session} search={search} />
      </div>
    </div>
  );
}

interface RowProps {
  session: string;
  chat: Chat;
  isChosen: boolean;
  latest: Message | undefined;
  /** Under way in it. */
  run: Pick<Run, 'flow'> | undefined;
}

function Row({ session, chat, isChosen, latest, run }: RowProps) {
  const handoff = useHandoff({ session, chat: chat.id }, namesOf(chat)).value;
  const kept = new URLSearchParams([...query.value].filter(([name]) => name !== 'why' && name !== 'at'));
  return (
    <li>
      <a
        class="chat-row"
        href={`${pathTo(session, chat.id)}${kept.size > 0 ? `?${kept}` : ''}`}
        aria-current={isChosen ? 'page' : undefined}
      >
        <span class="chat-line">
          <b class="chat-name">{nameOf(chat)}</b>
          {chat.lastMessageAt && <Time at={chat.lastMessageAt} />}
        </span>
        {(latest || chat.unread > 0) && (
          <span class="chat-line">
            <span class="chat-latest">
              {latest?.direction === 'outbound' && `${latest.flow ?? words.you}: `}
              {latest && contentOf(latest)}
            </span>
            {chat.unread > 0 && <span class="unread">{fill(words.unreadCount, { count: number(chat.unread) })}</span>}
          </span>
        )}
        {handoff && <WhoAnswers handoff={handoff} flow={run?.flow} isShort />}
      </a>
    </li>
  );
}

/** The latest message of each chat, by the address that it stands under. */
function useLatest(session: string): ReadonlyMap<string, Message> {
  const recent = useList(session, () => hub.listMessages(session, { limit: RECENT }), { most: MOST_RECENT });
  useEffect(
    () =>
      hear(NEW, (event) => {
        if (isOfSession(event, session)) recent.put((event.data as Message).id, event.data as Message);
      }),
    [session],
  );
  const latest = new Map<string, Message>();
  for (const message of recent.items ?? []) {
    if (isShown(message) && !latest.has(message.chat.id)) latest.set(message.chat.id, message);
  }
  return latest;
}
