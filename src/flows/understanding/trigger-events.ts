/** What somebody of the account writes on the phone. It takes the chat over, unless a flow asks for it and starts by it. */
export const FROM_PHONE = 'message.fromphone';

/**
 * Which events may start a flow: what somebody does in a chat, and that something of the hub's went wrong there. That all
 * went well is left out: a flow that answers its own replies would never stop.
 */
export function isHeard(type: string): boolean {
  return (
    /^(?:poll|presence|call|group)\./.test(type) ||
    /^message\.(?:edited|revoked|reaction|failed|undelivered|fromphone)$/.test(type) ||
    /^media\./.test(type) ||
    type === 'chat.resumed'
  );
}

/**
 * That a message of the account's did not arrive. What a flow says to that goes the same way, most likely: where it does, it starts
 * nothing, or it would go on for ever.
 */
export const isFailureEvent = (type: string | undefined): boolean => type === 'message.failed' || type === 'message.undelivered';
