import type { Clock } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import type { Chat } from '../chat.ts';
import { laneOf } from '../lane.ts';
import type { Addresses, Lanes } from '../ports.ts';
import { ChatNames } from './chat-renames-store.ts';

/**
 * WhatsApp calls a chat now by phone, in more than one form, now by a hidden number. Flows keep what they know of it under
 * one name, and it goes along when something comes in, or is asked for, under another one.
 */
export class ChatRenames {
  readonly #addresses: Pick<Addresses, 'names'>;
  readonly #lanes: Pick<Lanes, 'schedule'>;
  readonly #clock: Clock;

  constructor({ addresses, lanes }: { addresses: Pick<Addresses, 'names'>; lanes: Pick<Lanes, 'schedule'> }, { clock }: { clock: Clock }) {
    this.#addresses = addresses;
    this.#lanes = lanes;
    this.#clock = clock;
  }

  /** See `ChatNames.home`. */
  async homeOf(sql: Tx['sql'], chat: Chat): Promise<Chat> {
    return new ChatNames(sql, chat).home(await this.#addresses.names(chat.tenantId, chat.id));
  }

  /**
   * Brings what is kept under the other names of a chat that has had no turn: the run that waits, with its timer, what is
   * remembered, the handoff, and what waits in the inbox. False where nothing is. In the chat's lane, which is held.
   *
   * A request that is under way for the run is made again here, under the same key: its answer finds no run there.
   */
  async adopt(tx: Tx, chat: Chat): Promise<boolean> {
    const names = await this.#addresses.names(chat.tenantId, chat.id);
    if (names.length === 1) return false;
    const rows = new ChatNames(tx.sql, chat);
    const kept = await rows.kept(names);
    if (kept.some(({ id, turn }) => id === chat.id && turn !== null)) return false;
    const others = kept.filter(({ id }) => id !== chat.id);
    if (others.length === 0) return false;
    // Their lanes first: a turn under way in one of them ends before this. Each finds nothing when it runs next, and has no timer any more.
    const dueAt = this.#clock.now();
    await this.#lanes.schedule(
      tx,
      others.map(({ id }) => ({ kind: 'flow', key: laneOf({ ...chat, id }), tenantId: chat.tenantId, dueAt })),
    );
    const [last] = others;
    if (last && last.turn !== null) await rows.takeFacts(last, names);
    await rows.takeWaiting(names);
    await rows.takeHandoff(names);
    return true;
  }
}
