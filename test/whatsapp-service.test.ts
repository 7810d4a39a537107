import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  createApp,
  HooklineError,
  loadConfig,
  type MediaType,
  type PasskeyCredential,
  type SendBody,
  type SessionOrId,
  type SessionView,
  WhatsAppService,
} from '../src/index.ts';
import { until } from './helpers/hub.ts';
import { Passkey } from './whatsapp-web/authenticator.ts';

const PHONE = '5511911112222';
const PERSON = '5521988887777';

async function open(t: ExecutionContext) {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-service-'));
  const config = loadConfig({ env: { HOOKLINE_LOG_CONSOLE: 'false', HOOKLINE_ENGINES: 'sandbox' }, cwd });
  await mkdir(config.mediaDir);
  const whatsapp = await WhatsAppService.open(config);
  t.teardown(async () => {
    await whatsapp.close();
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
  return { whatsapp, tenant, sessions, outbox, phone, link, cwd, config, tokensDir: config.tokensDir };
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
  t.is((await whatsapp.getSessionScreenshot(session)).toString('latin1', 1, 4), 'PNG');
});

test('a session of which WhatsApp asks the passkey is linked by what it signs', async (t) => {
  const { whatsapp, tenant, phone } = await open(t);
  const session = await whatsapp.createSession('shop', tenant, 'user-7', { engine: 'sandbox' });
  await t.throwsAsync(whatsapp.getSessionPasskey(session), { code: 'passkey-unavailable' });
  const played = await phone(session);
  played.faults({ passkey: { askNext: 1, code: 'K7RWQ' } });
  await played.scan({ phone: PHONE });
  await t.throwsAsync(whatsapp.getSessionQr(session), { code: 'qr-unavailable', message: /passkey/ });
  const { publicKey } = await whatsapp.getSessionPasskey(session);
  await t.throwsAsync(whatsapp.answerSessionPasskey(session, {} as PasskeyCredential), { code: 'invalid-body' });
  await whatsapp.answerSessionPasskey(session, new Passkey().sign(publicKey));
  t.is((await whatsapp.getSessionPasskey(session)).code, 'K7RWQ');
  await whatsapp.confirmSessionPasskey(session, true);
  await until(() => whatsapp.isSessionReady(session), { what: 'it to be ready' });
  t.is(await whatsapp.getSessionPhone(session), PHONE);
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

/** Files by what the seed of this library calls them, with the first bytes by which each is known. */
const FILES: Record<MediaType, { name: string; bytes: Buffer; mimetype: string }> = {
  image: { name: 'image.jpg', bytes: Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex'), mimetype: 'image/jpeg' },
  document: { name: 'document.pdf', bytes: Buffer.from('%PDF-1.4\n%%EOF\n'), mimetype: 'application/pdf' },
  video: { name: 'video.mp4', bytes: Buffer.from('00000018667479706d703432000000006d70343269736f6d', 'hex'), mimetype: 'video/mp4' },
  audio: { name: 'audio.mp3', bytes: Buffer.from('ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0', 'latin1'), mimetype: 'audio/mpeg' },
  voice: {
    name: 'voice.ogg',
    bytes: Buffer.from(`OggS\0\x02${'\0'.repeat(20)}\x01\x13OpusHead`, 'latin1'),
    mimetype: 'audio/ogg; codecs=opus',
  },
  sticker: { name: 'sticker.webp', bytes: Buffer.from('RIFF\x1a\0\0\0WEBPVP8L', 'latin1'), mimetype: 'image/webp' },
};

test('a file of the media directory is sent as each type, by its place there or its whole path, with a caption', async (t) => {
  const { whatsapp, phone, link, config } = await open(t);
  const session = await link('shop');
  for (const [type, { name, bytes, mimetype }] of Object.entries(FILES) as [MediaType, (typeof FILES)[MediaType]][]) {
    const path = join(config.mediaDir, name);
    await writeFile(path, bytes);
    for (const [given, caption] of [
      [path, `a ${type}`],
      [name, ''],
    ] as const) {
      const message = await whatsapp.sendMessage('shop', PERSON, caption, type, given);
      t.like(message, { type, status: 'queued', to: `${PERSON}@c.us`, ...(caption && { caption }) });
      t.is('caption' in message, caption !== '');
      t.like(message.media, { mimetype, filename: name, size: bytes.length, status: 'ready' });
    }
    await rm(path);
  }
  const sent = await until(
    async () => {
      const { data } = await (await phone(session)).outbox({ limit: 50 });
      return data.length === 12 && data;
    },
    { what: 'all of them at the phone, though their files are gone' },
  );
  t.deepEqual(
    sent.filter(({ caption }) => caption).map(({ type, media }) => [type, media?.sha256]),
    Object.entries(FILES).map(([type, { bytes }]) => [type, createHash('sha256').update(bytes).digest('hex')]),
  );
});

test('a path that leads out of the media directory, or to no file, is refused with words, and nothing of it is kept', async (t) => {
  const { whatsapp, link, cwd, config, tenant, outbox } = await open(t);
  const session = await link('shop');
  const inside = join(config.mediaDir, 'in');
  await mkdir(inside);
  await writeFile(join(cwd, 'secret.txt'), 'secret');
  await mkdir(`${config.mediaDir}-of-others`);
  await writeFile(`${config.mediaDir}-of-others/a.png`, 'x');
  await symlink(join(cwd, 'secret.txt'), join(config.mediaDir, 'link.txt'));
  await symlink(cwd, join(config.mediaDir, 'up'));
  execFileSync('mkfifo', [join(config.mediaDir, 'pipe')]);
  await writeFile(join(config.mediaDir, 'empty.png'), '');
  for (const [path, words] of [
    ['/etc/passwd', /outside of the media directory .*HOOKLINE_MEDIA_DIR/],
    [join(cwd, 'secret.txt'), /outside of the media directory/],
    ['../secret.txt', /outside of the media directory/],
    ['in/../../secret.txt', /outside of the media directory/],
    [`${config.mediaDir}-of-others/a.png`, /outside of the media directory/],
    ['link.txt', /outside of the media directory .*link/],
    ['up/secret.txt', /outside of the media directory .*link/],
    ['/no/such/file.png', /outside of the media directory/],
    ['nothing.png', /cannot be read: .*nothing.png .*ENOENT/],
    ['in', /is no file/],
    ['pipe', /is no file/],
    [config.mediaDir, /is no file/],
    ['a\0.png', /is no path/],
    ['', /is no path/],
    [undefined, /is no path/],
    [{ url: 'https://example.com/a.png' }, /is no path/],
  ] as const) {
    const error = await t.throwsAsync(whatsapp.sendMessage(session, PERSON, 'look', 'image', path as string), {
      instanceOf: HooklineError,
    });
    t.is(error?.code, 'invalid-body', String(path));
    t.regex(error?.message ?? '', words, String(path));
    t.deepEqual(
      error?.errors?.map(({ path: at }) => at),
      ['mediaPath'],
    );
  }
  await t.throwsAsync(whatsapp.sendMessage(session, PERSON, 'look', 'image', 'empty.png'), { code: 'media-invalid' });
  await writeFile(join(inside, 'image.jpg'), FILES.image.bytes);
  await t.throwsAsync(whatsapp.sendMessage(session, 'nobody', 'look', 'image', 'in/image.jpg'), { code: 'recipient-invalid' });
  await t.throwsAsync(whatsapp.sendMessage(session, '', 'look', 'image', 'in/image.jpg'), { code: 'invalid-body', message: /to: / });
  const kept = await readdir(join(config.dataDir, 'media', tenant), { recursive: true, withFileTypes: true }).catch(() => []);
  t.deepEqual(
    kept.filter((entry) => entry.isFile()),
    [],
    'no copy of what was not sent',
  );
  t.deepEqual((await outbox.list(session.tenantId, session.id, { limit: 10 })).data, []);
  await rm(config.mediaDir, { recursive: true });
  await t.throwsAsync(whatsapp.sendMessage(session, PERSON, 'look', 'image', 'image.jpg'), { message: /there is no media directory/ });
});

test('a media directory may itself be a link', async (t) => {
  const { whatsapp, link, cwd, config } = await open(t);
  await link('shop');
  await rm(config.mediaDir, { recursive: true });
  await mkdir(join(cwd, 'elsewhere'));
  await writeFile(join(cwd, 'elsewhere', 'image.jpg'), FILES.image.bytes);
  await symlink(join(cwd, 'elsewhere'), config.mediaDir);
  for (const path of ['image.jpg', join(config.mediaDir, 'image.jpg'), join(cwd, 'elsewhere', 'image.jpg')]) {
    t.is((await whatsapp.sendMessage('shop', PERSON, '', 'image', path)).type, 'image');
  }
});

test('what sendMessage does not take is refused with what to do, and send takes all that the HTTP interface does', async (t) => {
  const { whatsapp, link } = await open(t);
  const session = await link('shop');
  // As somebody without types calls it.
  const send = whatsapp.sendMessage.bind(whatsapp) as (...of: unknown[]) => Promise<unknown>;
  await t.throwsAsync(send(session, PERSON, 'x', 'text', 'a.png'), { code: 'invalid-body', message: /mediaPath: A text has no file/ });
  await t.throwsAsync(send(session, PERSON, 'x', 'imgae', 'a.png'), { code: 'invalid-body', message: /did you mean "image"/ });
  await t.throwsAsync(send(session, PERSON, 'x', 'poll'), { code: 'invalid-body', message: /a poll goes by send\(\)/ });
  await t.throwsAsync(send(session, PERSON), { code: 'invalid-body', message: /text: / });
  await t.throwsAsync(send(session, 'nobody', 'x', 'text'), { code: 'recipient-invalid' });
  await t.throwsAsync(send(undefined, PERSON, 'x'), { code: 'invalid-body', message: /session: / });
  const poll: SendBody = { to: PERSON, type: 'poll', question: 'When?', options: ['today', 'tomorrow'] };
  const first = await whatsapp.send(session, poll, { idempotencyKey: 'poll-1' });
  t.is((await whatsapp.send('shop', poll, { idempotencyKey: 'poll-1' })).id, first.id);
  await t.throwsAsync(whatsapp.send(session, poll, { idempotencyKey: 'a key' }), { code: 'bad-request' });
  t.is(
    (await whatsapp.send(session, { to: PERSON, type: 'text', text: 'later', sendAt: '2126-01-01T00:00:00Z' }).catch((e) => e)).code,
    'invalid-body',
  );
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  t.is((await whatsapp.send(session, { to: PERSON, type: 'text', text: 'later', sendAt: soon })).status, 'scheduled');
});

test('a session is named by its name, and by whose it is where several tenants have one of that name', async (t) => {
  const { whatsapp, tenant, link } = await open(t);
  const session = await link('shop');
  t.true(await whatsapp.isSessionReady('shop'));
  t.is((await whatsapp.getSession('shop')).id, session.id);
  await whatsapp.createSession('shop', 'another', 'user-8', { start: false });
  await t.throwsAsync(whatsapp.isSessionReady('shop'), { code: 'bad-request', message: /several tenants .*\{ name, tenantId \}/ });
  t.true(await whatsapp.isSessionReady({ name: 'shop', tenantId: tenant }));
  t.true(await whatsapp.isSessionReady({ name: 'shop', tenantId: 'shop owner' }));
  t.false(await whatsapp.isSessionReady({ name: 'shop', tenantId: 'another' }));
  t.is((await whatsapp.restartSession('shop', tenant)).id, session.id);
  const nowhere: SessionOrId[] = ['nobody', 'ses_none', { name: 'nobody', tenantId: tenant }, { name: 'shop', tenantId: 'none' }];
  for (const none of [...nowhere, { id: 'ses_none' as SessionView['id'] }]) {
    await t.throwsAsync(whatsapp.getSession(none), { code: 'not-found' });
  }
  for (const none of ['', 'a\0', null, {}] as unknown as string[]) await t.throwsAsync(whatsapp.getSession(none), { code: 'invalid-body' });
  await t.throwsAsync(whatsapp.restartSession('shop', undefined as unknown as string), { code: 'invalid-body', message: /tenantId/ });
});

test('a tenant that is not there yet is made by its name, once', async (t) => {
  const { whatsapp } = await open(t);
  const sessions = await Promise.all(
    ['a', 'b', 'c'].map((name) => whatsapp.createSession(name, 'tenant-123', 'user-456', { start: false })),
  );
  t.is(new Set(sessions.map(({ tenantId }) => tenantId)).size, 1);
  t.is((await whatsapp.app.rooms.tenants.get(sessions[0]?.tenantId ?? '')).name, 'tenant-123');
  await t.throwsAsync(whatsapp.createSession('d', 'tnt_none', 'user-456'), { code: 'not-found' });
  await t.throwsAsync(whatsapp.createSession('d', ' ', 'user-456'), { code: 'invalid-body' });
});

test('a service that is made without open is opened by its first call, and not after its end', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'hookline-service-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  const config = loadConfig({ env: { HOOKLINE_LOG_CONSOLE: 'false', HOOKLINE_ENGINES: 'sandbox' }, cwd });
  const whatsapp = new WhatsAppService(config);
  t.throws(() => whatsapp.app, { message: /WhatsAppService\.open/ });
  const [session] = await Promise.all([
    whatsapp.createSession('shop', 'me', 'u', { start: false }),
    whatsapp.createSession('b', 'me', 'u'),
  ]);
  t.is(session.status, 'stopped');
  t.truthy(whatsapp.app.rooms);
  const second = new WhatsAppService(config);
  await t.throwsAsync(second.getSession('shop'), { code: 'data-directory-in-use' });
  await whatsapp.close();
  await whatsapp.close();
  await t.throwsAsync(whatsapp.getSession('shop'), { code: 'shutting-down' });
  t.is((await second.getSession('shop')).id, session.id, 'what stood in its way is gone');
  await second.close();
  await new WhatsAppService(config).close();
  // Around a hub that listens.
  const app = await createApp({ ...config, port: 0 });
  const around = new WhatsAppService(app);
  t.is((await around.getSession('shop')).id, session.id);
  t.is(around.app, app);
  await around.close();
});
