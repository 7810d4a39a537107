import type { EndpointDialect } from '../../core/dialects.ts';
import { type Fault, HooklineError, toldFaults } from '../../core/errors.ts';
import { patternFault } from '../../core/event-patterns.ts';
import type { ChatId } from '../../core/message.ts';
import type { DialectOptions } from '../ports.ts';
import { type Endpoint, ORDERINGS, type Ordering, type Signature } from './endpoint.ts';
import type { ChatFilter } from './filter.ts';
import { type HeaderInput, headerFaults, sealHeaders } from './headers.ts';

export interface EndpointInput {
  url: string;
  /** Patterns: `*`, a type, or `message.*`. All when not given. */
  events?: string[];
  /** Ids or names of sessions; all when empty. */
  sessions?: string[];
  /** All of it: an update replaces the former one. Addresses in any form; null for all chats and people. */
  filter?: ChatFilter | null;
  ordering?: Ordering;
  /** All of them: an update replaces the former ones. */
  headers?: Record<string, HeaderInput>;
  /** Requests a second, 1 to 1,000; null for no limit. */
  rateLimit?: number | null;
  /** Waits in seconds after the first, second, … failure, the last repeated; null for the hub's own schedule. */
  schedule?: number[] | null;
  /** 1 to 30; null for the hub's own. */
  timeoutSeconds?: number | null;
  signatures?: Signature[];
  description?: string;
  dialect?: EndpointDialect;
  /** All of them: an update replaces the former ones. A secret is given as `{ secret: '…' }`. */
  dialectOptions?: DialectOptions;
}

/** Whoever asks for a change, as far as that says what may be given out. */
export interface Asking {
  /** Where the hub was reached. */
  origin?: string | undefined;
  /** Whether it may send messages, and so give others a key that may. */
  maySend?: boolean | undefined;
}

/** Settings of an endpoint that was given none. */
export const DEFAULTS = {
  description: '',
  events: ['*'],
  sessions: [],
  filter: null,
  ordering: 'strict',
  headers: {},
  rateLimit: null,
  schedule: null,
  timeoutSeconds: null,
  signatures: ['v1'],
  dialect: 'hookline',
  dialectOptions: {},
} as const satisfies Partial<Endpoint>;

/** The one form of an address; throws `recipient-invalid`. */
type ReadAddress = (address: string, path: string) => ChatId;

/**
 * What the input changes in an endpoint, secret headers sealed. Throws `invalid-body` with every fault, and `recipient-invalid`; the URL
 * is the guard's to judge, and what is said of a dialect is read once it is known which it is.
 */
export function changesOf(
  input: Partial<EndpointInput>,
  key: Buffer,
  owner: Pick<Endpoint, 'id' | 'tenantId'>,
  read: ReadAddress,
): Partial<Endpoint> {
  const errors = faultsOf(input);
  if (errors.length > 0) throw new HooklineError('invalid-body', toldFaults('The endpoint is not valid', errors), { errors });
  const { headers, filter, dialectOptions: _, ...plain } = input;
  const given = Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)) as Omit<
    Partial<EndpointInput>,
    'headers' | 'filter' | 'dialectOptions'
  >;
  return {
    ...given,
    ...(filter !== undefined && { filter: filter && readFilter(filter, read) }),
    ...(headers !== undefined && { headers: sealHeaders(headers, key, owner) }),
  };
}

/** Null where it asks for nothing. */
function readFilter({ chatKinds, chats, senders }: ChatFilter, read: ReadAddress): ChatFilter | null {
  const each = (name: string, addresses: readonly string[]) => [
    ...new Set(addresses.map((address, index) => read(address, `filter.${name}.${index}`))),
  ];
  const asked = {
    ...(chatKinds && { chatKinds: [...new Set(chatKinds)] }),
    ...(chats && { chats: each('chats', chats) }),
    ...(senders && { senders: each('senders', senders) }),
  };
  return Object.keys(asked).length > 0 ? asked : null;
}

function faultsOf({ events, filter, ordering, headers, rateLimit, schedule, timeoutSeconds, signatures }: Partial<EndpointInput>): Fault[] {
  const faults: Fault[] = [];
  if (events?.length === 0) faults.push({ path: 'events', message: 'is empty; leave it out for all events' });
  for (const [index, pattern] of (events ?? []).entries()) {
    const message = patternFault(pattern);
    if (message !== null) faults.push({ path: `events.${index}`, message });
  }
  for (const [name, listed] of Object.entries(filter ?? {})) {
    if (listed.length === 0) faults.push({ path: `filter.${name}`, message: 'is empty, so that nothing would pass; leave it out for all' });
  }
  if (ordering !== undefined && !ORDERINGS.includes(ordering))
    faults.push({ path: 'ordering', message: 'is none of strict, chat and relaxed' });
  if (!isWhole(rateLimit, 1, 1_000))
    faults.push({ path: 'rateLimit', message: 'is not a whole number from 1 to 1000 (requests a second)' });
  if (schedule && !(schedule.length >= 1 && schedule.length <= 50 && schedule.every((wait) => isWhole(wait, 1, 86_400)))) {
    faults.push({ path: 'schedule', message: 'is not a list of 1 to 50 waits, each a whole number from 1 to 86400 (seconds)' });
  }
  if (!isWhole(timeoutSeconds, 1, 30)) faults.push({ path: 'timeoutSeconds', message: 'is not a whole number from 1 to 30' });
  if (signatures && !(signatures.length > 0 && signatures.every((name) => ['v1', 'v1a'].includes(name)))) {
    faults.push({ path: 'signatures', message: 'is not a list of v1, v1a or both' });
  }
  return [...faults, ...headerFaults(headers ?? {})];
}

/** Also when it is not given. */
const isWhole = (value: number | null | undefined, least: number, most: number): boolean =>
  value === undefined || value === null || (Number.isInteger(value) && value >= least && value <= most);
