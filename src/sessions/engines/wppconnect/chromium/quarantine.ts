/**
 * A profile on which the browser does not start. Whether it is the profile or the machine is found out with an empty one
 * beside it, on the same disk; only then it is set aside. Nothing is deleted: a person may want to look at it.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../../core/errors.ts';
import type { EngineContext } from '../../../engine.ts';
import { type LaunchOptions, OwnedBrowser } from './browser.ts';

/** One failure may be a busy machine. */
const FAILURES = 2;

export class Quarantine {
  readonly #context: EngineContext;
  #failures = 0;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** The browser came up on the profile. */
  cleared(): void {
    this.#failures = 0;
  }

  /** The browser did not come up. Returns where the profile was put, or null when it stays where it is. */
  async suspect(options: LaunchOptions): Promise<string | null> {
    const files = await readdir(options.userDataDir).catch((): string[] => []);
    // Its preferences are written before the browser starts, this only by a browser that ran: without it there is no login.
    const wasUsed = files.includes('Local State');
    if (++this.#failures < FAILURES || !wasUsed || !(await this.#startsOnAnother(options))) return null;
    this.#failures = 0;
    const aside = `${options.userDataDir}.quarantined-${this.#context.clock.now()}`;
    await rename(options.userDataDir, aside);
    this.#context.log.error('The browser does not start on the files of this login, and does on others: they were set aside', { aside });
    return aside;
  }

  async #startsOnAnother(options: LaunchOptions): Promise<boolean> {
    const userDataDir = join(this.#context.profileDir, 'probe');
    try {
      const browser = await OwnedBrowser.launch({ ...options, userDataDir });
      await browser.close(PROBE_CLOSE);
      return true;
    } catch (error) {
      this.#context.log.warn('The browser does not start on an empty profile either', { error: messageOf(error) });
      return false;
    } finally {
      await rm(userDataDir, { recursive: true, force: true });
    }
  }
}

const PROBE_CLOSE = 5_000;
