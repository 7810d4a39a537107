/**
 * Tokens for another browser than that of the link page, or of whoever has a key: the one that has the passkey of the account, on
 * https://web.whatsapp.com. Whoever holds one may read what WhatsApp asks now and hand over what was signed, and nothing else. It is
 * for one challenge: once that is answered, is over, or WhatsApp asks anew, nothing comes of it any more.
 */
import { HooklineError } from '../core/errors.ts';
import { newId, type SessionId, type TenantId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import { freshSecret, hashOf } from '../core/secret.ts';
import type { Database } from '../db/open.ts';
import { type PasskeyToken, passkeyTokenStore, SystemPasskeyTokenStore } from './passkey-tokens-store.ts';
import type { AskedPasskey, PasskeySessions } from './ports.ts';

export interface NewPasskeyToken {
  id: string;
  token: string;
  /** What is to be signed (`PublicKeyCredentialRequestOptionsJSON`). */
  publicKey: AskedPasskey['publicKey'];
  /** ISO 8601; when the challenge is over. */
  expiresAt: string;
}

/** Of one session at a time: those before are ended by those after. */
const MOST_OPEN = 20;

export class PasskeyTokens {
  readonly #store: ReturnType<typeof passkeyTokenStore>;
  readonly #system: SystemPasskeyTokenStore;
  readonly #sessions: PasskeySessions;
  readonly #clock: Runtime['clock'];

  constructor(db: Database, { sessions }: { sessions: PasskeySessions }, { clock }: Pick<Runtime, 'clock'>) {
    this.#store = passkeyTokenStore(db);
    this.#system = new SystemPasskeyTokenStore(db);
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /**
   * The token is kept hashed and cannot be shown again. Rejects with `passkey-unavailable` and `passkey-expired` where there is
   * nothing to sign.
   */
  async create({ tenantId, id: sessionId }: { tenantId: TenantId; id: SessionId }): Promise<NewPasskeyToken> {
    const { publicKey, expiresAt } = needUnsigned(await this.#sessions.passkey(tenantId, sessionId));
    const [now, token] = [this.#clock.now(), freshSecret()];
    const row: PasskeyToken = {
      id: newId('pkt', now),
      tenantId,
      sessionId,
      tokenHash: hashOf(token),
      challengeHash: hashOf(publicKey.challenge),
      createdAt: now,
      expiresAt: Date.parse(expiresAt),
    };
    await this.#store.transact(tenantId, async (tokens) => {
      await tokens.insert(row);
      await tokens.tidy(sessionId, { now, most: MOST_OPEN });
    });
    return { id: row.id, token, publicKey, expiresAt };
  }

  /** What this token is for, whoever holds it. Rejects with `not-found`, and with `passkey-expired` past its time. */
  async find(token: string): Promise<PasskeyToken> {
    const row = await this.#system.byToken(hashOf(token));
    if (!row)
      throw new HooklineError(
        'not-found',
        'This request for a passkey is not known here, or is over. Go back to the page that you came from.',
      );
    if (row.expiresAt <= this.#clock.now()) throw over('Its time is over.');
    return row;
  }

  /**
   * What is to be signed with it now. Rejects with `passkey-expired` when WhatsApp asks something else by now, and with
   * `passkey-unavailable` when it asks nothing, or was answered.
   */
  async request({ tenantId, sessionId, challengeHash }: PasskeyToken): Promise<Pick<AskedPasskey, 'publicKey' | 'expiresAt'>> {
    const asked = await this.#sessions.passkey(tenantId, sessionId);
    if (hashOf(asked.publicKey.challenge) !== challengeHash) throw over('WhatsApp asks anew by now.');
    const { publicKey, expiresAt } = needUnsigned(asked);
    return { publicKey, expiresAt };
  }
}

function needUnsigned(asked: AskedPasskey): AskedPasskey {
  if (!asked.answered) return asked;
  throw new HooklineError('passkey-unavailable', 'It was signed already. What is left is to say whether the code is that on the phone.');
}

const over = (why: string): HooklineError =>
  new HooklineError('passkey-expired', `This request for the passkey is over: ${why} Go back to the page that you came from.`);
