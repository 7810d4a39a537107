import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HooklineError, loadConfig, type SessionView, WhatsAppService } from '../src/index.ts';
import { until } from './helpers/hub.ts';

const PHONE = '5511911112222';
const PERSON = '5521988887777';

async function open(t: ExecutionContext) {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-service-'));
  const config = loadConfig({ env: { HOOKLINE_LOG_CONSOLE: 'false' }, cwd, dev: false });
  const whatsapp = await WhatsAppService.open(config);
  t.teardown(async () => {
    await whatsapp[Symbol.asyncDispose]();
    await rm(cwd, { recursive: true, force: true });
  });
  const { tenants, sessions, outbox } = whatsapp.app.rooms;
  const tenant = (await tenants.create('shop owner')).id;
  const phone = (session: SessionView) => sessions.sandbox(session.tenantId, session.id);
  /** A sandbox session that is connected. */
  const link = async (name: string): Promise<SessionView> => {
    const session = await whatsapp.createSession(name, tenant, 'user-7', { engine: 'sandbox' });
    await (await phone(session)).scan({ phone: PHONE });
    await until(() => whatsapp.isSessionReady(session), { what: `${name} to be ready` });
    return session;
  };
  return { whatsapp, tenant, sessions, outbox, phone, link, tokensDir: config.tokensDir };
}

test('a session is made for a tenant and a user, who is shown back', async (t) => {
  const { whatsapp, tenant } = await open(t);
  t.is(whatsapp.app.url, null);
  const session = await whatsapp.createSession('shop', tenant, 'user-7', { engine: 'sandbox', start: false });
  t.like(session, { name: 'shop', tenantId: tenant, engine: 'sandbox', status: 'stopped', config: { userId: 'user-7' } });
  await t.throwsAsync(whatsapp.createSession('shop', tenant, 'user-7'), { code: 'session-exists', instanceOf: HooklineError });
  await t.throwsAsync(whatsapp.createSession('shop', 'tnt_none', 'user-7'), { code: 'not-found' });
});

test('a session is ready once it is linked, and then has a phone', async (t) => {
  const { whatsapp, tenant, link } = await open(t);
  const waiting = await whatsapp.createSession('waiting', tenant, 'user-7', { engine: 'sandbox' });
  t.false(await whatsapp.isSessionReady(waiting));
  t.is(await whatsapp.getSessionPhone(waiting), null);
  const session = await link('shop');
  t.true(await whatsapp.isSessionReady(session.id));
  t.is(await whatsapp.getSessionPhone(session.id), PHONE);
});

test('a text is sent, after the typing indicator that was asked for', async (t) => {
  const { whatsapp, phone, link } = await open(t);
  const session = await link('shop');
  await whatsapp.sendTyping(session, PERSON, true);
  const message = await whatsapp.sendMessage(session, '+55 21 98888-7777', 'Hello!', 'text');
  t.like(message, { sessionId: session.id, status: 'queued', type: 'text', text: 'Hello!', to: `${PERSON}@c.us` });
  const sent = await until(async () => (await (await phone(session)).outbox({ limit: 1 })).data[0], { what: 'the message to leave' });
  t.like(sent, { to: `${PERSON}@c.us`, text: 'Hello!' });
  t.true(sent.typingMs > 0);
});

test('what is no text is refused with what to expect', async (t) => {
  const { whatsapp, link } = await open(t);
  const session = await link('shop');
  for (const [type, path] of [['image', 'a.png'], ['image'], ['text', 'a.png']] as const) {
    await t.throwsAsync(whatsapp.sendMessage(session, PERSON, 'x', type, path), { code: 'not-supported-by-engine', message: /later/ });
  }
  await t.throwsAsync(whatsapp.sendMessage(session, 'nobody', 'x', 'text'), { code: 'recipient-invalid' });
});

test('the chat of a message is marked as read, in its own session only', async (t) => {
  const { whatsapp, sessions, outbox, phone, link } = await open(t);
  const [session, other] = [await link('shop'), await link('other')];
  await (await phone(session)).receive({ from: PERSON, text: 'hi' });
  const [message] = (await outbox.list(session.tenantId, session.id, { limit: 1 })).data;
  const seen: string[] = [];
  const engine = sessions.connectedEngine(session.id);
  const { seen: original } = engine;
  engine.seen = async (chat) => {
    seen.push(chat);
    await original.call(engine, chat);
  };
  await whatsapp.markAsSeen(session, message?.id ?? '');
  t.deepEqual(seen, [`${PERSON}@c.us`]);
  await t.throwsAsync(whatsapp.markAsSeen(other, message?.id ?? ''), { code: 'not-found' });
  await t.throwsAsync(whatsapp.markAsSeen(session, 'msg_none'), { code: 'not-found' });
});

test('typing and read receipts need a connection', async (t) => {
  const { whatsapp, tenant } = await open(t);
  const session = await whatsapp.createSession('shop', tenant, 'user-7', { engine: 'sandbox' });
  await t.throwsAsync(whatsapp.sendTyping(session, PERSON, true), { code: 'session-not-connected' });
});

test('a session is restarted by its own tenant only', async (t) => {
  const { whatsapp, tenant, sessions, link } = await open(t);
  const session = await link('shop');
  const other = await whatsapp.app.rooms.tenants.create('another');
  await t.throwsAsync(whatsapp.restartSession(session, other.id), { code: 'not-found' });
  await whatsapp.restartSession(session, tenant);
  await until(() => whatsapp.isSessionReady(session), { what: 'the session to be ready again' });
  t.deepEqual((await sessions.get(tenant, session.id)).attempts, { made: 2, succeeded: 2 });
});

test('tokens link another session, and a destroyed session is gone', async (t) => {
  const { whatsapp, tenant, link, tokensDir } = await open(t);
  const session = await link('shop');
  const tokens = await whatsapp.getSessionTokens(session);
  await whatsapp.destroySession(session);
  t.deepEqual((await readdir(tokensDir)).sort(), ['hub.id', 'hub.lock', 'hub.pid'], 'whose directory it is, and no login');
  for (const call of [
    () => whatsapp.isSessionReady(session),
    () => whatsapp.getSessionPhone(session.id),
    () => whatsapp.getSessionTokens(session),
    () => whatsapp.destroySession(session),
  ]) {
    await t.throwsAsync<Error>(call, { code: 'not-found' });
  }
  const next = await whatsapp.createSession('next', tenant, 'user-7', { engine: 'sandbox' });
  await whatsapp.restoreSessionTokens(next, tokens);
  await until(() => whatsapp.isSessionReady(next), { what: 'the restored session' });
  t.is(await whatsapp.getSessionPhone(next), PHONE);
});
