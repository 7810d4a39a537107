/** One text of tests over every engine: what the hub may rely on, whatever carries the session. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';
import { copyProfile } from '../../../src/sessions/login/profile-files.ts';
import { Passkey } from '../../whatsapp-web/authenticator.ts';
import { directoryTests } from './directory-tests.ts';
import { inboundTests } from './inbound-tests.ts';
import { ACCOUNT, CHAT, type EngineUnderTest, Line, PATIENCE, PERSON, sharedLine, somebody, until } from './line.ts';
import { sendTests } from './send-tests.ts';

export function engineSuite(test: TestFn, subject: EngineUnderTest): void {
  const say = (behaviour: string) => `${subject.name}: ${behaviour}`;
  const open = sharedLine(subject);
  sendTests(test, subject, open);
  inboundTests(test, subject, open);
  directoryTests(test, subject, open);

  test(say('a fresh engine shows a code, and a scan opens it with the account'), async (t) => {
    await using line = await Line.open(subject);
    t.true(line.host.codes.every(({ code, validFor }) => code.length > 0 && validFor > 0));
    t.is(line.host.scans, 1);
    t.deepEqual(line.host.opens, [{ phone: ACCOUNT.phone, pushName: ACCOUNT.name }]);
    t.deepEqual(line.host.closes, []);
    t.true((await line.engine.health()).ok);
  });

  test(say('a pairing code that is asked for opens it, too'), async (t) => {
    await using line = await Line.make(subject);
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > 0);
    await line.engine.pair(ACCOUNT.phone);
    const [shown] = line.host.pairingCodes;
    t.regex(shown?.code ?? '', /^[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}$/);
    t.is(shown?.phone, ACCOUNT.phone);
    t.true((shown?.validFor ?? 0) > 0);
    await line.phone.type(shown?.code ?? '', ACCOUNT);
    await line.opened();
    t.is(line.host.scans, 1);
    t.is(line.host.pairingCodes.length, 1);
    t.deepEqual(line.host.opens, [{ phone: ACCOUNT.phone, pushName: ACCOUNT.name }]);
    await t.throwsAsync(line.engine.pair(ACCOUNT.phone), { code: 'engine-failed' });
  });

  test(say('where WhatsApp asks for the passkey of the account, what it signs opens it, after the code that is compared'), async (t) => {
    await using line = await Line.make(subject);
    const key = new Passkey();
    await line.phone.asksPasskey(key, 'K7RWQ');
    await t.throwsAsync(line.engine.signPasskey(key.sign({ challenge: 'x' })), { code: 'engine-failed' });
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > 0);
    await t.throwsAsync(line.engine.signPasskey(key.sign({ challenge: 'x' })), { code: 'engine-failed' });
    await line.phone.scan(ACCOUNT);
    await until('the passkey is asked for', () => line.host.passkeys.length > 0);
    const codes = line.host.codes.length;
    const [{ publicKey, validFor }] = line.host.passkeys as [(typeof line.host.passkeys)[number]];
    t.like(publicKey, { rpId: 'whatsapp.com', allowCredentials: [], userVerification: 'required', extensions: { uvm: true } });
    t.regex(publicKey.challenge, /^[\w-]{43}$/);
    t.is(validFor, 600_000);
    t.is(line.host.opens.length, 0);
    await line.engine.signPasskey(key.sign(publicKey));
    await until('the code is shown', () => line.host.passkeyCodes.length > 0);
    t.is(line.host.opens.length, 0);
    await line.engine.confirmPasskey(true);
    await line.opened();
    t.deepEqual([line.host.passkeys.length, line.host.passkeyCodes, line.host.codes.length], [1, ['K7RWQ'], codes]);
  });

  test(say('a passkey with which nobody signs is asked for in vain: WhatsApp shows a code again'), async (t) => {
    await using line = await Line.make(subject);
    await line.phone.asksPasskey(new Passkey(), null);
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > 0);
    await line.phone.scan(ACCOUNT);
    await until('the passkey is asked for', () => line.host.passkeys.length > 0);
    const codes = line.host.codes.length;
    await line.engine.signPasskey(null);
    await until('a code is shown again', () => line.host.codes.length > codes);
    await t.throwsAsync(line.engine.signPasskey(null), { code: 'engine-failed' });
    t.deepEqual([line.host.opens, line.host.closes], [[], []]);
  });

  test(say('it shows itself while it runs, and tells of what covers it'), async (t) => {
    await using line = await Line.make(subject);
    await t.throwsAsync(line.engine.screenshot(), { code: 'session-not-connected' });
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > 0);
    isPicture(t, await line.engine.screenshot());
    await line.phone.scan(ACCOUNT);
    await line.opened();
    isPicture(t, await line.engine.screenshot());
    await line.phone.covers('Read them before you go on.');
    await until('it is told', () => line.host.dialogs.length > 0);
    const [{ text, picture }] = line.host.dialogs as [(typeof line.host.dialogs)[number]];
    t.regex(text, /Read them before you go on\./);
    isPicture(t, picture);
    await line.engine.stop();
    await t.throwsAsync(line.engine.screenshot(), { code: 'session-not-connected' });
    t.is(line.host.dialogs.length, 1);
  });

  test(say('a linked engine opens again without a code, in the same process and in the next'), async (t) => {
    await using line = await Line.open(subject);
    await line.engine.stop();
    await line.engine.stop();
    const codes = line.host.codes.length;
    await line.engine.start();
    await until('it is open again', () => line.host.opens.length === 2);
    t.is(line.host.codes.length, codes);

    await using next = await line.next();
    await next.engine.start();
    await until('it is open in the next process', () => next.host.opens.length === 1);
    t.deepEqual(next.host.codes, []);
  });

  test(say('it is held still while its files are copied, and a copy opens without a code'), async (t) => {
    await using line = await Line.open(subject);
    const copy = await mkdtemp(join(tmpdir(), 'hookline-copy-'));
    await t.throwsAsync(
      line.engine.still(async () => {
        throw new Error('disk full');
      }),
      { message: 'disk full' },
    );
    await line.engine.still((signal) => copyProfile(line.profileDir, copy, signal));
    await line.phone.receive({ from: PERSON, text: 'after the copy' });
    await until('it hears again', () => line.host.messages.some(({ text }) => text === 'after the copy'));
    t.deepEqual(line.host.closes, []);
    await line.engine.stop();
    await line.engine.still(async (signal) => void t.false(signal.aborted));

    await using next = await Line.make(subject, copy);
    await next.engine.start();
    await until('the copy is open', () => next.host.opens.length === 1);
    t.deepEqual(next.host.codes, []);
  });

  test(say('an inbound message arrives with all that tells who wrote what, where and when'), async (t) => {
    const line = await open();
    const person = somebody();
    const before = Date.now();
    const message = await line.got({ from: person, text: 'hello' });
    t.like(message, { type: 'text', text: 'hello', fromMe: false, to: `${ACCOUNT.phone}@c.us` });
    t.deepEqual(message.chat, { id: `${person}@c.us`, kind: 'private' });
    t.is(message.from.phone, person);
    t.is(message.from.lid, null);
    t.regex(message.engineId, /^false_/);
    t.true(Math.abs(message.timestamp - before) < PATIENCE, 'milliseconds');
  });

  test(say('a message that the hub could not store is offered again'), async (t) => {
    await using line = await Line.open(subject);
    const before = Date.now();
    line.host.full = true;
    await line.phone.receive({ from: PERSON, text: 'precious' }).catch(() => undefined);
    line.host.full = false;
    await until('the message is unread', async () => {
      const unread = await line.engine.unreadSince(before - PATIENCE);
      return [...unread, ...line.host.messages].some(({ text }) => text === 'precious');
    });
    t.pass();
  });

  test(say('messages are sent in order, each under the id that was reserved'), async (t) => {
    const line = await open();
    const chat = `${somebody()}@c.us`;
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three']) ids.push((await line.send(text, {}, chat)).engineId);
    const seen = async () => (await line.phone.seenMessages()).filter(({ to }) => to === chat);
    await until('the phone has seen them', async () => (await seen()).length === 3);
    t.deepEqual(
      (await seen()).map(({ text }) => text),
      ['one', 'two', 'three'],
    );
    t.deepEqual(
      (await seen()).map(({ engineId }) => engineId),
      ids,
    );
    t.is(new Set(ids).size, 3);
  });

  test(say('a message that was sent is found by its id, one that was not is not'), async (t) => {
    const line = await open();
    const chat = `${somebody()}@c.us`;
    const { engineId } = await line.send('here', {}, chat);
    t.is(await line.engine.findSent(engineId), 'sent');
    t.not(await line.engine.findSent(line.engine.reserveId(chat)), 'sent');
  });

  test(say('acks come with the id and the level'), async (t) => {
    const line = await open();
    const { engineId } = await line.send('ping', {}, `${somebody()}@c.us`);
    for (const level of ['delivered', 'read'] as const) {
      await line.phone.ack(engineId, level);
      await until(`the ack "${level}" arrives`, () => line.host.acks.some((ack) => ack.engineId === engineId && ack.level === level));
    }
    t.pass();
  });

  test(say('while the account may begin no new chats it says so, knows which chats are new, and sends to none of them'), async (t) => {
    await using line = await Line.open(subject);
    const facts = () => line.host.accounts.at(-1);
    await until('it says what the account is', () => facts() !== undefined);
    t.like(facts(), { newChatsUntil: null });
    t.regex(facts()?.kind ?? '', /^(personal|business)$/);
    const [known, fresh] = [somebody(), somebody()].map((person) => `${person}@c.us`) as [string, string];
    await line.got({ from: known.split('@')[0] as string, text: 'hello' });
    t.is(await line.engine.newChatUntil(fresh), null);
    const end = Date.now() + 3_600_000;
    await line.phone.locksNewChats(end);
    await until('it says that it may begin none', () => facts()?.newChatsUntil === end);
    t.is(await line.engine.newChatUntil(fresh), end);
    t.is(await line.engine.newChatUntil(known), null);
    t.is(await line.engine.newChatUntil('120363000000000000@g.us'), null);
    t.like(await t.throwsAsync(line.send('a new chat', {}, fresh)), { code: 'engine-failed', stage: 'later' });
    await line.send('an old chat', {}, known);
    t.deepEqual(
      (await line.phone.seenMessages()).map(({ text }) => text),
      ['an old chat'],
    );
    await line.phone.locksNewChats(null);
    await until('it says that it may again', () => facts()?.newChatsUntil === null);
    await line.send('a new chat', {}, fresh);
    t.is((await line.phone.seenMessages()).length, 2);
  });

  if (!subject.cannot.includes('directory.contacts'))
    test(say('who has a username is told by it, without a phone, and found by it; another is not'), async (t) => {
      await using line = await Line.open(subject);
      const lid = '99887766554433@lid';
      const message = await line.got({ from: lid, text: 'hello', name: 'Ana', username: 'ana.shop' });
      t.like(message.from, { id: lid, lid, phone: null, name: 'Ana', username: 'ana.shop' });
      const contact = (await line.engine.directory.contacts()).find(({ id }) => id === lid);
      t.like(contact, { phone: null, username: 'ana.shop' });
      const stranger = '11223344556677@lid';
      await line.phone.usernames({ 'ana.shop': lid, 'bea.shop': stranger, 'carla.pin': null });
      t.like(await line.engine.exists('ana.shop@username'), { exists: true, chatId: lid, lid, phone: null });
      t.like(await line.engine.exists('nobody.here@username'), { exists: false, chatId: null });
      await t.throwsAsync(line.engine.exists('carla.pin@username'), { code: 'recipient-unknown', message: /PIN/ });
      const { chatId } = await line.engine.exists('bea.shop@username');
      t.is(chatId, stranger);
      await line.send('found you', {}, stranger);
      t.deepEqual(
        (await line.phone.seenMessages()).map(({ to, text }) => [to, text]),
        [[stranger, 'found you']],
      );
    });

  test(say('typing, recording and seen are taken for a chat that exists'), async (t) => {
    const line = await open();
    const person = somebody();
    const chat = `${person}@c.us`;
    await line.got({ from: person, text: 'hello' });
    await line.engine.typing(chat, true);
    await line.engine.typing(chat, false);
    await line.engine.recording(chat, true);
    await line.engine.recording(chat, false);
    await line.engine.seen(chat);
    await line.engine.unseen(chat);
    t.like(await line.engine.exists(chat), { exists: true, chatId: chat });
  });

  test(say('without a connection every call says so, and a send says that nothing went out'), async (t) => {
    await using line = await Line.make(subject);
    const error = await t.throwsAsync(line.send('nobody listens'), { code: 'session-not-connected' });
    t.like(error, { stage: 'later' });
    for (const call of [
      () => line.engine.typing(CHAT, true),
      () => line.engine.seen(CHAT),
      () => line.engine.exists(CHAT),
      () => line.engine.unreadSince(0),
      () => line.engine.findSent('true_x'),
    ]) {
      await t.throwsAsync(call, { code: 'session-not-connected' });
    }
    t.false((await line.engine.health()).ok);
  });

  test(say('an engine that the phone unlinked closes once, and asks for a scan at the next start'), async (t) => {
    await using line = await Line.open(subject);
    await line.phone.unlink();
    await until('it is closed', () => line.host.closes.length > 0);
    t.deepEqual(line.host.closes, ['logged-out']);
    await line.engine.stop();
    const codes = line.host.codes.length;
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > codes);
    t.deepEqual(line.host.closes, ['logged-out']);
  });

  test(say('logout forgets the login, whether the engine runs or not'), async (t) => {
    await using line = await Line.open(subject);
    await line.engine.logout();
    t.false((await line.engine.health()).ok);
    await line.engine.logout();
    const codes = line.host.codes.length;
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > codes);
    t.is(line.host.opens.length, 1);
  });

  test(say('a stop ends a start that is under way'), async (t) => {
    await using line = await Line.make(subject);
    const start = line.engine.start().catch(() => undefined);
    await line.engine.stop();
    await start;
    await line.engine.stop();
    t.false((await line.engine.health()).ok);
    t.deepEqual(line.host.closes, []);
  });

  test(say('a stopped engine reports nothing more'), async (t) => {
    await using line = await Line.open(subject);
    await line.engine.stop();
    t.deepEqual(line.host.closes, [], 'a stop that was asked for is no news');
    t.false((await line.engine.health()).ok);
  });
}

/** Begins as a PNG does (https://www.w3.org/TR/png-3/, section 5.2). */
function isPicture(t: ExecutionContext, picture: Uint8Array | null): void {
  t.is(Buffer.from(picture ?? []).toString('latin1', 0, 8), '\x89PNG\r\n\x1a\n');
}
