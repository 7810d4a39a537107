import { fullJitter } from '../core/backoff.ts';
import { messageOf } from '../core/errors.ts';
import type { InboundMessage } from '../core/message.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Engine } from './engine.ts';
import type { SessionPorts } from './ports.ts';

/** Messages may carry a time from before the last one that was seen. Asking for more costs little: the inbox drops doubles (ms). */
const OVERLAP = 600_000;
const RETRY = { base: 1_000, cap: 60_000, floor: 500 };

/** The one door by which a session's inbound messages enter the hub, and the memory of when the last one did. */
export class Intake {
  readonly #session: () => SessionRef;
  readonly #port: SessionPorts['inbound'];
  readonly #runtime: Runtime;
  #lastAt: Milliseconds | null;

  constructor(session: () => SessionRef, lastAt: Milliseconds | null, context: { ports: Pick<SessionPorts, 'inbound'>; runtime: Runtime }) {
    this.#session = session;
    this.#lastAt = lastAt;
    this.#port = context.ports.inbound;
    this.#runtime = context.runtime;
  }

  get lastAt(): Milliseconds | null {
    return this.#lastAt;
  }

  /** Rejects when the message could not be stored: the engine then offers it again. */
  async receive(message: InboundMessage): Promise<void> {
    await this.#port.receive(this.#session(), message);
    this.#lastAt = Math.max(this.#lastAt ?? 0, Math.min(message.timestamp, this.#runtime.clock.now()));
  }

  /** Takes in what came while nobody listened; tried again until all of it is stored or `wanted` says no. */
  async catchUp(engine: Engine, since: Milliseconds, wanted: () => boolean, attempt = 1): Promise<void> {
    if (!wanted()) return;
    try {
      for (const message of await engine.unreadSince(since - OVERLAP)) await this.receive(message);
    } catch (error) {
      const { clock, random, log } = this.#runtime;
      log.warn('Unread messages could not be taken in yet', { session: this.#session().id, error: messageOf(error) });
      clock.after(fullJitter(attempt, RETRY, random), () => void this.catchUp(engine, since, wanted, attempt + 1));
    }
  }
}
