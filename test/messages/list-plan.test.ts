import test, { type ExecutionContext } from 'ava';
import type { MessageStatus } from '../../src/core/message.ts';
import { openHub } from './hub.ts';

/** How SQLite finds the messages of a list. */
async function planOf(t: ExecutionContext, status?: MessageStatus): Promise<string[]> {
  const hub = await openHub(t, 'sqlite', { start: false });
  const asked: { sql: string; bindings: unknown[] }[] = [];
  hub.db.sql.on('query', (query) => asked.push(query));
  await hub.outbox.list(hub.session.tenantId, hub.session.id, { limit: 50, ...(status && { status }) });
  const [query] = asked.filter(({ sql }) => sql.includes('from `messages`'));
  const plan = await hub.db.sql.raw(`EXPLAIN QUERY PLAN ${query?.sql}`, query?.bindings as string[]);
  return plan.map(({ detail }: { detail: string }) => detail);
}

test('the list of a session is read along its own index, however many messages the tenant has in others', async (t) => {
  t.deepEqual(await planOf(t), ['SEARCH messages USING INDEX messages_session_id_ordinal_index (session_id=?)']);
});

test('what has failed is found without looking at what has not', async (t) => {
  t.deepEqual(await planOf(t, 'failed'), ['SEARCH messages USING INDEX messages_rare (session_id=? AND status=?)']);
});
