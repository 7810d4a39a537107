import type { SessionId, TenantId } from '../../core/ids.ts';
import { type ChatId, chatKind } from '../../core/message.ts';
import { type Columns, fromRow, ofTable, selected } from '../../db/columns.ts';
import { list, listed, rowsOf } from '../../db/rows.ts';
import type { Tx } from '../../db/tx.ts';
import { RUN_COLUMNS, toRun } from '../catalogue/store.ts';
import type { Chat } from '../chat.ts';
import type { Addresses } from '../ports.ts';
import type { ChatFacts } from '../turn/candidates.ts';
import type { Run } from '../turn/run.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import type { Handoff, HandoffBy } from './handoff-store.ts';
import { OptOutStore } from './opt-out-store.ts';

/** What came in and waits for its turn; `position` is the one of its event in the ledger. */
export interface Arrival {
  position: number;
  chat: Chat;
  message: TurnInput;
}

const NOTED = { position: 'bigint', tenant_id: 'text', session_id: 'text', chat_id: 'text', message: 'text' } as const;

/** Takes in what happens in the chats of all tenants, as the ledger brings it. */
export class SystemFlowStore {
  /**
   * Keeps those whose session exists and whose tenant has, or had, a flow that asks for such, and answers them. An event
   * may be older than the end of its session.
   */
  async arrive(tx: Tx, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    if (arrivals.length === 0) return [];
    const served = await this.#served(tx, arrivals);
    const kept = arrivals.filter((arrival) => isAsked(arrival, served.get(arrival.chat.sessionId)));
    const rows = kept.map(({ position, chat, message }) => [position, chat.tenantId, chat.sessionId, chat.id, JSON.stringify(message)]);
    if (rows.length > 0) {
      // `WHERE true`: see dispatch/store.ts.
      await rowsOf(
        tx.sql,
        `INSERT INTO flow_inbox (position, tenant_id, session_id, chat_id, message)
         SELECT position, tenant_id, session_id, chat_id, message FROM ${listed(NOTED, tx.dialect)} AS noted WHERE true
         ON CONFLICT (position) DO NOTHING`,
        [list(rows)],
      );
    }
    return kept;
  }

  /** Those of the chats whose tenant has, or had, a flow. */
  async servedChats(tx: Tx, chats: readonly Chat[]): Promise<Chat[]> {
    if (chats.length === 0) return [];
    const served = await this.#served(
      tx,
      chats.map((chat) => ({ chat })),
    );
    return chats.filter(({ sessionId }) => served.has(sessionId));
  }

  async #served(tx: Tx, arrivals: readonly { chat: Chat }[]): Promise<Map<SessionId, Asked>> {
    const sessions = [...new Set(arrivals.map(({ chat }) => chat.sessionId))];
    const rows = await rowsOf<{ id: SessionId; inGroups: number; events: string }>(
      tx.sql,
      `SELECT sessions.id, catalogs.in_groups AS "inGroups", catalogs.events FROM ${listed({ id: 'text' }, tx.dialect)} AS asked
       JOIN whatsapp_instances AS sessions ON sessions.id = asked.id
       JOIN flow_catalogs AS catalogs ON catalogs.tenant_id = sessions.tenant_id`,
      [list(sessions.map((id) => [id]))],
    );
    return new Map(rows.map(({ id, inGroups, events }) => [id, { inGroups: inGroups === 1, events: JSON.parse(events) }]));
  }
}

/** What the flows of a tenant ask for beyond messages in private chats. */
interface Asked {
  inGroups: boolean;
  events: string[];
}

function isAsked({ chat, message }: Arrival, asked: Asked | undefined): boolean {
  if (!asked) return false;
  // Whoever asked for a flow is told why it does not start.
  if (message.kind === 'request') return true;
  // A vote may be the answer to a poll that a run waits for.
  if (message.kind === 'event' && message.event?.type !== 'poll.vote' && !asked.events.includes(message.event?.type ?? '')) return false;
  return chatKind(chat.id) === 'private' || asked.inGroups;
}

/** What is written down of a chat. */
type ChatRow = Omit<KeptFacts, 'id' | 'kind' | 'engine' | 'known' | 'optedOut'>;

const CHAT_COLUMNS = {
  position: 'position',
  tags: 'tags',
  remembered: 'remembered',
  starts: 'starts',
  sent: 'sent',
  firstMessage: 'first_message',
  passed: 'passed',
  names: 'names',
} as const satisfies Columns<ChatRow>;

const toFacts = fromRow<ChatRow>(CHAT_COLUMNS, 'tags', 'remembered', 'starts', 'sent', 'passed', 'names');

/** All that a turn begins with, in one statement: each is a row that there may be. */
const STANDING = `
  SELECT catalogs.version, sessions.engine, handoffs.since, handoffs."until", handoffs."by", handoffs.note,
    CASE WHEN EXISTS (SELECT 1 FROM flow_opt_outs WHERE tenant_id = ?) THEN 1 ELSE 0 END AS "optOuts",
    ${selected(ofTable('chats', CHAT_COLUMNS))}, ${selected(ofTable('runs', RUN_COLUMNS))}
  FROM (SELECT 1 AS one) AS always
  LEFT JOIN flow_catalogs AS catalogs ON catalogs.tenant_id = ?
  LEFT JOIN whatsapp_instances AS sessions ON sessions.id = ? AND sessions.tenant_id = ?
  LEFT JOIN flow_handoffs AS handoffs ON handoffs.session_id = ? AND handoffs.chat_id = ? AND handoffs.tenant_id = ?
  LEFT JOIN flow_chats AS chats ON chats.session_id = ? AND chats.chat_id = ? AND chats.tenant_id = ?
  LEFT JOIN flow_runs AS runs ON runs.session_id = ? AND runs.chat_id = ? AND runs.tenant_id = ? AND runs.status = 'waiting'`;

const WAITING = `SELECT position, message FROM flow_inbox
  WHERE session_id = ? AND chat_id = ? AND tenant_id = ? AND position > ? ORDER BY position LIMIT ?`;
const TAKE = 'DELETE FROM flow_inbox WHERE session_id = ? AND chat_id = ? AND tenant_id = ? AND position <= ?';
const CHANGING = ['position', 'tags', 'remembered', 'starts', 'sent', 'passed'];
const SAVE = `INSERT INTO flow_chats (session_id, chat_id, tenant_id, first_message, ${CHANGING.join(', ')})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (session_id, chat_id) DO UPDATE SET ${CHANGING.map((column) => `${column} = excluded.${column}`).join(', ')}`;
/** Messages of a chat that no flow was asked about: so many are remembered. */
const MOST_PASSED = 20;

/** Each of these is null where there is no such row: of the chat, which the flows have not seen then, `position`; of a run its `id`. */
interface StandingRow {
  version: number | null;
  /** Of the session. */
  engine: string | null;
  since: number | null;
  until: number | null;
  by: HandoffBy;
  note: string | null;
  /** Whether any contact of the tenant has opted out. */
  optOuts: number;
  position: number | null;
  id: Run['id'] | null;
}

/** A chat as its last turn left it. */
export interface KeptFacts extends ChatFacts {
  /** Of the last turn, in the ledger. */
  position: number;
  /** By which the flows came to know the chat. */
  firstMessage: string | null;
  /** Messages that no flow was asked about, and why. */
  passed: [messageId: string, why: string][];
  /** Under which other names was looked for what is kept. */
  names: ChatId[];
}

/** How a chat stands before a turn. */
export interface Standing {
  /** Of what is published; see `FlowReader.catalogVersion`. */
  version: number;
  handoff: Handoff | null;
  run: Run | undefined;
  facts: KeptFacts;
}

/** What waits in one chat, and what is kept of it, inside the transaction of its lane; it may be read outside of one. */
export class ChatInbox {
  readonly #tx: Pick<Tx, 'sql'>;
  readonly #names: Addresses['names'];
  readonly #id: ChatId;
  /** Session, chat and tenant, as the statements want them. */
  readonly #chat: readonly [SessionId, ChatId, TenantId];

  /** `names`: all of a chat. */
  constructor(tx: Pick<Tx, 'sql'>, { tenantId, sessionId, id }: Chat, names: Addresses['names']) {
    this.#tx = tx;
    this.#names = names;
    this.#id = id;
    this.#chat = [sessionId, id, tenantId];
  }

  async standing(): Promise<Standing> {
    const [sessionId, , tenantId] = this.#chat;
    const wanted = [tenantId, tenantId, sessionId, tenantId, ...this.#chat, ...this.#chat, ...this.#chat];
    const [row] = await rowsOf<StandingRow>(this.#tx.sql, STANDING, wanted);
    const { version, since, until, by, note, optOuts } = row as StandingRow;
    return {
      version: version ?? 0,
      handoff: since === null ? null : { since, until, by, note },
      run: row?.id ? toRun(row) : undefined,
      facts: { ...this.#facts(row), optedOut: Number(optOuts) === 1 && (await this.#hasOptedOut()) },
    };
  }

  /** The first of what waits, oldest first. What is not behind the chat's last turn has had its turn, and is left out. */
  async waiting(position: number, limit: number): Promise<{ position: number; inbound: TurnInput }[]> {
    const rows = await rowsOf<{ position: number; message: string }>(this.#tx.sql, WAITING, [...this.#chat, position, limit]);
    return rows.map((row) => ({ position: row.position, inbound: JSON.parse(row.message) }));
  }

  /** Has the last of these have its turn first; the others keep their order. */
  async bringForward(waiting: readonly { position: number; inbound: TurnInput }[]): Promise<void> {
    const rotated = [...waiting.slice(-1), ...waiting.slice(0, -1)];
    for (const [index, { position }] of waiting.entries()) {
      await this.rewrite(position, rotated[index]?.inbound as TurnInput);
    }
  }

  /** What waits at `position` is this from now on. */
  async rewrite(position: number, inbound: TurnInput): Promise<void> {
    const change = 'UPDATE flow_inbox SET message = ? WHERE position = ? AND session_id = ? AND chat_id = ? AND tenant_id = ?';
    await rowsOf(this.#tx.sql, change, [JSON.stringify(inbound), position, ...this.#chat]);
  }

  async #hasOptedOut(): Promise<boolean> {
    const [, , tenantId] = this.#chat;
    const names = await this.#names(tenantId, this.#id);
    return (await new OptOutStore(this.#tx.sql, tenantId).find(names)) !== undefined;
  }

  /** Takes out all up to `position`. */
  async take(position: number): Promise<void> {
    await rowsOf(this.#tx.sql, TAKE, [...this.#chat, position]);
  }

  /** The chat as the last turn left it. */
  async facts(): Promise<KeptFacts> {
    return (await this.standing()).facts;
  }

  #facts(row: StandingRow | undefined): KeptFacts {
    const id = this.#id;
    const kept = { tags: [], remembered: {}, starts: {}, sent: [], passed: [], names: [] };
    const blank = {
      id,
      kind: chatKind(id),
      engine: row?.engine ?? '',
      known: false,
      ...kept,
      optedOut: false,
      position: 0,
      firstMessage: null,
    };
    return typeof row?.position === 'number' ? { ...blank, known: true, ...toFacts(row) } : blank;
  }

  /** `messageId`: of the message that the turn was for; `passed`: those that no flow was asked about, all of them. */
  async save(
    { tags, remembered, starts, sent }: ChatFacts,
    { position, messageId, passed }: { position: number; messageId: string | null; passed: KeptFacts['passed'] },
  ): Promise<void> {
    const kept = [tags, remembered, starts, sent, passed.slice(-MOST_PASSED)].map((value) => JSON.stringify(value));
    await rowsOf(this.#tx.sql, SAVE, [...this.#chat, messageId, position, ...kept]);
  }
}
