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
