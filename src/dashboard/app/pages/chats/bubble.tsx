import { useSignal } from '@preact/signals';
import type { Message } from '../../../../client/index.ts';
import { clockTime, exactTime, Time } from '../../parts/time.tsx';
import { setQuery } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { SendCommands } from '../sends/commands.tsx';
import { contentOf } from '../sends/send.ts';
import { SendState } from '../sends/status.tsx';
import { Attachment } from './attachment.tsx';
import { authorOf } from './chat.ts';
import { Reacting } from './reacting.tsx';
import { words } from './words.ts';

interface Props {
  message: Message;
  /** The message that it answers to, where that is here. */
  quoted: Message | undefined;
  /** Answers to it. */
  reply(): void;
  /** It was searched for. */
  isFound: boolean;
  /** Told when something was done with it. */
  changed(): unknown;
}

/** One message: what it says, what became of it, and what can be done about it. */
export function Bubble({ message, quoted, reply, isFound, changed }: Props) {
  const { direction, chat, from, timestamp, editedAt, revokedAt, forwarded, replyTo, reactions = [], error } = message;
  const isOut = direction === 'outbound';
  const mayAnswer = may('messages:send') && message.engineId !== null && !revokedAt;
  const isReacting = useSignal(false);
  return (
    <article class={`bubble ${isOut ? 'bubble-out' : 'bubble-in'}${isFound ? ' bubble-found' : ''}`}>
      {isOut && message.flow !== undefined && <p class="bubble-author">{fill(words.byFlow, { flow: message.flow })}</p>}
      {chat.kind !== 'private' && !isOut && <p class="bubble-author">{authorOf(message)}</p>}
      {forwarded && <p class="bubble-note">{words.forwarded}</p>}
      {replyTo !== undefined && (
        <blockquote class="quote">
          <b>{quoted && (authorOf(quoted) ?? words.you)}</b>
          <span class="excerpt">{quoted ? contentOf(quoted) : words.quotedMissing}</span>
        </blockquote>
      )}
      {revokedAt && (
        <p class="bubble-note" title={exactTime(revokedAt)}>
          {words.revoked}
        </p>
      )}
      <div class={revokedAt ? 'bubble-gone' : undefined}>
        <Content message={message} />
      </div>
      {error && <p class="error">{error.message}</p>}
      {reactions.length > 0 && (
        <ul class="reactions" aria-label={words.reactions}>
          {reactions.map(({ emoji, fromMe, from, at }) => (
            <li key={`${from?.id} ${at}`} title={fromMe ? words.you : (from?.name ?? from?.phone ?? '')}>
              {emoji}
              <span class="unseen">{fromMe ? words.you : (from?.name ?? from?.phone)}</span>
            </li>
          ))}
        </ul>
      )}
      <footer class="bubble-foot">
        {editedAt && <span title={exactTime(editedAt)}>{words.edited}</span>}
        {isOut && from && <span>{words.fromPhone}</span>}
        <time dateTime={timestamp} title={exactTime(timestamp)}>
          {clockTime(timestamp)}
        </time>
        {isOut && <SendState status={message.status} />}
        {message.sendAt && <Time at={message.sendAt} />}
        {isOut && <SendCommands send={message} changed={changed} />}
        {mayAnswer && (
          <>
            <button
              type="button"
              class="link"
              aria-expanded={isReacting.value}
              onClick={() => {
                isReacting.value = !isReacting.value;
              }}
            >
              {words.react}
            </button>
            <button type="button" class="link" onClick={reply}>
              {words.reply}
            </button>
          </>
        )}
        {may('flows:read') && !isOut && (
          <button type="button" class="link" onClick={() => setQuery({ why: message.id })}>
            {words.why}
          </button>
        )}
      </footer>
      {mayAnswer && isReacting.value && (
        <Reacting
          message={message}
          close={() => {
            isReacting.value = false;
          }}
        />
      )}
    </article>
  );
}

function Content({ message }: { message: Message }) {
  const { text, caption, media, location, contacts, poll, list, choice, title, unavailable } = message;
  const said = text ?? caption ?? choice?.title ?? title;
  const isPlain = !said && !media && !location && !contacts && !poll && !list && !unavailable;
  return (
    <>
      {media && <Attachment media={media} alt={caption ?? media.filename ?? words.image} />}
      {said && <p class="said">{said}</p>}
      {location && (
        <p class="said">
          {[location.name, location.address, fill(words.location, { latitude: location.latitude, longitude: location.longitude })]
            .filter(Boolean)
            .join('\n')}
        </p>
      )}
      {contacts?.map(({ name, phones }, at) => (
        <p key={at} class="said">
          <b>{name}</b>
          {phones.map((phone) => `\n${phone}`)}
        </p>
      ))}
      {poll && <Options text={poll.question} options={poll.options} />}
      {list && <Options text={list.text} options={list.sections.flatMap(({ rows }) => rows.map((row) => row.title))} />}
      {unavailable && <p class="bubble-note">{unavailable.advice}</p>}
      {isPlain && <p class="bubble-note">{contentOf(message)}</p>}
    </>
  );
}

function Options({ text, options }: { text: string; options: readonly string[] }) {
  return (
    <>
      <p class="said">
        <b>{text}</b>
      </p>
      <ul class="options">
        {options.map((option, at) => (
          <li key={at}>{option}</li>
        ))}
      </ul>
    </>
  );
}
