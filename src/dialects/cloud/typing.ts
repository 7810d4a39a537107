import type { LedgerEvent } from '../../core/events.ts';
import type { ChatId } from '../../core/message.ts';
import type { Clock } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';

interface TypingPorts {
  chats: { typing(session: SessionRef, chat: ChatId, on: boolean): Promise<void> };
  ledger: { onAppend(listener: (events: readonly LedgerEvent[]) => void): () => void };
  clock: Clock;
}

/** For so long (ms) Meta shows it. */
const SHOWN = 25_000;

/** The typing indicator as the Cloud API has it: nobody takes it back, it ends by itself, or with the next message to the chat. */
export class TypingIndicators {
  readonly #ports: TypingPorts;
  /** By session and chat: what ends the wait for the end of the present one. */
  readonly #shown = new Map<string, () => void>();

  constructor(ports: TypingPorts) {
    this.#ports = ports;
  }

  /** Rejects where it cannot be shown. */
  async show(session: SessionRef, chat: ChatId): Promise<void> {
    const { chats, ledger, clock } = this.#ports;
    await chats.typing(session, chat, true);
    const key = `${session.id} ${chat}`;
    this.#shown.get(key)?.();
    const end = (): void => {
      timer.cancel();
      stop();
      this.#shown.delete(key);
    };
    const hide = (): void => {
      end();
      // The phone may be away by now, and shows nothing then.
      chats.typing(session, chat, false).catch(() => undefined);
    };
    const timer = clock.after(SHOWN, hide);
    const stop = ledger.onAppend((events) => {
      // What is sent to a chat names it.
      if (events.some(({ type, sessionId, json }) => type === 'message.sent' && sessionId === session.id && json.includes(chat))) hide();
    });
    this.#shown.set(key, end);
  }
}
