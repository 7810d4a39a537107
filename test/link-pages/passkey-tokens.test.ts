import test from 'ava';
import type { HooklineError } from '../../src/core/errors.ts';
import { newId } from '../../src/core/ids.ts';
import { PasskeyTokens } from '../../src/link-pages/passkey-tokens.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';

const MINUTE = 60_000;

for (const dialect of await stores()) {
  test(`${dialect}: a token for a passkey is for one challenge, until it is answered, over, or another is asked`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const session = { id: newId('ses', 1), tenantId: newId('tnt', 1) };
    const times = { created_at: 0, updated_at: 0 };
    await db.write(async ({ sql }) => {
      await sql('tenants').insert({ id: session.tenantId, name: 'one', ...times });
      await sql('whatsapp_instances').insert({
        ...{ id: session.id, tenant_id: session.tenantId, name: 'shop', engine: 'sandbox', profile: 'p', desired: 'stopped' },
        ...{ status: 'stopped', ...times },
      });
    });
    const asked = {
      publicKey: { challenge: 'first-challenge' },
      expiresAt: new Date(clock.now() + 10 * MINUTE).toISOString(),
      answered: false,
    };
    const tokens = new PasskeyTokens(db, { sessions: { passkey: async () => structuredClone(asked) } }, { clock });
    const fails = async (work: Promise<unknown>): Promise<string> => ((await t.throwsAsync(work)) as HooklineError).code;
    const request = async (token: string) => tokens.request(await tokens.find(token));

    const made = await tokens.create(session);
    t.like(made, { publicKey: asked.publicKey, expiresAt: asked.expiresAt });
    t.is(Buffer.from(made.token, 'base64url').length, 32);
    t.deepEqual(await request(made.token), { publicKey: asked.publicKey, expiresAt: asked.expiresAt });
    t.is(await fails(tokens.find('a guess')), 'not-found');
    const kept = JSON.stringify(await db.sql('passkey_tokens'));
    t.false(kept.includes(made.token) || kept.includes(asked.publicKey.challenge), 'on disk it is only hashed');

    asked.answered = true;
    t.is(await fails(request(made.token)), 'passkey-unavailable');
    t.is(await fails(tokens.create(session)), 'passkey-unavailable');
    Object.assign(asked, { answered: false, publicKey: { challenge: 'second-challenge' } });
    t.is(await fails(request(made.token)), 'passkey-expired', 'WhatsApp asks anew');
    const second = await tokens.create(session);
    t.like(await request(second.token), { publicKey: { challenge: 'second-challenge' } });

    for (let more = 0; more < 25; more++) {
      clock.advance(1);
      await tokens.create(session);
    }
    t.is((await db.sql('passkey_tokens')).length, 20, 'nor any number of them');
    t.is(await fails(tokens.find(second.token)), 'not-found');
    const last = await tokens.create(session);
    clock.advance(10 * MINUTE);
    t.is(await fails(tokens.find(last.token)), 'passkey-expired', 'its time is over');
    asked.expiresAt = new Date(clock.now() + 10 * MINUTE).toISOString();
    const fresh = await tokens.create(session);
    t.is((await db.sql('passkey_tokens')).length, 1, 'old ones are not kept');
    await db.write((tx) => tx.sql('whatsapp_instances').where({ id: session.id }).delete());
    t.is(await fails(tokens.find(fresh.token)), 'not-found', 'its session is gone');
  });
}
