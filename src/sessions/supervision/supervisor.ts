/**
 * Brings one session to the state that is wanted for it, and keeps it there: the commands that it takes. What is wanted (`desired`)
 * is on disk before a command is queued, so a hub that dies meanwhile resumes with it. What becomes of them is in session-run.ts.
 */

import { atMost } from '../../core/deadline.ts';
import { HooklineError, hasCode } from '../../core/errors.ts';
import type { Clock } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Engine } from '../engine.ts';
import type { PasskeyCredential } from '../passkey.ts';
import type { Desired, Session, SessionConfig, StatusChange } from '../store.ts';
import { isAtRest } from './lifecycle.ts';
import { linkingAnew, type PairingView } from './linking.ts';
import type { PasskeyView } from './passkey-request.ts';
import type { QrView } from './qr.ts';
import { SessionRun } from './session-run.ts';
import type { SupervisorContext } from './supervisor-context.ts';

/** For so long (ms) whoever is to run a session next waits for the copy of its login. Then the one before is what it begins with. */
const LONGEST_COPY = 30_000;

export class Supervisor {
  readonly #run: SessionRun;
  readonly #clock: Clock;

  constructor(session: Session, context: SupervisorContext) {
    this.#run = new SessionRun(session, context);
    this.#clock = context.runtime.clock;
  }

  get session(): SessionRef {
    return this.#run.session;
  }

  /** The code that is shown now. */
  get qr(): QrView | null {
    return this.#run.steps.qr;
  }

  /** The pairing code that may be typed now. */
  get pairing(): PairingView | null {
    return this.#run.steps.pairing;
  }

  /** What the passkey of the account is asked to sign, or the code to be compared; null while nobody has to do anything. */
  get passkey(): PasskeyView | null {
    return this.#run.steps.passkey;
  }

  /** Bytes that the engine held outside this process when it was looked at last; null where that is not known. */
  get memory(): number | null {
    return this.#run.memory;
  }

  /** The engine while the session is connected. */
  get connected(): Engine | null {
    return this.#run.connected;
  }

  get desired(): Desired {
    return this.#run.record.desired;
  }

  /** Whether an engine runs, or may still run. */
  get isRunning(): boolean {
    return this.#run.slot.occupied;
  }

  /** Whether its login has to be copied before another process can run it. */
  get isToBeCopied(): boolean {
    return this.#run.keeper.isToBeCopied;
  }

  /** Makes a copy of its login, if one can be made now. Never rejects. */
  copyLogin(): Promise<void> {
    return this.#run.copyLogin();
  }

  /** The engine, made when there is none yet, whether it runs or not. */
  engine(): Promise<Engine> {
    return this.#run.slot.engine();
  }

  /** What is seen of it now (PNG). Rejects with `session-not-connected` where nothing runs. */
  async screenshot(): Promise<Uint8Array> {
    return (await this.engine()).screenshot();
  }

  /** What somebody has changed in the row: a name takes effect at once, settings as the engine asks for them. */
  amend(name: string, config: SessionConfig): void {
    this.#run.record.amend(name, config);
  }

  /** Resolves when all that was asked for and reported up to now is done. */
  settled(): Promise<void> {
    return this.#run.jobs.settled();
  }

  connect(): Promise<void> {
    return this.#command('started', async () => {
      if (this.#run.slot.occupied) return;
      this.#run.beginAnew();
      await this.#run.launch('requested');
    });
  }

  disconnect(): Promise<void> {
    return this.#command('stopped', async () => {
      const wasOpen = await this.#run.halt();
      await this.#run.record.move('stop', 'requested');
      if (wasOpen || this.isToBeCopied) void this.#run.copyLogin();
    });
  }

  restart(): Promise<void> {
    return this.#command('started', async () => {
      this.#run.beginAnew();
      await this.#run.launch('restart');
    });
  }

  /** Unlinks the phone, also of a session that is not connected: its login is forgotten. */
  logout(): Promise<void> {
    return this.#command('stopped', async () => {
      await this.#run.slot.logout();
      await this.#run.endRun();
      await this.#run.keeper.forget();
      await this.#run.record.move('unlinked', 'requested');
    });
  }

  /** The row goes last: whatever fails before leaves a stopped session that can be deleted again. */
  destroy(): Promise<void> {
    return this.#command('stopped', async () => {
      await this.#run.slot.destroy();
      await this.#run.endRun();
      await this.#run.keeper.forget();
      await this.#run.record.remove();
      this.#run.isSuspended = true;
    });
  }

  /**
   * A code that links the account with this number (digits) when it is typed on its phone. Null: there is nothing to be
   * linked now. It changes nothing by itself; what the engine reports does.
   */
  pair(phone: string): Promise<PairingView | null> {
    return this.#run.steps.pair(phone);
  }

  /**
   * Hands over what the passkey has signed; null: nobody will sign, and the session starts over. False: none is asked for now.
   * Rejects with `passkey-mismatch` and `passkey-expired` for a credential that answers something else, or comes too late.
   */
  answerPasskey(credential: PasskeyCredential | null): Promise<boolean> {
    return this.#run.steps.answerPasskey(credential);
  }

  /** Whether the code that is shown is that on the phone. False: none is shown now. */
  confirmPasskey(matches: boolean): Promise<boolean> {
    return this.#run.steps.confirmPasskey(matches);
  }

  /**
   * Runs `work` on the profile, in which nothing changes meanwhile. The session goes on; only where its engine cannot be held
   * still it is stopped for it, and started again, with `reason`.
   */
  async still(reason: string, work: (directory: string, signal: AbortSignal) => Promise<void>): Promise<void> {
    const outcome = await this.#run.jobs.run(async () => {
      this.#needHere();
      const [done] = await Promise.allSettled([this.#run.slot.still(work)]);
      return done;
    });
    if (outcome.status === 'fulfilled') return;
    if (!hasCode(outcome.reason, 'not-supported-by-engine', 'engine-timeout')) throw outcome.reason;
    this.#run.log.warn(`The engine of session "${this.session.name}" cannot be held still, so it is stopped for a moment`, {
      reason,
      why: outcome.reason.message,
    });
    await this.pause(reason, (directory) => work(directory, new AbortController().signal));
  }

  /** Runs `work` on the profile while the engine is stopped. What was wanted is brought up again after it, and not waited for. */
  async pause<T>(reason: string, work: (directory: string) => Promise<T>): Promise<T> {
    const outcome = await this.#run.jobs.run(async () => {
      this.#needHere();
      await this.#run.halt();
      if (!isAtRest(this.#run.record.status)) await this.#run.record.move('stop', reason);
      const [done] = await Promise.allSettled([this.#run.slot.inProfile(work)]);
      this.#run.hear(() => this.#run.reconcile(reason));
      return done;
    });
    // Thrown here, not in the job: a failure of `work` is none of the session.
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  #needHere(): void {
    if (this.#run.isSuspended) throw new HooklineError('shutting-down', `"${this.session.name}" was deleted, or the hub is stopping.`);
  }

  /** Goes on where the row says it was. */
  resume(reason: string, events?: StatusChange['events']): Promise<void> {
    return this.#run.jobs.run(() => this.#run.reconcile(reason, events));
  }

  /** At the stop of the hub: closes the connection, keeps the login and the wish to be connected. */
  async suspend(): Promise<void> {
    if ((await this.#suspend('hub-stopped')) || this.isToBeCopied) await this.#run.copyLogin();
  }

  /** As `suspend`, at once: whoever takes over copies the login, unless the copy is what that one begins with. */
  async handOver(): Promise<void> {
    await this.#suspend('handed-over');
    if (this.isToBeCopied) await atMost(this.#clock, LONGEST_COPY, this.#run.copyLogin({ urgent: true }));
  }

  async #suspend(reason: string): Promise<boolean> {
    this.#run.isSuspended = true;
    this.#run.slot.hurry();
    return this.#run.jobs.run(async () => {
      const { record } = this.#run;
      const open = await this.#run.halt();
      const isHandedOver = reason === 'handed-over';
      if (isHandedOver) this.#run.slot.giveUp();
      const events = isHandedOver ? linkingAnew(record.status) : undefined;
      if (!isAtRest(record.status)) await record.move('stop', reason, events && { events });
      return open;
    });
  }

  /** Somebody else runs it by now: nothing is written any more. */
  async drop(): Promise<void> {
    this.#run.isSuspended = true;
    this.#run.slot.giveUp();
    await this.cease();
  }

  /** This process may run nothing for a while: ends the engine at once, whatever is under way. `resume` brings back what is wanted. */
  async cease(): Promise<void> {
    const ended = this.#run.slot.cease();
    await this.#run.jobs.run(async () => {
      await this.#run.halt();
    });
    await ended;
  }

  async #command(desired: Desired, job: () => Promise<void>): Promise<void> {
    await this.#run.record.want(desired);
    if (desired === 'stopped') this.#run.slot.hurry();
    return this.#run.jobs.run(async () => {
      // A job before this one may have wished otherwise: the last command decides.
      if (this.#run.record.desired !== desired) await this.#run.record.want(desired);
      await job();
    });
  }
}
