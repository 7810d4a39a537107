import type { ChatId } from '../../core/message.ts';
import type { Clock } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import type { Chat } from '../chat.ts';
import { laneOf } from '../lane.ts';
import type { Addresses, Lanes } from '../ports.ts';
import { ChatNames, type EndedRun, type Kept } from './chat-renames-store.ts';

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
    await this.#takeLanes(tx, chat, others);
    const [last] = others;
    if (last && last.turn !== null) await rows.takeFacts(last, names);
    await rows.takeWaiting(names);
    await rows.takeHandoff(names);
    return true;
  }

  /**
   * A chat that has had turns is called by another name, too, which was not known for its own: what flows keep under both is one,
   * see `ChatNames.mergeFacts`. Answers the runs that ended for it. In the chat's lane, which is held.
   */
  async meet(tx: Tx, chat: Chat, alias: ChatId): Promise<EndedRun[]> {
    const names = [...new Set([...(await this.#addresses.names(chat.tenantId, chat.id)), alias])];
    const rows = new ChatNames(tx.sql, chat);
    const others = (await rows.kept(names)).filter(({ id }) => id !== chat.id);
    const ended: EndedRun[] = [];
    if (others.length > 0) {
      await this.#takeLanes(tx, chat, others);
      ended.push(...(await rows.mergeFacts(names, this.#clock.now())));
      await rows.takeWaiting(names);
      await rows.takeHandoff(names);
    }
    await rows.noteNames(names);
    return ended;
  }

  /** First of all: a turn under way in one of them ends before this. Each finds nothing when it runs next, and has no timer any more. */
  async #takeLanes(tx: Tx, chat: Chat, others: readonly Kept[]): Promise<void> {
    const dueAt = this.#clock.now();
    await this.#lanes.schedule(
      tx,
      others.map(({ id }) => ({ kind: 'flow', key: laneOf({ ...chat, id }), tenantId: chat.tenantId, dueAt })),
    );
  }
}
