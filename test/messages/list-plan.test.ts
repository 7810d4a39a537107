import test from 'ava';
import { openHub } from './hub.ts';

test('the list of a session is read along its own index, however many messages the tenant has in others', async (t) => {
  const hub = await openHub(t, 'sqlite', { start: false });
  const asked: { sql: string; bindings: unknown[] }[] = [];
  hub.db.sql.on('query', (query) => asked.push(query));
  await hub.outbox.list(hub.session.tenantId, hub.session.id, { limit: 50 });
  const [query] = asked.filter(({ sql }) => sql.includes('from `messages`'));
  const plan = await hub.db.sql.raw(`EXPLAIN QUERY PLAN ${query?.sql}`, query?.bindings as string[]);
  t.deepEqual(
    plan.map(({ detail }: { detail: string }) => detail),
    ['SEARCH messages USING INDEX messages_session_id_ordinal_index (session_id=?)'],
  );
});
