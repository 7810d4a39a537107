import type { Milliseconds } from '../../../core/runtime.ts';

/** What shall go wrong from now on; what is left out goes well. */
export interface Faults {
  send?: {
    /** So many sends are refused by WhatsApp. */
    failNext?: number;
    /** In this way: one of WA_JS_CODES; without it, in one that nobody knows. */
    code?: string;
    /** Each send takes this long (ms). */
    delayMs?: number;
    /** Sends reach nobody and are never answered. */
    hang?: boolean;
  };
  exists?: {
    /** Digits of numbers that are not on WhatsApp. */
    unknown?: string[];
    /** Hidden numbers (`…@lid`) by the digits of the number. */
    lids?: Record<string, string>;
    /** Hidden numbers by username, without its `@`; null: a PIN is before it. */
    usernames?: Record<string, string | null>;
  };
  media?: {
    /** So many downloads break off. */
    failNext?: number;
    code?: string;
    /** WhatsApp does not have the files any more. */
    gone?: boolean;
  };
  /** Calls for contacts, chats, groups, presence and labels. */
  directory?: {
    /** So many are refused by WhatsApp. */
    failNext?: number;
    code?: string;
    /** They are never answered. */
    hang?: boolean;
    /** They are what this engine has no way to do. */
    unsupported?: boolean;
  };
  passkey?: {
    /** So many scans, or pairing codes that are typed, are answered by asking for the passkey of the account. */
    askNext?: number;
    /** Five letters, to be compared once it was signed. */
    code?: string;
    /** How long each of them may take (ms). */
    validMs?: number;
    /** So many signatures are not taken: the phone has to be linked again. */
    refuseNext?: number;
  };
  account?: {
    kind?: 'personal' | 'business';
    /** WhatsApp lets the account begin no new chats until then. */
    newChatsUntil?: Milliseconds;
  };
  health?: {
    /** The engine seems dead to so many looks. */
    failNext?: number;
  };
}
