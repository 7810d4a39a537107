import type { Milliseconds } from '../../core/runtime.ts';
import { afterChange, effectOf } from './message-changes.ts';
import type { MessageTransactor } from './store.ts';
import type { StoredMessage } from './stored.ts';

/** A reaction, edit or revoke that WhatsApp has taken changes the message that it is about, in the transaction that notes so. */
export async function applyChange(
  messages: MessageTransactor,
  before: StoredMessage,
  after: StoredMessage,
  now: Milliseconds,
): Promise<void> {
  const effect = effectOf(before, after, now);
  const target = effect && (await messages.referred(after.sessionId, after.content.messageId ?? ''));
  const changed = target && afterChange(target, effect);
  if (changed) await messages.saveSaid(changed);
}
