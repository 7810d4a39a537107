/**
 * I1 to I5: what must hold after every fault. Three ledgers that know nothing of each other are compared with what the hub
 * has: what the clients were told, what the phones saw, what the receiver saw.
 */
import knex, { type Knex } from 'knex';
import { type DatabaseLocation, knexConfig } from '../../src/db/open.ts';
import type { Row } from './clients.ts';

/** A send that was answered with a 2xx, in the order in which its client was told. */
export interface Accepted {
  session: string;
  to: string;
  text: string;
  id: string;
}

/** A message of a contact that the phone has taken (a 2xx), in the order in which its contact wrote. */
export interface Heard {
  session: string;
  from: string;
  text: string;
  engineId: string;
}

/** A message as a phone saw it. */
interface Seen {
  session: string;
  engineId: string;
  to: string;
  text: string;
}

export interface Ledgers {
  accepted: readonly Accepted[];
  heard: readonly Heard[];
  /** Of a flow that answers everything that is heard: its answer. */
  reply?: ((heard: Heard) => string) | undefined;
  seen: readonly Seen[];
  /** Each request, in its order. */
  received: readonly { webhookId: string; event: Row }[];
  /** What the hub has: all outbound messages (with `session`), all events, and the ids of events whose delivery was given up. */
  sends: readonly Row[];
  events: readonly Row[];
  dead: ReadonlySet<string>;
}

const ENDED = ['sent', 'delivered', 'read', 'played', 'failed', 'expired', 'canceled', 'unknown'];
const WENT_OUT = ['sent', 'delivered', 'read', 'played'];

/** What does not hold of I1 to I4, one sentence each; none when all hold. */
export function broken(ledgers: Ledgers): string[] {
  return [...sends(ledgers), ...phones(ledgers), ...webhooks(ledgers), ...inbound(ledgers), ...order(ledgers)];
}

/** I1, and one key, one message. */
function* sends({ accepted, sends, reply, heard }: Ledgers): Generator<string> {
  const byId = new Map(sends.map((send) => [send.id, send]));
  yield* tell('I1: accepted, and vanished', accepted, ({ id, text }) => byId.get(id)?.text !== text);
  yield* tell(
    'I1: has not ended',
    sends,
    ({ status }) => !ENDED.includes(status),
    ({ text, status }) => `${text} (${status})`,
  );
  const known = new Set([...accepted.map(keyOf), ...(reply ? heard.map((one) => keyOf({ ...one, text: reply(one) })) : [])]);
  yield* tell('one key, one message: is there more than once', twice(sends.map(keyOf)));
  yield* tell('nobody asked for', sends, (send) => !known.has(keyOf(send)));
  if (!reply) return;
  const there = new Set(sends.map(keyOf));
  yield* tell('a flow did not answer', heard, (one) => !there.has(keyOf({ ...one, text: reply(one) })));
}

/** I2, and `sent` means that the phone has it. */
function* phones({ sends, seen }: Ledgers): Generator<string> {
  yield* tell('I2: a phone saw an id more than once', twice(seen.map(({ engineId }) => engineId)));
  yield* tell('I2: a phone saw a text more than once', twice(seen.map(keyOf)));
  const byKey = new Map(seen.map((one) => [keyOf(one), one]));
  yield* tell('I1: is called sent, and no phone saw it', sends, (send) => WENT_OUT.includes(send.status) && !byKey.has(keyOf(send)));
  yield* tell(
    'I2: a phone saw it, and the hub does not know',
    sends,
    (send) => byKey.has(keyOf(send)) && !WENT_OUT.includes(send.status),
    ({ text, status }) => `${text} (${status})`,
  );
}

/** I3, and the order of arrival. */
function* webhooks({ received, events, dead }: Ledgers): Generator<string> {
  yield* tell(
    'I3: arrived under another webhook-id',
    received,
    ({ webhookId, event }) => webhookId !== event.id,
    ({ webhookId }) => webhookId,
  );
  const first = new Map<string, Row>();
  for (const { event } of received) if (!first.has(event.id)) first.set(event.id, event);
  yield* tell('I3: neither arrived nor is given up', events, ({ id }) => !first.has(id) && !dead.has(id), nameOf);
  const committed = new Set(events.map(({ id }) => id));
  yield* tell('I3: arrived, and is not in the ledger', [...first.values()], ({ id }) => !committed.has(id), nameOf);
  const last = new Map<string, number>();
  yield* tell(
    'I4: an event arrived after a later one of its session',
    [...first.values()],
    ({ sessionId, seq }) => {
      if (!sessionId) return false;
      const before = last.get(sessionId) ?? 0;
      last.set(sessionId, Math.max(before, seq));
      return seq < before;
    },
    nameOf,
  );
}

/** No inbound message is lost, and each is told of once. */
function* inbound({ heard, events }: Ledgers): Generator<string> {
  const told = events.filter(({ type }) => type === 'message.received').map(({ data }) => data.engineId);
  const there = new Set(told);
  yield* tell('I1: heard, and never came in', heard, ({ engineId }) => !there.has(engineId));
  yield* tell('an inbound message was told of more than once', twice(told));
}

/** I4 of what goes out and of what comes in: in order within a chat. */
function* order({ accepted, heard, reply, seen, events }: Ledgers): Generator<string> {
  const place = new Map<string, number>();
  for (const [index, one] of accepted.entries()) place.set(keyOf(one), index);
  yield* tell(
    'I4: went out after a later one of its chat',
    overtaken(seen, place, keyOf, ({ session, to }) => `${session} ${to}`),
  );
  if (reply) {
    const replies = new Map(heard.map((one, index) => [keyOf({ ...one, text: reply(one) }), index]));
    yield* tell(
      'I4: a flow answered after a later one of its chat',
      overtaken(seen, replies, keyOf, ({ session, to }) => `${session} ${to}`),
    );
  }
  const written = new Map(heard.map(({ engineId }, index) => [engineId, index]));
  const came = events.filter(({ type }) => type === 'message.received');
  yield* tell(
    'I4: came in after a later one of its chat',
    overtaken(
      came,
      written,
      ({ data }) => data.engineId,
      ({ sessionId, data }) => `${sessionId} ${data.chat?.id}`,
    ),
    (name) => name,
  );
}

/** Those that come after one whose place is behind theirs, in the same lane. */
function overtaken<T>(
  list: readonly T[],
  place: ReadonlyMap<string, number>,
  nameOf: (one: T) => string,
  laneOf: (one: T) => string,
): string[] {
  const last = new Map<string, number>();
  return list.map(nameOf).filter((name, index) => {
    const at = place.get(name);
    if (at === undefined) return false;
    const lane = laneOf(list[index] as T);
    const before = last.get(lane) ?? -1;
    last.set(lane, Math.max(before, at));
    return at < before;
  });
}

const keyOf = ({ session, text }: { session: string; text: string }): string => `${session}: ${text}`;
const nameOf = ({ id, type, seq }: Row): string => `${type} ${seq ?? ''} (${id})`;

function twice(names: readonly string[]): string[] {
  const known = new Set<string>();
  return names.filter((name) => known.size === known.add(name).size);
}

/** One sentence for all of `list` to which it applies, with the first of them. */
function* tell<T>(
  what: string,
  list: readonly T[],
  applies: (one: T) => unknown = () => true,
  name: (one: T) => string = (one) => (typeof one === 'string' ? one : keyOf(one as never)),
): Generator<string> {
  const bad = list.filter(applies);
  if (bad.length > 0) yield `${what}: ${bad.length} of ${list.length}, first ${bad.slice(0, 3).map(name).join('; ')}`;
}

/** I5: what is wrong with a database. On SQLite of a hub that has ended. */
export async function damaged(location: DatabaseLocation): Promise<string[]> {
  const sql = knex(knexConfig(location, { min: 0, max: 1 }));
  try {
    return 'file' in location ? await damagedFile(sql) : await damagedServer(sql);
  } finally {
    await sql.destroy();
  }
}

async function damagedFile(sql: Knex): Promise<string[]> {
  const wrong = (await sql.raw('PRAGMA integrity_check')).map((row: Row) => row.integrity_check).filter((word: string) => word !== 'ok');
  const orphans = (await sql.raw('PRAGMA foreign_key_check')).map((row: Row) => `${row.table} ${row.rowid} has no ${row.parent}`);
  return [...wrong, ...orphans].map((what) => `I5: ${what}`);
}

const REFERENCES = `
  SELECT c.conrelid::regclass AS child, c.confrelid::regclass AS parent,
    (SELECT string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND ') FROM unnest(c.conkey, c.confkey) AS k(ck, pk)
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.ck JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.pk) AS same,
    (SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') FROM unnest(c.conkey) AS k(ck)
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.ck) AS full
  FROM pg_constraint c WHERE c.contype = 'f'`;

async function damagedServer(sql: Knex): Promise<string[]> {
  const wrong: string[] = [];
  for (const { child, parent, same, full } of (await sql.raw(REFERENCES)).rows) {
    const { rows } = await sql.raw(
      `SELECT count(*) AS n FROM ${child} c WHERE ${full} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${same})`,
    );
    if (rows[0].n > 0) wrong.push(`I5: ${rows[0].n} rows of ${child} have no ${parent}`);
  }
  return wrong;
}
