import { messageOf } from '../core/errors.ts';
import type { Runtime } from '../core/runtime.ts';

export type Closer = () => Promise<unknown>;

/** Last opened, first closed; one that fails does not keep the others open. */
export async function closeAll(opened: Closer[], { log }: Runtime): Promise<void> {
  for (const close of opened.splice(0).reverse()) {
    await close().catch((error) => log.warn('Something could not be closed cleanly', { error: messageOf(error) }));
  }
}

/**
 * Resolves with the work, or without it after `grace` ms. What hangs (a receiver, WhatsApp) is left as a crash leaves it,
 * which the next start can deal with.
 */
export async function atMost(grace: number, work: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, grace);
  await Promise.race([work, over.promise]).finally(() => clearTimeout(timer));
}
