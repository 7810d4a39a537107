import { messageOf } from '../../../core/errors.ts';
import type { InboundMessage, Notice } from '../../../core/message.ts';
import type { Logger } from '../../../core/runtime.ts';
import type { EngineHost } from '../../engine.ts';
import type { PhoneDisk } from './disk.ts';

/**
 * Hands what reaches the phone to the hub, nothing lost: each is on the phone's disk before the hub is told, and the disk is
 * emptied only when the hub has confirmed every one of them. What a crash leaves there is offered again.
 */
export type Arrived = { message: InboundMessage } | { notice: Notice; key: string };

const keyOf = (arrived: Arrived): string => ('message' in arrived ? arrived.message.engineId : arrived.key);

export class HandOver {
  readonly #disk: PhoneDisk;
  readonly #host: Pick<EngineHost, 'message' | 'notice'>;
  readonly #log: Logger;
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

  /** Resolves when the hub has it, or when it is kept while the hub does not listen. Behind what waited before. */
  async receive(arrived: Arrived, isListening: () => boolean): Promise<void> {
    await this.#offering;
    this.#unconfirmed.add(keyOf(arrived));
    await this.#inTurn(() => this.#disk.keepReceived(arrived));
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
    await this.#inTurn(async () => {
      if (this.#unconfirmed.size === 0) await this.#disk.forgetReceived();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
