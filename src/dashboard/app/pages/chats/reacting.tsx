import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Message } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { notifyTrouble } from '../../parts/notices.tsx';
import { words } from './words.ts';

/** Those that WhatsApp itself offers. */
const EMOJIS = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const;

interface Props {
  message: Message;
  close(): void;
}

/** Reacts to a message as the account; the one that it has already is taken back. */
export function Reacting({ message: { id, sessionId, reactions = [] }, close }: Props) {
  const own = reactions.find(({ fromMe }) => fromMe)?.emoji;
  const isSending = useSignal(false);
  const group = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    group.current?.querySelector('button')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  async function react(emoji: string): Promise<void> {
    isSending.value = true;
    await hub.sendMessage(sessionId, { type: 'reaction', messageId: id, emoji: emoji === own ? '' : emoji }).then(close, notifyTrouble);
    isSending.value = false;
  }

  return (
    <fieldset ref={group} class="reacting" onKeyDown={(event) => event.key === 'Escape' && close()}>
      <legend class="unseen">{words.react}</legend>
      {EMOJIS.map((emoji) => (
        <button
          key={emoji}
          type="button"
          class="chip"
          aria-pressed={emoji === own}
          disabled={isSending.value}
          onClick={() => void react(emoji)}
        >
          {emoji}
        </button>
      ))}
    </fieldset>
  );
}
