/**
 * What an engine's no means for a send: carried in `extra` of its error, and read from there by whoever decides what
 * becomes of the message. An error without a mark came when the message was perhaps out already: nobody sends it again.
 */
export const REFUSALS = {
  /** No later try can change it: the message fails at once. */
  final: { handedOver: false, refused: true },
  /** Nothing is wrong with the message; the account cannot reach WhatsApp, so that all that waits in the session waits on. */
  network: { handedOver: false, network: true },
  /** WhatsApp is known to do it at another time. */
  later: { handedOver: false, later: true },
  /** Certainly not sent, for a reason that nobody knows: the same answer again and again is a no for good. */
  unknown: { handedOver: false },
} as const satisfies Record<string, Record<string, boolean>>;

export type Refusal = keyof typeof REFUSALS;
