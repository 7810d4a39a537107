import type { Knex } from 'knex';
import type { SessionId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { holdLease, notOurs } from '../lease-store.ts';
import type { SessionOwning, SessionToken } from '../options.ts';
import type { CopyStore, Login, LoginCopy, NewCopy } from './copy-port.ts';

/** Bytes that are written in one transaction: nodes write in turns, and each is to be a short one. */
const PIECE = 512 * 1_024;
/** Pieces that are removed in one transaction. */
const REMOVED_AT_ONCE = 16;

const COPIES = 'login_copies';
const PIECES = 'login_copy_pieces';

type Write = <T>(work: (tx: Tx) => PromiseLike<T>) => Promise<T>;

/**
 * Copies in the database, from where every node puts them back. One is written piece by piece, in transactions of their own, into a row that
 * counts for nothing until the last one makes it whole. What a node writes of them counts only while it owns the session, under the number
 * that it had as it began.
 */
export class CopyTable implements CopyStore {
  readonly travels = true;
  readonly #db: Database;
  readonly #tokenOf: SessionOwning['tokenOf'] | undefined;

  /** `tokenOf`: where sessions are shared out. */
  constructor(db: Database, tokenOf?: SessionOwning['tokenOf']) {
    this.#db = db;
    this.#tokenOf = tokenOf;
  }

  async list({ id }: Pick<Login, 'id'>): Promise<LoginCopy[]> {
    const rows: { at: number; generation: number; size: number }[] = await this.#db
      .sql(COPIES)
      .where({ session_id: id })
      .whereNotNull('size')
      .orderBy([
        { column: 'generation', order: 'desc' },
        { column: 'copied_at', order: 'desc' },
      ])
      .select({ at: 'copied_at', generation: 'generation', size: 'size' });
    return rows.map(({ at, generation, size }) => ({ at, generation, isVoid: size === 0 }));
  }

  async *read({ id }: Login, { at }: LoginCopy): AsyncGenerator<Uint8Array> {
    const place = { session_id: id, copied_at: at };
    for (let number = 0; ; number++) {
      const row: { bytes: Uint8Array } | undefined = await this.#db
        .sql(PIECES)
        .where({ ...place, number })
        .first('bytes');
      if (!row) return;
      yield row.bytes;
    }
  }

  async add(login: Login, { at, generation, keyId, keep }: NewCopy, bytes: AsyncIterable<Buffer>): Promise<void> {
    const write = this.#writerOf(login);
    const place = { session_id: login.id, copied_at: at };
    // Of one that was cut off, perhaps on another machine.
    await this.#removeDrafts(login, write);
    await write((tx) => tx.sql(COPIES).insert({ ...place, generation, key_id: keyId, size: null }));
    let [number, size] = [0, 0];
    try {
      for await (const piece of inPieces(bytes)) {
        await write((tx) => tx.sql(PIECES).insert({ ...place, number, bytes: piece }));
        number++;
        size += piece.length;
      }
      await write(async (tx) => {
        await tx.sql(COPIES).where(place).update({ size });
        const older = tx.sql(COPIES).where({ session_id: login.id }).whereNotNull('size').orderBy('copied_at', 'desc');
        const tooMany: { at: Milliseconds }[] = (await older.select({ at: 'copied_at' })).slice(keep);
        await takeBack(tx, login.id, tooMany);
      });
    } finally {
      await this.#removeDrafts(login, write).catch(() => undefined); // The next copy does it.
    }
  }

  async forget(login: Login, { at, generation, keyId }: Pick<NewCopy, 'at' | 'generation' | 'keyId'>): Promise<void> {
    const write = this.#writerOf(login);
    await write(async (tx) => {
      const all: { at: Milliseconds }[] = await tx
        .sql(COPIES)
        .where({ session_id: login.id })
        .whereNotNull('size')
        .select({ at: 'copied_at' });
      await takeBack(tx, login.id, all);
      await tx.sql(COPIES).insert({ session_id: login.id, copied_at: at, generation, key_id: keyId, size: 0 });
    });
    await this.#removeDrafts(login, write);
  }

  /** Removes all of a login that lies elsewhere now, where there are any. */
  async drop(login: Pick<Login, 'id' | 'tenantId'>): Promise<void> {
    const all = () => this.#db.sql(COPIES).where({ session_id: login.id });
    if ((await all().first('copied_at')) === undefined) return;
    const write = this.#writerOf(login);
    await write((tx) => tx.sql(COPIES).where({ session_id: login.id }).update({ size: null }));
    await this.#removeDrafts(login, write);
  }

  /** For what is written from here on, by this owner and no other. */
  #writerOf({ id, tenantId }: Pick<Login, 'id' | 'tenantId'>): Write {
    const token: SessionToken | null | undefined = this.#tokenOf?.(id);
    return async (work) => {
      if (token === null) throw notOurs();
      return this.#db.write(
        async (tx) => {
          if (token) await holdLease(tx, id, token);
          return work(tx);
        },
        { for: tenantId },
      );
    };
  }

  /** What is not whole, or not wanted any more; some pieces at a time. */
  async #removeDrafts({ id }: Pick<Login, 'id'>, write: Write): Promise<void> {
    const drafts: { at: Milliseconds }[] = await this.#db.sql(COPIES).where({ session_id: id, size: null }).select({ at: 'copied_at' });
    for (const { at } of drafts) {
      const place = { session_id: id, copied_at: at };
      const last: number = (await this.#db.sql(PIECES).where(place).max({ last: 'number' }).first())?.last ?? -1;
      for (let from = 0; from <= last; from += REMOVED_AT_ONCE)
        await write((tx) =>
          tx
            .sql(PIECES)
            .where(place)
            .whereBetween('number', [from, from + REMOVED_AT_ONCE - 1])
            .delete(),
        );
      await write((tx) => tx.sql(COPIES).where(place).delete());
    }
  }
}

/** They count for nothing from here on. */
async function takeBack({ sql }: Tx, id: SessionId, copies: readonly { at: Milliseconds }[]): Promise<void> {
  const times = copies.map(({ at }) => at);
  await sql(COPIES).where({ session_id: id }).whereIn('copied_at', times).update({ size: null });
}

async function* inPieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [gathered, size]: [Buffer[], number] = [[], 0];
  for await (const chunk of bytes) {
    gathered.push(chunk);
    size += chunk.length;
    if (size < PIECE) continue;
    yield Buffer.concat(gathered);
    [gathered, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat(gathered);
}

/** The keys that copies are sealed with. */
export async function keysOfCopies({ sql }: { sql: Knex }): Promise<string[]> {
  return sql(COPIES).where('size', '>', 0).distinct('key_id').pluck('key_id');
}

/** Of each session of which a copy is here, the number of the owner that made the newest one. */
export async function newestCopies({ sql }: { sql: Knex }): Promise<Map<SessionId, number>> {
  const rows: { id: SessionId; generation: number }[] = await sql(COPIES)
    .where('size', '>', 0)
    .groupBy('session_id')
    .select({ id: 'session_id' })
    .max({ generation: 'generation' });
  return new Map(rows.map(({ id, generation }) => [id, generation]));
}

/** The newest copy of each session that is sealed with this key. */
export async function copiesUnder({ sql }: { sql: Knex }, keyId: string): Promise<{ login: Login; copy: LoginCopy }[]> {
  const rows: (Login & { at: number; generation: number })[] = await sql({ copies: COPIES })
    .join({ sessions: 'whatsapp_instances' }, 'sessions.id', 'copies.session_id')
    .where('copies.size', '>', 0)
    .where('copies.key_id', keyId)
    .whereNotExists(
      sql({ later: COPIES })
        .where('later.size', '>', 0)
        .whereRaw('later.session_id = copies.session_id AND later.copied_at > copies.copied_at')
        .select('later.size'),
    )
    .orderBy('sessions.id')
    .select({
      ...{ id: 'sessions.id', tenantId: 'sessions.tenant_id', engine: 'sessions.engine', profile: 'sessions.profile' },
      ...{ at: 'copies.copied_at', generation: 'copies.generation' },
    });
  return rows.map(({ at, generation, ...login }) => ({ login, copy: { at, generation, isVoid: false } }));
}

/** Removes those that are sealed with this key. */
export async function removeCopiesUnder(db: Database, keyId: string): Promise<void> {
  const ids: SessionId[] = await db.sql(COPIES).where('size', '>', 0).where({ key_id: keyId }).distinct('session_id').pluck('session_id');
  for (const id of ids)
    await db.write(async (tx) => {
      await tx.sql(COPIES).where({ session_id: id, key_id: keyId }).where('size', '>', 0).delete();
    });
}
