import { Readable } from 'node:stream';
import { setImmediate as others } from 'node:timers/promises';
import type { TenantId } from '../../core/ids.ts';
import type { Logger } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { keyOf } from '../idempotency.ts';
import { toProblem } from '../problems.ts';
import { type ApiRequest, Reply } from '../route.ts';
import { type Bulk, BulkEntry } from '../shapes/bulk.ts';
import { Send } from '../shapes/sends.ts';
import { validate } from '../validate.ts';

interface Wanted {
  session: SessionRef;
  send: Send;
  idempotencyKey: string | undefined;
  /** Where in the list, when the key is the list's. */
  place: number | undefined;
}

/** Milliseconds that entries are looked at, and entries that are accepted, before others have their turn. */
const TURN = 10;
const AT_ONCE = 64;

/** Many sends, of any sessions of the tenant. It is answered 202 whatever becomes of each: that stands in its entry. */
export function bulkHandler(outbox: Pick<Outbox, 'acceptMany'>, sessions: Pick<Sessions, 'ref'>, log: Logger) {
  return async ({ tenantId, body, header }: ApiRequest<unknown, Bulk>) => {
    const key = keyOf(header);
    const find = finder(tenantId, sessions);
    const checked: PromiseSettledResult<Wanted>[] = [];
    let began = performance.now();
    for (const [index, entry] of body.messages.entries()) {
      const value = entry.read();
      checked.push(...(await Promise.allSettled([check(value, find, { key, index })])));
      if (performance.now() - began < TURN) continue;
      await others();
      began = performance.now();
    }
    const good = checked.flatMap((entry) => (entry.status === 'fulfilled' ? [entry.value] : []));
    const accepted: Awaited<ReturnType<Outbox['acceptMany']>> = [];
    for (let from = 0; from < good.length; from += AT_ONCE) {
      accepted.push(...(await outbox.acceptMany(tenantId, good.slice(from, from + AT_ONCE))));
      await others();
    }
    const settled = accepted.values();
    const data = checked.map((entry, index) => {
      const outcome = entry.status === 'rejected' ? entry : settled.next().value;
      if (outcome?.status === 'fulfilled') return { index, status: 202, ...outcome.value };
      const { problem } = toProblem(outcome?.reason, log);
      return { index, status: problem.status, error: problem };
    });
    const refused = data.filter((entry) => 'error' in entry).length;
    const chunks = inPieces({ accepted: data.length - refused, refused }, data);
    return new Reply({ body: Readable.from(chunks, { objectMode: false }), headers: { 'Content-Type': 'application/json' } });
  };
}

/** Characters of the answer that are made at a time: with every text in it, it is as large as what was sent. */
const PIECE = 65_536;

function* inPieces(counts: object, data: readonly object[]): Generator<string> {
  let piece = `${JSON.stringify(counts).slice(0, -1)},"data":[`;
  for (const [index, entry] of data.entries()) {
    piece += (index > 0 ? ',' : '') + JSON.stringify(entry);
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]}`;
}

/** `list`: whose key is for an entry without one of its own, by its place. */
async function check(
  entry: unknown,
  find: (session: string) => Promise<SessionRef>,
  list: { key: string | undefined; index: number },
): Promise<Wanted> {
  const { session: named, idempotencyKey: own, ...rest } = validate(BulkEntry, entry, 'invalid-body');
  const session = await find(named);
  const key = own === undefined ? { idempotencyKey: list.key, place: list.index } : { idempotencyKey: own, place: undefined };
  return { session, send: validate(Send, rest, 'invalid-body'), ...key };
}

/** Each session is looked up once, however many messages it is to send. */
function finder(tenantId: TenantId, sessions: Pick<Sessions, 'ref'>): (session: string) => Promise<SessionRef> {
  const found = new Map<string, Promise<SessionRef>>();
  return (named) => {
    const session = found.get(named) ?? sessions.ref(tenantId, named);
    found.set(named, session);
    return session;
  };
}
