import test, { type ExecutionContext } from 'ava';
import { AuditLog } from '../../src/audit/audit.ts';
import type { AuditDraft } from '../../src/audit/entry.ts';
import { AuditRetention } from '../../src/audit/retention.ts';
import type { TenantId } from '../../src/core/ids.ts';
import type { Database } from '../../src/db/open.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

const DAY = 24 * 3_600_000;
const [ONE, TWO] = ['tnt_one' as TenantId, 'tnt_two' as TenantId];

const draft = (more: Partial<AuditDraft> = {}): AuditDraft => ({
  ...{ tenantId: ONE, actor: { kind: 'operator' }, action: 'sessions.connect', resource: { type: 'session', id: 'shop' } },
  ...{ address: '127.0.0.1', status: 202, code: null },
  ...more,
});

const none = { limit: 200 };

for (const dialect of await stores()) {
  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const written: string[] = [];
    const faults: Error[] = [];
    /** As the real one, until it is told to fail. */
    const failing: Database = {
      ...db,
      write(work) {
        const [fault] = faults;
        if (fault) return Promise.reject(fault);
        written.push('write');
        return db.write(work);
      },
    };
    const audit = new AuditLog(failing, runtime);
    return { db, clock, runtime, audit, written, faults };
  };

  test(`${dialect}: an entry comes back as it went in, whoever did it`, async (t) => {
    const { audit, clock } = await open(t);
    const drafts = [
      draft({ actor: { kind: 'key', keyId: 'key_1' as never, name: 'till “2” 🧾' } }),
      draft({ tenantId: null, resource: null, address: null, actor: { kind: 'cli', name: null }, status: 409, code: 'tenant-exists' }),
      draft({ tenantId: TWO, resource: { type: 'message', id: null } }),
    ];
    for (const one of drafts) {
      await audit.record(one);
      clock.advance(1);
    }
    const { data, nextCursor } = await audit.list(undefined, none);
    t.is(nextCursor, null);
    t.like(data[2], { tenantId: ONE, actor: { kind: 'key', keyId: 'key_1', name: 'till “2” 🧾' }, at: '2026-01-05T12:00:00.000Z' });
    t.like(data[1], { tenantId: null, resource: null, actor: { kind: 'cli', keyId: null, name: null }, code: 'tenant-exists' });
    t.like(data[0], { tenantId: TWO, resource: { type: 'message', id: null }, actor: { kind: 'operator' } });
    t.is((await audit.list(TWO, none)).data.length, 1);
  });

  test(`${dialect}: what may wait is written together, at the latest with what may not`, async (t) => {
    const { audit, clock, written } = await open(t);
    for (let index = 0; index < 300; index++) await audit.record(draft(), { later: true });
    t.is(written.length, 0);
    clock.advance(100);
    await until(async () => (await audit.list(ONE, { limit: 200 })).data.length === 200);
    t.is(written.length, 1, 'one statement for all of them');
    await audit.record(draft(), { later: true });
    await audit.record(draft({ action: 'sessions.delete' }));
    t.is(written.length, 2);
    await audit.record(draft({ tenantId: TWO }), { later: true });
    await audit.stop();
    t.is((await audit.list(TWO, none)).data.length, 1, 'a stop waits for it');
  });

  test(`${dialect}: while the database takes none nobody waits, the log has each of them, and they are written when it does`, async (t) => {
    const { audit, clock, faults, runtime } = await open(t);
    faults.push(new Error('database or disk is full'));
    await audit.record(draft());
    await audit.record(draft({ action: 'sessions.delete' }));
    const lost = runtime.log.lines.filter(({ message }) => message.includes('not on disk'));
    t.deepEqual(
      lost.map(({ fields }) => (fields.entry as AuditDraft).action),
      ['sessions.connect', 'sessions.delete'],
    );
    faults.length = 0;
    clock.advance(1_000);
    await until(async () => (await audit.list(ONE, none)).data.length === 2);
    await audit.record(draft());
    t.is((await audit.list(ONE, none)).data.length, 3);
  });

  test(`${dialect}: of more than are kept all are in the log and nobody waits`, async (t) => {
    const { audit, faults, runtime } = await open(t);
    faults.push(new Error('database or disk is full'));
    await Promise.all(Array.from({ length: 10_500 }, () => audit.record(draft())));
    t.is(runtime.log.lines.filter(({ message }) => message.includes('not on disk')).length, 10_500);
  });

  test(`${dialect}: entries go after their time: a tenant's own, or that of the hub for itself and for who is gone`, async (t) => {
    const { db, audit, clock, runtime } = await open(t);
    const owners = [null, ONE, TWO, 'tnt_zzz' as TenantId];
    for (const tenantId of owners) {
      for (let index = 0; index < 201; index++) void audit.record(draft({ tenantId }));
      await audit.record(draft({ tenantId }));
    }
    const days = (tenantId: TenantId | null): number => (tenantId === ONE ? 2 : tenantId === TWO ? 30 : 10);
    const retention = new AuditRetention(db, async (tenantId) => days(tenantId) * DAY, runtime);
    const left = async () => Promise.all(owners.map(async (owner) => (await db.sql('audit_entries').where({ tenant_id: owner })).length));
    const prune = () => retention.prune(async () => undefined);
    await prune();
    t.deepEqual(await left(), [202, 202, 202, 202]);
    clock.advance(3 * DAY);
    await audit.record(draft());
    await prune();
    t.deepEqual(await left(), [202, 1, 202, 202]);
    clock.advance(8 * DAY);
    await prune();
    t.deepEqual(await left(), [0, 0, 202, 0]);
    clock.advance(30 * DAY);
    await prune();
    t.deepEqual(await left(), [0, 0, 0, 0]);
  });
}
