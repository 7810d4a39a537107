/**
 * Browsers are processes of their own: they go on while the hub that started them stands still, and would then be the second ones of their
 * sessions once another node has taken those over. So each node of a cluster has a small process beside it that is told how long its browsers
 * may run, and kills them where nobody has said so any more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { compileCacheEnv } from '../../../../core/compile-cache.ts';
import { withTimeout } from '../../../../core/deadline.ts';
import { HooklineError, messageOf } from '../../../../core/errors.ts';
import type { Milliseconds, Runtime } from '../../../../core/runtime.ts';
import { sinceBoot } from '../../../../core/since-boot.ts';

/** For what is about a browser. */
export interface Guard {
  /** The time is over until which browsers may run: what runs on a profile from here on may be of another node. */
  readonly isOver: boolean;
  /** To be called before a browser is started on this profile. Call what it resolves with when nothing of it is left. Rejects with `timeIsOver`. */
  watch(userDataDir: string): Promise<() => void>;
}

export const timeIsOver = (): HooklineError =>
  new HooklineError('engine-failed', 'Nobody has noted lately that this node lives, so that the session may be of another one by now');

/** What the guard process is told, one JSON text a line. `until`: ms since boot. */
export type Told = { until: Milliseconds } | { watch: string } | { leave: string };

const PROGRAM = fileURLToPath(new URL(`./guard-process${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
const STARTS_WITHIN: Milliseconds = 15_000;

export class GuardProcess implements Guard {
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  readonly #profiles = new Map<string, number>();
  #child: Promise<ChildProcess> | undefined;
  #until = 0;
  #isClosed = false;

  constructor(runtime: Pick<Runtime, 'clock' | 'log'>) {
    this.#runtime = runtime;
  }

  get isOver(): boolean {
    return sinceBoot() > this.#until;
  }

  /** Browsers may run until then (ms since boot), unless a later time is told before. */
  until(time: Milliseconds): void {
    this.#until = time;
    this.#tell({ until: time });
  }

  async watch(userDataDir: string): Promise<() => void> {
    await this.#started();
    if (this.isOver) throw timeIsOver();
    this.#profiles.set(userDataDir, (this.#profiles.get(userDataDir) ?? 0) + 1);
    this.#tell({ watch: userDataDir });
    let isLeft = false;
    return () => {
      const count = (this.#profiles.get(userDataDir) ?? 0) - (isLeft ? 0 : 1);
      isLeft = true;
      if (count > 0) this.#profiles.set(userDataDir, count);
      else if (this.#profiles.delete(userDataDir)) this.#tell({ leave: userDataDir });
    };
  }

  /** What still runs then is ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const child = await this.#child?.catch(() => undefined);
    child?.stdin?.end();
  }

  #started(): Promise<ChildProcess> {
    this.#child ??= this.#start().catch((cause) => {
      this.#child = undefined;
      const detail = `What ends the browsers of a node that stands still did not start, so none is started: ${messageOf(cause)}`;
      throw new HooklineError('engine-failed', detail, { cause });
    });
    return this.#child;
  }

  async #start(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['--max-old-space-size=64', PROGRAM], {
      // Out of the group of the hub: what stops that one must not stop it.
      detached: true,
      cwd: '/',
      env: { PATH: process.env.PATH, ...compileCacheEnv() },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'exit').then(([code, signal]) => Promise.reject(new Error(`it ended at once (${code ?? signal})`)));
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    for (const promise of [ended, failed]) promise.catch(() => undefined);
    const ready = Promise.race([once(child.stdout, 'data'), ended, failed]);
    await withTimeout(this.#runtime.clock, STARTS_WITHIN, 'The guard of browsers did not start', ready).catch((error) => {
      child.kill('SIGKILL');
      throw error;
    });
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
    child.once('exit', () => this.#again());
    for (const told of [{ until: this.#until }, ...[...this.#profiles.keys()].map((watch) => ({ watch }))]) write(child, told);
    return child;
  }

  #again(): void {
    this.#child = undefined;
    if (this.#isClosed) return;
    this.#runtime.log.error('What ends the browsers of a node that stands still has ended; it is started again');
    this.#started().catch((error) => this.#runtime.log.error(messageOf(error)));
  }

  #tell(told: Told): void {
    this.#child?.then((child) => write(child, told)).catch(() => undefined);
  }
}

function write({ stdin }: ChildProcess, told: Told): void {
  if (stdin?.writable) stdin.write(`${JSON.stringify(told)}\n`);
}
