import test, { type ExecutionContext } from 'ava';
import { type MessageFilter, messageStore } from '../../src/messages/message/store.ts';
import { openHub } from './hub.ts';

const CHAT = '5511988887777@c.us';

/** How SQLite finds the messages of a list. */
async function planOf(t: ExecutionContext, filter: MessageFilter = {}): Promise<string[]> {
  const hub = await openHub(t, 'sqlite', { start: false });
  const asked: { sql: string; bindings: unknown[] }[] = [];
  hub.db.sql.on('query', (query) => asked.push(query));
  await hub.outbox.list(hub.session.tenantId, hub.session.id, { limit: 50, ...filter });
  const [query] = asked.filter(({ sql }) => sql.includes('from `messages`'));
  const plan = await hub.db.sql.raw(`EXPLAIN QUERY PLAN ${query?.sql}`, query?.bindings as string[]);
  return plan.map(({ detail }: { detail: string }) => detail);
}

test('the list of a session is read along its own index, however many messages the tenant has in others', async (t) => {
  t.deepEqual(await planOf(t), ['SEARCH messages USING INDEX messages_session_id_ordinal_index (session_id=?)']);
});

test('what has failed is found without looking at what has not', async (t) => {
  t.deepEqual(await planOf(t, { status: 'failed' }), ['SEARCH messages USING INDEX messages_rare (session_id=? AND status=?)']);
});

test('of a chat with several names the end of each is read along its index, however much there is in the session', async (t) => {
  const along = 'SEARCH messages USING INDEX messages_session_id_chat_id_ordinal_index (session_id=? AND chat_id=?)';
  const read = async (chats: string[]) => (await planOf(t, { chats, direction: 'inbound' })).filter((step) => step.includes(' messages'));
  t.deepEqual(await read([CHAT]), [along]);
  t.deepEqual(await read([CHAT, '551188887777@c.us', '123456789012345@lid']), [along, along, along]);
});

test('what may leave next is found by its place alone, however many wait', async (t) => {
  const hub = await openHub(t, 'sqlite', { start: false });
  const ordinals = Array.from({ length: 20 }, (_, i) => i);
  const plan = await hub.db.write(async (tx) => {
    const asked: { sql: string; bindings: unknown[] }[] = [];
    tx.sql.on('query', (query) => asked.push(query));
    await messageStore(hub.db).within(tx, hub.session.tenantId).queued(ordinals);
    return tx.sql.raw(`EXPLAIN QUERY PLAN ${asked[0]?.sql}`, asked[0]?.bindings as string[]);
  });
  t.deepEqual(
    plan.map(({ detail }: { detail: string }) => detail),
    ['SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)'],
  );
});
