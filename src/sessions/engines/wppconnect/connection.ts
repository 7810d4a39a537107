/**
 * One start of a session: a browser, its page and wppconnect's client in it, from launch to the last process gone.
 * What it hears goes to the host; of its end it tells once, when there is nothing left of it.
 */

import type { Unreadable } from '../../../core/arrival.ts';
import { withTimeout } from '../../../core/deadline.ts';
import { HooklineError, hasCode, messageOf } from '../../../core/errors.ts';
import { setLatest } from '../../../core/memoize.ts';
import { ackLevel, type InboundMessage } from '../../../core/message.ts';
import type { CloseReason, EngineContext } from '../../engine.ts';
import type { PasskeyCredential } from '../../passkey.ts';
import { findChromium, OwnedBrowser } from './chromium/browser.ts';
import type { Guard } from './chromium/guard.ts';
import { proxyOf } from './chromium/proxy.ts';
import type { Quarantine } from './chromium/quarantine.ts';
import { Dialogs } from './dialogs.ts';
import { OTHER, SAME } from './gate-words.ts';
import { CLIENT_OPTIONS, type Client, libraryLogger, loadWppconnect, type Page } from './library.ts';
import { LoginGate } from './login-gate.ts';
import { look, pairingCode } from './page/page-calls.ts';
import { DIALOGS, lookAtDialog } from './page/page-dialogs.ts';
import { press } from './page/page-gate.ts';
import { type Heard, hear } from './page/page-hear.ts';
import { relayPasskeys, type Signs } from './page/page-passkey.ts';
import { show } from './page/page-presence.ts';
import { Watch } from './watch.ts';
import type { Look } from './wire/map-event.ts';
import { bareId, serialized, type WireMessage } from './wire/map-message.ts';
import { milliseconds } from './wire/map-notice.ts';
import { readable } from './wire/read.ts';
import { Undecrypted } from './wire/undecrypted.ts';

/** In ms, for what somebody else has to do. */
export interface Deadlines {
  /** From the launch to wa-js ready in the page. */
  start: number;
  send: number;
  /** From WhatsApp's servers into the page. */
  media: number;
  /** Every other call into the page. */
  call: number;
  /** All that is new in all chats. */
  list: number;
  health: number;
  /** How long it is held still: shorter than the watchdog and WhatsApp need to take it for dead. */
  still: number;
  close: number;
  /** For a message that is still encrypted to come again, readable. */
  decrypt: number;
}

export interface ConnectionOptions {
  /** Null: the browser is looked for. */
  chromium: string | null;
  userDataDir: string;
  args: readonly string[];
  proxies: readonly string[];
  /** Whether a session takes its login back from WhatsApp Web that was opened elsewhere, unless it says itself. */
  onConflict: 'yield' | 'useHere';
  quarantine: Quarantine;
  guard: Guard | undefined;
  deadlines: Deadlines;
}

/** Of a changed ack wppconnect hands over the whole message, its id not serialised. */
interface WireAck {
  id: { _serialized: string };
  ack: number;
}

/** Own sends come back as new messages; this many are remembered to tell them from what was typed on the phone. */
const OWN_IDS = 1_000;
/** In one run. */
const MOST_TAKEN_BACK = 5;

export class Connection {
  readonly #context: EngineContext;
  readonly #options: ConnectionOptions;
  readonly #watch: Watch;
  readonly #gate: LoginGate;
  readonly #dialogs: Dialogs;
  readonly #own = new Map<string, true>();
  readonly #undecrypted: Undecrypted;
  /** Rejects a start that is under way when browser or page are lost. */
  readonly #lost = Promise.withResolvers<never>();
  #browser: Promise<OwnedBrowser> | null = null;
  #client: Client | null = null;
  #started = false;
  #takenBack = 0;
  /** Whose phone was last asked to be linked by a code. */
  #paired = '';
  #hushed = false;
  #freed: Promise<void> | null = null;

  constructor(context: EngineContext, options: ConnectionOptions) {
    this.#context = context;
    this.#options = options;
    this.#undecrypted = new Undecrypted(context.clock, options.deadlines.decrypt, (message) => kept(context.host.message(message)));
    this.#watch = new Watch({
      clock: context.clock,
      host: context.host,
      look: () => this.call('show its state', (_, page) => this.#look(page), options.deadlines.health),
      end: (reason, detail) => this.#end(reason, detail),
      takeBack: () => this.#takeBack(),
      interrupted: () => this.#ending || context.host.interrupted(),
      resumed: () => this.#ending || context.host.resumed(),
    });
    this.#gate = new LoginGate(this.#watch, context);
    this.#dialogs = new Dialogs({
      ...{ clock: context.clock, log: context.log },
      look: () => this.call('show what is in front', (_, page) => page.evaluate(lookAtDialog, DIALOGS)),
      press: (words) => this.call('answer a dialog', (_, page) => page.evaluate(press, { words, within: DIALOGS })),
      unknown: async (text) => {
        const picture = await this.screenshot().catch(() => null);
        if (!this.#ending) context.host.dialog(text, picture);
      },
    });
    this.#lost.promise.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#watch.isOpen;
  }

  /** Until when the account may begin no new chats. */
  get newChatsUntil(): number | null {
    return this.#watch.newChatsUntil;
  }

  get isFreed(): boolean {
    return this.#freed !== null;
  }

  /** Resolves when the page runs and is listened to. Rejects, with everything freed, when it does not come up. */
  async start(): Promise<void> {
    try {
      await withTimeout(
        this.#context.clock,
        this.#options.deadlines.start,
        'WhatsApp Web did not come up',
        Promise.race([this.#launch(), this.#lost.promise]),
      );
    } catch (cause) {
      await this.free();
      if (hasCode(cause, 'engine-failed', 'engine-unavailable')) throw cause;
      throw new HooklineError('engine-failed', `WhatsApp Web did not come up: ${messageOf(cause)}`, { cause });
    }
    this.#started = true;
    this.#watch.lookSoon();
  }

  /** From now on nothing is said to the host, though the page stays for a last call. */
  hush(): void {
    this.#hushed = true;
    this.#watch.stop();
    this.#undecrypted.stop();
  }

  /** Ends everything and says nothing. Resolves when no process is left; called again it is the same ending. */
  free(): Promise<void> {
    this.#freed ??= this.#free();
    return this.#freed;
  }

  /** Runs `work` while the browser, if there is one, stands still; see `Engine.still`. */
  async still(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const browser = await this.#browser?.catch(() => null);
    await (browser ? browser.still(this.#options.deadlines.still, work) : work(new AbortController().signal));
  }

  /** Bytes that the browser holds, where the system tells it. */
  async memory(): Promise<number | undefined> {
    return (await this.#browser)?.memory();
  }

  /** What is seen of the page, as PNG, from when the browser is up. Rejects with `session-not-connected` before that. */
  async screenshot(): Promise<Uint8Array> {
    const browser = await this.#browser?.catch(() => null);
    if (!browser || this.isFreed) throw notRunning();
    const taken = browser.page.screenshot({ type: 'png' });
    return withTimeout(this.#context.clock, this.#options.deadlines.call, 'WhatsApp Web did not show itself', taken);
  }

  /** Runs `call` with a deadline of its own, in ms; `what` completes "WhatsApp Web did not …". */
  async call<T>(what: string, call: (client: Client, page: Page) => Promise<T>, limit = this.#options.deadlines.call): Promise<T> {
    const client = this.#client;
    if (!client) {
      throw new HooklineError('session-not-connected', 'The session is not connected: connect it and wait until it is', { stage: 'later' });
    }
    try {
      return await withTimeout(this.#context.clock, limit, `WhatsApp Web did not ${what}`, call(client, client.page));
    } catch (cause) {
      if (cause instanceof HooklineError) throw cause;
      throw new HooklineError('engine-failed', `WhatsApp Web did not ${what}: ${messageOf(cause)}`, { cause });
    }
  }

  /** Resolves when the host was told of a code for the phone with this number. */
  async pair(phone: string): Promise<void> {
    this.#paired = phone;
    const code = await this.call('give a pairing code', async (_, page) => {
      await page.evaluate(hear);
      return page.evaluate(pairingCode, phone);
    });
    this.#watch.pairingCode(code, phone);
  }

  /** See `Engine.signPasskey`. */
  async signPasskey(credential: PasskeyCredential | null): Promise<void> {
    // It answers, so that what is handed over to it is not lost.
    await this.call('take a passkey', (_, page) => page.evaluate(look));
    this.#gate.answer(credential);
  }

  /** See `Engine.confirmPasskey`. WhatsApp may have the codes compared on the phone alone: then there is nothing to press. */
  async confirmPasskey(matches: boolean): Promise<void> {
    await this.call('compare codes', (_, page) => page.evaluate(press, { words: matches ? SAME : OTHER, within: 'body' }));
  }

  /** Remembers a message id as handed over by the hub itself. */
  own(engineId: string): void {
    setLatest(this.#own, bareId(engineId), true, OWN_IDS);
  }

  get #ending(): boolean {
    return this.#hushed || this.#freed !== null;
  }

  async #launch(): Promise<void> {
    if (this.#ending) throw new HooklineError('engine-failed', 'The session was stopped before its browser was launched');
    this.#browser = this.#launchBrowser();
    const browser = await this.#browser;
    browser.onDeath(() => this.#end('browser-died', 'the browser is gone'));
    // A page that crashes has no status in wppconnect.
    browser.page.on('error', (error) => this.#end('page-died', messageOf(error)));
    browser.page.on('close', () => this.#end(browser.alive ? 'page-died' : 'browser-died', 'the page was closed'));
    // Both stay over a reload, and are there before WhatsApp's own code.
    await browser.page.exposeFunction('hooklineSigns', (said: Signs) => (this.#ending ? null : this.#gate.signs(said)));
    await browser.page.evaluateOnNewDocument(relayPasskeys);
    const client = await this.#createClient(browser.page);
    // wppconnect answers a closed page by asking the browser for its pages: once that died too, nobody hears it reject.
    client.page.browser().removeAllListeners('targetdestroyed');
    client.onAnyMessage((message) => this.#message(message as unknown as WireMessage));
    client.onAck((ack) => this.#ack(ack as unknown as WireAck));
    // The page keeps it over a reload.
    await client.page.exposeFunction('hooklineHears', (heard: Heard) => this.#heard(heard));
    client.onStateChange(() => this.#watch.lookSoon());
    client.page.on('load', () => {
      this.#gate.pageLoaded();
      this.#dialogs.pageLoaded();
      this.#watch.pageLoaded();
    });
    this.#client = client;
    await client.waitForPageLoad();
  }

  async #launchBrowser(): Promise<OwnedBrowser> {
    const { chromium, userDataDir, args, proxies, quarantine, guard } = this.#options;
    const { clock, log, settings } = this.#context;
    const proxy = proxyOf(settings().proxy, proxies);
    const options = { executable: await chromiumOrHow(chromium), userDataDir, args, proxy, log, clock, guard };
    try {
      const browser = await OwnedBrowser.launch(options);
      quarantine.cleared();
      return browser;
    } catch (cause) {
      const aside = this.#ending ? null : await quarantine.suspect(options);
      if (aside === null) throw cause;
      throw new HooklineError('engine-failed', `The browser does not start on the files of this login, which are now in ${aside}`, {
        cause,
        extra: { closed: 'profile-corrupt' },
      });
    }
  }

  async #createClient(page: Page): Promise<Client> {
    const { create } = await loadWppconnect();
    return create({
      ...CLIENT_OPTIONS,
      session: this.#context.sessionId,
      page,
      logger: libraryLogger(this.#context.log.child({ part: 'wppconnect' })),
      // Links in messages are not told to wa-js's preview servers.
      linkPreviewApiServers: [],
      catchQR: (_picture, _ascii, _attempt, code) => code && this.#watch.code(code),
      statusFind: (status) => {
        // Not believed, only a reason to look; who reads the log may want to know what it was.
        this.#context.log.debug(`wppconnect signals ${status}`);
        this.#watch.lookSoon();
      },
    });
  }

  async #look(page: Page): Promise<Look> {
    await page.evaluate(hear);
    const seen = await page.evaluate(look);
    if (!seen.registered) await this.#gate.pass(page);
    else void this.#dialogs.look(); // What stands in front does not hold up what is told of the connection.
    if (seen.mainReady)
      await page.evaluate(show, null).catch((error) => this.#context.log.debug(`The account may show as online: ${messageOf(error)}`));
    return seen;
  }

  /** Whether the login was taken back from WhatsApp Web elsewhere; two that take it from each other would never stop. */
  #takeBack(): boolean {
    const { onConflict = this.#options.onConflict } = this.#context.settings();
    if (onConflict !== 'useHere' || this.#takenBack >= MOST_TAKEN_BACK) return false;
    this.#takenBack++;
    this.#context.log.warn('WhatsApp Web was opened elsewhere with this login; it is taken back', { times: this.#takenBack });
    this.call('take the login back', (client) => client.useHere()).catch(() => undefined); // The next look tells.
    return true;
  }

  #message(wire: WireMessage): void {
    this.#tell('message', wire);
  }

  #ack({ id, ack }: WireAck): void {
    const level = ackLevel(ack);
    const engineId = serialized(id);
    if (!level || !engineId?.startsWith('true_') || this.#ending) return;
    const at = this.#context.clock.now();
    kept(this.#context.host.ack({ engineId, level, at }));
  }

  #heard(heard: Heard): void {
    if (this.#ending) return;
    if (heard.kind === 'pairing-code') {
      this.#watch.pairingCode(heard.code, this.#paired);
      return;
    }
    if (heard.kind === 'receipt') {
      const { engineId, ack, participant, t } = heard;
      const level = ackLevel(ack);
      if (level) kept(this.#context.host.ack({ engineId, level, at: milliseconds(t), participant }));
      return;
    }
    if (heard.kind === 'unreadable') kept(this.#context.host.unreadable({ kind: 'notice', ...heard.what, engineId: null }));
    else this.#tell('notice', heard);
  }

  #tell(kind: 'message' | 'notice', raw: unknown): void {
    if (this.#ending) return;
    const { host } = this.#context;
    const read = readable(kind, raw, this.#watch.own);
    if (read === null) return;
    if ('unreadable' in read) kept(host.unreadable(read.unreadable));
    else if ('notice' in read) kept(host.notice(read.notice));
    else if ('message' in read && !this.#own.has(bareId(read.message.engineId))) {
      const message = this.#undecrypted.take(read.message);
      if (message) kept(host.message(message));
    }
  }

  /** Of what was listed: each message, what could not be read, or null for what is none or is waited for. */
  listed(wire: WireMessage): InboundMessage | { unreadable: Unreadable } | null {
    const read = readable('message', wire, this.#watch.own);
    if (read && 'unreadable' in read) return read;
    return read && 'message' in read ? this.#undecrypted.takeListed(read.message) : null;
  }

  #end(reason: CloseReason, detail: string): void {
    if (!this.#started) this.#lost.reject(new HooklineError('engine-failed', `WhatsApp Web did not come up: ${detail}`));
    else if (!this.#ending) this.free().then(() => this.#context.host.closed(reason, detail));
  }

  async #free(): Promise<void> {
    const { close } = this.#options.deadlines;
    this.#watch.stop();
    this.#undecrypted.stop();
    const browser = await this.#browser?.catch(() => null);
    await browser?.close(close);
  }
}

const notRunning = (): HooklineError =>
  new HooklineError('session-not-connected', 'The browser of the session does not run, so that nothing is to be seen. Connect it first.');

/** The hub tries again by itself, and asks for what it has not taken. */
const kept = (taken: Promise<void>): void => void taken.catch(() => undefined);

async function chromiumOrHow(explicit: string | null): Promise<string> {
  const executable = await findChromium(explicit);
  if (executable) return executable;
  throw new HooklineError(
    'engine-unavailable',
    `${explicit ? `There is no browser at ${explicit}` : 'There is no Chromium on this machine'}: install one (Debian and Ubuntu: ` +
      '"apt install chromium"; Alpine: "apk add chromium"; macOS: "brew install --cask chromium") or set HOOKLINE_CHROMIUM to the path of one',
  );
}
