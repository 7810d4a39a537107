import { HooklineError } from '../../core/errors.ts';
import type { SessionId, TenantId } from '../../core/ids.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { Engine, EngineContext, EngineFactory, EngineHost, EngineName, Health } from '../engine.ts';
import type { Vault } from '../login/vault.ts';
import type { Session } from '../store.ts';

export interface EngineSlotContext {
  runtime: Runtime;
  vault: Vault;
  engines: Partial<Record<EngineName, EngineFactory>>;
  /** Whether this process may run engines now; see `Sessions.cease`. */
  mayRun(): boolean;
  /** By which the cluster has given the session to this process; undefined where there is none. */
  generationOf(id: SessionId): number | undefined;
  /** Runs `start` when there is a place for one more engine of this kind to come up. */
  inTurn(engine: EngineName, tenantId: TenantId, start: () => Promise<void>): Promise<void>;
}

/** Throws `engine-unavailable` for one that is turned off. */
export function engineOf(engines: EngineSlotContext['engines'], name: EngineName): EngineFactory {
  const engine = engines[name];
  if (engine) return engine;
  const on = Object.keys(engines).join(', ');
  throw new HooklineError(
    'engine-unavailable',
    `The engine "${name}" is turned off on this hub, which has: ${on}. The operator turns it on with HOOKLINE_ENGINES ("engines" in the configuration).`,
  );
}

/** What a person may want to look at. */
const SET_ASIDE = /\.quarantined-/;

/** What one session gives to its slot. */
export interface SlotOwner {
  host: EngineHost;
  settings: EngineContext['settings'];
  /** Sees that the profile is the newest there is; run while it is locked, before anything works in it. */
  ready(): Promise<void>;
  /** Under which it is noted who has run the profile, where that is noted. */
  generation(): Promise<number | undefined>;
}

/** One session's engine and the profile it works in. The profile is locked from before the engine runs until it has stopped. */
export class EngineSlot {
  readonly #session: Pick<Session, 'id' | 'tenantId' | 'name' | 'engine' | 'profile'>;
  readonly #owner: SlotOwner;
  readonly #context: EngineSlotContext;
  #engine: Engine | undefined;
  #occupied = false;
  #starting = false;
  #isGivenUp = false;

  constructor(session: Session, owner: SlotOwner, context: EngineSlotContext) {
    const { id, tenantId, name, engine, profile } = session;
    this.#session = { id, tenantId, name, engine, profile };
    this.#owner = owner;
    this.#context = context;
  }

  /** Whether an engine runs, or may still run because it could not be stopped. */
  get occupied(): boolean {
    return this.#occupied;
  }

  /** The engine while it runs. */
  get running(): Engine | null {
    return this.#occupied ? (this.#engine ?? null) : null;
  }

  /** The engine, made when there is none yet, whether it runs or not. `engine-unavailable` when it is turned off. */
  async engine(): Promise<Engine> {
    // Nothing is made anew for an engine that is there: its profile may just be on its way out.
    if (this.#engine) return this.#engine;
    const { engines, runtime, vault, mayRun } = this.#context;
    const { id, name, engine, profile } = this.#session;
    const make = engineOf(engines, engine);
    const profileDir = await vault.directory(profile);
    const log = runtime.log.child({ session: id });
    const { host, settings } = this.#owner;
    const mayAct = () => mayRun() && !this.#isGivenUp;
    this.#engine ??= make({ ...runtime, log, sessionId: id, sessionName: name, profileDir, host, settings, mayAct });
    return this.#engine;
  }

  /** Starts the engine when its turn comes, if that is still `wanted` then. What rejects has freed what it held. */
  async start(wanted: () => boolean): Promise<void> {
    const engine = await this.#occupy(() => this.#owner.ready());
    try {
      await this.#context.inTurn(engine.name, this.#session.tenantId, async () => {
        if (!wanted()) return;
        this.#starting = true;
        await engine.start().finally(() => {
          this.#starting = false;
        });
      });
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  /** Another process has the session, or is to have it: whoever still holds its engine here does nothing more with it. */
  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Cuts a start short that nobody waits for any more. */
  hurry(): void {
    if (this.#starting) this.#engine?.stop().catch(() => undefined); // Whoever asked for it stops it again, and waits.
  }

  /** Ends the engine beside whatever waits for it, which goes on without. Never rejects; who is next stops it again. */
  async cease(): Promise<void> {
    if (this.#occupied) await this.#engine?.stop().catch(() => undefined);
  }

  async stop(): Promise<void> {
    if (!this.#occupied) return;
    await this.#engine?.stop();
    await this.#leave();
  }

  /** Lets the engine forget its login, which needs the profile, too. */
  async logout(): Promise<void> {
    if (!this.#context.engines[this.#session.engine]) return;
    await (await this.#occupy(() => this.#owner.ready())).logout();
    await this.#leave();
  }

  /** Leaves nothing of the session on this machine. */
  async destroy(): Promise<void> {
    if (this.#context.engines[this.#session.engine]) await (await this.#occupy()).destroy();
    await this.#leave();
    await this.#context.vault.remove(this.#session.profile);
  }

  /** Runs `work` on the profile, in which nothing changes meanwhile, also while the engine runs. Rejects as `Engine.still` does. */
  async still(work: (directory: string, signal: AbortSignal) => Promise<void>): Promise<void> {
    const { running } = this;
    if (!running)
      return this.inProfile(async (directory) => {
        await this.#owner.ready();
        await work(directory, new AbortController().signal);
      });
    const directory = await this.#context.vault.directory(this.#session.profile);
    await running.still((signal) => work(directory, signal));
  }

  /** Runs `work` on the profile, which nobody else touches meanwhile. To be called while no engine runs. */
  async inProfile<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const { vault } = this.#context;
    const { profile } = this.#session;
    await vault.lock(profile, this.#generation);
    try {
      return await work(await vault.directory(profile));
    } finally {
      await vault.unlock(profile);
    }
  }

  /** Puts these files in the place of the login, to be called while no engine runs; what was set aside of it stays. */
  async putBack(fresh: string): Promise<void> {
    const generation = await this.#owner.generation();
    const kept = { keep: SET_ASIDE, ...(generation !== undefined && { generation }) };
    await this.inProfile(() => this.#context.vault.replace(this.#session.profile, fresh, kept));
  }

  /** Whether what runs in the engine could be loaded anew. */
  async reload(): Promise<boolean> {
    try {
      await (await this.engine()).reload();
      return true;
    } catch {
      return false;
    }
  }

  async health(): Promise<Health> {
    if (!(await this.#context.vault.refresh(this.#session.profile))) return { ok: false, detail: 'the directory of its login was removed' };
    return (await this.engine()).health();
  }

  get #generation(): number | undefined {
    return this.#context.generationOf(this.#session.id);
  }

  async #occupy(ready?: () => Promise<void>): Promise<Engine> {
    const { engines, vault } = this.#context;
    const { engine, profile } = this.#session;
    engineOf(engines, engine);
    await vault.lock(profile, this.#generation);
    try {
      await ready?.();
      const made = await this.engine();
      this.#occupied = true;
      return made;
    } catch (error) {
      await vault.unlock(profile);
      throw error;
    }
  }

  async #leave(): Promise<void> {
    this.#occupied = false;
    await this.#context.vault.unlock(this.#session.profile);
  }
}
