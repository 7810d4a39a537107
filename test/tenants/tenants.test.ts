import test from 'ava';
import type { SessionId, TenantId } from '../../src/core/ids.ts';
import { iso } from '../../src/core/iso.ts';
import { ApiKeys } from '../../src/tenants/api-keys.ts';
import { TENANT_SCOPES } from '../../src/tenants/scopes.ts';
import { SignIns } from '../../src/tenants/sign-ins.ts';
import { Tenants } from '../../src/tenants/tenants.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

for (const dialect of await stores()) {
  const setup = async (t: { teardown(fn: () => Promise<void>): void }) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const keys = new ApiKeys(db, runtime);
    const givenBack: TenantId[] = [];
    const belongings = { giveBack: async (tenantId: TenantId) => void givenBack.push(tenantId) };
    const signIns = new SignIns(db, runtime, { operator: () => '', used: keys.used });
    return { db, keys, signIns, clock, givenBack, tenants: new Tenants(db, { keys, belongings, runtime }) };
  };

  test(`${dialect}: a tenant's first key holds every scope of a tenant and authenticates`, async (t) => {
    const { tenants, keys } = await setup(t);
    const tenant = await tenants.create('shop');
    t.deepEqual(await keys.authenticate(tenant.apiKey.key), {
      kind: 'tenant',
      tenantId: tenant.id,
      keyId: tenant.apiKey.id,
      name: 'first key',
      scopes: [...TENANT_SCOPES],
      sessionId: null,
    });
  });

  test(`${dialect}: a key is kept hashed and never shown again`, async (t) => {
    const { db, tenants, keys } = await setup(t);
    const { id, apiKey } = await tenants.create('shop');
    t.false(JSON.stringify(await db.sql('api_keys')).includes(apiKey.key));
    t.false(JSON.stringify(await keys.list(id)).includes(apiKey.key));
  });

  test(`${dialect}: a revoked key no longer authenticates`, async (t) => {
    const { tenants, keys } = await setup(t);
    const { id, apiKey } = await tenants.create('shop');
    await keys.revoke(id, apiKey.id);
    t.is(await keys.authenticate(apiKey.key), null);
    t.not((await keys.list(id))[0]?.revokedAt ?? null, null);
  });

  test(`${dialect}: when a key was used last is written once a minute at the most, by whichever way it was shown`, async (t) => {
    const { tenants, keys, signIns, clock } = await setup(t);
    const { id, apiKey } = await tenants.create('shop');
    const lastUsed = async (): Promise<string | null> => {
      await keys.stop();
      return (await keys.list(id))[0]?.lastUsedAt ?? null;
    };
    t.is(await lastUsed(), null);
    const first = iso(clock.now());
    await keys.authenticate(apiKey.key);
    t.is(await lastUsed(), first);
    clock.advance(59_000);
    await keys.authenticate(apiKey.key);
    t.is(await lastUsed(), first);
    clock.advance(1_000);
    await signIns.authenticate((await signIns.create(apiKey.id)).secret);
    t.is(await lastUsed(), iso(clock.now()));
    clock.advance(60_000);
    await keys.authenticate('hlk_nobodys');
    t.not(await lastUsed(), iso(clock.now()));
  });

  test(`${dialect}: another tenant's key cannot be revoked`, async (t) => {
    const { tenants, keys } = await setup(t);
    const { apiKey } = await tenants.create('shop');
    const other = await tenants.create('other');
    await t.throwsAsync(keys.revoke(other.id, apiKey.id), { message: /no key/ });
    t.not(await keys.authenticate(apiKey.key), null);
  });

  test(`${dialect}: a name is taken once, whether made or renamed`, async (t) => {
    const { tenants } = await setup(t);
    await tenants.create('shop');
    const other = await tenants.create('other');
    await t.throwsAsync(tenants.create('shop'), { message: /named "shop"/ });
    await t.throwsAsync(tenants.update(other.id, { name: 'shop' }), { message: /named "shop"/ });
    t.is((await tenants.update(other.id, { name: 'second' })).name, 'second');
  });

  test(`${dialect}: settings are changed one by one, and null goes back to the configuration`, async (t) => {
    const { tenants } = await setup(t);
    const { id, settings } = await tenants.create('shop');
    t.deepEqual(settings, {});
    await tenants.update(id, { settings: { retention: { payloadDays: 7, attemptsDays: 3 }, media: { maxBytes: 1_000 } } });
    const { name, settings: changed } = await tenants.update(id, { settings: { retention: { attemptsDays: null } } });
    t.is(name, 'shop');
    t.deepEqual(changed, { retention: { payloadDays: 7 }, media: { maxBytes: 1_000 } });
    const other = await tenants.create('other');
    const all = new Map<string, object>();
    for await (const tenant of tenants.settings()) all.set(tenant.id, tenant.settings);
    t.deepEqual([all.get(id), all.get(other.id), all.size], [changed, {}, 2]);
    await tenants.update(id, { settings: { media: null } });
    t.deepEqual(await tenants.settingsOf(id), { retention: { payloadDays: 7 } });
    t.deepEqual(await tenants.settingsOf('tnt_gone' as typeof id), {});
  });

  test(`${dialect}: the default tenant is made once`, async (t) => {
    const { tenants } = await setup(t);
    t.is((await tenants.ensureDefault())?.name, 'default');
    t.is(await tenants.ensureDefault(), null);
  });

  test(`${dialect}: a removed tenant gives back what it owns, and its keys die with it`, async (t) => {
    const { tenants, keys, givenBack } = await setup(t);
    const { id, apiKey } = await tenants.create('shop');
    await tenants.remove(id);
    t.deepEqual(givenBack, [id]);
    t.is(await keys.authenticate(apiKey.key), null);
    await t.throwsAsync(tenants.get(id), { message: /no tenant/ });
  });

  test(`${dialect}: a key of one session says so, is told of its end, and goes with the session, of this tenant alone`, async (t) => {
    const { db, tenants, keys } = await setup(t);
    const [shop, other] = [await tenants.create('shop'), await tenants.create('other')];
    const sessionId = 'ses_1' as SessionId;
    const { id, key, session } = await keys.create(shop.id, { name: 'bound', scopes: ['messages:send'], sessionId });
    t.is(session, sessionId);
    t.like(await keys.authenticate(key), { keyId: id, sessionId, scopes: ['messages:send'] });
    let told = 0;
    keys.onRevoke(() => told++);
    await db.write((tx) => keys.onDestroy(tx, { id: sessionId, name: 'x', tenantId: other.id }));
    t.truthy(await keys.authenticate(key));
    t.is(told, 0);
    await db.write((tx) => keys.onDestroy(tx, { id: sessionId, name: 'x', tenantId: shop.id }));
    t.is(await keys.authenticate(key), null);
    t.is(told, 1);
    t.is((await keys.list(shop.id)).length, 1);
  });

  test(`${dialect}: pages of tenants cover all, each once`, async (t) => {
    const { tenants } = await setup(t);
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await tenants.create(`t${i}`)).id);
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await tenants.list({ limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...page.data.map((tenant) => tenant.id));
      if (!page.nextCursor) break;
      cursor = page.nextCursor;
    }
    t.deepEqual(seen.sort(), made.sort());
  });

  test(`${dialect}: the operator's key is made once, and a configured one wins`, async (t) => {
    const { db, keys } = await setup(t);
    const made = await keys.openAdmin(undefined);
    t.deepEqual(await keys.authenticate(made ?? ''), { kind: 'admin' });
    const again = new ApiKeys(db, testRuntime());
    t.is(await again.openAdmin(undefined), null);
    t.deepEqual(await again.authenticate(made ?? ''), { kind: 'admin' });
    const configured = new ApiKeys(db, testRuntime());
    t.is(await configured.openAdmin('x'.repeat(40)), null);
    t.is(await configured.authenticate(made ?? ''), null);
    t.deepEqual(await configured.authenticate('x'.repeat(40)), { kind: 'admin' });
  });
}
