import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { inbound } from './fake-engine.ts';
import { ACCOUNT, MINUTE, SECOND, Stage } from './stage.ts';

test('connect twice is one connect', async (t) => {
  const stage = await Stage.set();
  await Promise.all([stage.supervisor.connect(), stage.supervisor.connect()]);
  t.is(stage.engine.count('start'), 1);
  await stage.say((host) => host.opened(ACCOUNT));
  await stage.supervisor.connect();
  t.is(stage.engine.count('start'), 1);
  t.is(await stage.status(), 'connected');
  await stage.room.dispose();
});

test('each new code is an event with its attempt, its expiry and the end of the window', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  const begun = stage.clock.now();
  await stage.say((host) => host.qr('first', MINUTE));
  await stage.advance(MINUTE);
  await stage.say((host) => host.qr('second', 20 * SECOND));
  const events = await stage.room.events(stage.tenant, 'session.qr');
  const iso = (time: number) => new Date(time).toISOString();
  t.like(events[0], {
    code: 'first',
    attempt: 1,
    issuedAt: iso(begun),
    expiresAt: iso(begun + MINUTE),
    restartsAt: iso(begun + 5 * MINUTE),
  });
  t.like(events[1], { code: 'second', attempt: 2, expiresAt: iso(begun + 80 * SECOND), restartsAt: iso(begun + 5 * MINUTE) });
  t.is(stage.supervisor.qr?.code, 'second');
  await stage.room.dispose();
});

test('codes that come faster than they can be told are told by the newest', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  await stage.say((host) => {
    for (const code of ['a', 'b', 'c']) host.qr(code, MINUTE);
  });
  t.deepEqual(
    (await stage.room.events(stage.tenant, 'session.qr')).map((event) => event.code),
    ['c'],
  );
  await stage.room.dispose();
});

test('a code that nobody scans in 5 minutes restarts the session, and the third window fails it', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  for (const starts of [1, 2, 3]) {
    t.is(stage.engine.count('start'), starts);
    await stage.say((host) => host.qr(`code ${starts}`, 10 * MINUTE));
    await stage.advance(5 * MINUTE - 1);
    t.is(await stage.status(), 'qr');
    await stage.advance(1);
  }
  t.like(await stage.view(), { status: 'failed', reason: 'qr-timeout', attempts: { made: 3, succeeded: 0 } });
  t.deepEqual(await stage.room.statuses(stage.tenant), [
    'starting (requested)',
    'qr',
    'starting (qr-timeout)',
    'qr',
    'starting (qr-timeout)',
    'qr',
    'failed (qr-timeout)',
  ]);
  await stage.advance(60 * MINUTE);
  t.is(stage.engine.count('start'), 3);

  await stage.supervisor.connect();
  t.is(await stage.status(), 'starting');
  t.is(stage.engine.count('start'), 4);
  await stage.room.dispose();
});

test('a pairing code takes the place of the QR codes, opens a window of its own, and stays the same while it lasts', async (t) => {
  const stage = await Stage.set();
  t.is(await stage.supervisor.pair('5511900000000'), null);
  await stage.supervisor.connect();
  await stage.say((host) => host.qr('first', MINUTE));
  await stage.advance(4 * MINUTE);
  const pairing = await stage.supervisor.pair('5511900000000');
  const now = stage.clock.now();
  const iso = (time: number) => new Date(time).toISOString();
  const expected = { code: 'FAKE-1111', phone: '5511900000000', issuedAt: iso(now), expiresAt: iso(now + 3 * MINUTE) };
  t.deepEqual(pairing, { ...expected, restartsAt: iso(now + 5 * MINUTE) });
  t.deepEqual(await stage.room.events(stage.tenant, 'session.pairing-code'), [pairing]);
  t.is(await stage.status(), 'pairing');
  t.is(stage.supervisor.qr, null);

  await stage.say((host) => host.qr('second', MINUTE));
  t.is(await stage.status(), 'pairing', 'WhatsApp Web goes on making QR codes meanwhile');
  t.deepEqual(await stage.supervisor.pair('5511900000000'), pairing);
  await stage.advance(3 * MINUTE);
  await stage.say((host) => host.pairingCode('CODE-X', '5511900000000', 3 * MINUTE));
  t.like(stage.supervisor.pairing, { code: 'CODE-X', expiresAt: iso(now + 5 * MINUTE) }, 'no code outlives the window');
  t.is((await stage.supervisor.pair('5511911111111'))?.code, 'FAKE-1112');

  await stage.advance(5 * MINUTE);
  t.like(await stage.view(), { status: 'starting', reason: 'qr-timeout' });
  t.is(stage.supervisor.pairing, null);
  await stage.say((host) => host.qr('third', MINUTE));
  await stage.supervisor.pair('5511900000000');
  await stage.say((host) => host.scanned());
  t.is(stage.supervisor.pairing, null);
  await stage.say((host) => host.opened(ACCOUNT));
  t.is(await stage.status(), 'connected');
  t.is(await stage.supervisor.pair('5511900000000'), null);
  await stage.room.dispose();
});

test('a lost connection is tried again with a delay that grows to 5 minutes and begins small again once stable', async (t) => {
  const stage = await Stage.set();
  stage.random = 0.999_999;
  await stage.open();
  for (const delay of [4, 8, 16, 32, 64, 128, 256, 300, 300]) {
    await stage.say((host) => host.closed('network'));
    const { status, nextAttemptAt } = await stage.view();
    t.is(status, 'disconnected');
    t.is(Date.parse(nextAttemptAt ?? '') - stage.clock.now(), delay * SECOND);
    await stage.advance(delay * SECOND - 1);
    t.is(await stage.status(), 'disconnected');
    await stage.advance(1);
    t.is(await stage.status(), 'starting');
    t.is((await stage.view()).nextAttemptAt, null);
    await stage.say((host) => host.opened(ACCOUNT));
  }
  await stage.advance(MINUTE);
  stage.random = 0;
  await stage.say((host) => host.closed('browser-died'));
  const { nextAttemptAt, reason } = await stage.view();
  t.is(reason, 'browser-died');
  t.is(Date.parse(nextAttemptAt ?? '') - stage.clock.now(), 2 * SECOND);
  await stage.room.dispose();
});

test('an engine that does not come up is tried again, one that cannot run here is not', async (t) => {
  const stage = await Stage.set();
  const made = stage.supervisor.engine();
  await made;
  stage.engine.startErrors = [new Error('no page'), new HooklineError('engine-unavailable', 'Install Chromium.')];
  await stage.supervisor.connect();
  t.like(await stage.view(), { status: 'disconnected', reason: 'engine-failed' });
  await stage.advance(4 * SECOND);
  t.like(await stage.view(), { status: 'failed', reason: 'engine-unavailable: Install Chromium.' });
  await stage.advance(60 * MINUTE);
  t.is(stage.engine.count('start'), 2);
  await stage.room.dispose();
});

test('a session of an engine that this hub does not have fails with what to do', async (t) => {
  const stage = await Stage.set(false);
  await stage.supervisor.connect();
  const { status, reason } = await stage.view();
  t.is(status, 'failed');
  t.regex(reason ?? '', /^engine-unavailable: .+wppconnect/);
  await stage.room.dispose();
});

test('a session that the phone unlinked stays logged out until somebody connects it', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  await stage.say((host) => host.closed('logged-out'));
  t.like(await stage.view(), { status: 'loggedOut', reason: 'logged-out' });
  await stage.advance(60 * MINUTE);
  t.is(stage.engine.count('start'), 1);
  await stage.supervisor.connect();
  t.is(await stage.status(), 'starting');
  await stage.room.dispose();
});

/** Lets the engine miss the two looks after which it counts as dead: one after 30 s, the next one sooner. */
async function missTwoLooks(stage: Stage): Promise<void> {
  stage.engine.healthy = false;
  const before = stage.engine.count('health');
  for (const [look, wait] of [30, 10].entries()) {
    stage.clock.advance(wait * SECOND);
    await until(() => stage.engine.count('health') === before + look + 1);
    await new Promise(setImmediate);
  }
  stage.engine.healthy = true;
}

test('for an engine that misses two looks the page is loaded anew, then the browser, and then it is left alone for a while', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  const remedies = async () => (await stage.room.events(stage.tenant, 'session.stale')).map(({ remedy }) => remedy);
  await missTwoLooks(stage);
  await until(() => stage.engine.count('reload') === 1);
  await stage.supervisor.settled();
  t.is(await stage.status(), 'connected');
  t.is(stage.engine.count('start'), 1);
  t.deepEqual(await stage.room.events(stage.tenant, 'session.stale'), [{ detail: 'no answer', remedy: 'page', lastInboundAt: null }]);

  await missTwoLooks(stage);
  await until(() => stage.engine.count('start') === 2);
  await stage.supervisor.settled();
  t.like(await stage.view(), { status: 'starting', reason: 'stale', stats: { restarts: { stale: 1 } } });
  await stage.say((host) => host.opened(ACCOUNT));

  await missTwoLooks(stage);
  await until(async () => (await stage.status()) === 'disconnected');
  t.like(await stage.view(), { reason: 'stale' });
  t.deepEqual(await remedies(), ['page', 'browser', 'session']);

  await stage.advance(4 * SECOND);
  await stage.say((host) => host.opened(ACCOUNT));
  t.deepEqual((await stage.view()).stats.restarts, { stale: 2 });
  // A look each 30 s, and the minute after which all is forgotten.
  for (let look = 0; look < 2; look++) {
    const before = stage.engine.count('health');
    stage.clock.advance(30 * SECOND);
    await until(() => stage.engine.count('health') > before);
    await new Promise(setImmediate);
  }
  await stage.supervisor.settled();
  await missTwoLooks(stage);
  await until(async () => (await remedies()).length === 4);
  t.is((await remedies())[3], 'page');
  await stage.room.dispose();
});

test('a page that cannot be loaded anew, or shows a code to nobody, costs the browser at once', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  stage.engine.reloads = false;
  await missTwoLooks(stage);
  await until(() => stage.engine.count('start') === 2);
  await stage.supervisor.settled();
  const told = await stage.room.events(stage.tenant, 'session.stale');
  t.deepEqual(
    told.map(({ remedy }) => remedy),
    ['page', 'browser'],
  );
  await stage.room.dispose();
});

test('a browser that has grown too large is started again, and nobody is told that it does not answer', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  t.is(stage.supervisor.memory, null, 'it was not looked at yet');
  stage.engine.memory = 400e6;
  stage.clock.advance(30 * SECOND);
  await until(() => stage.supervisor.memory === 400e6);
  stage.engine.memory = 1e9 + 1;
  stage.clock.advance(30 * SECOND);
  await until(() => stage.engine.count('start') === 2);
  await stage.supervisor.settled();
  t.like(await stage.view(), { status: 'starting', reason: 'memory-limit', stats: { restarts: { 'memory-limit': 1 } } });
  t.deepEqual(await stage.room.events(stage.tenant, 'session.stale'), []);
  await stage.room.dispose();
});

test('a session tells how it has fared, and what to do where a person is needed', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  await stage.say((host) => host.qr('first', MINUTE));
  await stage.advance(30 * SECOND);
  await stage.say((host) => host.scanned());
  await stage.advance(7 * SECOND);
  await stage.say((host) => host.opened(ACCOUNT));
  t.deepEqual((await stage.view()).stats, { timeToConnectMs: 7_000, uptimeMs: 0, restarts: {} });
  await stage.advance(20 * SECOND);
  await stage.say((host) => host.closed('browser-died'));
  t.regex((await stage.view()).advice ?? '', /tried again by itself/);
  await stage.advance(4 * SECOND);
  await stage.advance(2 * SECOND);
  await stage.say((host) => host.opened(ACCOUNT));
  t.is((await stage.view()).advice, null);
  t.deepEqual((await stage.view()).stats, { timeToConnectMs: 2_000, uptimeMs: 20_000, restarts: { 'browser-died': 1 } });
  await stage.advance(10 * SECOND);
  await stage.say((host) => host.closed('banned'));
  t.regex((await stage.view()).advice ?? '', /ask for a review/);
  t.is((await stage.view()).stats.uptimeMs, 30_000);
  await stage.room.dispose();
});

test('an engine that shows neither code nor login is started again', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  await stage.advance(2 * MINUTE);
  t.is(await stage.status(), 'disconnected');
  await stage.advance(4 * SECOND);
  t.is(stage.engine.count('start'), 2);
  await stage.room.dispose();
});

test('what a stopped engine still reports is not heard', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  const stopping = stage.supervisor.disconnect();
  stage.engine.host.opened(ACCOUNT);
  await stopping;
  await stage.supervisor.settled();
  t.is(await stage.status(), 'stopped');
  await stage.say((host) => host.closed('network'));
  t.is(await stage.status(), 'stopped');
  await stage.room.dispose();
});

test('a stop does not wait for a start that hangs', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.engine();
  const start = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  stage.engine.onStart = () => {
    begun.resolve();
    return start.promise;
  };
  stage.engine.onStop = () => start.reject(new Error('cut short'));
  const connecting = stage.supervisor.connect();
  await begun.promise;
  await stage.supervisor.disconnect();
  await connecting;
  t.is(await stage.status(), 'stopped');
  t.deepEqual(await stage.room.statuses(stage.tenant), ['starting (requested)', 'stopped (requested)']);
  await stage.room.dispose();
});

test('a command that fails halfway leaves no row that says more than what runs', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  stage.engine.logoutErrors = [new HooklineError('engine-failed', 'The profile cannot be removed.')];
  await t.throwsAsync(stage.supervisor.logout(), { code: 'engine-failed' });
  await stage.supervisor.settled();
  t.is(stage.supervisor.connected, null);
  await stage.advance(4 * SECOND);
  t.is(await stage.status(), 'stopped');
  await stage.room.dispose();
});

test('a deleted session is left alone', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  await stage.supervisor.destroy();
  t.is(stage.engine.count('destroy'), 1);
  await stage.say((host) => host.closed('network'));
  await stage.advance(60 * MINUTE);
  t.is(stage.engine.count('start'), 1);
  await t.throwsAsync(stage.supervisor.connect(), { code: 'not-found' });
  await stage.room.dispose();
});

test('commands that overlap are carried out one after the other, and the last one decides', async (t) => {
  const stage = await Stage.set();
  await Promise.all([stage.supervisor.connect(), stage.supervisor.disconnect(), stage.supervisor.connect()]);
  t.is(await stage.status(), 'starting');
  await Promise.all([stage.supervisor.restart(), stage.supervisor.disconnect()]);
  t.is(await stage.status(), 'stopped');
  // A stop that comes while the engine starts is told to it twice.
  t.true(stage.engine.count('stop') >= stage.engine.count('start'));
  await stage.room.dispose();
});

test('unread messages are asked for after each connect, from where the last one was seen', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  const before = stage.clock.now();
  stage.engine.unread = [inbound('a', before - 1), inbound('b', before)];
  await stage.say((host) => host.opened(ACCOUNT));
  await until(() => stage.room.received.length === 2);
  t.deepEqual(
    stage.room.received.map(({ message }) => message.engineId),
    ['a', 'b'],
  );

  await stage.say((host) => host.closed('network'));
  await stage.advance(10 * MINUTE);
  await stage.say((host) => host.opened(ACCOUNT));
  t.is(stage.engine.asked.length, 2);
  t.true((stage.engine.asked[1] ?? Infinity) <= before);
  await stage.room.dispose();
});

test('a start that this process might not make at its moment is made later, also where nobody is told that it may again', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  await stage.say((host) => host.closed('network'));
  stage.mayRun = false;
  await stage.advance(10 * SECOND);
  t.is(stage.engine.count('start'), 1);
  stage.mayRun = true;
  await stage.advance(10 * SECOND);
  t.is(stage.engine.count('start'), 2);
  await stage.room.dispose();
});

test('what an engine said in a run that has ended does not touch the next one', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  stage.engine.onStop = () => {
    stage.engine.onStop = () => undefined;
    stage.engine.host.closed('logged-out');
  };
  await stage.supervisor.restart();
  await stage.supervisor.settled();
  t.is(await stage.status(), 'starting');
  t.is(stage.engine.count('stop'), 1, 'of the restart, and none for what was said');
  await stage.room.dispose();
});

test('when a change of status cannot be stored the engine is stopped and brought up later', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  stage.storeError = new HooklineError('storage-full', 'The disk is full.');
  await stage.say((host) => host.opened(ACCOUNT));
  t.is(stage.engine.calls.at(-1), 'stop');
  t.is(stage.supervisor.connected, null);
  stage.storeError = undefined;
  await stage.advance(4 * SECOND);
  t.is(stage.engine.calls.at(-1), 'start');
  await stage.say((host) => host.opened(ACCOUNT));
  t.is(await stage.status(), 'connected');
  await stage.room.dispose();
});

test('a suspended session keeps its wish: it resumes with the next hub, a stopped one does not', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  await stage.supervisor.suspend();
  t.like(await stage.view(), { status: 'stopped', reason: 'hub-stopped' });
  const [row] = await stage.room.db.sql('whatsapp_instances').select('desired');
  t.is(row.desired, 'started');
  await stage.advance(60 * MINUTE);
  t.is(stage.engine.count('start'), 1);
  await stage.room.dispose();
});

test('logout forgets the login whether the session runs or not', async (t) => {
  const stage = await Stage.set();
  await stage.open();
  await stage.supervisor.logout();
  t.like(await stage.view(), { status: 'loggedOut', reason: 'requested' });
  await stage.supervisor.logout();
  t.is(stage.engine.count('logout'), 2);
  await stage.supervisor.connect();
  t.is(await stage.status(), 'starting');
  await stage.room.dispose();
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited 10 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('what WhatsApp asks of a passkey is answered once, renewed, lost or left alone: each time the session says what to do', async (t) => {
  const stage = await Stage.set();
  const key = new Passkey();
  const told = async () => (await stage.room.events(stage.tenant, 'session.passkey')).map(({ state, detail }) => detail ?? state);
  const ask = (challenge: string) => stage.say((host) => host.passkey({ challenge, rpId: 'whatsapp.com' }, 20 * MINUTE));
  const scan = async (challenge: string) => {
    await stage.say((host) => host.qr(`before ${challenge}`, MINUTE));
    await ask(challenge);
  };
  t.false(await stage.supervisor.answerPasskey(null));
  await stage.supervisor.connect();
  await scan('first');
  t.is(await stage.status(), 'passkey');
  await stage.advance(9 * MINUTE);
  t.is(await stage.status(), 'passkey', 'the window for a scan is over, and counts no more');

  await ask('second');
  t.is(stage.supervisor.passkey?.publicKey.challenge, 'second');
  await t.throwsAsync(stage.supervisor.answerPasskey(key.sign({ challenge: 'first' })), { code: 'passkey-mismatch' });
  t.is(stage.engine.count('sign'), 0);
  stage.engine.signErrors = [new HooklineError('engine-failed', 'the page is gone')];
  await t.throwsAsync(stage.supervisor.answerPasskey(key.sign({ challenge: 'second' })), { code: 'engine-failed' });
  t.is(await stage.status(), 'passkey', 'what was not handed over may be tried again');
  const answers = [1, 2].map(() => stage.supervisor.answerPasskey(key.sign({ challenge: 'second' })));
  t.deepEqual(await Promise.all(answers), [true, false]);
  t.is(stage.engine.count('sign'), 2);
  t.is(await stage.status(), 'connecting');
  await stage.say((host) => host.passkeyCode('K7RWQ'));
  t.is(await stage.status(), 'passkey');
  t.like(stage.supervisor.passkey, { code: 'K7RWQ', answered: true });
  t.true(await stage.supervisor.confirmPasskey(true));
  t.false(await stage.supervisor.confirmPasskey(true));
  t.is(await stage.status(), 'connecting');
  await stage.say((host) => host.opened(ACCOUNT));
  t.is(stage.supervisor.passkey, null);
  t.deepEqual(await told(), ['request', 'request', 'answered', 'code']);

  // Taken back, not taken, lost with the browser.
  await stage.supervisor.restart();
  await scan('third');
  await stage.say((host) => host.qr('taken back', MINUTE));
  const again = { status: 'qr', reason: 'passkey-refused' };
  t.like(await stage.view(), again);
  t.regex((await stage.view()).advice ?? '', /Scan the QR code once more/);
  await stage.say((host) => host.qr('the next one', MINUTE));
  t.like(await stage.view(), again, 'a new code takes nothing of it');
  t.false(await stage.supervisor.answerPasskey(key.sign({ challenge: 'third' })));
  await ask('fourth');
  await stage.supervisor.answerPasskey(key.sign({ challenge: 'fourth' }));
  await stage.say((host) => host.qr('not taken', MINUTE));
  t.like(await stage.view(), again);
  await ask('fifth');
  await stage.say((host) => host.closed('browser-died'));
  t.is(await stage.status(), 'disconnected');
  t.is(stage.supervisor.passkey, null);
  t.false(await stage.supervisor.answerPasskey(key.sign({ challenge: 'fifth' })));
  t.deepEqual((await told()).slice(4), ['request', 'It was taken back', 'request', 'answered', 'WhatsApp did not take it', 'request']);

  // Left alone as often as a QR code may be.
  await stage.supervisor.restart();
  for (const challenge of ['sixth', 'seventh', 'eighth']) {
    const before = challenge === 'sixth' ? null : 'passkey-expired';
    await stage.say((host) => host.qr(`at first ${challenge}`, MINUTE));
    t.like(await stage.view(), { status: 'qr', reason: before });
    await scan(challenge);
    t.like(await stage.view(), { status: 'passkey', reason: null });
    await stage.advance(10 * MINUTE);
    await t.throwsAsync(stage.supervisor.answerPasskey(key.sign({ challenge })), { code: 'passkey-expired' });
  }
  const left = await stage.view();
  t.like(left, { status: 'failed', reason: 'passkey-expired' });
  t.regex(left.advice ?? '', /Nobody signed/);
  t.is((await told()).filter((state) => state === 'expired').length, 3);
  await stage.supervisor.connect();
  await scan('ninth');
  t.true(await stage.supervisor.answerPasskey(null));
  t.like(await stage.view(), { status: 'starting', reason: 'passkey-refused' });
  t.is(stage.engine.count('decline'), 1);
  await stage.room.dispose();
});

test('what covers WhatsApp Web is told once, with a picture where there is room for it', async (t) => {
  const stage = await Stage.set();
  const told = () => stage.room.events(stage.tenant, 'session.attention');
  await stage.open();
  const picture = Buffer.from('a picture');
  for (const text of ['New terms', 'New terms', 'A survey']) await stage.say((host) => host.dialog(text, picture));
  const [terms, survey, ...others] = await told();
  t.like(terms, { reason: 'dialog', text: 'New terms' });
  t.regex(terms.screenshot, /^med_/);
  t.regex(terms.advice, /screenshot/);
  t.like(survey, { text: 'A survey' });
  t.deepEqual(others, []);
  t.deepEqual(
    stage.room.screenshots.map(({ session }) => session.id),
    [stage.supervisor.session.id, stage.supervisor.session.id],
  );
  // Not again after a restart; and without a picture where none could be kept, or had.
  await stage.supervisor.restart();
  await stage.say((host) => host.dialog('New terms', picture));
  stage.room.mediaError = new Error('the disk is full');
  await stage.say((host) => host.dialog('Full', picture));
  await stage.say((host) => host.dialog('Blind', null));
  t.deepEqual(
    (await told()).slice(2).map(({ text, screenshot }) => [text, screenshot]),
    [
      ['Full', null],
      ['Blind', null],
    ],
  );
  t.true((await stage.supervisor.screenshot()).length > 0);
  await stage.room.dispose();
});
