import { HooklineError, messageOf } from '../../../core/errors.ts';
import type { InboundMessage, Notice } from '../../../core/message.ts';
import type { Logger } from '../../../core/runtime.ts';
import type { EngineHost } from '../../engine.ts';
import type { PhoneDisk } from './disk.ts';

/**
 * Hands what reaches the phone to the hub, nothing lost: each is on the phone's disk before the hub is told, and the disk is
 * emptied only when the hub has confirmed every one of them. What a crash leaves there is offered again.
 */
export type Arrived = { message: InboundMessage } | { notice: Notice; key: string };

/** Bytes that may wait for a hub that does not listen. */
const MOST_WAITING = 8 * 1_024 * 1_024;

const keyOf = (arrived: Arrived): string => ('message' in arrived ? arrived.message.engineId : arrived.key);

export class HandOver {
  readonly #disk: PhoneDisk;
  readonly #host: Pick<EngineHost, 'message' | 'notice'>;
  readonly #log: Logger;
  /** Whether something on the disk is confirmed. */
  #isStale = false;
  /** What the hub has not confirmed. */
  readonly #unconfirmed = new Set<string>();
  /** One use of the disk at a time: it must not be emptied around a message that is just being kept. */
  #turn: Promise<unknown> = Promise.resolve();
  #offering: Promise<void> = Promise.resolve();

  constructor(disk: PhoneDisk, host: Pick<EngineHost, 'message' | 'notice'>, log: Logger) {
    this.#disk = disk;
    this.#host = host;
    this.#log = log;
  }

  /**
   * Resolves when the hub has it, or when it is kept while the hub does not listen. Behind what waited before. Rejects with
   * `storage-full` when too much waits.
   */
  async receive(arrived: Arrived, isListening: () => boolean): Promise<void> {
    await this.#offering;
    await this.#inTurn(async () => {
      await this.#makeRoom();
      this.#unconfirmed.add(keyOf(arrived));
      await this.#disk.keepReceived(arrived);
    });
    if (isListening()) await this.#hand(arrived);
  }

  /** Oldest first. */
  waiting(): Promise<Arrived[]> {
    return this.#inTurn(() => this.#disk.received());
  }

  /** For a connection that has just been opened: hands over what waits. */
  offer(): void {
    this.#offering = this.#offering.then(() => this.#offer());
  }

  async #offer(): Promise<void> {
    try {
      const waiting = await this.waiting();
      for (const arrived of waiting) this.#unconfirmed.add(keyOf(arrived));
      for (const arrived of waiting) await this.#hand(arrived);
    } catch (error) {
      this.#log.warn('The phone keeps what the hub did not take', { error: messageOf(error) });
    }
  }

  async #hand(arrived: Arrived): Promise<void> {
    if ('message' in arrived) await this.#host.message(arrived.message);
    else await this.#host.notice(arrived.notice);
    this.#unconfirmed.delete(keyOf(arrived));
    this.#isStale = true;
    await this.#inTurn(async () => {
      if (this.#unconfirmed.size > 0) return;
      this.#isStale = false;
      await this.#disk.forgetReceived();
    });
  }

  /** Where something new always comes before the last one is confirmed the disk is never emptied: then what is confirmed goes. */
  async #makeRoom(): Promise<void> {
    const isFull = async (): Promise<boolean> => (await this.#disk.receivedSize()) >= MOST_WAITING;
    if (!(await isFull())) return;
    if (this.#isStale) {
      this.#isStale = false;
      await this.#disk.forgetReceived((arrived) => this.#unconfirmed.has(keyOf(arrived)));
      if (!(await isFull())) return;
    }
    const detail = `The phone holds ${MOST_WAITING} bytes that the hub has not taken, and takes no more. Connect the session.`;
    throw new HooklineError('storage-full', detail);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
