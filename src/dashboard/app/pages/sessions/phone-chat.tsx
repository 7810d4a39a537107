import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Field } from '../../parts/field.tsx';
import { say } from '../../parts/say.ts';
import { clockTime } from '../../parts/time.tsx';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { contentOf } from '../sends/send.ts';
import { words } from './words.ts';

/** A number that somebody has finished to write. */
const NUMBER = /^\+?\d[\d ().-]{6,}$/;

/** A chat as one of the contacts of a sandbox session has it: what that one writes, and what comes back. */
export function PhoneChat({ id }: { id: string }) {
  const from = useSignal('5521988887777');
  const name = useSignal('');
  const text = useSignal('');
  const error = useSignal<string | null>(null);
  const isSending = useSignal(false);
  const log = useRef<HTMLOListElement>(null);
  const contact = NUMBER.test(from.value.trim()) ? from.value.trim() : null;
  const messages = useList(
    contact !== null && may('messages:read') ? `${id} ${contact}` : null,
    (cursor) => hub.listMessages(id, { chat: contact ?? '', limit: 30, cursor }),
    { after: ['message.*'], about: ({ sessionId }) => (sessionId === id ? undefined : null) },
  );
  const label = fill(words.phoneChat, { name: name.value || from.value });
  const shown = (messages.items ?? []).toReversed();
  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [shown.at(-1)?.id]);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (text.value.trim() === '' || isSending.value) return;
    error.value = null;
    isSending.value = true;
    await hub.receiveInSandbox(id, { from: from.value, text: text.value, ...(name.value !== '' && { name: name.value }) }).then(
      () => {
        text.value = '';
      },
      (refused) => {
        error.value = say(refused);
      },
    );
    isSending.value = false;
  }

  return (
    <section class="pane phone-chat">
      <h2>{words.writeTitle}</h2>
      <div class="phone-who">
        <Field label={words.writeFrom} text={from} type="tel" />
        <Field label={words.writeName} text={name} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <ol ref={log} class="flow-chat" aria-label={label} aria-live="polite" tabIndex={0}>
        {shown.length === 0 && <li class="help">{words.phoneChatEmpty}</li>}
        {shown.map((message) => (
          <li key={message.id} class={`flow-bubble ${message.direction === 'inbound' ? 'flow-in' : 'flow-out'}`}>
            {contentOf(message)} <span class="none">{clockTime(message.timestamp)}</span>
          </li>
        ))}
      </ol>
      <form class="flow-say" onSubmit={send} noValidate>
        <Field label={words.writeText} text={text} error={error.value} />
        <button type="submit" class="main" disabled={isSending.value}>
          {words.write}
        </button>
      </form>
    </section>
  );
}
