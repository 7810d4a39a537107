import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Chat, Message, Presence } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { hear } from '../../live/events.ts';
import { type Listed, useList } from '../../live/use-list.ts';
import { Empty, Listing } from '../../parts/list.tsx';
import { notifyTrouble } from '../../parts/notices.tsx';
import { dayText } from '../../parts/time.tsx';
import { query } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { Bubble } from './bubble.tsx';
import { changedBy, chatOf, findMessage, isOfSession, isShown, type Place } from './chat.ts';
import { ReplyBox } from './reply-box.tsx';
import { words } from './words.ts';

interface Props {
  place: Place;
  /** All addresses that events may call the chat by. */
  names: readonly string[];
  /** With whom it is. */
  title: string;
  /** As the phone has it; null: not known. */
  card: Chat | null;
  /** Told when it was marked as read. */
  changed(): unknown;
}

/** What was said in a chat, the latest below, and what to say next. */
export function Conversation({ place, names, title, card, changed }: Props) {
  const { session, chat } = place;
  const addresses = useRef(names);
  addresses.current = names;
  const messages = useList(`${session} ${chat}`, (cursor) => hub.listMessages(session, { chat, limit: 30, cursor }), {
    after: ['message.*', 'media.*'],
    about: (event) => (isOfSession(event, session) && addresses.current.includes(chatOf(event) ?? '') ? changedBy(event) : null),
    one: (id) => hub.getMessage(id),
  });
  const quoted = useSignal<Message | null>(null);
  const shown = (messages.items ?? []).filter(isShown).reverse();
  const talk = useStayBelow(shown);
  const wanted = query.value.get('at');
  useFound(wanted, messages, talk);

  async function markSeen(): Promise<void> {
    await hub.markChatAsSeen(session, chat).then(changed, notifyTrouble);
  }

  return (
    <div class="talk">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <div ref={talk} class="talk-log" role="log" aria-label={fill(words.conversation, { name: title })} tabIndex={0}>
        <Listing
          list={messages}
          isOlderFirst
          empty={
            <Empty title={words.nothingTitle}>
              <p>{words.nothing}</p>
            </Empty>
          }
        >
          {() =>
            shown.map((message, at) => {
              const day = dayText(message.timestamp);
              const before = shown[at - 1];
              return (
                <div key={message.id} class="said-then">
                  {(!before || dayText(before.timestamp) !== day) && <p class="day">{day}</p>}
                  <Bubble
                    message={message}
                    isFound={message.id === wanted}
                    quoted={findMessage(messages.items ?? [], message.replyTo)}
                    changed={messages.reload}
                    reply={() => {
                      quoted.value = message;
                    }}
                  />
                </div>
              );
            })
          }
        </Listing>
      </div>
      <div class="talk-state">
        <TypingNow place={place} names={addresses} />
        {card && card.unread > 0 && may('messages:send') && (
          <button type="button" class="quiet small" onClick={markSeen}>
            {words.seen}
          </button>
        )}
      </div>
      {may('messages:send') && (
        <ReplyBox
          place={place}
          title={title}
          quoted={quoted.value}
          unquote={() => {
            quoted.value = null;
          }}
          sent={(message) => messages.put(message.id, message)}
        />
      )}
    </div>
  );
}

/** Pages of older messages that are asked for to come to one that was searched for. */
const MOST_PAGES = 20;

/** Leads to the message that the address names, once: it asks for older ones until it is there. */
function useFound(at: string | null, { items, older }: Listed<Message>, talk: { current: HTMLElement | null }): void {
  const done = useRef<{ at: string | null; pages: number }>({ at: null, pages: 0 });
  useEffect(() => {
    if (at === null || !items || done.current.at === at) return;
    const isThere = items.some(({ id }) => id === at);
    if (!isThere && older && done.current.pages < MOST_PAGES) {
      done.current.pages++;
      void older();
      return;
    }
    done.current = { at, pages: 0 };
    talk.current?.querySelector('.bubble-found')?.scrollIntoView({ block: 'center' });
  }, [at, items]);
}

/** Pixels from the end that still count as being there. */
const NEAR = 80;

/** Keeps what is scrolled at its end as long as it is there, and in its place when older messages come before it. */
function useStayBelow(shown: readonly Message[]) {
  const box = useRef<HTMLDivElement>(null);
  const was = useRef<{ last?: string; height: number; isBelow: boolean }>({ height: 0, isBelow: true });
  useEffect(() => {
    const { current } = box;
    const note = (): void => {
      if (current) was.current.isBelow = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR;
    };
    // What stands around it may take room from it.
    const resized = new ResizeObserver(() => {
      if (current && was.current.isBelow) current.scrollTop = current.scrollHeight;
    });
    if (current) resized.observe(current);
    current?.addEventListener('scroll', note, { passive: true });
    return () => {
      resized.disconnect();
      current?.removeEventListener('scroll', note);
    };
  }, []);
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const last = shown.at(-1)?.id;
    const { last: lastBefore, height, isBelow } = was.current;
    if (isBelow) current.scrollTop = current.scrollHeight;
    else if (last === lastBefore && current.scrollTop < NEAR) current.scrollTop += current.scrollHeight - height;
    was.current = { ...(last !== undefined && { last }), height: current.scrollHeight, isBelow };
  }, [shown.length, shown.at(-1)?.id, shown[0]?.id]);
  return box;
}

/** Milliseconds after which somebody who has not said so is no longer typing. */
const TYPES_FOR = 25_000;

/** What the other side is doing just now. */
function TypingNow({ place: { session, chat }, names }: { place: Place; names: { current: readonly string[] } }) {
  const doing = useSignal<Presence['state']>('unavailable');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const set = (state: Presence['state']): void => {
      clearTimeout(timer);
      doing.value = state;
      timer = setTimeout(() => {
        doing.value = 'unavailable';
      }, TYPES_FOR);
    };
    // Its changes are events from then on; an engine that cannot tell has none.
    hub.getChatPresence(session, chat).then(
      ({ state }) => set(state),
      () => undefined,
    );
    const stop = hear(['presence.changed'], (event) => {
      if (isOfSession(event, session) && names.current.includes(chatOf(event) ?? '')) set((event.data as Presence).state);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, []);
  return (
    <p class="typing" role="status">
      {doing.value === 'typing' && words.typing}
      {doing.value === 'recording' && words.recording}
    </p>
  );
}
