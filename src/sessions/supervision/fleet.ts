import PQueue from 'p-queue';
import { HooklineError } from '../../core/errors.ts';
import type { SessionId, TenantId } from '../../core/ids.ts';
import { Turns } from '../../core/turns.ts';
import type { EngineName } from '../engine.ts';
import type { Session } from '../store.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorContext } from './supervisor-context.ts';

export interface FleetOptions {
  /** Browsers that come up at the same time; the others wait, and tenants take turns. */
  launches: number;
  /** Whether the session is run by this process. */
  owns(id: SessionId): boolean;
}

/** All supervisors of this process. One is made when a session is first asked to do something. */
export class Fleet {
  readonly #context: SupervisorContext;
  readonly #supervisors = new Map<SessionId, Supervisor>();
  readonly #owns: FleetOptions['owns'];

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

  /**
   * What somebody has changed in the row, given as it is stored, in the order of the commits. A supervisor is made where there is
   * none: one made later, from a row that was read before the change, would not know of it.
   */
  amend(session: Session): void {
    if (this.#owns(session.id)) this.of(session).amend(session.name, session.config);
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
    for (const session of await this.#context.store.unsettled()) {
      this.of(session)
        .resume()
        .catch(() => undefined); // The supervisor has logged it and tries again.
    }
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
