/**
 * What WhatsApp Web shows over the chats after a login. Some of it unlinks the device when nobody answers, so what is known is
 * answered here, and what is not is told, for somebody to look at.
 */
import { messageOf } from '../../../core/errors.ts';
import type { Clock, Logger, Milliseconds } from '../../../core/runtime.ts';
import { CLOSE, CONTINUE, NEWS, OK } from './gate-words.ts';
import type { Dialog } from './page/page-dialogs.ts';

/** How long after a page was loaded, or linked, it is looked for (ms). */
const WATCHED_FOR = 600_000;
/** Before a button is pressed once more that did nothing (ms). */
const PRESS_AGAIN = 5_000;
/** So often in vain, and it is not what it was taken for. */
const MOST_PRESSED = 3;
/** Of those that are told, for what changes with every look. */
const MOST_TOLD = 5;
const LONGEST_TEXT = 1_000;

/** The words of the button that passes it, in small letters; null for what is not known. */
export function passes({ text, buttons }: Dialog): string[] | null {
  const said = buttons.map((button) => button.toLowerCase());
  const [on, read] = [CONTINUE, OK].map((words) => said.filter((button) => words.includes(button))) as [string[], string[]];
  // Where there is nothing to choose, nothing is asked. Where there is, it is known by what it says.
  const isOnlyTold = said.every((button) => [...on, ...read, ...CLOSE].includes(button));
  const isKnown = isOnlyTold || NEWS.some((topic) => text.toLowerCase().includes(topic));
  return isKnown ? ([on, read].find((words) => words.length > 0) ?? null) : null;
}

export interface DialogsSeen {
  clock: Clock;
  log: Logger;
  look(): Promise<Dialog | null>;
  press(words: readonly string[]): Promise<boolean>;
  /** What stays is told once. */
  unknown(text: string): Promise<void>;
}

/** Watches for them for a while. */
export class Dialogs {
  readonly #seen: DialogsSeen;
  #watchedSince: Milliseconds | null = null;
  #pressed = { text: '', times: 0, at: Number.NEGATIVE_INFINITY };
  readonly #told = new Set<string>();
  #isLooking = false;

  constructor(seen: DialogsSeen) {
    this.#seen = seen;
  }

  /** The page is loaded anew: it may show something again. */
  pageLoaded(): void {
    this.#watchedSince = null;
  }

  /** To be called while the device is linked. Never rejects. */
  async look(): Promise<void> {
    const now = this.#seen.clock.steady();
    this.#watchedSince ??= now;
    if (now - this.#watchedSince > WATCHED_FOR || this.#isLooking) return;
    this.#isLooking = true;
    await this.#answer(now).catch((error) => this.#seen.log.debug(`What stands in front cannot be seen: ${messageOf(error)}`));
    this.#isLooking = false;
  }

  async #answer(now: Milliseconds): Promise<void> {
    const dialog = await this.#seen.look();
    if (!dialog || this.#told.has(dialog.text) || this.#told.size >= MOST_TOLD) return;
    const words = passes(dialog);
    if (words && this.#mayPress(dialog.text)) await this.#press(dialog.text, words, now);
    else if (!words || this.#pressed.times >= MOST_PRESSED) {
      this.#told.add(dialog.text);
      await this.#seen.unknown(dialog.text.slice(0, LONGEST_TEXT));
    }
  }

  #mayPress(text: string): boolean {
    if (this.#pressed.text !== text) this.#pressed = { text, times: 0, at: Number.NEGATIVE_INFINITY };
    const { times, at } = this.#pressed;
    return times < MOST_PRESSED && this.#seen.clock.steady() - at >= PRESS_AGAIN;
  }

  async #press(text: string, words: readonly string[], at: Milliseconds): Promise<void> {
    if (!(await this.#seen.press(words))) return;
    this.#pressed = { text, times: this.#pressed.times + 1, at };
    this.#seen.log.info('WhatsApp Web showed a dialog after the login, which was answered', { button: words[0] });
  }
}
