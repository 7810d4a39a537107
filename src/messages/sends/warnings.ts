/** What WhatsApp may take and never show. Pure. */
import type { Fault } from '../../core/errors.ts';
import type { SendRequest } from '../../core/message.ts';

/** What is accepted and may not do what its sender expects. */
export function warningsOf(send: SendRequest): Fault[] {
  if (send.type !== 'list' || send.fallback === 'text') return [];
  const message =
    'WhatsApp may take a list from a linked device and show it to nobody, nor say so. With "fallback": "text" it goes out as numbered text; a poll is shown, too.';
  return [{ path: 'type', message }];
}
