import { messageOf } from '../../core/errors.ts';
import { type EventType, envelope, type LedgerEvent } from '../../core/events.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Opener } from '../../core/seal.ts';
import { openOptions } from '../endpoints/dialect-options.ts';
import { callbackKeyPlace, type Endpoint, secretPlace } from '../endpoints/endpoint.ts';
import type { DialectFacts, DialectRequest, EventDialects } from '../ports.ts';

export interface TellingOptions {
  dialects: EventDialects;
  facts: DialectFacts;
}

/** When, and how what is sealed is opened. */
interface Occasion {
  now: Milliseconds;
  open: Opener;
}

/** Whether an endpoint is told of events of this type, by its dialect. */
export const hears = (
  { dialect, dialectOptions }: Pick<Endpoint, 'dialect' | 'dialectOptions'>,
  type: EventType,
  dialects: EventDialects,
) => dialect === 'hookline' || type === 'webhook.test' || (dialects[dialect]?.hears(type, dialectOptions) ?? false);

type Addressee = Pick<Endpoint, 'id' | 'tenantId' | 'url' | 'dialect' | 'dialectOptions' | 'callbackKey' | 'secrets'>;

/** The key that is told with an event: it is for one session, and goes nowhere else. */
export const callbackKeyOf = (endpoint: Pick<Addressee, 'id' | 'tenantId' | 'callbackKey'>, open: Opener): string | null =>
  endpoint.callbackKey && open(endpoint.callbackKey.sealed, callbackKeyPlace(endpoint));

/** The event cannot be told in the words of the endpoint's dialect, and no later try will change that. */
export class Untellable extends Error {}

/** The requests that tell an endpoint of an event, in their order. Rejects with `Untellable`, and as the facts do. */
export async function requestsOf(
  endpoint: Addressee,
  event: LedgerEvent,
  { dialects, facts }: TellingOptions,
  { now, open }: Occasion,
): Promise<DialectRequest[]> {
  if (endpoint.dialect === 'hookline') return [{ body: envelope(event) }];
  const dialect = dialects[endpoint.dialect];
  if (!dialect) throw new Error(`Nobody here speaks the dialect "${endpoint.dialect}"`);
  const isOfKey = endpoint.callbackKey !== null && endpoint.callbackKey.sessionId === event.sessionId;
  const told = {
    url: endpoint.url,
    options: openOptions(endpoint, open),
    secret: open(endpoint.secrets[0]?.sealed ?? '', secretPlace(endpoint)),
    callbackKey: isOfKey ? callbackKeyOf(endpoint, open) : null,
    now,
  };
  let trouble: { error: unknown } | undefined;
  const noting =
    <Asked extends readonly unknown[], Fact>(ask: (...asked: Asked) => Promise<Fact>) =>
    (...asked: Asked): Promise<Fact> =>
      ask(...asked).catch((error: unknown) => {
        trouble ??= { error };
        throw error;
      });
  const noted = { account: noting(facts.account), message: noting(facts.message), called: noting(facts.called), file: noting(facts.file) };
  try {
    return await dialect.requestsOf(event, told, noted);
  } catch (error) {
    throw trouble ? trouble.error : new Untellable(messageOf(error), { cause: error });
  }
}

/** In the log stands that there is something, and not what: whoever may read the log may not do all that a key may. */
const HIDDEN = '***';

/** As `requestsOf`, for whoever reads the log: no key, no other secret, and files in words. */
export const loggedRequestsOf = (
  endpoint: Addressee,
  event: LedgerEvent,
  { dialects, facts }: TellingOptions,
  now: Milliseconds,
): Promise<DialectRequest[]> =>
  requestsOf(endpoint, event, { dialects, facts: { ...facts, file: async () => '(the file, in base64)' } }, { now, open: () => HIDDEN });
