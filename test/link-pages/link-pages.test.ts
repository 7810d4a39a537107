import test from 'ava';
import type { HooklineError } from '../../src/core/errors.ts';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import { LinkPages } from '../../src/link-pages/link-pages.ts';
import type { Linking } from '../../src/link-pages/ports.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';

const HOUR = 3_600_000;
const codeOf = (error: HooklineError): string => error.code;

for (const dialect of await stores()) {
  test(`${dialect}: a page lives until its time, its session is linked, or the session goes; its token is on disk only hashed`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const asked: string[] = [];
    const session = { id: newId('ses', 1), name: 'shop', tenantId: newId('tnt', 1) };
    const times = { created_at: 0, updated_at: 0 };
    await db.write(async ({ sql }) => {
      await sql('tenants').insert({ id: session.tenantId, name: 'one', ...times });
      await sql('whatsapp_instances').insert({
        ...{ id: session.id, tenant_id: session.tenantId, name: 'shop', engine: 'sandbox', profile: 'p', desired: 'stopped' },
        ...{ status: 'stopped', ...times },
      });
    });
    const state: Linking = {
      session: { ...session, status: 'stopped', reason: null, phone: null, attempts: { succeeded: 3 } },
      qr: null,
      pairing: null,
      passkey: null,
    };
    const note = (what: string) => async (tenantId: TenantId, sessionId: SessionId, given?: unknown) => {
      t.deepEqual([tenantId, sessionId], [session.tenantId, session.id]);
      asked.push(given === undefined ? what : `${what} ${JSON.stringify(given)}`);
    };
    const sessions = {
      ...{ linking: async () => state, connect: note('connect'), restart: note('restart'), pair: note('pair') },
      ...{ answerPasskey: note('answer'), confirmPasskey: note('confirm') },
    };
    const pages = new LinkPages(db, { sessions, passkeyTokens: { create: async () => t.fail() as never } }, { clock });
    const fails = async (work: Promise<unknown>): Promise<string> => codeOf((await t.throwsAsync(work)) as HooklineError);

    const { token, expiresAt } = await pages.create(session, { expiresIn: HOUR });
    t.is(expiresAt, new Date(clock.now() + HOUR).toISOString());
    t.is(Buffer.from(token, 'base64url').length, 32);
    t.is(await fails(pages.find('somethingElse')), 'not-found');
    t.is(await fails(pages.enter(token, undefined)), 'forbidden', 'it is not open in any browser');

    const page = await pages.find(token);
    const { browser } = await pages.open(page, undefined);
    t.deepEqual(asked, ['connect'], 'who opens it is there: the session begins');
    t.is(await fails(pages.open(await pages.find(token), undefined)), 'forbidden', 'a second browser');
    t.is(await fails(pages.open(page, 'a guess')), 'forbidden', 'one that came at the same time');
    t.is(await fails(pages.enter(token, 'a guess')), 'forbidden');
    const entered = await pages.enter(token, browser ?? '');
    t.is((await pages.open(entered, browser ?? '')).browser, null, 'the same one, again');
    const kept = JSON.stringify(await db.sql('link_pages'));
    t.false(kept.includes(token) || kept.includes(browser ?? ''));

    const code = { code: '2@abc', expiresAt: 'soon', restartsAt: 'later', phone: '5511999990000', dataUrl: 'data:' };
    Object.assign(state, { qr: code });
    Object.assign(state.session, { status: 'failed', reason: 'engine-unavailable: install chromium in /opt', phone: '5511999990000' });
    const shown = await pages.state(entered);
    t.deepEqual(shown.qr, { code: '2@abc', expiresAt: 'soon', restartsAt: 'later' });
    t.is(shown.reason, 'engine-unavailable', 'what the operator has to do is for the operator');
    t.is(shown.phone, null, 'of a former account');
    await pages.pair(entered, '5511');
    await pages.startAnew(entered);
    t.deepEqual(asked.slice(-2), ['pair "5511"', 'restart']);
    Object.assign(state, { passkey: { publicKey: { challenge: 'x' }, expiresAt: 'soon', code: null, answered: false } });
    t.deepEqual((await pages.state(entered)).passkey, { expiresAt: 'soon', code: null, answered: false });
    await pages.answerPasskey(entered, { id: 'signed' });
    await pages.confirmPasskey(entered, true);
    t.deepEqual(asked.slice(-2), ['answer {"id":"signed"}', 'confirm true']);

    Object.assign(state.session, { status: 'connected', attempts: { succeeded: 4 } });
    clock.setBack(2 * HOUR);
    const linked = await pages.state(entered);
    t.like(linked, { status: 'connected', qr: null, passkey: null, phone: '+55 ••••••• 0000' });
    t.is(await fails(pages.pair(entered, '5511')), 'link-page-ended');
    t.is(await fails(pages.startAnew(entered)), 'link-page-ended');
    t.is(await fails(pages.answerPasskey(entered, null)), 'link-page-ended');
    t.is(await fails(pages.confirmPasskey(entered, true)), 'link-page-ended');
    t.is(await fails(pages.open(entered, undefined)), 'link-page-ended', 'another browser that comes too late');
    t.is(await fails(pages.create(session, { expiresIn: HOUR })), 'session-linked');
    state.session.status = 'loggedOut';
    t.is((await pages.state(entered)).status, 'connected', 'what it was for is done, whatever comes later');
    asked.length = 0;
    await pages.open(entered, browser ?? '');
    t.deepEqual(asked, [], 'and it starts nothing any more');
    const unopened = await pages.create(session, { expiresIn: HOUR });
    state.session.attempts.succeeded = 5;
    t.is(await fails(pages.open(await pages.find(unopened.token), undefined)), 'link-page-ended');

    clock.advance(3 * HOUR);
    t.is(await fails(pages.enter(token, browser ?? '')), 'link-page-ended', 'its time is over');
    for (let made = 0; made < 25; made++) {
      clock.advance(1);
      await pages.create(session, { expiresIn: HOUR });
    }
    t.is((await db.sql('link_pages')).length, 20, 'old ones are not kept, nor any number');
    const last = await pages.create(session, { expiresIn: HOUR });
    await db.write((tx) => tx.sql('whatsapp_instances').where({ id: session.id }).delete());
    t.is(await fails(pages.find(last.token)), 'not-found', 'its session is gone');
  });
}
