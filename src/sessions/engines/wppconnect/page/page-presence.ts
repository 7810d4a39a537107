/**
 * How the account shows to others, inside Chromium: the function is sent there as text, so it sees its arguments and the page's
 * globals and nothing of this file. wppconnect lets the page believe that somebody sits before it day and night. Left so, every
 * customer would see the account online, and WhatsApp would not ring the phone for what comes in.
 */
import type { Wpp } from './page-types.ts';

declare const WPP: Wpp;
interface Shown {
  asked: boolean;
  /** Chats in which the account types or records. */
  busy: Set<string>;
  settled: boolean;
  over?: ReturnType<typeof setTimeout>;
}
declare let hooklineShows: Shown;

/** To show as available or not from now on, or for as long as the account is busy in a chat; null: as it was asked to, at first not. */
export async function show(wanted: boolean | null | { chat: string; busy: boolean }): Promise<void> {
  if (typeof hooklineShows === 'undefined')
    (globalThis as { hooklineShows?: Shown }).hooklineShows = { asked: false, busy: new Set(), settled: false };
  const state = hooklineShows;
  if (wanted === null && state.settled) return;
  if (typeof wanted === 'boolean') state.asked = wanted;
  else if (wanted !== null) {
    state.busy[wanted.busy ? 'add' : 'delete'](wanted.chat);
    clearTimeout(state.over);
    // WhatsApp stops showing "typing…" by itself a little sooner.
    state.over = setTimeout(() => {
      state.busy.clear();
      WPP.conn.markAvailable(state.asked);
    }, 30_000);
  }
  WPP.conn.setKeepAlive(state.asked);
  await WPP.conn.markAvailable(state.asked || state.busy.size > 0);
  state.settled = true;
}
