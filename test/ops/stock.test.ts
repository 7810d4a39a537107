/** What the metrics read of the database, on either store. */
import test from 'ava';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import type { Database } from '../../src/db/open.ts';
import { LaneStore } from '../../src/dispatch/store.ts';
import { SystemQueueStore } from '../../src/messages/message/backlog-store.ts';
import { SystemSessionStore } from '../../src/sessions/store.ts';
import { SystemBacklogStore } from '../../src/webhooks/delivery/backlog-store.ts';
import { stores, testDatabase } from '../helpers/database.ts';

const NOW = 1_800_000_000_000;

async function furnish(db: Database): Promise<void> {
  const tenantId: TenantId = newId('tnt', NOW);
  const made = { created_at: NOW, updated_at: NOW };
  const session = (values: object): { id: SessionId } & Record<string, unknown> => ({
    id: newId('ses', NOW),
    tenant_id: tenantId,
    engine: 'sandbox',
    desired: 'started',
    status: 'connected',
    up_ms: 0,
    ...made,
    ...values,
  });
  const shop = session({ name: 'shop', profile: 'a', connected_at: NOW - 5_000, up_ms: 1_000, last_inbound_at: NOW - 9 });
  const second = session({ name: 'second', profile: 'b', connected_at: NOW - 2_000, last_inbound_at: NOW - 3 });
  const lost = session({ name: 'lost', profile: 'c', connected_at: NOW - 90_000, up_ms: 70_000, status: 'disconnected' });
  const message = (status: string, n: number) => ({
    id: newId('msg', NOW),
    tenant_id: tenantId,
    session_id: shop.id,
    direction: 'outbound',
    type: 'text',
    status,
    chat_id: `${n}@c.us`,
    content: '{}',
    history: '[]',
    at: NOW,
    created_at: NOW,
  });
  const lane = (key: string, kind: string, dueAt: number | null) => ({ key, kind, tenant_id: tenantId, token: 't', due_at: dueAt });
  const endpoint = newId('whk', NOW);
  await db.write(async ({ sql }) => {
    await sql('tenants').insert({ id: tenantId, name: 'one', settings: '{}', ...made });
    for (const row of [shop, second, lost]) await sql('whatsapp_instances').insert(row);
    for (const [n, status] of ['queued', 'queued', 'sent'].entries()) await sql('messages').insert(message(status, n));
    for (const row of [
      lane('send:a', 'send', NOW - 40),
      lane('send:b', 'send', NOW - 70),
      lane('send:c', 'send', NOW + 1),
      lane('webhook:a', 'webhook', NOW + 60_000),
      lane('webhook:held', 'webhook', null),
    ])
      await sql('lanes').insert(row);
    await sql('webhook_endpoints').insert({
      id: endpoint,
      tenant_id: tenantId,
      url: 'http://127.0.0.1/',
      description: '',
      events: '[]',
      sessions: '[]',
      ordering: 'strict',
      headers: '{}',
      secrets: '[]',
      signatures: '[]',
      signing_keys: '[]',
      ...made,
    });
    for (const [n, [name, status, at]] of (
      [
        ['webhook:held', 'pending', NOW - 900],
        ['webhook:a', 'pending', NOW - 500],
        ['webhook:a', 'pending', NOW - 400],
        ['webhook:a', 'dead', NOW - 999],
        ['webhook:a', 'delivered', NOW - 999],
      ] as const
    ).entries()) {
      const event = { position: n + 1, id: newId('evt', NOW), tenant_id: tenantId, type: 'webhook.test', seq: n + 1, at: NOW, data: '{}' };
      await sql('events').insert(event);
      await sql('webhook_deliveries').insert({
        id: newId('dlv', NOW),
        tenant_id: tenantId,
        endpoint_id: endpoint,
        event_position: n + 1,
        lane: name,
        status,
        due_at: status === 'pending' ? NOW + 60_000 : null,
        expires_at: NOW + 90_000,
        created_at: at,
      });
    }
  });
}

const eachStore = await stores();
for (const dialect of eachStore) {
  test(`${dialect}: sessions, queues, deliveries and lanes are counted across tenants`, async (t) => {
    const { db, dispose } = await testDatabase(dialect satisfies DialectName);
    t.teardown(dispose);
    const sessions = new SystemSessionStore(db, {} as ConstructorParameters<typeof SystemSessionStore>[1]);
    const backlogs = new SystemBacklogStore(db);

    t.deepEqual(await sessions.countByStatus(NOW), []);
    t.deepEqual(await backlogs.backlog(), { pending: 0, dead: 0, oldestPendingAt: null });
    t.deepEqual(await new LaneStore(db).overdue(NOW), []);
    t.is(await new SystemQueueStore(db).queued(), 0);

    await furnish(db);
    const countByStatus = await sessions.countByStatus(NOW);
    t.deepEqual(
      countByStatus.toSorted((a, b) => a.count - b.count).map((row) => ({ ...row })),
      [
        { engine: 'sandbox', status: 'disconnected', count: 1, upMs: 70_000, lastInboundAt: null },
        { engine: 'sandbox', status: 'connected', count: 2, upMs: 8_000, lastInboundAt: NOW - 3 },
      ],
    );
    t.deepEqual(
      await backlogs.backlog(),
      { pending: 3, dead: 1, oldestPendingAt: NOW - 500 },
      'what is held is pending, but nobody is late with it',
    );
    t.deepEqual(
      (await new LaneStore(db).overdue(NOW)).map((row) => ({ ...row })),
      [{ kind: 'send', due: 2, oldestDueAt: NOW - 70 }],
    );
    t.is(await new SystemQueueStore(db).queued(), 2);
  });
}
