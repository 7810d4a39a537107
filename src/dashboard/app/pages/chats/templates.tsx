import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { ChatText } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { SearchField } from '../../parts/filters.tsx';
import { Empty, Listing } from '../../parts/list.tsx';
import { fill } from '../../words/words.ts';
import type { Place } from './chat.ts';
import { words } from './words.ts';

interface Props {
  place: Place;
  /** With whom the chat is. */
  title: string;
  choose(template: ChatText): void;
  close(): void;
}

const idOf = ({ flow, step, text }: ChatText): string => `${flow} ${step} ${text}`;

/** What flows say, filled in for the chat: one of it is chosen, to be looked over and sent. */
export function Templates({ place: { session, chat }, title, choose, close }: Props) {
  const search = useSignal('');
  const rows = useRef<HTMLUListElement>(null);
  const list = useList(
    `${session} ${chat} ${search.value}`,
    (cursor) => hub.listChatFlowTexts(session, chat, { search: search.value || undefined, limit: 50, cursor }),
    { idOf },
  );

  /** Up and down from the field through the list, as in one of a desktop. */
  function press(event: KeyboardEvent): void {
    const buttons = [...(rows.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (next === undefined || (at < 0 && event.key === 'ArrowUp') || !buttons[next]) return;
    event.preventDefault();
    buttons[next]?.focus();
  }

  return (
    <Dialog title={words.templatesTitle} wide close={close}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys only move the focus between buttons that are reached without them */}
      <div class="templates" onKeyDown={press}>
        <p class="help">{fill(words.templatesLead, { name: title })}</p>
        <SearchField
          label={words.templatesSearch}
          text={search.value}
          search={(text) => {
            search.value = text;
          }}
        />
        <Listing
          list={list}
          empty={
            <Empty title={search.value === '' ? words.noTemplatesTitle : words.noneFoundTitle}>
              <p>{search.value === '' ? words.noTemplates : words.templatesNone}</p>
            </Empty>
          }
        >
          {(items) => (
            <ul ref={rows} class="template-rows" aria-label={words.templatesTitle}>
              {items.map((template) => (
                <li key={idOf(template)}>
                  <button type="button" class="template" onClick={() => choose(template)}>
                    <span class="none">{template.flow}</span>
                    <span class="template-text">{template.text}</span>
                  </button>
                </li>
              ))}
            </ul>
          )}
        </Listing>
      </div>
    </Dialog>
  );
}
