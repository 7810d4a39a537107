import type { Knex } from 'knex';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { rowsOf } from '../../db/rows.ts';
import type { Chat } from '../chat.ts';
import type { Run } from '../turn/run.ts';
import type { Handoff } from './handoff-store.ts';
import type { KeptFacts } from './inbox-store.ts';

/** A name of a chat under which flows keep something of it. */
export interface Kept {
  id: ChatId;
  /** The ledger's position of its last turn; null where it had none yet. */
  turn: number | null;
}

type Stored = Handoff & { id: ChatId };

/** A run that made room for another. */
export type EndedRun = Pick<Run, 'id' | 'chatId' | 'flow' | 'revision'>;

type Facts = Pick<KeptFacts, 'tags' | 'remembered' | 'starts' | 'sent' | 'passed'>;
type StoredFacts = Record<keyof Facts, string> & { id: ChatId; position: number; firstMessage: string | null };
const FACTS = {
  ...{ id: 'chat_id', position: 'position', firstMessage: 'first_message' },
  ...{ tags: 'tags', remembered: 'remembered', starts: 'starts', sent: 'sent', passed: 'passed' },
};

const factsOf = ({ tags, remembered, starts, sent, passed }: StoredFacts): Facts => ({
  ...{ tags: JSON.parse(tags), remembered: JSON.parse(remembered), starts: JSON.parse(starts) },
  ...{ sent: JSON.parse(sent), passed: JSON.parse(passed) },
});

function latest(all: readonly Facts['starts'][]): Facts['starts'] {
  const starts: Facts['starts'] = {};
  for (const [flow, at] of all.flatMap((one) => Object.entries(one))) starts[flow] = Math.max(at, starts[flow] ?? 0);
  return starts;
}

/** What flows keep of a chat under its other names, too. */
export class ChatNames {
  readonly #sql: Knex;
  readonly #chat: Chat;

  constructor(sql: Knex, chat: Chat) {
    this.#sql = sql;
    this.#chat = chat;
  }

  /** The one with the last turn first. */
  async kept(names: readonly ChatId[]): Promise<Kept[]> {
    const { tenantId, sessionId } = this.#chat;
    const from = (table: string, turn: string): string =>
      `SELECT chat_id, ${turn} AS turn FROM ${table}
       WHERE session_id = ? AND chat_id IN (${names.map(() => '?').join(', ')}) AND tenant_id = ?`;
    const rows = await rowsOf<{ id: ChatId; turn: number }>(
      this.#sql,
      `SELECT chat_id AS id, max(turn) AS turn
       FROM (${from('flow_chats', 'position')} UNION ALL ${from('flow_handoffs', '-1')} UNION ALL ${from('flow_inbox', '-1')}) AS kept
       GROUP BY chat_id ORDER BY max(turn) DESC, chat_id`,
      Array.from({ length: 3 }, () => [sessionId, ...names, tenantId]).flat(),
    );
    return rows.map(({ id, turn }) => ({ id, turn: turn < 0 ? null : turn }));
  }

  /** The chat under the name under which flows keep it; under its own where they keep nothing. */
  async home(names: readonly ChatId[]): Promise<Chat> {
    const [last] = await this.kept(names);
    return last ? { ...this.#chat, id: last.id } : this.#chat;
  }

  /** The chat as its last turn left it, and the run that waits there. Only into a chat that has had no turn. */
  async takeFacts({ id, turn }: Kept, names: readonly ChatId[]): Promise<void> {
    // What waits under another name has not had its turn, however old it is.
    const others = names.filter((name) => name !== id);
    const waiting = await this.#of('flow_inbox').whereIn('chat_id', others).min('position as first').first();
    const position = Math.min(turn ?? 0, (waiting?.first ?? Number.POSITIVE_INFINITY) - 1);
    await this.#of('flow_chats').where('chat_id', id).update({ chat_id: this.#chat.id, position });
    await this.#of('flow_runs').where({ chat_id: id, status: 'waiting' }).update('chat_id', this.#chat.id);
  }

  /**
   * What other names of a chat that has had turns have had, too, by this rule: of two runs that wait the one with the later turn goes
   * on, and the other ends; tags are those of all; of what is remembered under one word the later turn's counts, of the starts of a
   * flow the last. Answers the runs that ended.
   */
  async mergeFacts(names: readonly ChatId[], now: Milliseconds): Promise<EndedRun[]> {
    const own = this.#chat.id;
    const rows: StoredFacts[] = await this.#of('flow_chats').whereIn('chat_id', names).orderBy('position').select(FACTS);
    const others = rows.map(({ id }) => id).filter((id) => id !== own);
    const mine = rows.find(({ id }) => id === own);
    if (others.length === 0 || !mine) return [];
    const waiting = await this.#of('flow_inbox').whereIn('chat_id', others).min('position as first').first();
    const all = rows.map(factsOf);
    const facts = {
      tags: [...new Set(all.flatMap(({ tags }) => tags))],
      remembered: Object.assign({}, ...all.map(({ remembered }) => remembered)),
      starts: latest(all.map(({ starts }) => starts)),
      sent: all.flatMap(({ sent }) => sent).toSorted(([, a], [, b]) => a - b),
      passed: all.flatMap(({ passed }) => passed),
    };
    const ended = await this.#endAllBut(
      rows.toReversed().map(({ id }) => id),
      now,
    );
    await this.#of('flow_chats').whereIn('chat_id', others).delete();
    await this.#of('flow_chats')
      .where('chat_id', own)
      .update({
        ...Object.fromEntries(Object.entries(facts).map(([column, value]) => [column, JSON.stringify(value)])),
        first_message: mine.firstMessage ?? rows.find(({ firstMessage }) => firstMessage !== null)?.firstMessage ?? null,
        // What waits under another name has not had its turn, however old it is.
        position: Math.min(mine.position, (waiting?.first ?? Number.POSITIVE_INFINITY) - 1),
      });
    return ended;
  }

  /** Of the runs that wait under these names, the latest first, the first one comes along. */
  async #endAllBut(latestFirst: readonly ChatId[], now: Milliseconds): Promise<EndedRun[]> {
    const runs: EndedRun[] = await this.#of('flow_runs')
      .where('status', 'waiting')
      .whereIn('chat_id', latestFirst)
      .select({ id: 'id', chatId: 'chat_id', flow: 'flow', revision: 'revision' });
    const [stays, ...end] = runs.toSorted((a, b) => latestFirst.indexOf(a.chatId) - latestFirst.indexOf(b.chatId));
    const ids = end.map(({ id }) => id);
    await this.#of('flow_runs').whereIn('id', ids).update({ status: 'ended', wakes_at: null, updated_at: now });
    if (stays) await this.#of('flow_runs').where('id', stays.id).update('chat_id', this.#chat.id);
    return end;
  }

  /** Under which names was looked. */
  async noteNames(names: readonly ChatId[]): Promise<void> {
    await this.#of('flow_chats')
      .where('chat_id', this.#chat.id)
      .update('names', JSON.stringify(names.filter((name) => name !== this.#chat.id)));
  }

  async takeWaiting(names: readonly ChatId[]): Promise<void> {
    await this.#of('flow_inbox').whereIn('chat_id', names).update('chat_id', this.#chat.id);
  }

  /** Of several the chat's own stands, but one that somebody asked for before one that the phone began. */
  async takeHandoff(names: readonly ChatId[]): Promise<void> {
    const found: Stored[] = await this.#of('flow_handoffs')
      .whereIn('chat_id', names)
      .select({ id: 'chat_id', since: 'since', until: 'until', by: 'by', note: 'note' });
    const rank = (one: Stored): number => (one.by === 'phone' ? 2 : 0) + (one.id === this.#chat.id ? 0 : 1);
    const [first] = found.toSorted((a, b) => rank(a) - rank(b));
    if (!first) return;
    const { tenantId, sessionId } = this.#chat;
    const { id: _, ...handoff } = first;
    await this.#of('flow_handoffs').whereIn('chat_id', names).delete();
    const since = Math.min(...found.map((one) => one.since));
    await this.#sql('flow_handoffs').insert({ ...handoff, tenant_id: tenantId, session_id: sessionId, chat_id: this.#chat.id, since });
  }

  #of(table: string): Knex.QueryBuilder {
    return this.#sql(table).where({ tenant_id: this.#chat.tenantId, session_id: this.#chat.sessionId });
  }
}
