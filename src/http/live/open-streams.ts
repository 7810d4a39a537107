import { HooklineError, hasCode, messageOf } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { limitReached } from '../../core/limits.ts';
import type { Runtime, Timer } from '../../core/runtime.ts';

/** Why a stream ends, with the close code that says so on a WebSocket (RFC 6455, section 7.4, and its IANA registry). */
export interface Ending {
  code: 1000 | 1001 | 1008 | 1011 | 1013;
  reason: string;
}

export const GONE: Ending = { code: 1000, reason: 'The reader left' };
const FAILED: Ending = { code: 1011, reason: 'The ledger could not be read' };
const STOPPING: Ending = { code: 1001, reason: 'The hub is stopping' };
const REFUSED: Ending = { code: 1008, reason: 'The key may no longer read this' };
const SLOW: Ending = { code: 1013, reason: 'Read too slowly' };

/** What a reader is told at the end. At most 123 bytes, which is what a close frame holds. */
export function farewell({ reason }: Ending, lastId: string | undefined): string {
  return lastId ? `${reason}; resume after ${lastId}` : reason;
}

/** How many streams a tenant may have open (null: any number), and how many it has open on other nodes of the cluster. */
export interface Allowance {
  limit: number | null;
  elsewhere: number;
}

/** Who reads: a tenant's key, which may lose its right while the stream is open. */
export interface Reader extends Allowance {
  tenantId: TenantId;
  /** Rejects as the request would be refused if it came now. */
  stillAllowed(): Promise<unknown>;
}

/** How an open stream is ended, by whichever side. */
export interface OpenStream {
  /** Aborts with an `Ending` as its reason. */
  readonly signal: AbortSignal;
  end(why: Ending): void;
  /** Ends it because of an error of the hub. */
  fail(error: unknown): void;
  /** Begins the time in which the reader must take what it is given; to be called back when it has. */
  owe(): () => void;
}

interface Options {
  /** Milliseconds in which a reader must take what it is given. */
  patience: number;
  keys: { onRevoke(listener: () => void): () => void };
  /** Told how many a tenant has open here, whenever that changes. */
  onChange?: ((tenantId: TenantId, open: number) => void) | undefined;
  runtime: Runtime;
}

/** A key can also be revoked by another process (the command line), which tells nobody here. */
const RECHECK = 30_000;

/** Every stream of events that is open, over Server-Sent Events and WebSocket alike, and what may end it. */
export class OpenStreams {
  readonly #options: Options;
  readonly #open = new Map<AbortController, Reader>();
  readonly #unhear: () => void;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#unhear = options.keys.onRevoke(() => void this.#recheck());
  }

  /** Throws `limit-reached` when the tenant has too many, `shutting-down` once `close` was called. */
  open(reader: Reader): OpenStream {
    const { patience, runtime } = this.#options;
    const { limit, elsewhere, tenantId } = reader;
    if (this.#closed) throw new HooklineError('shutting-down', 'The hub is stopping. Come back in a moment.', { retryAfter: 5 });
    const used = this.used(tenantId) + elsewhere;
    // Streams end by themselves: it is worth coming again.
    if (limit !== null && used >= limit) throw limitReached({ name: 'streams', limit, used }, 'Close one first.', 5);
    const controller = new AbortController();
    this.#open.set(controller, reader);
    this.#changed(tenantId);
    this.#recheckLater();
    const end = (why: Ending): void => this.#end(controller, why);
    return {
      signal: controller.signal,
      end,
      fail(error) {
        if (controller.signal.aborted) return;
        runtime.log.warn('Events could not be read for an open stream', { error: messageOf(error), tenantId });
        end(FAILED);
      },
      owe() {
        const timer = runtime.clock.after(patience, () => end(SLOW));
        return () => timer.cancel();
      },
    };
  }

  /** How many a tenant has open here. */
  used(tenantId: TenantId): number {
    const own = this.#open.values().filter((reader) => reader.tenantId === tenantId);
    return own.toArray().length;
  }

  /** Ends all of them and opens no more. */
  close(): void {
    this.#closed = true;
    this.#unhear();
    this.#timer?.cancel();
    for (const controller of this.#open.keys()) this.#end(controller, STOPPING);
  }

  #end(controller: AbortController, why: Ending): void {
    const reader = this.#open.get(controller);
    if (!reader) return;
    this.#open.delete(controller);
    this.#changed(reader.tenantId);
    this.#options.runtime.log.verbose(`An event stream ended: ${why.reason}`, { tenantId: reader.tenantId });
    controller.abort(why);
  }

  #changed(tenantId: TenantId): void {
    this.#options.onChange?.(tenantId, this.used(tenantId));
  }

  #recheckLater(): void {
    this.#timer ??= this.#options.runtime.clock.after(RECHECK, async () => {
      await this.#recheck();
      this.#timer = undefined;
      if (this.#open.size > 0) this.#recheckLater();
    });
  }

  async #recheck(): Promise<void> {
    for (const [controller, reader] of [...this.#open]) {
      await reader.stillAllowed().catch((error) => {
        if (hasCode(error, 'unauthorized', 'forbidden', 'not-found', 'link-page-ended')) this.#end(controller, REFUSED);
        else this.#options.runtime.log.warn('Whether a key is still good could not be looked up', { error: messageOf(error) });
      });
    }
  }
}
