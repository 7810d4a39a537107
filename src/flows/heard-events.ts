/**
 * Which events may start a flow: what somebody does in a chat. What becomes of the hub's own messages is left out: a flow that
 * answers its own replies would never stop.
 */
export function isHeard(type: string): boolean {
  return (
    /^(?:poll|presence|call|group)\./.test(type) ||
    /^message\.(?:edited|revoked|reaction|failed|undelivered)$/.test(type) ||
    /^media\./.test(type) ||
    type === 'chat.resumed'
  );
}
