import { type FSWatcher, watch } from 'node:fs';
import { HooklineError, messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Runtime, Timer } from '../../core/runtime.ts';
import type { Flows } from '../flows.ts';
import { readFlowFiles } from './files.ts';

/** An editor that saves makes several changes; they are over by then. */
const SETTLE = 100;
/** Not every file system tells of its changes (network and container mounts): looks without being told this often, in ms. */
const SWEEP = 10_000;

/**
 * Keeps a tenant's flows from files what the directory says. A state of the directory with an error in it is told in the
 * log and changes nothing: the last good flows stay.
 */
export class FlowFolder {
  readonly #directory: string;
  readonly #tenantId: TenantId;
  readonly #flows: Pick<Flows, 'publishFiles'>;
  readonly #runtime: Runtime;
  /** The state of the directory, or the failure, that was dealt with last. */
  #seen: string | undefined;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #started = false;
  #stale = false;
  #looking: Promise<void> | undefined;

  constructor(directory: string, tenantId: TenantId, flows: Pick<Flows, 'publishFiles'>, runtime: Runtime) {
    this.#directory = directory;
    this.#tenantId = tenantId;
    this.#flows = flows;
    this.#runtime = runtime;
  }

  /** Resolves when the directory was read once, whatever was in it. */
  async start(): Promise<void> {
    this.#started = true;
    this.#watch();
    await this.#look();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#watcher?.close();
    this.#watcher = undefined;
    await this.#looking;
  }

  /** The directory and not its files: editors save by renaming a new file over the old one. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#directory, { persistent: false }, () => this.#lookIn(SETTLE));
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
    try {
      const files = await readFlowFiles(this.#directory);
      looked = JSON.stringify(files);
      if (looked === this.#seen) return;
      const { published, removed } = await this.#flows.publishFiles(this.#tenantId, files);
      this.#seen = looked;
      if (published.length > 0) log.info(`Flows from ${this.#directory}: ${published.join(', ')}`);
      if (removed.length > 0) log.info(`Flows removed with their files: ${removed.join(', ')}`);
    } catch (error) {
      // A watcher of a directory that was replaced hears nothing more.
      if (looked === undefined) this.#unwatch();
      this.#report(error, looked);
    }
  }

  /** Each bad state is told once; what has nothing to do with the files (a busy database) is tried again. */
  #report(error: unknown, looked: string | undefined): void {
    const { log } = this.#runtime;
    const errors = error instanceof HooklineError ? error.errors : undefined;
    const told = errors ? looked : messageOf(error);
    if (told === this.#seen) return;
    this.#seen = told;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      log.warn(`There is no flows directory ${this.#directory}: make it, or name another one with HOOKLINE_FLOWS_DIR`);
      return;
    }
    for (const fault of errors ?? []) log.error(`${fault.path} ${fault.message}`);
    const why = errors ? `${errors.length} error${errors.length === 1 ? '' : 's'}` : messageOf(error);
    log.error(`The flows of ${this.#directory} were not loaded (${why}); those that were good before go on`);
  }
}
