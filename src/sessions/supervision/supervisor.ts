/**
 * Brings one session to the state that is wanted for it, and keeps it there.
 *
 * Everything that changes the session is a job in one queue: commands as well as what the engine reports. So two
 * commands never overlap, "connect" twice is one connect, and a report is acted on in the state in which it is true.
 * What is wanted (`desired`) is on disk before a command is queued, so a hub that dies meanwhile resumes with it.
 *
 * Each launch of the engine is a *run*. A report that was made in an earlier run is not heard any more. At most one
 * thing is waited for at a time, with one alarm: the end of the QR window or of the request for a passkey, the next
 * attempt, the patience with a login, or the time after which a connection counts as stable.
 */

import { HooklineError, hasCode, messageOf } from '../../core/errors.ts';
import { iso } from '../../core/iso.ts';
import type { Logger, Milliseconds, Timer } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { CloseReason, Engine, EngineHost } from '../engine.ts';
import { PASSKEY_VALID, type PasskeyCredential } from '../passkey.ts';
import type { Desired, Session, SessionConfig, StatusChange } from '../store.ts';
import { EngineSlot } from './engine-slot.ts';
import { Intake } from './intake.ts';
import { JobQueue } from './job-queue.ts';
import { isAtRest, next } from './lifecycle.ts';
import { Linking, type PairingView } from './linking.ts';
import { LoginKeeper, type LossOfLogin } from './login-keeper.ts';
import { PasskeyRequest, type PasskeyView } from './passkey-request.ts';
import type { QrView } from './qr.ts';
import { SessionRecord } from './record.ts';
import { ReconnectPolicy } from './retry-policy.ts';
import type { SupervisorContext } from './supervisor-context.ts';
import { Watchdog } from './watchdog.ts';

/** An engine that shows neither a code nor a login for this long is started again (ms). */
const PATIENCE = 120_000;
/** A connection that held this long was a good one: the next loss is tried again soon (ms). */
const STABLE = 60_000;

export class Supervisor {
  readonly #context: SupervisorContext;
  readonly #log: Logger;
  readonly #slot: EngineSlot;
  readonly #watchdog: Watchdog;
  readonly #intake: Intake;
  readonly #record: SessionRecord;
  readonly #linking: Linking;
  readonly #keeper: LoginKeeper;
  readonly #patience = new ReconnectPolicy();
  readonly #jobs = new JobQueue((error) => this.#recover(error));
  #run = 0;
  #suspended = false;
  #alarm: Timer | undefined;

  constructor(session: Session, context: SupervisorContext) {
    this.#context = context;
    this.#record = new SessionRecord(session, context);
    this.#slot = new EngineSlot(session, this.#host(), () => this.#record.config, context);
    const { lastInboundAt: lastAt } = session;
    // The clock of the hub may only have it ask for more.
    const mark = session.caughtUpTo === null ? null : Math.min(session.caughtUpTo, lastAt ?? Number.POSITIVE_INFINITY);
    this.#intake = new Intake(() => this.session, { lastAt, mark }, context);
    this.#log = context.runtime.log.child({ session: session.id });
    this.#linking = new Linking(context.options);
    this.#keeper = new LoginKeeper(session, context.copies, this.#log);
    this.#watchdog = new Watchdog(context.runtime.clock, {
      interval: context.options.watchdog,
      memoryLimit: context.options.memoryLimit,
      check: () => this.#slot.health(),
      stale: (detail) => this.#hear(() => this.#onStale(detail)),
      tooLarge: (bytes) => this.#hear(() => this.#onTooLarge(bytes)),
    });
  }

  get session(): SessionRef {
    return this.#record.ref;
  }

  /** The code that is shown now. */
  get qr(): QrView | null {
    return this.#linking.qr;
  }

  /** The pairing code that may be typed now. */
  get pairing(): PairingView | null {
    return this.#linking.pairing;
  }

  /** What the passkey of the account is asked to sign, or the code to be compared; null while nobody has to do anything. */
  get passkey(): PasskeyView | null {
    return this.#record.status === 'passkey' ? (this.#linking.passkey?.view() ?? null) : null;
  }

  /** The engine while the session is connected. */
  get connected(): Engine | null {
    return this.#record.status === 'connected' ? this.#slot.running : null;
  }

  /** The engine, made when there is none yet, whether it runs or not. */
  engine(): Promise<Engine> {
    return this.#slot.engine();
  }

  /** What somebody has changed in the row: a name takes effect at once, settings as the engine asks for them. */
  amend(name: string, config: SessionConfig): void {
    this.#record.amend(name, config);
  }

  /** Resolves when all that was asked for and reported up to now is done. */
  settled(): Promise<void> {
    return this.#jobs.settled();
  }

  connect(): Promise<void> {
    return this.#command('started', async () => {
      if (this.#slot.occupied) return;
      this.#beginAnew();
      await this.#launch('requested');
    });
  }

  disconnect(): Promise<void> {
    return this.#command('stopped', async () => {
      const wasOpen = await this.#halt();
      await this.#record.move('stop', 'requested');
      if (wasOpen) void this.#copyLogin();
    });
  }

  restart(): Promise<void> {
    return this.#command('started', async () => {
      this.#beginAnew();
      await this.#launch('restart');
    });
  }

  /** Unlinks the phone, also of a session that is not connected: its login is forgotten. */
  logout(): Promise<void> {
    return this.#command('stopped', async () => {
      await this.#slot.logout();
      await this.#endRun();
      await this.#keeper.forget();
      await this.#record.move('unlinked', 'requested');
    });
  }

  /** The row goes last: whatever fails before leaves a stopped session that can be deleted again. */
  destroy(): Promise<void> {
    return this.#command('stopped', async () => {
      await this.#slot.destroy();
      await this.#endRun();
      await this.#keeper.forget();
      await this.#record.remove();
      this.#suspended = true;
    });
  }

  /**
   * A code that links the account with this number (digits) when it is typed on its phone. Null: there is nothing to be
   * linked now. It changes nothing by itself; what the engine reports does.
   */
  async pair(phone: string): Promise<PairingView | null> {
    await this.settled();
    const running = this.#slot.running;
    const now = this.#context.runtime.clock.now();
    const shown = this.#linking.pairing;
    if (shown?.phone === phone && Date.parse(shown.expiresAt) > now) return shown;
    if (!running || (this.#record.status !== 'qr' && this.#record.status !== 'pairing')) return null;
    await running.pair(phone);
    await this.settled();
    return this.#linking.pairing;
  }

  /**
   * Hands over what the passkey has signed; null: nobody will sign, and the session starts over. False: none is asked for now.
   * Rejects with `passkey-mismatch` and `passkey-expired` for a credential that answers something else, or comes too late.
   */
  answerPasskey(credential: PasskeyCredential | null): Promise<boolean> {
    return this.#withPasskey(
      () => this.#linking.passkeyFor(credential, this.#context.runtime.clock.now()),
      (engine) => engine.signPasskey(credential),
      (request) => (credential ? this.#onSigned(request) : this.#onDeclined(request, 'Nobody signed')),
    );
  }

  /** Whether the code that is shown is that on the phone. False: none is shown now. */
  confirmPasskey(matches: boolean): Promise<boolean> {
    return this.#withPasskey(
      () => (this.#linking.passkey?.code ? this.#linking.passkey : null),
      (engine) => engine.confirmPasskey(matches),
      (request) => (matches ? this.#onCompared(request) : this.#onDeclined(request, 'The codes are not the same')),
    );
  }

  /** What is asked is handed to the engine and then written, with nothing between. That it could not be handed over is no fault of the session. */
  async #withPasskey(
    find: () => PasskeyRequest | null,
    handOver: (engine: Engine) => Promise<void>,
    note: (request: PasskeyRequest) => Promise<void>,
  ): Promise<boolean> {
    const outcome = await this.#jobs.run(async () => {
      const { running } = this.#slot;
      const [handed] = await Promise.allSettled([
        (async () => {
          const request = find();
          if (!request || !running) return null;
          await handOver(running);
          return request;
        })(),
      ]);
      if (handed.status === 'fulfilled' && handed.value) await note(handed.value);
      return handed;
    });
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value !== null;
  }

  /**
   * Runs `work` on the profile, in which nothing changes meanwhile. The session goes on; only where its engine cannot be held
   * still it is stopped for it, and started again, with `reason`.
   */
  async still(reason: string, work: (directory: string, signal: AbortSignal) => Promise<void>): Promise<void> {
    const outcome = await this.#jobs.run(async () => {
      this.#needHere();
      const [done] = await Promise.allSettled([this.#slot.still(work)]);
      return done;
    });
    if (outcome.status === 'fulfilled') return;
    if (!hasCode(outcome.reason, 'not-supported-by-engine', 'engine-timeout')) throw outcome.reason;
    this.#log.warn(`The engine of session "${this.session.name}" cannot be held still, so it is stopped for a moment`, {
      reason,
      why: outcome.reason.message,
    });
    await this.pause(reason, (directory) => work(directory, new AbortController().signal));
  }

  /** Runs `work` on the profile while the engine is stopped. What was wanted is brought up again after it, and not waited for. */
  async pause<T>(reason: string, work: (directory: string) => Promise<T>): Promise<T> {
    const outcome = await this.#jobs.run(async () => {
      this.#needHere();
      await this.#halt();
      if (!isAtRest(this.#record.status)) await this.#record.move('stop', reason);
      const [done] = await Promise.allSettled([this.#slot.inProfile(work)]);
      this.#hear(() => this.#reconcile(reason));
      return done;
    });
    // Thrown here, not in the job: a failure of `work` is none of the session.
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  #needHere(): void {
    if (this.#suspended) throw new HooklineError('shutting-down', `"${this.session.name}" was deleted, or the hub is stopping.`);
  }

  /** At the start of the hub: goes on where the row says it was. */
  resume(): Promise<void> {
    return this.#jobs.run(() => this.#reconcile('hub-started'));
  }

  /** At the stop of the hub: closes the connection, keeps the login and the wish to be connected. */
  async suspend(): Promise<void> {
    this.#suspended = true;
    this.#slot.hurry();
    const wasOpen = await this.#jobs.run(async () => {
      const open = await this.#halt();
      if (!isAtRest(this.#record.status)) await this.#record.move('stop', 'hub-stopped');
      return open;
    });
    if (wasOpen) await this.#copyLogin();
  }

  async #command(desired: Desired, job: () => Promise<void>): Promise<void> {
    await this.#record.want(desired);
    if (desired === 'stopped') this.#slot.hurry();
    return this.#jobs.run(async () => {
      // A job before this one may have wished otherwise: the last command decides.
      if (this.#record.desired !== desired) await this.#record.want(desired);
      await job();
    });
  }

  /** For what the engine or the alarm says: it counts only within the run in which it was said. */
  #hear(job: () => Promise<void>): void {
    const run = this.#run;
    this.#jobs
      .run(async () => {
        if (run === this.#run) await job();
      })
      .catch(() => undefined); // #recover has seen to it.
  }

  /** Brings what is to what is wanted, from a row that may say more than what runs. */
  async #reconcile(reason: string): Promise<void> {
    if (this.#record.desired === 'started') await this.#launch(reason);
    else if (!isAtRest(this.#record.status)) await this.#record.move('stop', reason);
  }

  /**
   * A job failed halfway, mostly because the database did not take the change: what runs may no longer be what the row
   * says. The engine is stopped, and later the row is written anew.
   */
  async #recover(error: unknown): Promise<void> {
    // One that was deleted while somebody asked something of it is no fault: whoever asked is told.
    this.#log[hasCode(error, 'not-found') ? 'info' : 'error'](`Session "${this.session.name}": ${messageOf(error)}`);
    try {
      await this.#halt();
    } catch (stopError) {
      this.#log.error('The engine could not be stopped', { error: messageOf(stopError) });
    }
    // Without a row there is nothing to go on with.
    if (!this.#suspended && !hasCode(error, 'not-found'))
      this.#arm(this.#patience.nextDelay(this.#context.runtime.random), () => this.#reconcile('recovered'));
  }

  /** `cause`: why it has to start again, where nobody asked for it. */
  async #launch(reason: string, cause: string | null = null, events?: StatusChange['events']): Promise<void> {
    await this.#halt();
    if (this.#suspended) return;
    await this.#record.launch(reason, cause, events);
    const wanted = () => this.#record.desired === 'started' && !this.#suspended;
    this.#intake.hold();
    try {
      await this.#slot.start(wanted);
    } catch (error) {
      await this.#endRun();
      // Whoever asked for a stop meanwhile waits in the queue behind this.
      if (wanted()) await this.#startFailed(error);
      return;
    }
    this.#arm(PATIENCE, () => this.#onClosed('network', `no code and no login within ${PATIENCE / 1000} s`));
    this.#watchdog.start();
  }

  async #startFailed(error: unknown): Promise<void> {
    this.#log.warn(`The engine of session "${this.session.name}" did not start: ${messageOf(error)}`);
    if (error instanceof HooklineError && error.extra?.closed === 'profile-corrupt') await this.#onCorrupt();
    else if (hasCode(error, 'engine-unavailable')) await this.#record.move('gaveUp', `engine-unavailable: ${error.message}`);
    else await this.#lose(error instanceof HooklineError ? error.code : 'engine-failed');
  }

  async #onCorrupt(): Promise<void> {
    const { isBack, events } = await this.#putBackLogin('no-start');
    if (!isBack) await this.#unlinked('profile-corrupt', events);
  }

  /** The login is not there: where a copy of it could be put back, the session is started on that, and nobody has to scan. */
  async #putBackLogin(found: LossOfLogin): Promise<{ isBack: boolean; events: StatusChange['events'] }> {
    const outcome = await this.#keeper.putBack(found, async (fresh) => {
      await this.#halt();
      await this.#slot.putBack(fresh);
    });
    if (outcome?.isBack) await this.#launch('login-restored', 'login-restored', outcome.events);
    return outcome ?? { isBack: false, events: [] };
  }

  /** While this run lasts, or what it has left at its end is not touched. The session is not stopped for it. */
  #copyLogin(): Promise<void> {
    const run = this.#run;
    return this.#keeper.copy(async (work) => {
      const outcome = await this.#jobs.run(async () => {
        const [done] = await Promise.allSettled([
          run === this.#run ? this.#slot.still(work) : Promise.reject(new Error('It goes on already.')),
        ]);
        return done;
      });
      if (outcome.status === 'rejected') throw outcome.reason;
    });
  }

  /** Stops what runs. After it nothing of the run is heard. Whether it was connected. */
  async #halt(): Promise<boolean> {
    await this.#slot.stop();
    await this.#endRun();
    return this.#keeper.ended();
  }

  async #endRun(): Promise<void> {
    this.#run++;
    this.#alarm?.cancel();
    this.#watchdog.stop();
    this.#linking.close();
    await this.#intake.end();
  }

  #beginAnew(): void {
    this.#linking.beginAnew();
    this.#patience.restore();
  }

  #arm(delay: Milliseconds, job: () => Promise<void>): void {
    this.#alarm?.cancel();
    this.#alarm = this.#context.runtime.clock.after(delay, () => this.#hear(job));
  }

  async #lose(reason: string, events?: StatusChange['events']): Promise<void> {
    const delay = this.#patience.nextDelay(this.#context.runtime.random);
    const values = { nextAttemptAt: this.#context.runtime.clock.now() + delay };
    await this.#record.move('lost', reason, { values, ...(events && { events }) });
    this.#arm(delay, () => this.#launch('reconnect', reason));
  }

  #host(): EngineHost {
    return {
      qr: (code, validFor) => {
        const issuedAt = this.#context.runtime.clock.now();
        this.#linking.note(code);
        this.#hear(() => this.#onCode(code, issuedAt, validFor));
      },
      pairingCode: (code, phone, validFor) => {
        const issuedAt = this.#context.runtime.clock.now();
        this.#hear(() => this.#onPairingCode(this.#linking.pairingCode(code, phone, issuedAt, validFor)));
      },
      passkey: (publicKey, validFor) => {
        const request = new PasskeyRequest(publicKey, this.#context.runtime.clock.now(), validFor);
        this.#hear(() => this.#onPasskey(request));
      },
      passkeyCode: (code) => this.#hear(() => this.#onPasskeyCode(code)),
      scanned: () => this.#hear(() => this.#onScanned()),
      opened: (account) => this.#hear(() => this.#onOpened(account)),
      account: (facts) => this.#hear(() => this.#record.noteAccount(facts)),
      closed: (reason, detail) => this.#hear(() => this.#onClosed(reason, detail)),
      message: (message, trouble) => this.#intake.take({ message }, trouble),
      ack: (ack, trouble) => this.#intake.take({ ack }, trouble),
      notice: (notice, trouble) => this.#intake.take({ notice }, trouble),
      unreadable: (unreadable) => this.#intake.take({ unreadable }),
      interrupted: () => this.#intake.hold(),
      resumed: () => this.#hear(() => this.#catchUp()),
    };
  }

  async #onCode(code: string, issuedAt: Milliseconds, validFor: Milliseconds): Promise<void> {
    if (!this.#linking.isNews(code) || next(this.#record.status, 'code') === 'illegal') return;
    const { isBack, events = [] } = await this.#putBackLogin('no-login');
    if (isBack) return;
    const qr = await this.#linking.draw(code, issuedAt, validFor);
    const { passkey } = this.#linking;
    const over = passkey ? [passkey.event('refused', passkey.isAnswered ? 'WhatsApp did not take it' : 'It was taken back')] : [];
    await this.#record.move('code', this.#keeper.reason, { events: [...over, ...events, { type: 'session.qr', data: qr }] });
    this.#keeper.codeShown();
    this.#linking.showQr(qr);
    this.#armWindow();
  }

  async #onPairingCode(pairing: PairingView): Promise<void> {
    if (!(await this.#record.move('pairingCode', null, { events: [{ type: 'session.pairing-code', data: pairing }] }))) return;
    this.#linking.showPairing(pairing);
    this.#armWindow();
  }

  #armWindow(): void {
    this.#armUntil(this.#linking.endsAt, this.#context.options.qrWindow, () => this.#nobodyCame('qr-timeout'));
  }

  /** `longest`: where the clock was set back meanwhile. */
  #armUntil(time: Milliseconds, longest: Milliseconds, job: () => Promise<void>): void {
    this.#arm(Math.min(time - this.#context.runtime.clock.now(), longest), job);
  }

  async #nobodyCame(reason: 'qr-timeout' | 'passkey-expired', events?: StatusChange['events']): Promise<void> {
    if (this.#linking.missed()) return this.#launch(reason, reason, events);
    await this.#halt();
    await this.#giveUp(reason, events);
  }

  async #onPasskey(request: PasskeyRequest): Promise<void> {
    if (!(await this.#record.move('passkey', null, { events: [request.event('request')] }))) return;
    this.#linking.showPasskey(request);
    this.#armPasskey(request);
  }

  async #onPasskeyCode(code: string): Promise<void> {
    const request = this.#linking.passkey;
    if (!request) return;
    request.show(code);
    if (await this.#record.move('passkey', null, { events: [request.event('code')] })) this.#armPasskey(request);
  }

  #armPasskey(request: PasskeyRequest): void {
    this.#armUntil(request.expiresAt, PASSKEY_VALID, () => {
      this.#linking.expirePasskey();
      return this.#nobodyCame('passkey-expired', [request.event('expired')]);
    });
  }

  async #onSigned(request: PasskeyRequest): Promise<void> {
    request.isAnswered = true;
    const events = [request.event('answered')];
    await (request.isOpen ? this.#record.tell(events) : this.#onScanned(events));
  }

  async #onCompared(request: PasskeyRequest): Promise<void> {
    request.compared();
    if (!request.isOpen) await this.#onScanned();
  }

  /** Somebody is there, and said no: it begins anew. */
  async #onDeclined(request: PasskeyRequest, why: string): Promise<void> {
    this.#linking.beginAnew();
    await this.#launch('passkey-refused', 'passkey-refused', [request.event('refused', why)]);
  }

  async #onScanned(events?: StatusChange['events']): Promise<void> {
    if (!(await this.#record.move('scanned', null, events && { events }))) return;
    this.#linking.hide();
    this.#arm(PATIENCE, () => this.#launch('login-timeout', 'login-timeout'));
  }

  async #onOpened(account: { phone: string; pushName: string | null }): Promise<void> {
    // On disk before anything is taken in: a hub that dies in its first catch-up asks from here again.
    if (!(await this.#record.opened(account, this.#intake.markOr(this.#context.runtime.clock.now())))) return;
    await this.#keeper.opened();
    this.#linking.close();
    this.#linking.beginAnew();
    this.#armStable();
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    const run = this.#run;
    this.#intake.catchUp(await this.engine(), () => run === this.#run);
  }

  /** The watchdog must have had the time to find out otherwise, and the page to take in what it gets with a login. */
  #armStable(): void {
    this.#arm(Math.max(STABLE, 2 * this.#context.options.watchdog), async () => {
      this.#patience.restore();
      void this.#copyLogin();
    });
  }

  async #onClosed(reason: CloseReason, detail?: string): Promise<void> {
    this.#log.warn(`The connection of session "${this.session.name}" ended: ${reason}`, { detail });
    await this.#halt();
    switch (reason) {
      case 'logged-out':
        await this.#keeper.forget();
        return this.#unlinked(reason);
      case 'banned':
      case 'conflict':
        return this.#giveUp(reason);
      case 'network':
      case 'browser-died':
      case 'page-died':
      case 'outdated':
        return this.#lose(reason);
    }
  }

  /** Trying again by itself would not help: nothing happens until somebody connects the session again. */
  async #giveUp(reason: string, events?: StatusChange['events']): Promise<void> {
    await this.#record.move('gaveUp', reason, { values: { desired: 'stopped' }, ...(events && { events }) });
  }

  /** The login is gone: a person has to link the phone anew. */
  async #unlinked(reason: string, events?: StatusChange['events']): Promise<void> {
    await this.#record.move('unlinked', reason, { values: { desired: 'stopped' }, ...(events && { events }) });
  }

  async #onStale(detail: string): Promise<void> {
    const remedy = this.#patience.nextRemedy();
    this.#log.warn(`The engine of session "${this.session.name}" no longer answers: ${detail}`, { remedy });
    const { lastAt } = this.#intake;
    const lastInboundAt = iso(lastAt);
    const stale = (done: string) => [{ type: 'session.stale' as const, data: { detail, remedy: done, lastInboundAt } }];
    if (remedy === 'session') {
      await this.#halt();
      return this.#lose('stale', stale(remedy));
    }
    if (remedy === 'page' && this.#record.status === 'connected') {
      // Told first: a page that does not answer may also take its time to load.
      await this.#record.tell(stale(remedy));
      if (await this.#slot.reload()) {
        this.#watchdog.start();
        this.#armStable();
        return;
      }
    }
    await this.#launch('stale', 'stale', stale('browser'));
  }

  async #onTooLarge(bytes: number): Promise<void> {
    this.#log.warn(`The browser of session "${this.session.name}" holds ${Math.round(bytes / 2 ** 20)} MiB and is started again`);
    await this.#launch('memory-limit', 'memory-limit');
  }
}
