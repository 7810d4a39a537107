import PQueue from 'p-queue';
import type { TenantId } from '../core/ids.ts';
import { setLatest } from '../core/memoize.ts';
import { SingleFlight } from '../core/single-flight.ts';
import { askDns, NameError } from './names/dns.ts';
import { parseHosts } from './names/hosts-file.ts';
import { namesFor, parseSearchList } from './names/search-list.ts';
import { watchedFile } from './names/watched-file.ts';
import type { Address, Resolve } from './resolve.ts';

export interface NamesOptions {
  hostsFile?: string;
  resolvConf?: string;
  /** Name servers (`127.0.0.1:5353`); those of the system when not given. */
  servers?: readonly string[];
  /** Milliseconds for one name, those in which it waits for its turn included. */
  deadline?: number;
  /** Milliseconds that a name counts as unresolved after it was. */
  forgetAfter?: number;
}

const DEADLINE = 3_000;
const FORGET_AFTER = 30_000;
/** Lookups at once: of one tenant, of those the names that are not known to answer, and of all tenants. */
const OF_ONE = 2;
const UNPROVEN = 1;
const OF_ALL = 128;
/** Of the deadline: a name whose turn comes later is not asked for, or it would count as slow without a chance to answer. */
const LEAST = 1 / 3;
/** Names of which it is kept whether they answer. */
const MOST_KNOWN = 10_000;

/** RFC 6761, 6.3: whatever a name server says. */
const LOOPBACK: Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

interface Turns {
  all: PQueue;
  unproven: PQueue;
  taken: number;
}

/**
 * Names to addresses, each tenant in its own turns: slow names of one hold up nobody else, and of its own at the most those that
 * have never answered. As the system does it: the hosts file, then DNS with the search list; both files are read again when they change.
 * Nothing that is found is kept, so that whatever is connected to was asked just now.
 */
export class Names {
  readonly #options: Required<Pick<NamesOptions, 'deadline' | 'forgetAfter'>> & Pick<NamesOptions, 'servers'>;
  readonly #hosts: () => Map<string, Address[]>;
  readonly #searchList: () => ReturnType<typeof parseSearchList>;
  readonly #turns = new Map<TenantId, Turns>();
  readonly #everybody = new PQueue({ concurrency: OF_ALL });
  /** By tenant and name, as the ones below: nobody decides for others what answers. */
  readonly #running = new SingleFlight<Address[]>();
  readonly #failed = new Map<string, { error: NameError; until: number }>();
  readonly #proven = new Map<string, true>();

  constructor({ hostsFile = '/etc/hosts', resolvConf = '/etc/resolv.conf', servers, ...options }: NamesOptions = {}) {
    this.#hosts = watchedFile(hostsFile, parseHosts);
    this.#searchList = watchedFile(resolvConf, parseSearchList);
    this.#options = { deadline: DEADLINE, forgetAfter: FORGET_AFTER, ...options, ...(servers && { servers }) };
  }

  /** Rejects with a `NameError`, within the deadline. */
  readonly resolve: Resolve = async (hostname, tenantId) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    if (name === 'localhost' || name.endsWith('.localhost')) return LOOPBACK;
    const listed = this.#hosts().get(name);
    if (listed) return listed;
    const key = `${tenantId} ${hostname.toLowerCase()}`;
    const failed = this.#failed.get(key);
    if (failed && failed.until > performance.now()) throw failed.error;
    return this.#running.do(key, () => this.#ask(tenantId, hostname, key));
  };

  async #ask(tenantId: TenantId, hostname: string, key: string): Promise<Address[]> {
    const { deadline, forgetAfter, servers } = this.#options;
    const signal = AbortSignal.timeout(deadline);
    const latest = performance.now() + deadline - LEAST * deadline;
    let begun = false;
    const ask = async (): Promise<Address[]> => {
      if (performance.now() > latest) throw new NameError('');
      begun = true;
      return askDns(namesFor(hostname, this.#searchList()), signal, servers);
    };
    try {
      const found = await this.#inTurn(tenantId, this.#proven.has(key), ask, signal);
      setLatest(this.#proven, key, true, MOST_KNOWN);
      this.#failed.delete(key);
      return found;
    } catch (thrown) {
      const within = `within ${deadline / 1_000} s`;
      if (!begun) throw new NameError(`could not be asked for ${within}: other names of this tenant are slow`).about(hostname);
      const error =
        thrown instanceof NameError && !signal.aborted ? thrown : new NameError(`was not answered by the name server ${within}`);
      this.#proven.delete(key);
      setLatest(this.#failed, key, { error: error.about(hostname), until: performance.now() + forgetAfter }, MOST_KNOWN);
      throw error.about(hostname);
    }
  }

  /** What waits when the signal is aborted is not begun, and what runs gives its place free. */
  async #inTurn<T>(tenantId: TenantId, proven: boolean, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const turns = this.#turns.get(tenantId) ?? newTurns();
    this.#turns.set(tenantId, turns);
    const turn = (): Promise<T> => turns.all.add(() => this.#everybody.add(ask, { signal }), { signal });
    turns.taken++;
    try {
      return await (proven ? turn() : turns.unproven.add(turn, { signal }));
    } finally {
      if (--turns.taken === 0) this.#turns.delete(tenantId);
    }
  }
}

const newTurns = (): Turns => ({
  all: new PQueue({ concurrency: OF_ONE }),
  unproven: new PQueue({ concurrency: UNPROVEN }),
  taken: 0,
});
