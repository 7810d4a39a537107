import { hostname } from 'node:os';
import type pg from 'pg';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { Logger, Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { Held } from '../home/data-directory.ts';
import { explainConnection, isAway, storageFailure } from './dialect.ts';
import { refuseSharing } from './pooler.ts';
import { Alone, type Tenure } from './tenure.ts';
import type { Fence } from './writer.ts';

/**
 * Who has the database, by an advisory lock of this name: one hub that is alone on it, or the nodes of a cluster, which share it. Such
 * locks are counted per database, so others are not in the way.
 */
const LOCK = { classid: 0x686f6f6b, objid: 1 };
/** Held by a node of a cluster while it starts, so that what is made at a first start is made once. */
const STARTING = { classid: 0x686f6f6b, objid: 2 };

/** A connection that no longer answers is found within the sum of these (ms). */
const HEARTBEAT = 1_500;
const ANSWER_WITHIN = 3_000;
/** A timer that comes this much late (ms) says that the hub stood still, not the database. */
const LATE = 500;
/** Pauses between two tries to get the hold back, and to get it at the start (ms). */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1_000;
/** The server finds within 25 s that this machine has vanished, and the next hub may start. */
const NOTICE_A_VANISHED_HUB = 'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3';

const OWNER = `
  SELECT a.pid, a.application_name, a.client_addr, a.backend_start
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1 AND l.objid = $2
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

interface Owner {
  pid: number;
  application_name: string;
  client_addr: string | null;
  backend_start: Date;
}

/** What happens to a hold. */
export interface HoldListener {
  /** The connection that holds the database is gone, and nothing may be written until `back`. */
  away(reason: HooklineError): void;
  /** It is held again, and no other hub has had it meanwhile. */
  back(): void;
}

export interface DatabaseHold extends Held {
  /** The row that says who may write; each commit holds it. */
  readonly fence: Omit<Fence, 'lost'>;
  /** Writes that row, once the schema is up to date. On an older one there is no such table, and nothing happens. */
  claim(): Promise<void>;
  /** Waits until no other node of the cluster starts, and keeps others from it until what this resolves with is called. Idempotent. */
  startAlone(): Promise<() => Promise<void>>;
  listen(listener: HoldListener): void;
  /** Somebody has seen that the row says something else: has it looked after. */
  suspect(): void;
}

export interface HoldOptions extends Pick<Runtime, 'clock'> {
  log?: Pick<Logger, 'warn'>;
  /** Called once when another hub has the database: this one has to stop. */
  onLost: (error: Error) => void;
  /** How long (ms) it is waited for a server that does not answer yet. */
  patience?: Milliseconds;
  /** Alone on it, when not given. */
  tenure?: Tenure;
}

/**
 * Holds a Postgres database until `release` or the death of this process, so that a second hub on it is refused with
 * `database-in-use`. A connection of its own carries the hold; when it breaks the hold is taken again as soon as the server
 * answers, unless another hub was quicker. A pooler that shares connections between transactions cannot carry it, and is refused with
 * `invalid-configuration`.
 */
export async function holdDatabase(url: string, { patience = 0, log, ...options }: HoldOptions): Promise<DatabaseHold> {
  const hold = new Hold(url, options);
  const end = performance.now() + patience;
  let isTold = false;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      await hold.take();
      return hold;
    } catch (error) {
      if (!isAway(error) || performance.now() + pause > end) throw explainConnection(error);
      if (!isTold) log?.warn(`The database does not answer yet; it is waited for up to ${patience / 1_000} s`, { error: messageOf(error) });
      isTold = true;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

class Hold implements DatabaseHold {
  readonly #url: string;
  readonly #options: Pick<HoldOptions, 'clock' | 'onLost'>;
  readonly #tenure: Tenure;
  #state: 'none' | 'held' | 'away' | 'over' = 'none';
  #client: pg.Client | undefined;
  #timer: Timer | undefined;
  /** The backend of the connection that carries it, or has carried it last. */
  #backend: Pick<Owner, 'pid' | 'backend_start'> | undefined;
  #isClaimed = false;
  #listener: HoldListener | undefined;

  constructor(url: string, { tenure = new Alone(), ...options }: Pick<HoldOptions, 'clock' | 'onLost' | 'tenure'>) {
    this.#url = url;
    this.#options = options;
    this.#tenure = tenure;
  }

  get fence(): Omit<Fence, 'lost'> {
    return this.#tenure.fence;
  }

  listen(listener: HoldListener): void {
    this.#listener = listener;
  }

  async claim(): Promise<void> {
    const client = this.#client;
    if (!client) throw away(new Error('the connection that holds it is gone'));
    // It may have to wait for the last commit of the former owner, and so would the heartbeat.
    this.#timer?.cancel();
    this.#isClaimed = await this.#tenure.claim(client);
    if (this.#client === client) this.#beat(client);
  }

  async startAlone(): Promise<() => Promise<void>> {
    const client = this.#client;
    if (!client) throw away(new Error('the connection that holds it is gone'));
    this.#timer?.cancel();
    const key = [STARTING.classid, STARTING.objid];
    await client.query('SELECT pg_advisory_lock($1, $2)', key);
    if (this.#client === client) this.#beat(client);
    let isOver = false;
    return async () => {
      if (isOver) return;
      isOver = true;
      // One that broke has let go of it.
      await client.query('SELECT pg_advisory_unlock($1, $2)', key).catch(() => undefined);
    };
  }

  readonly suspect = (): void => this.#lose(new Error('Another hub has written that it has the database'));

  async release(): Promise<void> {
    this.#state = 'over';
    this.#timer?.cancel();
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    if (this.#isClaimed) await within(this.#tenure.leave(client)).catch(() => undefined);
    await end(client);
  }

  /** Rejects with `database-in-use` where another hub has it or has had it. */
  async take(): Promise<void> {
    const { Client } = (await import('pg')).default;
    const open = (): pg.Client =>
      new Client({
        connectionString: this.#url,
        application_name: `${this.#tenure.name} ${process.pid}@${hostname()}`.slice(0, 63),
        connectionTimeoutMillis: ANSWER_WITHIN,
        keepAlive: true,
      });
    const client = open();
    const lost = (error: Error): void => {
      if (this.#client === client) this.#lose(error);
    };
    client.on('error', lost);
    client.on('end', () => lost(new Error('The connection that holds the database was closed')));
    try {
      await within(client.connect());
      await within(refuseSharing(client, () => connected(open())));
      await within(lockFor(client, this.#tenure, this.#backend));
      if (this.#isClaimed) await within(this.#tenure.verify(client));
      this.#backend = await within(backendOf(client));
    } catch (error) {
      void end(client);
      throw error;
    }
    if (this.#state === 'over') {
      await end(client);
      return;
    }
    this.#client = client;
    this.#state = 'held';
    this.#beat(client);
  }

  #lose(error: Error): void {
    if (this.#state !== 'held') return;
    this.#state = 'away';
    this.#timer?.cancel();
    const client = this.#client;
    this.#client = undefined;
    if (client) void end(client);
    this.#listener?.away(storageFailure(error) ?? away(error));
    void this.#regain();
  }

  async #regain(): Promise<void> {
    for (let pause = FIRST_PAUSE; this.#state === 'away'; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        await this.take();
        this.#listener?.back();
        return;
      } catch (error) {
        if (error instanceof HooklineError && error.code === 'database-in-use') {
          this.#state = 'over';
          this.#options.onLost(error);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  #beat(client: pg.Client): void {
    const { clock } = this.#options;
    this.#timer = clock.after(HEARTBEAT, () => {
      const wait = (): void => {
        const due = performance.now() + ANSWER_WITHIN;
        this.#timer = clock.after(ANSWER_WITHIN, () => {
          // The answer may have come while nobody could read it.
          if (performance.now() - due > LATE) wait();
          else this.#lose(new Error('The connection that holds the database no longer answers'));
        });
      };
      wait();
      this.#tenure.beat(client).then(
        () => {
          if (this.#client !== client) return;
          this.#timer?.cancel();
          this.#beat(client);
        },
        (error) => {
          if (this.#client === client) this.#lose(error);
        },
      );
    });
  }
}

const away = (cause: Error): HooklineError =>
  new HooklineError('storage-unavailable', `The database does not answer (${cause.message}). Nothing was stored; try again shortly.`, {
    cause,
    retryAfter: 5,
  });

/** Closes it, also where the other end is silent. */
async function end(client: pg.Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  const over = setTimeout(() => stream.destroy(), ANSWER_WITHIN);
  await client.end().catch(() => undefined);
  clearTimeout(over);
}

/** As `work`; rejects when it takes too long. */
async function within<T>(work: Promise<T>): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(new Error('timeout expired')), 2 * ANSWER_WITHIN);
  work.catch(() => undefined);
  return Promise.race([work, over.promise]).finally(() => clearTimeout(timer));
}

/** `former`: the backend of a connection that has broken, which may not have been told yet. */
async function lockFor(
  client: pg.Client,
  { lock, refusal }: Tenure,
  former: Pick<Owner, 'pid' | 'backend_start'> | undefined,
): Promise<void> {
  await client.query(NOTICE_A_VANISHED_HUB);
  const key = [LOCK.classid, LOCK.objid];
  const tryLock = async (): Promise<boolean> =>
    (await client.query<{ held: boolean }>(`SELECT ${lock}($1, $2) AS held`, key)).rows[0]?.held === true;
  if (await tryLock()) return;
  const owner = (await client.query<Owner>(OWNER, key)).rows[0];
  if (!owner && former) throw new HooklineError('storage-unavailable', 'The database was just let go of');
  if (owner && former?.pid === owner.pid && former.backend_start.getTime() === owner.backend_start.getTime()) {
    await client.query('SELECT pg_terminate_backend($1, 2000)', [owner.pid]);
    if (await tryLock()) return;
    throw new HooklineError('storage-unavailable', 'The former connection of this hub still holds the database');
  }
  const who = owner ? ` (${describe(owner)})` : '';
  throw new HooklineError('database-in-use', refusal(who), {
    extra: { owner: owner ?? null, held: `The database is held by another hub${who}` },
  });
}

async function connected(client: pg.Client): Promise<pg.Client> {
  // What breaks it later is told to whoever asks something of it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function backendOf(client: pg.Client): Promise<Pick<Owner, 'pid' | 'backend_start'> | undefined> {
  const { rows } = await client.query<Owner>('SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()');
  return rows[0];
}

function describe({ pid, application_name, client_addr, backend_start }: Owner): string {
  const from = client_addr ? ` from ${client_addr}` : '';
  return `${application_name || 'unnamed'}${from}, Postgres backend ${pid}, since ${backend_start.toISOString()}`;
}
