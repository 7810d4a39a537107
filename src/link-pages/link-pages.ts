/**
 * Pages that are handed to the person who has the phone. Whoever holds the token of one may open it, once, in one browser; that
 * browser may then see what is to be scanned, typed or signed, ask for a pairing code, hand over what was signed and have the session
 * begin anew, and nothing else.
 * A page ends at its time, when its session is linked, and with the session.
 */
import { timingSafeEqual } from 'node:crypto';
import { HooklineError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { maskedPhone } from '../core/masked-phone.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { freshSecret, hashOf } from '../core/secret.ts';
import type { SessionRef } from '../core/session.ts';
import type { Database } from '../db/open.ts';
import type { NewPasskeyToken, PasskeyTokens } from './passkey-tokens.ts';
import type { Code, LinkedSessions, Linking, Passkey } from './ports.ts';
import { type LinkPage, type Locale, linkPageStore, SystemLinkPageStore } from './store.ts';

export interface NewLinkPage {
  expiresIn: Milliseconds;
  locale?: Locale | undefined;
  redirectUrl?: string | undefined;
  frameAncestors?: string[] | undefined;
}

/** What the page shows; times ISO 8601. */
export interface LinkState {
  status: string;
  /** One word; what an operator has to do about it is not for whoever has the phone. */
  reason: string | null;
  qr: Code | null;
  pairing: Code | null;
  /** While WhatsApp asks for the passkey of the account: who has the phone has that, too. */
  passkey: Passkey | null;
  /** Masked; once it is linked. */
  phone: string | null;
}

/** Of one session at a time: those before are ended by those after. */
const MOST_OPEN = 20;

export class LinkPages {
  readonly #store: ReturnType<typeof linkPageStore>;
  readonly #system: SystemLinkPageStore;
  readonly #sessions: LinkedSessions;
  readonly #passkeyTokens: Pick<PasskeyTokens, 'create'>;
  readonly #clock: Runtime['clock'];

  constructor(
    db: Database,
    { sessions, passkeyTokens }: { sessions: LinkedSessions; passkeyTokens: Pick<PasskeyTokens, 'create'> },
    { clock }: Pick<Runtime, 'clock'>,
  ) {
    this.#store = linkPageStore(db);
    this.#system = new SystemLinkPageStore(db);
    this.#sessions = sessions;
    this.#passkeyTokens = passkeyTokens;
    this.#clock = clock;
  }

  /** The token is kept hashed and cannot be shown again. Rejects with `session-linked` where there is nothing to link. */
  async create(
    { tenantId, id: sessionId, name }: SessionRef,
    wanted: NewLinkPage,
  ): Promise<{ id: string; token: string; expiresAt: string }> {
    const { session } = await this.#sessions.linking(tenantId, sessionId);
    if (session.status === 'connected') {
      throw new HooklineError('session-linked', `"${name}" is linked. Log it out first to link another phone.`);
    }
    const [now, token] = [this.#clock.now(), freshSecret()];
    const page: LinkPage = {
      id: newId('lnk', now),
      tenantId,
      sessionId,
      tokenHash: hashOf(token),
      browserHash: null,
      connectsBefore: session.attempts.succeeded,
      locale: wanted.locale ?? null,
      redirectUrl: wanted.redirectUrl ?? null,
      frameAncestors: wanted.frameAncestors ?? [],
      createdAt: now,
      expiresAt: now + wanted.expiresIn,
    };
    await this.#store.transact(tenantId, async (pages) => {
      await pages.insert(page);
      await pages.tidy(sessionId, { now, most: MOST_OPEN });
    });
    return { id: page.id, token, expiresAt: iso(page.expiresAt) };
  }

  /** The page that this token is of, whoever holds it. Rejects with `not-found`, and with `link-page-ended` past its time. */
  async find(token: string): Promise<LinkPage> {
    const page = await this.#system.byToken(hashOf(token));
    if (!page) throw new HooklineError('not-found', 'This link leads nowhere. Ask whoever sent it for another one.');
    if (page.expiresAt <= this.#clock.now()) throw ended('The time of this link is over.');
    return page;
  }

  /** As `find`, for the browser that has opened it. Rejects with `forbidden` for any other. */
  async enter(token: string, browser: string | undefined): Promise<LinkPage> {
    const page = await this.find(token);
    if (!isBrowserOf(page, browser)) throw new HooklineError('forbidden', 'This link was not opened in this browser.');
    return page;
  }

  /**
   * Opens the page, and has its session begin where it is at rest: the person is there. `browser` is what this browser must
   * show from now on; null where it has it already. Rejects with `forbidden` when another one has opened it, and with
   * `link-page-ended` when the session is linked.
   */
  async open(page: LinkPage, browser: string | undefined): Promise<{ browser: string | null; state: LinkState }> {
    const isBack = isBrowserOf(page, browser);
    const linking = await this.#linking(page);
    if (!isBack && hasLinked(page, linking)) throw ended('The phone is linked.');
    if (!isBack && page.browserHash !== null) throw openedElsewhere();
    const secret = isBack ? null : freshSecret();
    if (secret !== null) {
      const isFirst = await this.#store.transact(page.tenantId, (pages) => pages.bind(page.id, hashOf(secret)));
      if (!isFirst) throw openedElsewhere();
    }
    if (AT_REST.includes(linking.session.status) && !hasLinked(page, linking)) {
      await this.#sessions.connect(page.tenantId, page.sessionId);
    }
    return { browser: secret, state: await this.state(page) };
  }

  async state(page: LinkPage): Promise<LinkState> {
    const linking = await this.#linking(page);
    const { status, reason, phone } = linking.session;
    if (hasLinked(page, linking)) {
      const done = { status: 'connected', reason: null, qr: null, pairing: null, passkey: null };
      return { ...done, phone: phone === null ? null : maskedPhone(phone) };
    }
    const [qr, pairing] = [codeOf(linking.qr), codeOf(linking.pairing)];
    return { status, reason: reason?.split(':', 1)[0] ?? null, qr, pairing, passkey: passkeyOf(linking.passkey), phone: null };
  }

  /** A code to be typed on the phone with this number (digits). Rejects with `pairing-unavailable`, `link-page-ended`. */
  async pair(page: LinkPage, phone: string): Promise<LinkState> {
    await this.#needUnlinked(page);
    await this.#sessions.pair(page.tenantId, page.sessionId, phone);
    return this.state(page);
  }

  /** For the browser that has the passkey. Rejects as `PasskeyTokens.create`, and with `link-page-ended`. */
  async passkeyToken(page: LinkPage): Promise<NewPasskeyToken> {
    await this.#needUnlinked(page);
    return this.#passkeyTokens.create({ tenantId: page.tenantId, id: page.sessionId });
  }

  /** What the passkey of the account has signed; null: nobody will sign. Rejects as `LinkedSessions.answerPasskey`, and with `link-page-ended`. */
  async answerPasskey(page: LinkPage, credential: object | null): Promise<LinkState> {
    await this.#needUnlinked(page);
    await this.#sessions.answerPasskey(page.tenantId, page.sessionId, credential);
    return this.state(page);
  }

  /** Whether the code that is shown is that on the phone. Rejects with `passkey-unavailable`, `link-page-ended`. */
  async confirmPasskey(page: LinkPage, matches: boolean): Promise<LinkState> {
    await this.#needUnlinked(page);
    await this.#sessions.confirmPasskey(page.tenantId, page.sessionId, matches);
    return this.state(page);
  }

  /** Back to a QR code, from wherever it got stuck. Rejects with `link-page-ended`. */
  async startAnew(page: LinkPage): Promise<LinkState> {
    await this.#needUnlinked(page);
    await this.#sessions.restart(page.tenantId, page.sessionId);
    return this.state(page);
  }

  #linking({ tenantId, sessionId }: LinkPage): Promise<Linking> {
    return this.#sessions.linking(tenantId, sessionId);
  }

  async #needUnlinked(page: LinkPage): Promise<void> {
    if (hasLinked(page, await this.#linking(page))) throw ended('The phone is linked.');
  }
}

const AT_REST = ['stopped', 'failed', 'loggedOut'];

/** By how often it has connected, not by when: a clock can be set back. */
const hasLinked = ({ connectsBefore }: LinkPage, { session }: Linking): boolean => session.attempts.succeeded > connectsBefore;

function isBrowserOf({ browserHash }: LinkPage, browser: string | undefined): boolean {
  return browserHash !== null && browser !== undefined && timingSafeEqual(Buffer.from(hashOf(browser)), Buffer.from(browserHash));
}

/** Without what a page does not show. */
const codeOf = (code: Code | null): Code | null => code && { code: code.code, expiresAt: code.expiresAt, restartsAt: code.restartsAt };

/** What is to be signed goes to whoever signs, and not with every state. */
const passkeyOf = (passkey: Passkey | null): Passkey | null =>
  passkey && { expiresAt: passkey.expiresAt, code: passkey.code, answered: passkey.answered };

const ended = (why: string): HooklineError =>
  new HooklineError('link-page-ended', `${why} Ask whoever sent it for another one if you need it.`);

const openedElsewhere = (): HooklineError =>
  new HooklineError('forbidden', 'This link was opened in another browser, and opens in one only. Ask whoever sent it for another one.');
