/**
 * Brings one session to the state that is wanted for it, and keeps it there.
 *
 * Everything that changes the session is a job in one queue: commands as well as what the engine reports. So two
 * commands never overlap, "connect" twice is one connect, and a report is acted on in the state in which it is true.
 * What is wanted (`desired`) is on disk before a command is queued, so a hub that dies meanwhile resumes with it.
 *
 * Each launch of the engine is a *run*. A report that was made in an earlier run is not heard any more. At most one
 * thing is waited for at a time, with one alarm: the end of the QR window, the next attempt, the patience with a
 * login, or the time after which a connection counts as stable.
 */
import { fullJitter } from '../core/backoff.ts';
import { HooklineError, hasCode, messageOf } from '../core/errors.ts';
import type { Logger, Milliseconds, Timer } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { CloseReason, Engine, EngineHost } from './engine.ts';
import { EngineSlot, type EngineSlotContext } from './engine-slot.ts';
import { Intake } from './intake.ts';
import { JobQueue } from './job-queue.ts';
import { isAtRest, type LifecycleEvent, next, type SessionStatus } from './lifecycle.ts';
import type { SessionPorts } from './ports.ts';
import { type QrView, QrWindow } from './qr.ts';
import type { Desired, Session, StatusChange, SystemSessionStore } from './store.ts';
import { Watchdog } from './watchdog.ts';

interface SupervisorOptions {
  /** Milliseconds that a person has to scan, over all codes. */
  qrWindow: Milliseconds;
  /** Windows that are opened one after the other before the session fails with `qr-timeout`. */
  qrRounds: number;
  /** Milliseconds between two looks of the watchdog. */
  watchdog: Milliseconds;
}

/** What all supervisors of a hub share. */
export interface SupervisorContext extends EngineSlotContext {
  store: SystemSessionStore;
  ports: Pick<SessionPorts, 'inbound' | 'outbound'>;
  options: SupervisorOptions;
}

/** Full jitter up to 4 s at first gives 2 to 4 s: nobody waits less than 2 s or more than 5 min (ms). */
const RECONNECT = { base: 4_000, cap: 300_000, floor: 2_000 };
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
  #session: SessionRef;
  #status: SessionStatus;
  #desired: Desired;
  #connectedAt: Milliseconds | null;
  readonly #jobs = new JobQueue((error) => this.#recover(error));
  #run = 0;
  #suspended = false;
  #alarm: Timer | undefined;
  #window: QrWindow | undefined;
  #qr: QrView | null = null;
  #latestCode: string | undefined;
  #rounds = 0;
  #losses = 0;

  constructor(session: Session, context: SupervisorContext) {
    this.#context = context;
    this.#session = { id: session.id, name: session.name, tenantId: session.tenantId };
    this.#slot = new EngineSlot(session, this.#host(), context);
    this.#status = session.status;
    this.#desired = session.desired;
    this.#connectedAt = session.connectedAt;
    this.#intake = new Intake(() => this.#session, session.lastInboundAt, context);
    this.#log = context.runtime.log.child({ session: session.id });
    this.#watchdog = new Watchdog(context.runtime.clock, {
      interval: context.options.watchdog,
      check: () => this.#slot.health(),
      stale: (detail) => this.#hear(() => this.#onStale(detail)),
    });
  }

  get session(): SessionRef {
    return this.#session;
  }

  /** The code that is shown now. */
  get qr(): QrView | null {
    return this.#qr;
  }

  /** The engine while the session is connected. */
  get connected(): Engine | null {
    return this.#status === 'connected' ? this.#slot.running : null;
  }

  /** The engine, made when there is none yet, whether it runs or not. */
  engine(): Promise<Engine> {
    return this.#slot.engine();
  }

  rename(name: string): void {
    this.#session = { ...this.#session, name };
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
      await this.#halt();
      await this.#move('stop', 'requested');
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
      this.#endRun();
      await this.#move('unlinked', 'requested');
    });
  }

  /** The row goes last: whatever fails before leaves a stopped session that can be deleted again. */
  destroy(): Promise<void> {
    return this.#command('stopped', async () => {
      await this.#slot.destroy();
      this.#endRun();
      await this.#context.store.remove(this.#session, this.#status);
      this.#suspended = true;
    });
  }

  /** Runs `work` on the profile while the engine is stopped. What was wanted is brought up again after it, and not waited for. */
  async pause<T>(reason: string, work: (directory: string) => Promise<T>): Promise<T> {
    const outcome = await this.#jobs.run(async () => {
      if (this.#suspended) throw new HooklineError('shutting-down', `"${this.#session.name}" was deleted, or the hub is stopping.`);
      await this.#halt();
      if (!isAtRest(this.#status)) await this.#move('stop', reason);
      const [done] = await Promise.allSettled([this.#slot.inProfile(work)]);
      this.#hear(() => this.#reconcile(reason));
      return done;
    });
    // Thrown here, not in the job: a failure of `work` is none of the session.
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** At the start of the hub: goes on where the row says it was. */
  resume(): Promise<void> {
    return this.#jobs.run(() => this.#reconcile('hub-started'));
  }

  /** At the stop of the hub: closes the connection, keeps the login and the wish to be connected. */
  suspend(): Promise<void> {
    this.#suspended = true;
    this.#slot.hurry();
    return this.#jobs.run(async () => {
      await this.#halt();
      if (!isAtRest(this.#status)) await this.#move('stop', 'hub-stopped');
    });
  }

  async #command(desired: Desired, job: () => Promise<void>): Promise<void> {
    await this.#want(desired);
    if (desired === 'stopped') this.#slot.hurry();
    return this.#jobs.run(async () => {
      // A job before this one may have wished otherwise: the last command decides.
      if (this.#desired !== desired) await this.#want(desired);
      await job();
    });
  }

  async #want(desired: Desired): Promise<void> {
    if (!(await this.#context.store.want(this.#session.id, desired))) {
      throw new HooklineError('not-found', `The session "${this.#session.name}" was deleted meanwhile.`);
    }
    this.#desired = desired;
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
    if (this.#desired === 'started') await this.#launch(reason);
    else if (!isAtRest(this.#status)) await this.#move('stop', reason);
  }

  /**
   * A job failed halfway, mostly because the database did not take the change: what runs may no longer be what the row
   * says. The engine is stopped, and later the row is written anew.
   */
  async #recover(error: unknown): Promise<void> {
    this.#log.error(`Session "${this.#session.name}": ${messageOf(error)}`);
    try {
      await this.#halt();
    } catch (stopError) {
      this.#log.error('The engine could not be stopped', { error: messageOf(stopError) });
    }
    // Without a row there is nothing to go on with.
    if (!this.#suspended && !hasCode(error, 'not-found')) this.#arm(this.#nextDelay(), () => this.#reconcile('recovered'));
  }

  async #move(
    event: LifecycleEvent,
    reason: string | null,
    change: Pick<StatusChange, 'attempt' | 'values' | 'events'> = {},
  ): Promise<boolean> {
    const from = this.#status;
    const to = next(from, event);
    if (to === 'illegal') {
      this.#log.warn(`The engine reports "${event}", which cannot be while the session is ${from}; not acted on`);
      return false;
    }
    if (from === to && event !== 'launch' && !change.events) return true;
    const at = this.#context.runtime.clock.now();
    await this.#context.store.change(this.#session, { from, to, reason, at, ...change }, () => {
      this.#status = to;
    });
    if (from !== to) this.#log.info(`Session "${this.#session.name}" is ${to}${reason ? ` (${reason})` : ''}`);
    return true;
  }

  async #launch(reason: string, events?: StatusChange['events']): Promise<void> {
    await this.#halt();
    if (this.#suspended) return;
    await this.#move('launch', reason, { attempt: 'made', ...(events && { events }) });
    const wanted = () => this.#desired === 'started' && !this.#suspended;
    try {
      await this.#slot.start(wanted);
    } catch (error) {
      this.#endRun();
      // Whoever asked for a stop meanwhile waits in the queue behind this.
      if (wanted()) await this.#startFailed(error);
      return;
    }
    this.#arm(PATIENCE, () => this.#onClosed('network', `no code and no login within ${PATIENCE / 1000} s`));
    this.#watchdog.start();
  }

  async #startFailed(error: unknown): Promise<void> {
    this.#log.warn(`The engine of session "${this.#session.name}" did not start: ${messageOf(error)}`);
    if (hasCode(error, 'engine-unavailable')) await this.#move('gaveUp', `engine-unavailable: ${error.message}`);
    else await this.#lose(error instanceof HooklineError ? error.code : 'engine-failed');
  }

  /** Stops what runs. After it nothing of the run is heard. */
  async #halt(): Promise<void> {
    await this.#slot.stop();
    this.#endRun();
  }

  #endRun(): void {
    this.#run++;
    this.#alarm?.cancel();
    this.#watchdog.stop();
    this.#qr = null;
    this.#window = undefined;
  }

  #beginAnew(): void {
    this.#rounds = 0;
    this.#losses = 0;
  }

  #arm(delay: Milliseconds, job: () => Promise<void>): void {
    this.#alarm?.cancel();
    this.#alarm = this.#context.runtime.clock.after(delay, () => this.#hear(job));
  }

  #nextDelay(): Milliseconds {
    return fullJitter(++this.#losses, RECONNECT, this.#context.runtime.random);
  }

  async #lose(reason: string): Promise<void> {
    const delay = this.#nextDelay();
    await this.#move('lost', reason, { values: { nextAttemptAt: this.#context.runtime.clock.now() + delay } });
    this.#arm(delay, () => this.#launch('reconnect'));
  }

  #host(): EngineHost {
    return {
      qr: (code, validFor) => {
        const issuedAt = this.#context.runtime.clock.now();
        this.#latestCode = code;
        this.#hear(() => this.#onCode(code, issuedAt, validFor));
      },
      scanned: () => this.#hear(() => this.#onScanned()),
      opened: (account) => this.#hear(() => this.#onOpened(account)),
      closed: (reason, detail) => this.#hear(() => this.#onClosed(reason, detail)),
      message: (message) => this.#intake.receive(message),
      ack: (ack) => this.#context.ports.outbound.ack(this.#session, ack),
      notice: (notice) => this.#context.ports.inbound.notice(this.#session, notice),
    };
  }

  async #onCode(code: string, issuedAt: Milliseconds, validFor: Milliseconds): Promise<void> {
    // Codes that were replaced before they could be told are told by the newest one.
    if (code !== this.#latestCode || next(this.#status, 'code') === 'illegal') return;
    const { clock } = this.#context.runtime;
    this.#window ??= new QrWindow(issuedAt, this.#context.options.qrWindow);
    const qr = await this.#window.show(code, issuedAt, validFor);
    await this.#move('code', null, { events: [{ type: 'session.qr', data: qr }] });
    this.#qr = qr;
    this.#arm(this.#window.endsAt - clock.now(), () => this.#onWindowClosed());
  }

  async #onWindowClosed(): Promise<void> {
    this.#rounds++;
    if (this.#rounds < this.#context.options.qrRounds) return this.#launch('qr-timeout');
    await this.#halt();
    await this.#giveUp('qr-timeout');
  }

  async #onScanned(): Promise<void> {
    if (!(await this.#move('scanned', null))) return;
    this.#qr = null;
    this.#arm(PATIENCE, () => this.#launch('login-timeout'));
  }

  async #onOpened({ phone, pushName }: { phone: string; pushName: string | null }): Promise<void> {
    const now = this.#context.runtime.clock.now();
    const since = this.#intake.lastAt ?? this.#connectedAt ?? now;
    const values = { phone, pushName, connectedAt: now };
    if (!(await this.#move('opened', null, { attempt: 'succeeded', values }))) return;
    this.#qr = null;
    this.#rounds = 0;
    this.#connectedAt = now;
    this.#arm(STABLE, async () => {
      this.#losses = 0;
    });
    const run = this.#run;
    void this.#intake.catchUp(await this.engine(), since, () => run === this.#run);
  }

  async #onClosed(reason: CloseReason, detail?: string): Promise<void> {
    this.#log.warn(`The connection of session "${this.#session.name}" ended: ${reason}`, { detail });
    await this.#halt();
    switch (reason) {
      case 'logged-out':
        await this.#move('unlinked', reason, { values: { desired: 'stopped' } });
        this.#desired = 'stopped';
        return;
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
  async #giveUp(reason: string): Promise<void> {
    await this.#move('gaveUp', reason, { values: { desired: 'stopped' } });
    this.#desired = 'stopped';
  }

  async #onStale(detail: string): Promise<void> {
    this.#log.warn(`The engine of session "${this.#session.name}" no longer answers: ${detail}`);
    await this.#launch('stale', [{ type: 'session.stale', data: { detail } }]);
  }
}
