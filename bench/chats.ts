import { HooklineError } from '../src/core/errors.ts';
import type { Database } from '../src/db/open.ts';
import { testDatabase } from '../test/helpers/database.ts';
import { until } from '../test/helpers/hub.ts';
import { FakeEngine, Hub, insertSession } from '../test/messages/hub.ts';
import type { Figure } from './report.ts';

const CHATS = 100;
const MESSAGES = 1_000;
const HELD_CHATS = 10_000;
const IN_A_HELD_CHAT = 100;
const PATIENCE = 300_000;
/** What a real page takes for a message, at the least. */
const ANSWERS_AFTER = 5;

const [UNSENDABLE, UNFETCHABLE] = ['5511977770001', '5511977770002'];
const number = (n: number): string => `55119${String(60_000_000 + n)}`;

async function withHub<T>(work: (hub: Hub) => Promise<T>, fill: (hub: Hub) => Promise<void> = async () => undefined): Promise<T> {
  const { db, dispose } = await testDatabase('sqlite', { rehearse: false });
  const engine = new FakeEngine();
  const hub = new Hub(db, await insertSession(db), { engine });
  engine.onSend = async ({ to }) => {
    await new Promise((resolve) => setTimeout(resolve, ANSWERS_AFTER));
    if (to.startsWith(UNSENDABLE)) throw new HooklineError('engine-failed', 'wid error', { extra: { handedOver: false } });
  };
  try {
    await fill(hub);
    await hub.start();
    return await work(hub);
  } finally {
    await hub.stop();
    await dispose();
  }
}

/** From the first accepted message to the last one that is answered, of those that can leave. */
async function leave(hub: Hub, { spoiled }: { spoiled: boolean }): Promise<{ took: number; outOfOrder: number }> {
  const started = performance.now();
  if (spoiled) {
    await hub.accept({ to: UNSENDABLE, text: 'never' });
    const media = { url: 'http://127.0.0.1:1/photo.png' };
    await hub.outbox.accept(hub.session.tenantId, hub.session, { to: UNFETCHABLE, type: 'image', media });
  }
  await Promise.all(Array.from({ length: MESSAGES }, (_, i) => hub.accept({ to: number(i % CHATS), text: String(i) })));
  const sent = (): number[] =>
    hub.engine.sent.flatMap((message) => (message.type === 'text' && !message.to.startsWith(UNSENDABLE) ? [Number(message.text)] : []));
  await until(async () => sent().length >= MESSAGES, { what: 'all to leave', within: PATIENCE, every: 5 });
  const took = performance.now() - started;
  const last = new Map<number, number>();
  let outOfOrder = 0;
  for (const n of sent()) {
    if (n < (last.get(n % CHATS) ?? -1)) outOfOrder++;
    last.set(n % CHATS, n);
  }
  return { took, outOfOrder };
}

/** So many chats with so many messages each, all of which wait for another try for an hour. */
async function fillHeld(db: Database, session: Hub['session']): Promise<void> {
  const later = Date.now() + 3_600_000;
  await db.write(async ({ sql }) => {
    await sql.raw(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO messages (id, tenant_id, session_id, direction, type, status, chat_id, content, history, expires_at, wakes_at, not_before, at, created_at)
       SELECT 'msg_held_' || i, ?, ?, 'outbound', 'text', 'queued', 'held' || (i / ?) || '@g.us', '{"from":null,"to":"x","text":"x"}', '[]', ?, ?,
         CASE WHEN i % ? = 0 THEN ? END, 0, 0 FROM n`,
      [HELD_CHATS * IN_A_HELD_CHAT - 1, session.tenantId, session.id, IN_A_HELD_CHAT, later * 2, later * 2, IN_A_HELD_CHAT, later],
    );
    await sql.raw(
      `INSERT INTO send_heads (session_id, chat_id, priority, ordinal, waits, due_at)
       SELECT session_id, chat_id, priority, min(ordinal), 'retry', ? FROM messages WHERE session_id = ? GROUP BY session_id, chat_id, priority`,
      [later, session.id],
    );
  });
}

/** Milliseconds of processor time a message, from its acceptance to the record that it was sent. */
async function cost(hub: Hub): Promise<number> {
  await leave(hub, { spoiled: false });
  hub.engine.sent.length = 0;
  const before = process.cpuUsage();
  await leave(hub, { spoiled: false });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / MESSAGES;
}

/** What one chat that cannot go on costs the others of its session. SQLite, an engine that answers after a few ms. */
export async function chats(): Promise<Figure[]> {
  const alone = await withHub((hub) => leave(hub, { spoiled: false }));
  const beside = await withHub((hub) => leave(hub, { spoiled: true }));
  const free = await withHub(cost);
  const held = await withHub(cost, ({ db, session }) => fillHeld(db, session));
  const change = (a: number, b: number): string => `${((b / a - 1) * 100).toFixed(0)} %`;
  const s = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const count = MESSAGES.toLocaleString('en');
  return [
    {
      what: `${count} messages to ${CHATS} chats of one session, until the last one left`,
      value: `${s(alone.took)}; ${alone.outOfOrder} out of order in their chats`,
      aim: 'the measure',
    },
    {
      what: 'the same, behind a file that cannot be fetched and a message that cannot be sent',
      value: `${s(beside.took)} (${change(alone.took, beside.took)}); ${beside.outOfOrder} out of order`,
      aim: 'as if the two were not there',
    },
    {
      what: `processor time a message, beside ${HELD_CHATS.toLocaleString('en')} chats that wait with ${(HELD_CHATS * IN_A_HELD_CHAT).toLocaleString('en')} messages`,
      value: `${free.toFixed(2)} → ${held.toFixed(2)} ms (${change(free, held)})`,
      aim: 'within 15 %',
    },
  ];
}
