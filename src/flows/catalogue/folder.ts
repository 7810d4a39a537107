import { type FSWatcher, watch } from 'node:fs';
import { type Fault, HooklineError, messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Runtime, Timer } from '../../core/runtime.ts';
import type { Flows } from '../flows.ts';
import { isFlowFile, readFlowFiles } from './files.ts';

/** An editor that saves makes several changes; they are over by then. */
const SETTLE = 100;
/** Not every file system tells of its changes (network and container mounts): looks without being told this often, in ms. */
const SWEEP = 10_000;

type Folded = Pick<Flows, 'publishFiles' | 'catalogVersion' | 'onApiChange' | 'noteFileFaults'>;

/**
 * Keeps a tenant's flows from files what the directory says. A state of the directory with an error in it is told in the
 * log and changes nothing: the last good flows stay. What was not loaded is looked at again whenever the flows of the API change,
 * beside which it may be good, and when a file is saved, be it unchanged.
 */
export class FlowFolder {
  readonly #directory: string;
  readonly #tenantId: TenantId;
  readonly #flows: Folded;
  readonly #runtime: Runtime;
  /** The state of the directory that was loaded, all of it. */
  #loaded: string | undefined;
  /** The one that was not, beside the flows that there were. */
  #refused: string | undefined;
  /** What was said of that in the log. */
  #told: string | undefined;
  #unheed: (() => void) | undefined;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #started = false;
  #stale = false;
  #looking: Promise<void> | undefined;

  constructor(directory: string, tenantId: TenantId, flows: Folded, runtime: Runtime) {
    this.#directory = directory;
    this.#tenantId = tenantId;
    this.#flows = flows;
    this.#runtime = runtime;
  }

  /** Resolves when the directory was read once, whatever was in it. */
  async start(): Promise<void> {
    this.#started = true;
    this.#unheed = this.#flows.onApiChange((tenantId) => {
      if (tenantId === this.#tenantId && this.#refused !== undefined) this.#lookIn(0);
    });
    this.#watch();
    await this.#look();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#unheed?.();
    this.#watcher?.close();
    this.#watcher = undefined;
    await this.#looking;
  }

  /** The directory and not its files: editors save by renaming a new file over the old one. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, (_, name) => {
        // Whoever saves a file asks what is wrong.
        if (name !== null && isFlowFile(name)) this.#forget();
        this.#lookIn(SETTLE);
      });
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // Not there (yet): the sweep will see it come.
      this.#watcher = undefined;
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #lookIn(delay: number): void {
    this.#timer?.cancel();
    if (this.#started) this.#timer = this.#runtime.clock.after(delay, () => void this.#look());
  }

  /** One look at a time; what changes meanwhile is looked at after it. */
  #look(): Promise<void> {
    this.#stale = true;
    this.#looking ??= this.#lookUntilFresh().finally(() => {
      this.#looking = undefined;
      if (this.#started && !this.#watcher) this.#watch();
      this.#lookIn(SWEEP);
    });
    return this.#looking;
  }

  async #lookUntilFresh(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    const { log } = this.#runtime;
    let looked: string | undefined;
    let state: string | undefined;
    try {
      const files = await readFlowFiles(this.#directory);
      looked = JSON.stringify(files);
      if (looked === this.#loaded) return this.#forgive();
      state = `${await this.#flows.catalogVersion(this.#tenantId)} ${looked}`;
      if (state === this.#refused) return;
      const { published, removed, taken, warnings } = await this.#flows.publishFiles(this.#tenantId, files);
      if (taken.length === 0) {
        this.#loaded = looked;
        this.#forgive();
      } else this.#refuse(state, looked, taken);
      if (published.length > 0) log.info(`Flows from ${this.#directory}: ${published.join(', ')}`);
      for (const { path, message } of warnings) log.warn(`${path} ${message}`);
      if (removed.length > 0) log.info(`Flows removed with their files: ${removed.join(', ')}`);
    } catch (error) {
      // A watcher of a directory that was replaced hears nothing more.
      if (looked === undefined) this.#unwatch();
      this.#report(error, state, looked);
    }
  }

  #forgive(): void {
    this.#forget();
    this.#flows.noteFileFaults(this.#tenantId, []);
  }

  #forget(): void {
    this.#refused = this.#told = undefined;
  }

  /** Each bad state is told once; what has nothing to do with the files (a busy database) is tried again. */
  #report(error: unknown, state: string | undefined, looked: string | undefined): void {
    const { log } = this.#runtime;
    const errors = error instanceof HooklineError ? error.errors : undefined;
    if (errors && state !== undefined && looked !== undefined) {
      if (!this.#refuse(state, looked, errors)) return;
      const count = `${errors.length} error${errors.length === 1 ? '' : 's'}`;
      log.error(`The flows of ${this.#directory} were not loaded (${count}); those that were good before go on`);
      return;
    }
    const why = messageOf(error);
    if (why === this.#told) return;
    this.#told = why;
    // Whoever has no flows in files has none; one that was there is missed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      log[this.#loaded === undefined ? 'info' : 'warn'](
        `There is no flows directory ${this.#directory}: make it, or name another one with HOOKLINE_FLOWS_DIR`,
      );
    else log.error(`The flows of ${this.#directory} were not loaded (${why}); those that were good before go on`);
  }

  /** Notes what was not loaded, and says why; false where that was said already. */
  #refuse(state: string, looked: string, faults: readonly Fault[]): boolean {
    this.#loaded = undefined;
    this.#refused = state;
    this.#flows.noteFileFaults(this.#tenantId, faults);
    const told = JSON.stringify([looked, faults]);
    if (told === this.#told) return false;
    this.#told = told;
    for (const fault of faults) this.#runtime.log.error(`${fault.path} ${fault.message}`);
    return true;
  }
}
