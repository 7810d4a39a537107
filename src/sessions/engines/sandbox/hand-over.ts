import { HooklineError, hasCode, messageOf } from '../../../core/errors.ts';
import type { Logger } from '../../../core/runtime.ts';
import type { EngineHost } from '../../engine.ts';
import type { Arrived } from './arrived.ts';
import type { PhoneDisk } from './disk.ts';

type Host = Pick<EngineHost, 'message' | 'notice' | 'unreadable'>;

/** Bytes that may wait for a hub that does not listen. */
const MOST_WAITING = 8 * 1_024 * 1_024;

function keyOf(arrived: Arrived): string {
  if ('broken' in arrived) return arrived.broken;
  return 'message' in arrived ? arrived.message?.engineId : arrived.key;
}

/**
 * Hands what reaches the phone to the hub, in its order, nothing lost: each is on the phone's disk before the hub is told, and
 * the disk is emptied only when the hub has confirmed every one of them. What a crash leaves there is offered again.
 */
export class HandOver {
  readonly #disk: PhoneDisk;
  readonly #host: Host;
  readonly #log: Logger;
  /** What the hub has confirmed, and still is on the disk beside what it has not. */
  readonly #confirmed = new Set<string>();
  /** What the hub has not confirmed. */
  readonly #unconfirmed = new Set<string>();
  /** What the hub was told and has not answered yet; rejected once the hub has said why it cannot take it now. */
  readonly #handed = new Map<string, Promise<void>>();
  /** One use of the disk at a time: it must not be emptied around a message that is just being kept. */
  #turn: Promise<unknown> = Promise.resolve();
  #offering: Promise<void> = Promise.resolve();

  constructor(disk: PhoneDisk, host: Host, log: Logger) {
    this.#disk = disk;
    this.#host = host;
    this.#log = log;
  }

  /**
   * Resolves when the hub has it, or when it is kept while the hub does not listen. Behind what came before. Rejects with
   * `storage-full` when too much waits, and as the hub does when it cannot take it now: the phone keeps it.
   */
  async receive(arrived: Arrived, isListening: () => boolean): Promise<void> {
    await this.#inTurn(async () => {
      await this.#makeRoom();
      await this.#disk.keepReceived(arrived);
      this.#confirmed.delete(keyOf(arrived));
      this.#unconfirmed.add(keyOf(arrived));
    });
    // What waited on the disk when the connection was opened was there before this.
    await this.#offering;
    if (isListening()) await this.#hand(arrived);
  }

  /** What the hub has not taken and is not just being told, oldest first. */
  async waiting(): Promise<Arrived[]> {
    await this.#offering;
    return (await this.#kept()).filter((arrived) => !this.#handed.has(keyOf(arrived)));
  }

  /** For a connection that has just been opened: hands over what waits. */
  offer(): void {
    this.#offering = this.#offering.then(() => this.#offer());
  }

  async #offer(): Promise<void> {
    try {
      for (const arrived of await this.#kept()) {
        this.#unconfirmed.add(keyOf(arrived));
        this.#hand(arrived).catch((error) => this.#log.warn('The phone keeps what the hub did not take', { error: messageOf(error) }));
      }
    } catch (error) {
      this.#log.warn('The phone cannot read what it keeps for the hub', { error: messageOf(error) });
    }
  }

  async #kept(): Promise<Arrived[]> {
    return this.#inTurn(async () => (await this.#disk.received()).filter((arrived) => !this.#confirmed.has(keyOf(arrived))));
  }

  /** Resolves when the hub has it, or was stopped before. Rejects as soon as the hub says that it cannot take it now. */
  async #hand(arrived: Arrived): Promise<void> {
    const key = keyOf(arrived);
    if (!this.#unconfirmed.has(key)) return;
    const handed = this.#handed.get(key) ?? untilTrouble((trouble) => this.#tell(arrived, key, trouble));
    this.#handed.set(key, handed);
    await handed;
  }

  #tell(arrived: Arrived, key: string, trouble: (error: unknown) => void): Promise<void> {
    const confirm = async (): Promise<void> => {
      this.#handed.delete(key);
      this.#unconfirmed.delete(key);
      this.#confirmed.add(key);
      await this.#inTurn(async () => {
        if (this.#unconfirmed.size > 0) return;
        await this.#disk.forgetReceived();
        this.#confirmed.clear();
      }).catch((error) => this.#log.warn('The phone still keeps what the hub has taken', { error: messageOf(error) }));
    };
    const refused = (error: unknown): void => {
      this.#handed.delete(key);
      if (!hasCode(error, 'session-not-connected')) throw error;
    };
    return this.#say(arrived, trouble).then(confirm, refused);
  }

  #say(arrived: Arrived, trouble: (error: unknown) => void): Promise<void> {
    if ('message' in arrived) return this.#host.message(arrived.message, trouble);
    if ('notice' in arrived) return this.#host.notice(arrived.notice, trouble);
    const error = new Error("A line on the phone's disk is no message");
    return this.#host.unreadable({ kind: 'message', raw: arrived.broken, engineId: null, error });
  }

  /** Where something new always comes before the last one is confirmed the disk is never emptied: then what is confirmed goes. */
  async #makeRoom(): Promise<void> {
    const isFull = async (): Promise<boolean> => (await this.#disk.receivedSize()) >= MOST_WAITING;
    if (!(await isFull())) return;
    if (this.#confirmed.size > 0) {
      await this.#disk.forgetReceived((arrived) => !this.#confirmed.has(keyOf(arrived)));
      this.#confirmed.clear();
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

/** As what was told to the hub ends, or rejects as soon as the hub says why it could not do it yet. */
export async function untilTrouble(tell: (trouble: (error: unknown) => void) => Promise<void>): Promise<void> {
  const trouble = Promise.withResolvers<never>();
  const taken = tell(trouble.reject);
  await Promise.race([taken, trouble.promise]);
}
