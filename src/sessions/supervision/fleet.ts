import PQueue from 'p-queue';
import { HooklineError } from '../../core/errors.ts';
import type { SessionId, TenantId } from '../../core/ids.ts';
import { Turns } from '../../core/turns.ts';
import type { EngineName } from '../engine.ts';
import type { Session } from '../store.ts';
import { linkingAnew } from './linking.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorContext } from './supervisor-context.ts';

export interface FleetOptions {
  /** Browsers that come up at the same time; the others wait, and tenants take turns. */
  launches: number;
  /** Whether the session is run by this process. */
  owns(id: SessionId): boolean;
}

const LEAVING_AT_ONCE = 2;

/** All supervisors of this process. One is made when a session is first asked to do something. */
export class Fleet {
  readonly #context: SupervisorContext;
  readonly #supervisors = new Map<SessionId, Supervisor>();
  readonly #owns: FleetOptions['owns'];
  /** Those of which a copy is made before another process has them: the others go on until it is their turn. */
  readonly #leaving = new PQueue({ concurrency: LEAVING_AT_ONCE });

  constructor(context: Omit<SupervisorContext, 'inTurn'>, { launches, owns }: FleetOptions) {
    this.#owns = owns;
    const browsers = new PQueue({ concurrency: launches });
    const waiting = new Turns<() => Promise<void>>();
    // Whoever starts a hundred holds up the next tenant by one.
    const launch = (tenantId: TenantId, start: () => Promise<void>): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting.add(tenantId, () => start().then(resolve, reject));
        void browsers.add(() => waiting.take()?.());
      });
    const inTurn = (engine: EngineName, tenantId: TenantId, start: () => Promise<void>) =>
      context.engines[engine]?.withoutBrowser ? start() : launch(tenantId, start);
    this.#context = { ...context, inTurn };
  }

  /** Rejects with `owner-unreachable` for one that another process runs. */
  of(session: Session): Supervisor {
    if (!this.#owns(session.id)) throw elsewhere(session.name);
    let supervisor = this.#supervisors.get(session.id);
    if (!supervisor) {
      supervisor = new Supervisor(session, this.#context);
      this.#supervisors.set(session.id, supervisor);
    }
    return supervisor;
  }

  /** For what an engine does without running, whoever runs it. */
  reader(session: Session): Pick<Supervisor, 'engine'> {
    return this.#owns(session.id) ? this.of(session) : new Supervisor(session, this.#context);
  }

  /**
   * What somebody has changed in the row, given as it is stored, in the order of the commits. A supervisor is made where there is
   * none: one made later, from a row that was read before the change, would not know of it.
   */
  amend(session: Session): void {
    if (this.#owns(session.id)) this.of(session).amend(session.name, session.config);
  }

  /** As `amend`, of what another process has changed, which may have asked for the session to be started. */
  heardOf(session: Session): void {
    if (!this.#owns(session.id)) return;
    // Nobody has asked anything of it here yet: what is made of its row knows the wish already, and nothing has come of that.
    const isNew = !this.find(session.id);
    this.amend(session);
    const supervisor = this.of(session);
    if (session.desired === 'started' && (isNew || supervisor.desired !== 'started')) supervisor.connect().catch(() => undefined);
  }

  find(id: SessionId): Supervisor | undefined {
    return this.#supervisors.get(id);
  }

  forget(id: SessionId): void {
    this.#supervisors.delete(id);
  }

  all(): SessionId[] {
    return [...this.#supervisors.keys()];
  }

  running(): number {
    return [...this.#supervisors.values()].filter(({ isRunning }) => isRunning).length;
  }

  /** Brings up what should run. Returns when all of it is under way. */
  async start(): Promise<void> {
    this.#resume(await this.#context.store.unsettled(), 'hub-started');
  }

  /** As `start`, of these, which another process has run before. */
  async takeOver(ids: readonly SessionId[]): Promise<void> {
    this.#resume(await this.#context.store.unsettled(ids), 'taken-over');
  }

  #resume(sessions: readonly Session[], reason: string): void {
    for (const session of sessions) {
      // Handed on meanwhile.
      if (!this.#owns(session.id)) continue;
      this.of(session)
        .resume(reason, linkingAnew(session.status))
        .catch(() => undefined); // The supervisor has logged it and tries again.
    }
  }

  /** Another process is to run it: resolves when nothing of it does here. Made anew, it knows nothing of this. */
  async handOver(id: SessionId): Promise<void> {
    const supervisor = this.#supervisors.get(id);
    if (supervisor?.isToBeCopied) await this.#leaving.add(() => supervisor.handOver());
    else await supervisor?.handOver();
    if (this.#supervisors.get(id) === supervisor) this.forget(id);
  }

  /** Another process runs it already: ends it, and writes nothing of it. */
  async drop(id: SessionId): Promise<void> {
    const supervisor = this.#supervisors.get(id);
    this.forget(id);
    await supervisor?.drop();
  }

  /** Ends all engines at once, and writes nothing of it; see `Sessions.cease`. */
  async cease(): Promise<void> {
    await Promise.allSettled([...this.#supervisors.values()].map((supervisor) => supervisor.cease()));
  }

  /** After `cease`: brings back what should run. */
  goOn(): void {
    for (const supervisor of this.#supervisors.values()) supervisor.resume('node-back').catch(() => undefined); // It has logged it and tries again.
  }

  /** Resolves when nothing runs any more. What should run will run again after the next start. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#supervisors.values()].map((supervisor) => supervisor.suspend()));
  }
}

const elsewhere = (name: string): HooklineError =>
  new HooklineError('owner-unreachable', `The session "${name}" is run by another node, or by none yet. Try again shortly.`, {
    retryAfter: 5,
  });
