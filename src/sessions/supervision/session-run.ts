/**
 * One session's engine, from its launch to its end and to the next launch.
 *
 * Everything that changes the session is a job in one queue: commands as well as what the engine reports. So two
 * commands never overlap, "connect" twice is one connect, and a report is acted on in the state in which it is true.
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
import type { Session, StatusChange } from '../store.ts';
import { DialogsTold } from './dialogs-told.ts';
import { EngineSlot } from './engine-slot.ts';
import { Intake } from './intake.ts';
import { JobQueue } from './job-queue.ts';
import { isAtRest } from './lifecycle.ts';
import { type LinkedRun, LinkingSteps, type PutBack } from './linking-steps.ts';
import { LoginKeeper, type LossOfLogin } from './login-keeper.ts';
import { SessionRecord } from './record.ts';
import { ReconnectPolicy } from './retry-policy.ts';
import type { SupervisorContext } from './supervisor-context.ts';
import { Watchdog } from './watchdog.ts';

/** An engine that shows neither a code nor a login for this long is started again (ms). */
const PATIENCE = 120_000;
/** A connection that held this long was a good one: the next loss is tried again soon (ms). */
const STABLE = 60_000;

/** After a phone was linked (ms): what makes up a login is on the disk by then. */
const FIRST_COPY = 5_000;

export class SessionRun implements LinkedRun {
  readonly record: SessionRecord;
  readonly slot: EngineSlot;
  readonly jobs = new JobQueue((error) => this.#recover(error));
  readonly steps: LinkingSteps;
  readonly keeper: LoginKeeper;
  readonly log: Logger;
  /** Deleted, or the hub is stopping: nothing is launched any more. */
  isSuspended = false;
  readonly #context: SupervisorContext;
  readonly #watchdog: Watchdog;
  readonly #intake: Intake;
  readonly #dialogs: DialogsTold;
  readonly #patience = new ReconnectPolicy();
  #run = 0;
  #alarm: Timer | undefined;

  constructor(session: Session, context: SupervisorContext) {
    const { clock } = context.runtime;
    this.#context = context;
    this.log = context.runtime.log.child({ session: session.id });
    this.record = new SessionRecord(session, context);
    // What travels is all that another machine has of a session, whatever carries it.
    const isCopied = context.copies?.travel || !context.engines[session.engine]?.withoutBrowser;
    this.keeper = new LoginKeeper(session, (isCopied && context.copies) || null, this.log);
    const { jobs, record, keeper } = this;
    this.steps = new LinkingSteps({
      ...{ run: this, jobs, record, keeper, clock, options: context.options },
      running: () => this.slot.running,
    });
    const settings = () => this.record.config;
    const generation = () => keeper.generation();
    this.slot = new EngineSlot(session, { host: this.#host(), settings, ready: () => this.#readyLogin(), generation }, context);
    const { lastInboundAt: lastAt } = session;
    // The clock of the hub may only have it ask for more.
    const mark = session.caughtUpTo === null ? null : Math.min(session.caughtUpTo, lastAt ?? Number.POSITIVE_INFINITY);
    this.#intake = new Intake(() => this.session, { lastAt, mark }, context);
    this.#dialogs = new DialogsTold(context.ports, this.log);
    this.#watchdog = new Watchdog(clock, {
      interval: context.options.watchdog,
      memoryLimit: context.options.memoryLimit,
      check: () => this.slot.health(),
      stale: (detail) => this.hear(() => this.#onStale(detail)),
      tooLarge: (bytes) => this.hear(() => this.#onTooLarge(bytes)),
    });
  }

  get session(): SessionRef {
    return this.record.ref;
  }

  /** The engine while the session is connected. */
  get connected(): Engine | null {
    return this.record.status === 'connected' && this.#context.mayRun() ? this.slot.running : null;
  }

  /** Bytes that the engine held when it was looked at last. */
  get memory(): number | null {
    return this.#watchdog.memory;
  }

  /** For what the engine or the alarm says: it counts only within the run in which it was said. */
  hear(job: () => Promise<void>): void {
    const run = this.#run;
    this.jobs
      .run(async () => {
        if (run === this.#run) await job();
      })
      .catch(() => undefined); // #recover has seen to it.
  }

  /** Brings what is to what is wanted, from a row that may say more than what runs. */
  async reconcile(reason: string, events?: StatusChange['events']): Promise<void> {
    if (this.record.desired === 'started') await this.launch(reason, null, events);
    else if (!isAtRest(this.record.status)) await this.record.move('stop', reason);
  }

  /**
   * A job failed halfway, mostly because the database did not take the change: what runs may no longer be what the row
   * says. The engine is stopped, and later the row is written anew.
   */
  async #recover(error: unknown): Promise<void> {
    // One that was deleted while somebody asked something of it is no fault: whoever asked is told.
    this.log[hasCode(error, 'not-found') ? 'info' : 'error'](`Session "${this.session.name}": ${messageOf(error)}`);
    try {
      await this.halt();
    } catch (stopError) {
      this.log.error('The engine could not be stopped', { error: messageOf(stopError) });
    }
    // Without a row there is nothing to go on with.
    if (!this.isSuspended && !hasCode(error, 'not-found')) this.arm(this.#nextDelay(), () => this.reconcile('recovered'));
  }

  #nextDelay(): Milliseconds {
    return this.#patience.nextDelay(this.#context.runtime.random);
  }

  /** `cause`: why it has to start again, where nobody asked for it. */
  async launch(reason: string, cause: string | null = null, events?: StatusChange['events']): Promise<void> {
    await this.halt();
    if (!this.#mayLaunch) {
      // What this process may do again before anybody has noticed that it might not is told to nobody.
      if (!this.isSuspended) this.arm(this.#nextDelay(), () => this.launch(reason, cause, events));
      return;
    }
    await this.record.launch(reason, cause, events);
    const wanted = () => this.record.desired === 'started' && this.#mayLaunch;
    this.#intake.hold();
    try {
      await this.slot.start(wanted);
    } catch (error) {
      await this.endRun();
      // Whoever asked for a stop meanwhile waits in the queue behind this.
      if (wanted()) await this.#startFailed(error);
      return;
    }
    this.arm(PATIENCE, () => this.#onClosed('network', `no code and no login within ${PATIENCE / 1000} s`));
    this.#watchdog.start();
  }

  get #mayLaunch(): boolean {
    return !this.isSuspended && this.#context.mayRun();
  }

  async #startFailed(error: unknown): Promise<void> {
    this.log.warn(`The engine of session "${this.session.name}" did not start: ${messageOf(error)}`);
    if (error instanceof HooklineError && error.extra?.closed === 'profile-corrupt') await this.#onCorrupt();
    else if (hasCode(error, 'engine-unavailable')) await this.record.move('gaveUp', `engine-unavailable: ${error.message}`);
    else await this.#lose(error instanceof HooklineError ? error.code : 'engine-failed');
  }

  async #onCorrupt(): Promise<void> {
    const { isBack, events } = await this.putBackLogin('no-start');
    if (!isBack) await this.#unlinked('profile-corrupt', events);
  }

  /** The login is not there: where a copy of it could be put back, the session is started on that, and nobody has to scan. */
  async putBackLogin(found: LossOfLogin): Promise<PutBack> {
    const outcome = await this.keeper.putBack(found, async (fresh) => {
      await this.halt();
      await this.slot.putBack(fresh);
    });
    if (outcome?.isBack) await this.launch('login-restored', 'login-restored', outcome.events);
    return outcome ?? { isBack: false, events: [] };
  }

  async #readyLogin(): Promise<void> {
    const events = await this.keeper.ready();
    if (events.length > 0) await this.record.tell(events);
  }

  /** While this run lasts, or what it has left at its end is not touched. The session is not stopped for it. `urgent`: others wait for it. */
  copyLogin({ urgent = false } = {}): Promise<void> {
    const run = this.#run;
    return this.keeper.copy(
      async (work) => {
        const outcome = await this.jobs.run(async () => {
          const [done] = await Promise.allSettled([
            run === this.#run ? this.slot.still(work) : Promise.reject(new Error('It goes on already.')),
          ]);
          return done;
        });
        if (outcome.status === 'rejected') throw outcome.reason;
      },
      { urgent },
    );
  }

  /** Stops what runs. After it nothing of the run is heard. Whether it was connected. */
  async halt(): Promise<boolean> {
    await this.slot.stop();
    await this.endRun();
    return this.keeper.ended();
  }

  async endRun(): Promise<void> {
    this.#run++;
    this.#alarm?.cancel();
    this.#watchdog.stop();
    this.steps.close();
    await this.#intake.end();
  }

  beginAnew(): void {
    this.steps.beginAnew();
    this.#patience.restore();
  }

  arm(delay: Milliseconds, job: () => Promise<void>): void {
    this.#alarm?.cancel();
    this.#alarm = this.#context.runtime.clock.after(delay, () => this.hear(job));
  }

  async #lose(reason: string, events?: StatusChange['events']): Promise<void> {
    const delay = this.#nextDelay();
    const values = { nextAttemptAt: this.#context.runtime.clock.now() + delay };
    await this.record.move('lost', reason, { values, ...(events && { events }) });
    this.arm(delay, () => this.launch('reconnect', reason));
  }

  #host(): EngineHost {
    return {
      ...this.steps.reports(),
      dialog: (text, picture) => this.hear(() => this.#onDialog(text, picture)),
      opened: (account) => this.hear(() => this.#onOpened(account)),
      account: (facts) => this.hear(() => this.record.noteAccount(facts)),
      closed: (reason, detail) => this.hear(() => this.#onClosed(reason, detail)),
      message: (message, trouble) => this.#intake.take({ message }, trouble),
      ack: (ack, trouble) => this.#intake.take({ ack }, trouble),
      notice: (notice, trouble) => this.#intake.take({ notice }, trouble),
      unreadable: (unreadable) => this.#intake.take({ unreadable }),
      interrupted: () => this.#intake.hold(),
      resumed: () => this.hear(() => this.#catchUp()),
    };
  }

  async #onDialog(text: string, picture: Uint8Array | null): Promise<void> {
    const event = await this.#dialogs.event(this.session, text, picture);
    if (event) await this.record.tell([event]);
  }

  async #onOpened(account: { phone: string; pushName: string | null }): Promise<void> {
    // On disk before anything is taken in: a hub that dies in its first catch-up asks from here again.
    if (!(await this.record.opened(account, this.#intake.markOr(this.#context.runtime.clock.now())))) return;
    const isNew = await this.keeper.opened();
    this.steps.close();
    this.steps.beginAnew();
    if (isNew && this.keeper.travels) this.#armFirstCopy();
    else this.#armStable();
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    const run = this.#run;
    this.#intake.catchUp(await this.slot.engine(), () => run === this.#run);
  }

  /** Until there is one, a machine that is lost takes the login along. */
  #armFirstCopy(): void {
    this.arm(FIRST_COPY, async () => {
      void this.copyLogin();
      this.#armStable();
    });
  }

  /** The watchdog must have had the time to find out otherwise, and the page to take in what it gets with a login. */
  #armStable(): void {
    this.arm(Math.max(STABLE, 2 * this.#context.options.watchdog), async () => {
      this.#patience.restore();
      this.#copyNowAndThen();
    });
  }

  /** Of a machine that is lost with its disk nothing is left but the newest copy. */
  #copyNowAndThen(): void {
    void this.copyLogin();
    const { copyEvery } = this.#context.options;
    if (this.keeper.travels && copyEvery > 0) this.arm(copyEvery, async () => this.#copyNowAndThen());
  }

  async #onClosed(reason: CloseReason, detail?: string): Promise<void> {
    this.log.warn(`The connection of session "${this.session.name}" ended: ${reason}`, { detail });
    await this.halt();
    switch (reason) {
      case 'logged-out':
        await this.keeper.forget();
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

  async giveUp(reason: string, events?: StatusChange['events']): Promise<void> {
    await this.halt();
    await this.#giveUp(reason, events);
  }

  /** Trying again by itself would not help: nothing happens until somebody connects the session again. */
  async #giveUp(reason: string, events?: StatusChange['events']): Promise<void> {
    await this.record.move('gaveUp', reason, { values: { desired: 'stopped' }, ...(events && { events }) });
  }

  /** The login is gone: a person has to link the phone anew. */
  async #unlinked(reason: string, events?: StatusChange['events']): Promise<void> {
    await this.record.move('unlinked', reason, { values: { desired: 'stopped' }, ...(events && { events }) });
  }

  async #onStale(detail: string): Promise<void> {
    const remedy = this.#patience.nextRemedy();
    this.log.warn(`The engine of session "${this.session.name}" no longer answers: ${detail}`, { remedy });
    const { lastAt } = this.#intake;
    const lastInboundAt = iso(lastAt);
    const stale = (done: string) => [{ type: 'session.stale' as const, data: { detail, remedy: done, lastInboundAt } }];
    if (remedy === 'session') {
      await this.halt();
      return this.#lose('stale', stale(remedy));
    }
    if (remedy === 'page' && this.record.status === 'connected') {
      // Told first: a page that does not answer may also take its time to load.
      await this.record.tell(stale(remedy));
      if (await this.slot.reload()) {
        this.#watchdog.start();
        this.#armStable();
        return;
      }
    }
    await this.launch('stale', 'stale', stale('browser'));
  }

  async #onTooLarge(bytes: number): Promise<void> {
    this.log.warn(`The browser of session "${this.session.name}" holds ${Math.round(bytes / 2 ** 20)} MiB and is started again`);
    await this.launch('memory-limit', 'memory-limit');
  }
}
