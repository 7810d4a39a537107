import { Resolver } from 'node:dns/promises';
import { setTimeout as after } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import type { Address } from '../resolve.ts';

/** Milliseconds after which a name server is asked again, or the next one, and how often that is. */
const TIMEOUT = 1_000;
const TRIES = 3;
/** Milliseconds that the one family may take longer than the other: some name servers never answer for IPv6. */
const GRACE = 300;

/** Codes of c-ares for "there is none" (https://nodejs.org/api/dns.html#error-codes). */
const NONE = new Set(['ENOTFOUND', 'ENODATA']);

/** Why a name has no address, for who gave it. Says nothing of where the name leads. */
export class NameError extends Error {
  readonly code = 'name-unresolved';

  /** The whole sentence; the message alone is how it goes on behind the name. */
  about(hostname: string): NameError {
    return new NameError(`The name "${hostname}" ${this.message}`);
  }
}

/**
 * The addresses of the first of `names` that has any, IPv4 first, from the name servers of the system or these `servers`. Asks by c-ares, which
 * takes none of libuv's threads, and with a resolver of its own, so that this question alone can be called off. Rejects with a `NameError`.
 */
export async function askDns(names: readonly string[], signal: AbortSignal, servers?: readonly string[]): Promise<Address[]> {
  const resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel);
  try {
    let failure: unknown;
    for (const name of names) {
      try {
        return await addressesOf(resolver, name);
      } catch (error) {
        if (codeOf(error) === 'ETIMEOUT' || signal.aborted) throw error;
        if (!NONE.has(codeOf(error))) failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    throw new NameError('does not exist, or has no address');
  } catch (error) {
    if (error instanceof NameError) throw error;
    const code = codeOf(error);
    throw new NameError(
      code === 'ETIMEOUT' ? 'was not answered in time by the name server' : `could not be resolved (${code || messageOf(error)})`,
    );
  } finally {
    signal.removeEventListener('abort', cancel);
    // What has not answered by now is not waited for.
    cancel();
  }
}

/** Rejects as the worse of both families does when neither has an address. */
async function addressesOf(resolver: Resolver, name: string): Promise<Address[]> {
  const found: Address[][] = [[], []];
  const asked = [resolver.resolve4(name), resolver.resolve6(name)].map(async (answer, at) => {
    found[at] = (await answer).map((address) => ({ address, family: at === 0 ? 4 : 6 }));
  });
  const all = Promise.allSettled(asked);
  await Promise.race([
    all,
    Promise.any(asked).then(
      () => after(GRACE, undefined, { ref: false }),
      () => all,
    ),
  ]);
  const addresses = found.flat();
  if (addresses.length > 0) return addresses;
  const failures = (await all).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  throw failures.find((error) => !NONE.has(codeOf(error))) ?? failures[0] ?? new NameError('has no address');
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');
