/**
 * One person's data goes, out of all rooms: each is looked through piece by piece, and what was found in a piece goes in one short
 * transaction with how far it has come, so that it holds nobody up and a restart goes on where it was. What is owed (a send under
 * way, an event that an endpoint has not taken yet) stays until it is not any more. When all is gone, nothing tells whose it was.
 */
import { isDeepStrictEqual } from 'node:util';
import { HooklineError } from '../core/errors.ts';
import { type ErasureId, newId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import type { ChatId } from '../core/message.ts';
import type { Person } from '../core/person.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Database } from '../db/open.ts';
import type { Tx } from '../db/tx.ts';
import type { Due, ErasurePorts, Lane } from './ports.ts';
import { type Erasure, SystemErasureStore, type Work } from './store.ts';

/** Times ISO 8601 UTC. */
export interface ErasureView {
  id: ErasureId;
  /** `waiting`: all is gone but what is owed. */
  status: 'erasing' | 'waiting' | 'erased';
  erased: Record<string, number>;
  owed: Record<string, number>;
  requestedAt: string;
  finishedAt: string | null;
}

/** Between two passes while something is owed: twice as long each time, up to an hour. */
const AGAIN: Milliseconds = 30_000;
const LONGEST: Milliseconds = 60 * 60_000;
/** How long whoever asks waits for the end. */
const PATIENCE: Milliseconds = 3_000;
/** Pieces in which nothing is found, one after another, before it is noted how far it has come. */
const MOST_LOOKS = 50;

const PREFIX = 'erasure:';

export class Erasures {
  readonly #db: Database;
  readonly #store: SystemErasureStore;
  readonly #ports: ErasurePorts;
  readonly #runtime: Runtime;
  /** Who waits for a pass to be over, by id. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(db: Database, ports: ErasurePorts, runtime: Runtime) {
    this.#db = db;
    this.#store = new SystemErasureStore(db.sql);
    this.#ports = ports;
    this.#runtime = runtime;
  }

  /**
   * Resolves when it is finished, or waits for what is owed, or after three seconds: it goes on then. Asked for again meanwhile it
   * is the same one, and what is owed is looked at at once.
   */
  async erase(session: SessionRef, chat: ChatId): Promise<ErasureView> {
    const { tenantId, id: sessionId } = session;
    if (!/@(?:c\.us|lid|username)$/.test(chat)) {
      throw new HooklineError(
        'recipient-invalid',
        'Only the data of a person can be erased: give a phone number, an address …@c.us or …@lid, or a username.',
      );
    }
    const names = await this.#ports.names(tenantId, chat);
    const now = this.#runtime.clock.now();
    const open = (await this.#store.open(sessionId)).find(({ work }) => work?.person.names.some((name) => names.includes(name)));
    const person = { names: [...new Set([...names, ...(open?.work?.person.names ?? [])])], at: now, sends: open?.work?.person.sends ?? [] };
    const erasure: Erasure = {
      ...(open ?? { id: newId('ers', now), tenantId, sessionId, erased: {}, owed: {}, createdAt: now, finishedAt: null }),
      work: { person, stage: 0, cursor: null, passes: 0 },
    };
    const over = this.#over(erasure.id);
    try {
      await this.#db.write(
        async (tx) => {
          await this.#ports.lanes.schedule(tx, [{ kind: 'erasure', key: `${PREFIX}${erasure.id}`, tenantId, dueAt: now }]);
          await (open ? this.#store.save(tx, erasure) : this.#store.insert(tx, erasure));
        },
        { for: tenantId, waited: 0 },
      );
      await over.promise;
    } finally {
      over.end();
    }
    return viewOf((await this.#store.byId(tenantId, erasure.id)) ?? erasure);
  }

  /** Registered with the dispatcher for lanes of the kind `erasure`. */
  readonly pump = async (lane: Lane): Promise<void> => {
    const id = lane.key.slice(PREFIX.length) as ErasureId;
    const erasure = await this.#store.byId(lane.tenantId, id);
    const { work } = erasure ?? {};
    if (!erasure || !work) return lane.commit(async () => null);
    const { erasers } = this.#ports;
    const person: Person = { ...work.person, tenantId: erasure.tenantId, sessionId: erasure.sessionId };
    const eraser = erasers[work.stage];
    if (!eraser) return this.#passed(lane, erasure, work);
    let { cursor } = work;
    for (let looks = 1; ; looks++) {
      const { found, next } = await eraser.look(person, cursor);
      if (found === null && next !== null && looks < MOST_LOOKS) {
        cursor = next;
        continue;
      }
      await this.#commit(lane, erasure, async (tx) => {
        const done = found === null ? { erased: {}, owed: {} } : await eraser.erase(tx, person, found);
        const sends = [...new Set([...person.sends, ...(done.sends ?? [])])];
        const on = next === null ? { stage: work.stage + 1, cursor: null } : { stage: work.stage, cursor: next };
        await this.#store.save(tx, {
          ...erasure,
          work: { ...work, person: { ...work.person, sends }, ...on },
          erased: sum(erasure.erased, done.erased),
          owed: sum(work.stage === 0 && work.cursor === null ? {} : erasure.owed, done.owed),
        });
        return this.#runtime.clock.now();
      });
      return;
    }
  };

  /** All rooms were looked through. */
  async #passed(lane: Lane, erasure: Erasure, work: Work): Promise<void> {
    const now = this.#runtime.clock.now();
    const isFinished = !isSome(erasure.owed);
    await this.#commit(lane, erasure, async (tx) => {
      const next = isFinished ? null : { ...work, stage: 0, cursor: null, passes: work.passes + 1 };
      await this.#store.save(tx, { ...erasure, work: next, finishedAt: isFinished ? now : null });
      tx.afterCommit(() => this.#tell(erasure.id));
      return isFinished ? null : { retryAt: now + Math.min(AGAIN * 2 ** work.passes, LONGEST) };
    });
  }

  /** Unless it was asked for again meanwhile: then it begins anew. */
  #commit(lane: Lane, { id, tenantId, work }: Erasure, write: (tx: Tx) => Promise<Due>): Promise<void> {
    return lane.commit(async (tx) => {
      const now = await new SystemErasureStore(tx.sql).byId(tenantId, id);
      return isDeepStrictEqual(now?.work, work) ? write(tx) : this.#runtime.clock.now();
    });
  }

  #over(id: string): { promise: Promise<void>; end(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#runtime.clock.after(PATIENCE, resolve);
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(resolve));
    return {
      promise,
      end: () => {
        timer.cancel();
        waiting.delete(resolve);
        if (waiting.size === 0) this.#waiting.delete(id);
      },
    };
  }

  #tell(id: string): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve();
  }
}

const isSome = (counts: Readonly<Record<string, number>>): boolean => Object.values(counts).some((count) => count > 0);

function sum(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const all = { ...a };
  for (const [kind, count] of Object.entries(b)) all[kind] = (all[kind] ?? 0) + count;
  return all;
}

function viewOf({ id, work, erased, owed, createdAt, finishedAt }: Erasure): ErasureView {
  const isWaiting = work !== null && work.stage === 0 && work.cursor === null && isSome(owed);
  return {
    id,
    status: finishedAt !== null ? 'erased' : isWaiting ? 'waiting' : 'erasing',
    erased,
    owed,
    requestedAt: iso(createdAt),
    finishedAt: iso(finishedAt),
  };
}
