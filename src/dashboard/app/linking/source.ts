/** What there is to scan or to type, and until when; times ISO 8601. */
export interface Code {
  code: string;
  expiresAt: string;
  restartsAt: string;
}

/** What WhatsApp asks of the passkey of the account; time ISO 8601. */
export interface Passkey {
  expiresAt: string;
  /** Stands on the phone, too. */
  code: string | null;
  /** It was signed; what is left is the code. */
  answered: boolean;
}

/** Lets another page sign, for one challenge. */
export interface PasskeyToken {
  /** The page to sign from; what the extension looks for. */
  url: string;
  /** For the console of a tab on web.whatsapp.com. */
  snippet: string;
  extensionUrl: string;
}

/** A session that is being linked, wherever that is learned from. */
export interface LinkState {
  status: string;
  reason: string | null;
  qr: Code | null;
  pairing: Code | null;
  passkey: Passkey | null;
  /** Masked. */
  phone: string | null;
  /** What there is to do, for whoever works here; a customer is told none of it. */
  advice?: string | null;
}

export interface Watcher {
  state(state: LinkState): void;
  /** Whether the hub answers. */
  online(isOnline: boolean): void;
  /** There is nothing to watch any more: the `Problem` that was answered. */
  ended(problem: Error): void;
}

/** Where the component that links a phone gets its state from, and who does what is asked of it. */
export interface LinkSource {
  /** Tells the state at once and whenever it changes; returns how to stop that. */
  watch(watcher: Watcher): () => void;
  pair(phone: string): Promise<LinkState>;
  passkeyToken(): Promise<PasskeyToken>;
  /** Nobody will sign: it begins anew. */
  declinePasskey(): Promise<LinkState>;
  /** Whether the code is that on the phone. */
  confirmPasskey(matches: boolean): Promise<LinkState>;
  startAnew(): Promise<LinkState>;
}
