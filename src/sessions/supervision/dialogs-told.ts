import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { DIALOG_ADVICE } from '../advice.ts';
import type { SessionPorts } from '../ports.ts';

/** Of one session; what comes after so many is what changes with each look. */
const MOST_TOLD = 20;

/** What an engine shows and cannot answer: each is told once, for as long as the hub runs, with a picture of it. */
export class DialogsTold {
  readonly #keep: SessionPorts['keepScreenshot'];
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor({ keepScreenshot }: Pick<SessionPorts, 'keepScreenshot'>, log: Logger) {
    this.#keep = keepScreenshot;
    this.#log = log;
  }

  /** The event of one that is new; null for one that was told. */
  async event(session: SessionRef, text: string, picture: Uint8Array | null) {
    if (this.#told.has(text) || this.#told.size >= MOST_TOLD) return null;
    this.#told.add(text);
    // Without room for it, it is told without.
    const screenshot = picture && (await this.#keep(session, picture).catch((error) => this.#notKept(error)));
    return { type: 'session.attention' as const, data: { reason: 'dialog', text, screenshot, advice: DIALOG_ADVICE } };
  }

  #notKept(error: unknown): null {
    this.#log.warn(`The screenshot of a dialog was not kept: ${messageOf(error)}`);
    return null;
  }
}
