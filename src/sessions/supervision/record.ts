/**
 * A session as its row says: its status, what is wanted of it, and how it has fared. Nothing is true here before it is
 * on disk; its supervisor is the only one who changes it.
 */
import { HooklineError } from '../../core/errors.ts';
import { iso } from '../../core/iso.ts';
import type { Logger, Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { AccountFacts, EngineName } from '../engine.ts';
import type { SessionMeter } from '../ports.ts';
import type { Desired, Session, SessionConfig, StatusChange, SystemSessionStore } from '../store.ts';
import { type LifecycleEvent, next, type SessionStatus } from './lifecycle.ts';

type Change = Pick<StatusChange, 'attempt' | 'values' | 'events'>;

export class SessionRecord {
  readonly #store: SystemSessionStore;
  readonly #engine: EngineName;
  readonly #meter: SessionMeter | undefined;
  readonly #runtime: Runtime;
  readonly #log: Logger;
  #ref: SessionRef;
  #config: SessionConfig;
  #status: SessionStatus;
  #desired: Desired;
  #account: AccountFacts;
  #connectedAt: Milliseconds | null;
  #upMs: Milliseconds;
  readonly #restarts: Record<string, number>;
  #connectingSince: Milliseconds = 0;

  constructor(
    session: Session,
    { store, runtime, ports }: { store: SystemSessionStore; runtime: Runtime; ports: { meter?: SessionMeter } },
  ) {
    this.#store = store;
    this.#engine = session.engine;
    this.#meter = ports.meter;
    this.#runtime = runtime;
    this.#log = runtime.log.child({ session: session.id });
    this.#ref = { id: session.id, name: session.name, tenantId: session.tenantId };
    this.#config = session.config;
    this.#status = session.status;
    this.#desired = session.desired;
    this.#account = { kind: session.accountKind, newChatsUntil: session.newChatsUntil };
    this.#connectedAt = session.connectedAt;
    this.#upMs = session.upMs;
    this.#restarts = { ...session.restarts };
  }

  get ref(): SessionRef {
    return this.#ref;
  }

  get config(): SessionConfig {
    return this.#config;
  }

  get status(): SessionStatus {
    return this.#status;
  }

  get desired(): Desired {
    return this.#desired;
  }

  /** What somebody has changed in the row. */
  amend(name: string, config: SessionConfig): void {
    this.#ref = { ...this.#ref, name };
    this.#config = config;
  }

  /** Rejects with `not-found` when the session was deleted. */
  async want(desired: Desired): Promise<void> {
    if (!(await this.#store.want(this.#ref, desired))) {
      throw new HooklineError('not-found', `The session "${this.#ref.name}" was deleted meanwhile.`);
    }
    this.#desired = desired;
  }

  /** False when the lifecycle has no such change: then nothing is changed. */
  async move(event: LifecycleEvent, reason: string | null, { values, ...change }: Change = {}): Promise<boolean> {
    const from = this.#status;
    const to = next(from, event);
    if (to === 'illegal') {
      this.#log.warn(`The engine reports "${event}", which cannot be while the session is ${from}; not acted on`);
      return false;
    }
    if (from === to && event !== 'launch' && !change.events) return true;
    const at = this.#runtime.clock.now();
    // A hub that was killed has left no end of its connection: that time is not known and not counted.
    const upMs = from === 'connected' && to !== from ? this.#upMs + at - (this.#connectedAt ?? at) : this.#upMs;
    await this.#store.change(this.#ref, { from, to, reason, at, ...change, values: { ...values, upMs } }, () => {
      this.#status = to;
      this.#upMs = upMs;
      this.#desired = values?.desired ?? this.#desired;
      this.#connectedAt = values?.connectedAt ?? this.#connectedAt;
    });
    if (event === 'launch' || event === 'scanned') this.#connectingSince = at;
    if (from !== to) this.#log.info(`Session "${this.#ref.name}" is ${to}${reason ? ` (${reason})` : ''}`);
    return true;
  }

  /** `cause`: why the engine has to start again; null when somebody asked for it. */
  async launch(reason: string, cause: string | null, events: StatusChange['events'] = []): Promise<void> {
    if (cause) this.#restarts[cause] = (this.#restarts[cause] ?? 0) + 1;
    await this.move('launch', reason, { attempt: 'made', events, values: { restarts: { ...this.#restarts } } });
    this.#meter?.attempted(this.#engine, cause);
  }

  /** The time to connect counts from the launch, or from the scan: how long a person took for it is not the hub's. */
  async opened({ phone, pushName }: { phone: string; pushName: string | null }, caughtUpTo: Milliseconds): Promise<boolean> {
    const now = this.#runtime.clock.now();
    const connectMs = now - this.#connectingSince;
    const values = { phone, pushName, connectedAt: now, caughtUpTo, connectMs };
    const opened = await this.move('opened', null, { attempt: 'succeeded', values });
    if (opened) this.#meter?.connected(this.#engine, connectMs);
    return opened;
  }

  /** Announces, and notes, what leaves the status as it is. */
  tell(events: StatusChange['events'], values: StatusChange['values'] = {}): Promise<void> {
    const at = this.#runtime.clock.now();
    return this.#store.change(this.#ref, { from: this.#status, to: this.#status, reason: null, at, events, values }, () => undefined);
  }

  /** What the account is and may do, where that is another than was known. */
  async noteAccount(facts: AccountFacts): Promise<void> {
    const { kind, newChatsUntil } = this.#account;
    if (facts.kind === kind && facts.newChatsUntil === newChatsUntil) return;
    await this.tell(facts.newChatsUntil === newChatsUntil ? [] : [newChatsEvent(facts)], {
      accountKind: facts.kind,
      newChatsUntil: facts.newChatsUntil,
    });
    this.#account = facts;
  }

  async remove(): Promise<void> {
    await this.#store.remove(this.#ref, this.#status);
  }
}

/** Told for as long as it is so, and when it is so no more: then the sends that waited for it go out. */
function newChatsEvent({ newChatsUntil }: AccountFacts): NonNullable<StatusChange['events']>[number] {
  if (newChatsUntil === null) {
    const data = { reason: 'new-chats-open', text: 'The account may begin new chats again.', advice: null };
    return { type: 'session.attention', data };
  }
  const until = iso(newChatsUntil);
  const text = `WhatsApp lets the account begin no new chats until ${until}. Sends to people whom it has no chat with wait; others go on.`;
  const advice = 'Write less to people who have not written before. WhatsApp on the phone says more.';
  return { type: 'session.attention', data: { reason: 'new-chats-locked', text, advice, until } };
}
