import { HooklineError } from '../core/errors.ts';
import type { NodeId } from '../core/ids.ts';
import { hasEnded, identityOf } from '../core/process-identity.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { sinceBoot } from '../core/since-boot.ts';
import { Heard, type Told } from './heard.ts';
import { LISTEN, readNews, type Topic, tellNews } from './news.ts';
import { type HoldingConnection, isThere, type Tenure } from './tenure.ts';
import { WRITE_ORDER } from './write-order.ts';

/** Milliseconds for which the connection that says "I live" may wait for a transaction of a node that does not any more. */
const BURIAL = 1_000;

/** Of the database, in ms: clocks of nodes differ. */
const NOW = `CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)`;

/** Of a beat `b`: by the clock of the database nothing was heard for too long. One that is to come is of before that clock was set back, which then says nothing. */
const DEAD = `b.seen_at NOT BETWEEN ${NOW} - b.lease_ms AND ${NOW}`;

/** The others and this one, as they told last. */
const NEIGHBOURS = `SELECT json_agg(json_build_object('id', n.id, 'url', n.url, 'role', n.role, 'draining', b.draining = 1, 'roomBytes', b.room_bytes,
  'seenAt', b.seen_at, 'lease', b.lease_ms, 'process', n.process, 'isLate', ${DEAD}) ORDER BY n.id) FROM nodes n JOIN node_beats b ON b.node_id = n.id`;

/** Of the time after which others take it for dead: not having looked for so long itself, a node takes nobody for dead. */
const UNSURE = 2 / 3;

/**
 * One whose process has ended, as another one on its machine can tell, is dead at once: after so long (ms) in which it was silent, in which what ends the
 * browsers of a node that is gone (guard.ts) has done so.
 */
const GONE_AFTER = 3_000;

/** What a node is, and tells of itself. */
export interface NodeSelf {
  id: NodeId;
  /** Where others reach it. */
  url: string;
  version: string;
  role: string;
  /** Not heard of for so long it is taken for dead by the others, and writes nothing more. */
  lease: Milliseconds;
}

/** What it tells with each beat. */
export interface NodeReport {
  memoryBytes: number;
  sessions: number;
  /** Bytes of memory that it could still give to sessions; null: it takes none. */
  roomBytes: number | null;
  /** Of the followers of the ledger that it runs, how many events they are behind. */
  followers: Record<string, number>;
}

/** That a node lives was noted. */
export interface Beat {
  /** When it was asked for and when that was answered, by a clock that nobody sets (ms). */
  askedAt: Milliseconds;
  answeredAt: Milliseconds;
  /** When it was asked for, as `sinceBoot` counts. */
  sinceBoot: Milliseconds;
  /** The clock of the database in between. */
  databaseAt: Milliseconds;
  draining: boolean;
  /** All nodes, this one included, in the order of their ids. */
  nodes: readonly Neighbour[];
}

/** What a node knows of each. */
export interface Neighbour {
  id: NodeId;
  url: string;
  role: string;
  draining: boolean;
  roomBytes: number | null;
}

/** What says whether it is dead. */
interface Candidate extends Told {
  /** See `identityOf`. */
  process: string | null;
  isLate: boolean;
}

export interface NodeTenureOptions {
  report(): NodeReport;
  /** Told after each beat. */
  onBeat(beat: Beat): void;
  /** Told whom this node has declared dead. */
  onBuried(ids: string[]): void;
  /** Told what other nodes tell. */
  onNews(topic: Topic, text: string): void;
  /** For a while nothing was heard. */
  onDeaf(): void;
}

/**
 * One of the nodes of a cluster. They share the database; each has a row in `nodes`, which its commits hold. Whoever has not been heard of
 * for as long as its lease loses that row to the others, and with it all that was leased to it: what it still writes comes to nothing.
 *
 * Both have to say so: the clock of the database, and that of the node that takes another for dead, which nobody sets. Whoever lost the database
 * itself for a while does not judge another before it has looked for as long as that: it has lost it, too.
 */
export class NodeTenure implements Tenure {
  readonly name = 'hookline node';
  readonly lock = 'pg_try_advisory_lock_shared';
  readonly fence: Tenure['fence'];
  readonly #self: NodeSelf;
  readonly #options: NodeTenureOptions;
  readonly #heard: Heard;
  readonly #steady: () => Milliseconds;
  #isIn = false;

  constructor(self: NodeSelf, options: NodeTenureOptions, steady = () => performance.now()) {
    this.#self = self;
    this.#options = options;
    this.#steady = steady;
    this.#heard = new Heard(self.lease * UNSURE);
    this.fence = { before: WRITE_ORDER, row: `nodes WHERE id = '${self.id}'`, from: self.id };
  }

  refusal(owner: string): string {
    return `The database is held by a hub that has it to itself${owner}. Stop that one, or start it as a node, too: HOOKLINE_CLUSTER=true.`;
  }

  async claim(client: HoldingConnection): Promise<boolean> {
    if (!(await isThere(client, 'nodes'))) return false;
    const { id, url, version, role, lease } = this.#self;
    // Of a hub that was alone on it, and may wake up.
    await client.query(`UPDATE hub_owner SET token = 'cluster' WHERE id = 1 AND token <> 'cluster'`);
    await client.query(`INSERT INTO nodes (id, url, version, role, process, started_at) VALUES ($1, $2, $3, $4, $5, ${NOW})`, [
      ...[id, url, version, role],
      await identityOf(),
    ]);
    await client.query(
      `INSERT INTO node_beats (node_id, seen_at, lease_ms, memory_bytes, sessions, followers, room_bytes) VALUES ($1, ${NOW}, $2, 0, 0, '{}', $3)`,
      // The first beat tells of all nodes as they were before it.
      [id, lease, this.#options.report().roomBytes],
    );
    this.#isIn = true;
    await this.#listen(client);
    await client.query(this.#membersChanged);
    await this.#buryFormer(client);
    await this.beat(client);
    return true;
  }

  async verify(client: HoldingConnection): Promise<void> {
    this.#heard.forget();
    const { rowCount } = await client.query('SELECT 1 FROM nodes WHERE id = $1', [this.#self.id]);
    if (rowCount === 1) {
      await this.#listen(client);
      this.#options.onDeaf();
      return;
    }
    throw new HooklineError(
      'database-in-use',
      'The other nodes have not heard of this one for so long that they have taken over what it did. Start it again.',
    );
  }

  async beat(client: HoldingConnection): Promise<void> {
    if (!this.#isIn) {
      await client.query('SELECT 1');
      return;
    }
    const { memoryBytes, sessions, roomBytes, followers } = this.#options.report();
    const [askedAt, from] = [this.#steady(), sinceBoot()];
    const { rows } = await client.query<{ at: number; draining: number; nodes: (Neighbour & Candidate)[] }>(
      `UPDATE node_beats SET seen_at = ${NOW}, memory_bytes = $2, sessions = $3, followers = $4, room_bytes = $5 WHERE node_id = $1
       RETURNING seen_at AS at, draining, (${NEIGHBOURS}) AS nodes`,
      [this.#self.id, memoryBytes, sessions, JSON.stringify(followers), roomBytes],
    );
    const [row] = rows;
    if (!row) throw new Error('The other nodes have taken this one for dead');
    const { nodes, draining } = row;
    const times = { askedAt, answeredAt: this.#steady(), sinceBoot: from, databaseAt: Number(row.at) };
    this.#options.onBeat({ ...times, draining: draining === 1, nodes });
    const others = nodes.filter(({ id }) => id !== this.#self.id);
    const silent = await Promise.all(
      this.#heard.silent(others, times, GONE_AFTER).map(async (node) => ({ ...node, isGone: await this.#isGone(node) })),
    );
    const dead = silent.filter(({ silence, lease, isLate, isGone }) => isGone || (silence >= lease && isLate));
    if (dead.length > 0) await this.#bury(client, dead);
  }

  /** Where copies of one machine run, which look alike in all else, each has an address of its own. */
  async #isGone({ url, process }: Neighbour & Candidate): Promise<boolean> {
    return process !== null && new URL(url).hostname === new URL(this.#self.url).hostname && (await hasEnded(process));
  }

  async leave(client: HoldingConnection): Promise<void> {
    await client.query('DELETE FROM nodes WHERE id = $1', [this.#self.id]);
    await client.query(this.#membersChanged);
  }

  get #membersChanged(): string {
    return tellNews(this.#self.id, [{ topic: 'leases', text: '' }]);
  }

  async #listen(client: HoldingConnection): Promise<void> {
    client.on('notification', ({ channel, payload }) => {
      const news = readNews(channel, payload);
      if (news && news.from !== this.#self.id) this.#options.onNews(news.topic, news.text);
    });
    await client.query(LISTEN);
  }

  /** The one that was here before, at this address: whoever started this one has seen it end, and so has what ends its browsers. */
  async #buryFormer(client: HoldingConnection): Promise<void> {
    const { rows } = await client.query<Told & { process: string }>(
      `SELECT n.id, b.seen_at AS "seenAt", b.lease_ms AS lease, n.process FROM nodes n JOIN node_beats b ON b.node_id = n.id
       WHERE n.url = $1 AND n.id <> $2 AND n.process IS NOT NULL`,
      [this.#self.url, this.#self.id],
    );
    for (const former of rows) if (await hasEnded(former.process)) await this.#bury(client, [{ ...former, isGone: true }]);
  }

  /** It waits for what a dead one is committing; where that takes long, the next beat tries again. */
  async #bury(client: HoldingConnection, dead: readonly (Told & { isGone: boolean })[]): Promise<void> {
    await client.query(`SET lock_timeout = ${BURIAL}`);
    try {
      // Not one that tells of itself at this moment, or that another node buries.
      const { rows } = await client.query<{ id: string }>(
        `DELETE FROM nodes WHERE id IN (
           SELECT b.node_id FROM node_beats b JOIN unnest($1::text[], $2::bigint[], $3::boolean[]) AS silent(id, seen_at, is_gone)
             ON silent.id = b.node_id AND silent.seen_at = b.seen_at WHERE silent.is_gone OR ${DEAD} FOR UPDATE OF b SKIP LOCKED) RETURNING id`,
        [dead.map(({ id }) => id), dead.map(({ seenAt }) => seenAt), dead.map(({ isGone }) => isGone)],
      );
      if (rows.length === 0) return;
      await client.query(this.#membersChanged);
      this.#options.onBuried(rows.map(({ id }) => id));
    } catch (error) {
      if ((error as { code?: unknown }).code !== '55P03') throw error;
    } finally {
      await client.query('RESET lock_timeout');
    }
  }
}
