import { useSignal } from '@preact/signals';
import type { Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { addressText } from '../../parts/address.ts';
import { Field } from '../../parts/field.tsx';
import { Awaited, Empty } from '../../parts/list.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { go, query } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { CHATS, nameOf, namesOf, pathTo } from './chat.ts';
import { ChatList, useChats } from './chat-list.tsx';
import { Conversation } from './conversation.tsx';
import { Hands } from './hands.tsx';
import { Why } from './why.tsx';
import { words } from './words.ts';

/** `/dashboard/chats/SESSION/CHAT`; without a session, those of the first that is connected. */
export function Chats({ rest: [session, chat] }: PageProps) {
  const canList = may('sessions:read');
  const sessions = useList(canList ? 'sessions' : null, (cursor) => hub.listSessions({ limit: 200, cursor }), {
    after: ['session.status'],
  });
  const { items, trouble, reload } = sessions;
  const shown = session ?? (items?.find(({ status }) => status === 'connected') ?? items?.[0])?.name;
  if (shown !== undefined) return <OfSession key={shown} session={shown} sessions={items ?? []} chat={chat ?? null} />;
  if (!canList) return <NamedSession />;
  return (
    <Page title={words.title}>
      {items ? (
        <Empty title={words.noSessionsTitle}>
          <p>{words.noSessions}</p>
        </Empty>
      ) : (
        <Awaited trouble={trouble} reload={reload} />
      )}
    </Page>
  );
}

/** For whoever may read messages, and not which sessions there are. */
function NamedSession() {
  const name = useSignal('');
  return (
    <Page title={words.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.value.trim() !== '') go(pathTo(name.value.trim()));
        }}
      >
        <Field label={words.session} help={words.sessionHelp} text={name} />
        <button type="submit" class="main">
          {words.open}
        </button>
      </form>
    </Page>
  );
}

function OfSession({ session, sessions, chat }: { session: string; sessions: readonly Session[]; chat: string | null }) {
  const chats = useChats(session);
  const inList = chats.items?.find((one) => chat !== null && namesOf(one).includes(chat));
  // One that the list does not show, for what is searched for in it.
  const { value: found } = useOne(chat === null || inList ? null : `${session} ${chat}`, async () => {
    const { data } = await hub.listChats(session, { search: chat?.split('@')[0], limit: 200 });
    return data.find((one) => chat !== null && namesOf(one).includes(chat)) ?? null;
  });
  const why = may('flows:read') ? query.value.get('why') : null;
  const list = <ChatList session={session} sessions={sessions} chosen={chat} chats={chats} />;
  if (chat === null) {
    return (
      <Page title={words.title} lead={words.lead}>
        {list}
      </Page>
    );
  }
  const card = inList ?? found;
  const names = card ? [...new Set([chat, ...namesOf(card)])] : [chat];
  const title = card ? nameOf(card) : addressText(chat);
  const place = { session, chat };
  return (
    <Page
      title={title}
      lead={card?.name && (card.phone ? `+${card.phone}` : null)}
      up={{ href: may('sessions:read') ? pathTo(session) : CHATS, name: words.title }}
      actions={may('flows:read') && <Hands key={chat} place={place} names={names} />}
    >
      {list}
      <Conversation key={chat} place={place} names={names} title={title} card={card ?? null} changed={chats.reload} />
      {why !== null && <Why key={why} place={place} messageId={why} />}
    </Page>
  );
}
