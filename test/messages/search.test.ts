/** Messages by what was said in them, and how many there were. */
import test from 'ava';
import { countedBy, spanOf } from '../../src/messages/message/counts.ts';
import { stores } from '../helpers/database.ts';
import { insertSession, openHub } from './hub.ts';

for (const store of await stores()) {
  test(`${store}: messages are found by words, in upper or lower case, with or without accents, and counted by the hour`, async (t) => {
    const hub = await openHub(t, store);
    const { tenantId, id } = hub.session;
    const texts = ['Coração partido', 'another', 'the HEART of it', 'coracao', '<img src=x onerror=1> 100% _x_'];
    for (const text of texts) await hub.accept({ text });
    await hub.accept({ text: 'coração', to: '5511911112222' });
    const find = async (search: string, more: object = {}) => {
      const { data, nextCursor } = await hub.outbox.list(tenantId, id, { limit: 10, search, ...more });
      return [...data.map(({ text }) => text), ...(nextCursor ? ['…'] : [])];
    };
    t.deepEqual(await find('CORACAO'), ['coração', 'coracao', 'Coração partido']);
    t.deepEqual(await find('heart'), ['the HEART of it']);
    t.deepEqual(await find('0%'), [texts[4]], 'what a database takes for a pattern is a text');
    t.deepEqual(await find('nobody says this'), []);
    t.deepEqual(await find('coracao', { chats: ['5511911112222@c.us'] }), ['coração']);
    t.deepEqual(await find('coracao', { limit: 1 }), ['coração', '…']);
    const first = await hub.outbox.list(tenantId, id, { limit: 1, search: 'coracao' });
    const second = await hub.outbox.list(tenantId, id, { limit: 5, search: 'coracao', cursor: first.nextCursor as string });
    t.deepEqual([second.data.map(({ text }) => text), second.nextCursor], [['coracao', 'Coração partido'], null]);
    await t.throwsAsync(hub.outbox.list(tenantId, id, { limit: 2, search: 'x', cursor: 'msg_of_nobody' }), { code: 'invalid-query' });

    const asked = { by: 'hour', timezone: 'America/Sao_Paulo' } as const;
    const sum = async (of: string, more: object = {}) => {
      const { data } = await hub.outbox.count(of as typeof tenantId, { ...asked, ...more });
      return [data.length, data.reduce((all, { outbound }) => all + outbound, 0), data.reduce((all, { inbound }) => all + inbound, 0)];
    };
    t.deepEqual(await sum(tenantId), [24, 6, 0]);
    t.deepEqual((await sum(tenantId, { by: 'day' })).slice(1), [6, 0]);
    t.deepEqual((await sum(tenantId, { sessionId: id })).slice(1), [6, 0]);
    const stranger = await insertSession(hub.db, 'other');
    t.deepEqual((await sum(stranger.tenantId)).slice(1), [0, 0]);
    t.deepEqual((await sum(stranger.tenantId, { sessionId: id })).slice(1), [0, 0], "not even of another's session");
    if (store !== 'sqlite') return;
    const queries: { sql: string; bindings: unknown[] }[] = [];
    hub.db.sql.on('query', (query) => queries.push(query));
    await sum(tenantId);
    const { sql = '', bindings = [] } = queries.find((query) => query.sql.includes('quarter')) ?? {};
    const plan: { detail: string }[] = await hub.db.sql.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as string[]);
    t.true(
      plan.some(({ detail }) => detail.includes('USING COVERING INDEX messages_by_time (session_id=? AND created_at>? AND created_at<?)')),
      JSON.stringify(plan),
    );
  });
}

test('hours and days begin where they do in the zone, and none is left out', (t) => {
  const now = Date.parse('2026-11-30T15:20:00Z');
  const quarters = [
    { at: Date.parse('2026-11-30T02:45:00Z'), direction: 'inbound', count: 2 },
    { at: Date.parse('2026-11-30T03:00:00Z'), direction: 'outbound', count: 3 },
  ] as const;
  const days = countedBy(spanOf({ by: 'day', timezone: 'America/Sao_Paulo', since: now - 24 * 3_600_000 }, now), quarters);
  t.deepEqual(days.data, [
    { at: '2026-11-29T03:00:00.000Z', inbound: 2, outbound: 0 },
    { at: '2026-11-30T03:00:00.000Z', inbound: 0, outbound: 3 },
  ]);
  const hours = countedBy(spanOf({ by: 'hour', timezone: 'Asia/Kathmandu' }, now), quarters);
  t.is(hours.data.length, 24);
  t.is(hours.data.at(-1)?.at, '2026-11-30T15:15:00.000Z', 'at a quarter past');
  t.is(
    hours.data.reduce((all, { inbound }) => all + inbound, 0),
    2,
  );
  const long = spanOf({ by: 'day', timezone: 'UTC', since: 0 }, now);
  t.is(countedBy(long, []).data.length, 32, 'no further back than 31 days');
  // In Chile summer time begins at midnight: that day begins at one, and the days after it do not.
  const chile = spanOf(
    { by: 'day', timezone: 'America/Santiago', since: Date.parse('2026-09-05T12:00:00Z') },
    Date.parse('2026-09-08T12:00:00Z'),
  );
  t.deepEqual(
    countedBy(chile, []).data.map(({ at }) => at.slice(0, 13)),
    ['2026-09-05T04', '2026-09-06T04', '2026-09-07T03', '2026-09-08T03'],
  );
});
