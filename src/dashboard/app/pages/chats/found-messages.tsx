import type { Chat } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { addressText } from '../../parts/address.ts';
import { Listing } from '../../parts/list.tsx';
import { Time } from '../../parts/time.tsx';
import { fill } from '../../words/words.ts';
import { contentOf } from '../sends/send.ts';
import { nameOf, namesOf, pathTo } from './chat.ts';
import { words } from './words.ts';

/** Fewer letters are in every other message. */
const LEAST = 3;

/** In which messages of a session something was said, the newest first; each leads to its place. */
export function FoundMessages({ session, search }: { session: string; search: string }) {
  const wanted = search.trim();
  const isAsked = wanted.length >= LEAST;
  const found = useList(isAsked ? `${session} ${wanted}` : null, (cursor) =>
    hub.listMessages(session, { search: wanted, limit: 20, cursor }),
  );
  const { value: chats } = useOne(isAsked ? session : null, () => hub.listChats(session, { limit: 200 }));
  if (!isAsked) return null;
  const chatOf = (id: string): Chat | undefined => chats?.data.find((chat) => namesOf(chat).includes(id));
  return (
    <section class="found-messages">
      <h2>{fill(words.found, { search: wanted })}</h2>
      <Listing list={found} empty={<p class="help">{found.older ? words.foundSome : words.foundNone}</p>}>
        {(messages) => (
          <ul class="chat-rows">
            {messages.map((message) => {
              const { id, chat, timestamp } = message;
              const known = chatOf(chat.id);
              return (
                <li key={id}>
                  <a class="chat-row" href={`${pathTo(session, known?.id ?? chat.id)}?${new URLSearchParams({ search: wanted, at: id })}`}>
                    <span class="chat-line">
                      <b class="chat-name">{known ? nameOf(known) : addressText(chat.id)}</b>
                      <Time at={timestamp} />
                    </span>
                    <span class="chat-line">
                      <span class="chat-latest">{contentOf(message)}</span>
                    </span>
                  </a>
                </li>
              );
            })}
          </ul>
        )}
      </Listing>
    </section>
  );
}
