import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ChatText, Message } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { isPhone } from '../../here.ts';
import { notifyTrouble } from '../../parts/notices.tsx';
import { bytes } from '../../parts/number.ts';
import { say } from '../../parts/say.ts';
import { takeArrival } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { contentOf } from '../sends/send.ts';
import { authorOf, type Place, typeOfFile } from './chat.ts';
import { takeOverByWriting } from './hands.tsx';
import { Templates } from './templates.tsx';
import { words } from './words.ts';

interface Props {
  place: Place;
  /** With whom the chat is. */
  title: string;
  /** What is answered to. */
  quoted: Message | null;
  unquote(): void;
  sent(message: Message): void;
}

/** What was begun in a chat is still there when somebody comes back to it. */
const drafts = new Map<string, string>();

/** Milliseconds between two signs that somebody types; WhatsApp shows each for some time. */
const SIGN_APART = 8_000;

/** A key of its own for each thing that is sent, so that asking again after a lost answer sends it once. */
const newKey = (): string => `page-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** What of a template is not filled in. */
const GAP = /\{\{[^{}]*\}\}/;

/** Writes into a chat: a text, or a file with one. */
export function ReplyBox({ place: { session, chat }, title, quoted, unquote, sent }: Props) {
  const draft = `${session} ${chat}`;
  const text = useSignal(drafts.get(draft) ?? '');
  const file = useSignal<File | null>(null);
  const error = useSignal<string | null>(null);
  const isSending = useSignal(false);
  const isChoosing = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const key = useRef(newKey());
  const signed = useRef(0);

  // Whoever comes to a chat is most likely to write in it; on a phone the keyboard would cover what there is to read.
  useEffect(() => {
    if (!isPhone && takeArrival()) field.current?.focus();
  }, []);
  useEffect(() => {
    if (quoted) field.current?.focus();
  }, [quoted]);

  function write(value: string): void {
    text.value = value;
    if (value === '') drafts.delete(draft);
    else drafts.set(draft, value);
    key.current = newKey();
    const isDue = value !== '' && Date.now() - signed.current > SIGN_APART;
    if (!isDue && (value !== '' || signed.current === 0)) return;
    signed.current = value === '' ? 0 : Date.now();
    // A courtesy: what hinders it hinders nothing else.
    hub.showTyping(session, chat, { on: value !== '' }).catch(() => undefined);
  }

  function attach(chosen: File | null): void {
    file.value = chosen;
    key.current = newKey();
    if (!chosen && chooser.current) chooser.current.value = '';
    field.current?.focus();
  }

  /** Where the cursor is; what is still to be filled in is selected, or else the cursor stands behind it. */
  function insert({ text: template, open }: ChatText): void {
    isChoosing.value = false;
    const { selectionStart = 0, selectionEnd = 0 } = field.current ?? {};
    write(text.value.slice(0, selectionStart) + template + text.value.slice(selectionEnd));
    const gap = open.length > 0 ? GAP.exec(template) : null;
    const from = selectionStart + (gap?.index ?? template.length);
    // Once it stands there, and the dialog has given the focus back.
    setTimeout(() => {
      field.current?.focus();
      field.current?.setSelectionRange(from, from + (gap?.[0].length ?? 0));
    });
  }

  function ask(): Promise<Message> {
    const options = { idempotencyKey: key.current };
    const said = text.value.trim();
    const replyTo = quoted?.id;
    if (!file.value) {
      return hub.sendMessage(session, { to: chat, type: 'text', text: said, ...(replyTo !== undefined && { replyTo }) }, options);
    }
    const form = new FormData();
    form.set('to', chat);
    form.set('type', typeOfFile(file.value));
    if (said !== '') form.set('caption', said);
    if (replyTo !== undefined) form.set('replyTo', replyTo);
    form.set('file', file.value);
    return hub.sendMessage(session, form, options);
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (isSending.value || (text.value.trim() === '' && !file.value)) return;
    isSending.value = true;
    error.value = null;
    await ask().then(
      (message) => {
        signed.current = 0;
        write('');
        attach(null);
        unquote();
        sent(message);
        // What hinders it is told; the message is on its way.
        takeOverByWriting({ session, chat }).catch(notifyTrouble);
      },
      (refused) => {
        error.value = say(refused);
      },
    );
    isSending.value = false;
  }

  function press(event: KeyboardEvent): void {
    if (event.key === 'Escape' && quoted) unquote();
    if (event.key !== 'Enter' || event.isComposing || event.shiftKey) return;
    // The keyboard of a phone has no other way to begin a line.
    if (isPhone && !event.ctrlKey && !event.metaKey) return;
    void submit(event);
  }

  const gap = GAP.exec(text.value)?.[0];
  return (
    <form class="reply" onSubmit={submit} noValidate>
      {quoted && (
        <div class="row between">
          <blockquote class="quote">
            <b>{fill(words.replyingTo, { name: authorOf(quoted) ?? words.yourself })}</b>
            <span class="excerpt">{contentOf(quoted)}</span>
          </blockquote>
          <button type="button" class="link" onClick={unquote}>
            {words.noReply}
          </button>
        </div>
      )}
      {file.value && (
        <div class="row">
          <span>
            {file.value.name} <span class="none">{bytes(file.value.size)}</span>
          </span>
          <button type="button" class="link" onClick={() => attach(null)}>
            {words.removeFile}
          </button>
        </div>
      )}
      <div class="reply-line">
        <label class="button quiet reply-file">
          <input ref={chooser} type="file" class="unseen" onChange={(event) => attach(event.currentTarget.files?.[0] ?? null)} />
          {words.attach}
        </label>
        {may('flows:read') && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              isChoosing.value = true;
            }}
          >
            {words.template}
          </button>
        )}
        <textarea
          ref={field}
          rows={1}
          aria-label={fill(words.message, { name: title })}
          aria-describedby="reply-help"
          placeholder={file.value ? words.caption : words.messageHint}
          value={text.value}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={press}
        />
        <button type="submit" class="main" disabled={isSending.value || (text.value.trim() === '' && !file.value)}>
          {words.send}
        </button>
      </div>
      {isChoosing.value && (
        <Templates
          place={{ session, chat }}
          title={title}
          choose={insert}
          close={() => {
            isChoosing.value = false;
          }}
        />
      )}
      <p
        id="reply-help"
        class={error.value !== null ? 'error' : gap ? 'advice' : 'help reply-help'}
        role={error.value === null ? undefined : 'alert'}
      >
        {error.value ?? (gap ? fill(words.templateOpen, { what: gap }) : isPhone ? words.sendHelpPhone : words.sendHelp)}
      </p>
    </form>
  );
}
