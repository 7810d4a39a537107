/**
 * The passkey of the account, asked for by WhatsApp Web in a browser that has none: the request goes to the hub, and what
 * comes back looks to the page as if its own browser had signed. `relayPasskeys` runs inside Chromium, in each frame before
 * any script of the page: it is sent there as text, so it sees the page's globals and nothing of this file.
 */
import type { PasskeyCredential, PasskeyOptions } from '../../../passkey.ts';

/** What the page says to the hub: that it asks, or that it no longer waits for the answer. */
export type Signs = { id: string; publicKey: PasskeyOptions } | { over: string };

/** The browser's own, as far as it is used. */
interface RequestOptions {
  publicKey?: { rpId?: string; timeout?: number };
  mediation?: string;
  signal?: AbortSignal;
}
declare const CredentialsContainer: { prototype: { get(options?: RequestOptions): Promise<unknown> } };
declare const PublicKeyCredential: { prototype: object };
declare const AuthenticatorAssertionResponse: { prototype: object };
declare const navigator: { credentials: unknown };

/** To the hub; resolves with what was signed, null: nobody will sign. */
declare const hooklineSigns: (said: Signs) => Promise<PasskeyCredential | null>;

/** Everything that is not a question for the passkey of WhatsApp stays with the browser's own `navigator.credentials`. */
export function relayPasskeys(): void {
  // Not there on a page that is no secure context, such as the empty one that the browser begins with.
  if (typeof CredentialsContainer === 'undefined' || typeof PublicKeyCredential === 'undefined') return;
  // As long as WhatsApp takes an answer.
  const LONGEST = 600_000;
  CredentialsContainer.prototype.get = new Proxy(CredentialsContainer.prototype.get, {
    apply(get, self, given: [RequestOptions?]) {
      const [{ publicKey, mediation, signal } = {}] = given;
      // What is offered without asking anybody (`conditional`, `silent`) asks nobody here either.
      const asksSomebody = mediation === undefined || mediation === 'optional' || mediation === 'required';
      if (publicKey?.rpId !== 'whatsapp.com' || !asksSomebody || self !== navigator.credentials) return Reflect.apply(get, self, given);
      return sign(publicKey, signal);
    },
  });

  async function sign(publicKey: NonNullable<RequestOptions['publicKey']>, signal: AbortSignal | undefined): Promise<object> {
    signal?.throwIfAborted();
    const id = crypto.randomUUID();
    const over = Promise.withResolvers<null>();
    const stop = () => {
      over.resolve(null);
      void hooklineSigns({ over: id });
    };
    const timer = setTimeout(stop, Math.min(publicKey.timeout ?? LONGEST, LONGEST));
    signal?.addEventListener('abort', stop);
    try {
      const asked = hooklineSigns({ id, publicKey: plain(publicKey) as PasskeyOptions });
      const signed = await Promise.race([asked, over.promise]);
      signal?.throwIfAborted();
      if (signed) return credentialOf(signed);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
    // As browsers say it, whether nobody was there or somebody said no (Web Authentication, section 5.1.4.2).
    throw new DOMException('The operation either timed out or was not allowed.', 'NotAllowedError');
  }

  /** `PublicKeyCredentialRequestOptionsJSON`: bytes become text, wherever they stand. */
  function plain(value: unknown): unknown {
    if (value instanceof ArrayBuffer) return textOf(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return textOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  }

  function textOf(bytes: Uint8Array): string {
    return btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  }

  function bytesOf(text: string): ArrayBuffer {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer;
  }

  /** The browser makes none of these for what it has not signed itself: its own getters are covered by members with the same names. */
  function credentialOf(signed: PasskeyCredential): object {
    const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response;
    const response = made(AuthenticatorAssertionResponse.prototype, {
      clientDataJSON: bytesOf(clientDataJSON),
      authenticatorData: bytesOf(authenticatorData),
      signature: bytesOf(signature),
      userHandle: userHandle ? bytesOf(userHandle) : null,
    });
    return made(PublicKeyCredential.prototype, {
      id: signed.id,
      type: signed.type,
      rawId: bytesOf(signed.rawId),
      authenticatorAttachment: signed.authenticatorAttachment ?? null,
      response,
      getClientExtensionResults: () => structuredClone(signed.clientExtensionResults),
      toJSON: () => structuredClone(signed),
    });
  }

  function made(prototype: object, members: Record<string, unknown>): object {
    const hidden = Object.entries(members).map(([name, value]) => [name, { value, configurable: true }] as const);
    return Object.create(prototype, Object.fromEntries(hidden));
  }
}
