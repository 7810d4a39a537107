/** What the contract says of sessions, as a tenant's developer tries it out. */
import test from 'ava';
import { EVENTS } from '../../src/http/shapes/event-data.ts';
import { type Answer, linkedSandbox, until } from '../helpers/hub.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { isProblem } from './answers.ts';
import { becomes, CHAT, eventsOf, hubOf, TEXT, walk } from './tenant-world.ts';

const hub = hubOf(test);

test('a session goes from its first code to the end of its link, each change an event in order', async (t) => {
  const { call } = await hub().tenant();
  const made = await call('POST', '/api/sessions', { name: 'life', engine: 'sandbox', start: false });
  t.like(made.json, { status: 'stopped', attempts: { made: 0, succeeded: 0 }, qr: null, phone: null, connectedAt: null });
  t.is((await call('POST', '/api/sessions/life/connect')).status, 202);
  const waiting = await becomes(call, '/api/sessions/life', 'qr');
  t.like(waiting, { attempts: { made: 1, succeeded: 0 }, qr: { attempt: 1 } });
  t.is((await call('POST', '/api/sessions/life/connect')).status, 202, 'connect twice is one connect');
  t.is((await call('GET', '/api/sessions/life')).json.attempts.made, 1);
  const scanned = await call('POST', '/api/sessions/life/sandbox/scan', { phone: '5511900000001', name: 'Ana' });
  t.like(scanned.json, { status: 'connected', phone: '5511900000001', pushName: 'Ana', attempts: { made: 1, succeeded: 1 }, qr: null });

  await call('POST', '/api/sessions/life/sandbox/disconnect', { reason: 'network' });
  const lost = await becomes(call, '/api/sessions/life', 'disconnected');
  t.is(lost.reason, 'network');
  t.true(Date.parse(lost.nextAttemptAt) > Date.now());
  t.like(await becomes(call, '/api/sessions/life', 'connected'), { attempts: { made: 2, succeeded: 2 }, nextAttemptAt: null });

  await call('POST', '/api/sessions/life/disconnect');
  await becomes(call, '/api/sessions/life', 'stopped');
  t.is((await call('POST', '/api/sessions/life/disconnect')).status, 202);
  await call('POST', '/api/sessions/life/connect');
  await becomes(call, '/api/sessions/life', 'connected');
  await call('POST', '/api/sessions/life/restart');
  t.like(await becomes(call, '/api/sessions/life', 'connected'), { attempts: { made: 4, succeeded: 4 }, phone: '5511900000001' });
  await call('POST', '/api/sessions/life/logout');
  await becomes(call, '/api/sessions/life', 'loggedOut');
  await call('POST', '/api/sessions/life/connect');
  await becomes(call, '/api/sessions/life', 'qr');
  t.is((await call('DELETE', '/api/sessions/life')).status, 204);
  isProblem(t, await call('GET', '/api/sessions/life'), 'the deleted session', { status: 404 });

  const events = await eventsOf(call);
  t.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, index) => index + 1),
  );
  const changes = events.filter(({ type }) => type === 'session.status').map(({ data }) => data);
  t.is(changes[0].from, 'stopped');
  for (const [index, { from }] of changes.slice(1).entries())
    t.is(from, changes[index].to, 'each change begins where the one before ended');
  t.deepEqual(changes.at(-1), { from: 'qr', to: 'stopped', reason: 'deleted' });
});

test('a session is linked by a code that is typed on the phone', async (t) => {
  const { call } = await hub().tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const pair = (phone: unknown) => call('POST', '/api/sessions/shop/pairing-code', { phone });
  isProblem(t, await pair('5511999990000'), 'a session that does not run', { status: 409, code: 'pairing-unavailable' });
  await call('POST', '/api/sessions/shop/connect');
  for (const phone of ['12', 'my phone', 5511999990000, undefined, null])
    isProblem(t, await pair(phone), String(phone), { status: 422, code: 'invalid-body' });
  const asked = await pair('+55 (11) 99999-0000');
  t.is(asked.status, 200);
  t.is(asked.headers.get('cache-control'), 'no-store');
  t.regex(asked.json.code, /^\w{4}-\w{4}$/);
  t.true(Date.parse(asked.json.expiresAt) > Date.now());
  t.is((await pair('5511999990000')).json.code, asked.json.code, 'the same phone, the same code');
  const waiting = (await call('GET', '/api/sessions/shop')).json;
  t.like(waiting, { status: 'pairing', qr: null, pairing: { expiresAt: asked.json.expiresAt } });
  isProblem(t, await call('GET', '/api/sessions/shop/qr'), 'its QR code', { status: 409, code: 'qr-unavailable' });
  const [event] = await eventsOf(call, '&types=session.pairing-code');
  t.deepEqual(event?.data, asked.json);

  await call('POST', '/api/sessions/shop/sandbox/scan', {});
  t.like(await becomes(call, '/api/sessions/shop', 'connected'), { phone: '5511999990000', pairing: null });
  isProblem(t, await pair('5511999990000'), 'a linked session', { status: 409, code: 'pairing-unavailable' });
});

test('a session of which WhatsApp asks the passkey is linked by who signs with it, and says at each step what is to be done', async (t) => {
  const { call } = await hub().tenant();
  const path = '/api/sessions/shop/passkey';
  const unavailable = { status: 409, code: 'passkey-unavailable' };
  const states = async () => (await eventsOf(call, '&types=session.passkey')).map(({ data }) => data.state);
  const gate = async (passkey: object) => {
    await call('POST', '/api/sessions/shop/sandbox/faults', { passkey: { askNext: 1, ...passkey } });
    await becomes(call, '/api/sessions/shop', 'qr');
    return (await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' })).json;
  };
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const key = new Passkey();
  isProblem(t, await call('GET', path), 'a session that does not run', unavailable);
  isProblem(t, await call('POST', path, { credential: null }), 'a session that does not run', unavailable);
  await call('POST', '/api/sessions/shop/connect');
  const waiting = await gate({ code: 'K7RWQ' });
  t.is(waiting.status, 'passkey');
  t.regex(waiting.advice, /POST …\/passkey/);
  const asked = (await call('GET', path)).json;
  t.like(asked, { code: null, answered: false, expiresAt: waiting.passkey.challengeExpiresAt });
  t.like(asked.publicKey, { rpId: 'whatsapp.com', userVerification: 'required' });
  t.is((await call('GET', '/api/sessions/shop/qr')).status, 409);
  isProblem(t, await call('POST', `${path}/confirm`, { matches: true }), 'no code yet', unavailable);

  const good = key.sign(asked.publicKey);
  const mismatch = { status: 422, code: 'passkey-mismatch' };
  isProblem(t, await call('POST', path, { credential: key.sign({ challenge: 'another' }) }), 'another challenge', mismatch);
  isProblem(t, await call('POST', path, { credential: key.sign(asked.publicKey, { origin: 'https://x.example' }) }), 'elsewhere', mismatch);
  const garbled = { ...good, response: { ...good.response, clientDataJSON: 'bm8' } };
  isProblem(t, await call('POST', path, { credential: garbled }), 'no client data', mismatch);
  const untrue = [undefined, {}, { ...good, type: 'password' }, { ...good, rawId: 'a+b=' }, { ...good, response: {} }];
  for (const credential of untrue) isProblem(t, await call('POST', path, { credential }), 'no credential', { status: 422 });

  const answers = await Promise.all([1, 2].map(() => call('POST', path, { credential: good })));
  t.deepEqual(answers.map(({ status }) => status).sort(), [202, 409], 'what is answered twice is answered once');
  const compared = (await call('GET', '/api/sessions/shop')).json;
  t.like(compared, { status: 'passkey', passkey: { code: 'K7RWQ' } });
  t.regex(compared.advice, /passkey\/confirm/);
  t.like((await call('GET', path)).json, { code: 'K7RWQ', answered: true });
  const late = await call('POST', path, { credential: good });
  isProblem(t, late, 'signed already', unavailable);
  t.regex(late.json.detail, /signed already/);
  t.is((await call('POST', `${path}/confirm`, { matches: true })).status, 202);
  t.like(await becomes(call, '/api/sessions/shop', 'connected'), { phone: '5511999990000', passkey: null });
  isProblem(t, await call('GET', path), 'a linked session', unavailable);
  t.deepEqual(await states(), ['request', 'answered', 'code']);

  // Whoever says no starts over; what WhatsApp does not take shows a new code at once.
  await call('POST', '/api/sessions/shop/logout');
  await call('POST', '/api/sessions/shop/connect');
  await gate({});
  t.is((await call('POST', path, { credential: null })).status, 202);
  await gate({ code: 'K7RWQ' });
  await call('POST', path, { credential: key.sign((await call('GET', path)).json.publicKey) });
  t.is((await call('POST', `${path}/confirm`, { matches: false })).status, 202);
  await gate({ refuseNext: 1 });
  t.is((await call('POST', path, { credential: key.sign((await call('GET', path)).json.publicKey) })).status, 202);
  await gate({ validMs: 4_000 });
  const slow = key.sign((await call('GET', path)).json.publicKey);
  t.is((await becomes(call, '/api/sessions/shop', 'qr')).passkey, null);
  isProblem(t, await call('POST', path, { credential: slow }), 'too late', { status: 410, code: 'passkey-expired' });
  isProblem(t, await call('GET', path), 'nothing is asked', unavailable);
  const ends = ['request', 'refused', 'request', 'answered', 'code', 'refused', 'request', 'answered', 'refused', 'request', 'expired'];
  t.deepEqual((await states()).slice(3), ends);
  const told = JSON.stringify((await call('GET', '/api/events?limit=200')).json) + hub().output();
  for (const secret of [asked.publicKey.challenge, good.response.signature, good.response.clientDataJSON]) t.false(told.includes(secret));
});

test('what a session shows is a picture for who may write, and what the hub cannot answer is an event with one', async (t) => {
  const { call, id } = await hub().tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const stopped = await call('GET', '/api/sessions/shop/screenshot');
  isProblem(t, stopped, 'a session that does not run', { status: 409, code: 'session-not-connected' });
  const readOnly = (await hub().admin('POST', `/api/tenants/${id}/keys`, { name: 'r', scopes: ['sessions:read'] })).json.key;
  const refused = await hub().as(readOnly)('GET', '/api/sessions/shop/screenshot');
  isProblem(t, refused, 'a reader', { status: 403, code: 'forbidden' });
  await call('DELETE', '/api/sessions/shop');
  await linkedSandbox(call, 'shop');
  const isPicture = (answer: Awaited<ReturnType<typeof call>>) => {
    t.is(answer.status, 200);
    t.is(answer.headers.get('content-type'), 'image/png');
    t.true(answer.text.slice(1).startsWith('PNG'));
  };
  const shown = await call('GET', '/api/sessions/shop/screenshot');
  isPicture(shown);
  t.is(shown.headers.get('cache-control'), 'no-store');

  for (const text of ['New terms', 'New terms'])
    t.is((await call('POST', '/api/sessions/shop/sandbox/happens', { kind: 'dialog', text })).status, 204);
  const events = (await call('GET', '/api/events?types=session.attention')).json.data;
  t.is(events.length, 1);
  const { data } = events[0];
  t.like(data, { reason: 'dialog', text: 'New terms' });
  isPicture(await call('GET', `/api/media/${data.screenshot}`));
  t.is((await call('DELETE', '/api/sessions/shop')).status, 204);
  isProblem(t, await call('GET', `/api/media/${data.screenshot}`), 'it goes with the session', { status: 404, code: 'not-found' });
});

for (const [reason, status] of [
  ['loggedOut', 'loggedOut'],
  ['conflict', 'failed'],
  ['banned', 'failed'],
] as const) {
  test(`a session that ends by ${reason} stays ${status} until somebody connects it`, async (t) => {
    const { call } = await hub().tenant();
    await linkedSandbox(call, 'shop');
    t.is((await call('POST', '/api/sessions/shop/sandbox/disconnect', { reason })).status, 204);
    const ended = await becomes(call, '/api/sessions/shop', status);
    t.is(ended.reason, reason === 'loggedOut' ? 'logged-out' : reason);
    t.is(ended.nextAttemptAt, null);
    isProblem(t, await call('GET', '/api/sessions/shop/qr'), 'its QR code', { status: 409, code: 'qr-unavailable' });
    isProblem(t, await call('POST', `/api/sessions/shop/chats/${CHAT}/seen`), 'a command', { status: 409, code: 'session-not-connected' });
    await call('POST', '/api/sessions/shop/connect');
    await becomes(call, '/api/sessions/shop', reason === 'conflict' ? 'connected' : 'qr');
  });
}

test('a name that is taken is 409 with the session and bodies that work as they are', async (t) => {
  const { call } = await hub().tenant();
  const body = { name: 'shop', engine: 'sandbox', config: { note: 'kept' } };
  const { json: first } = await call('POST', '/api/sessions', body);
  const conflict = await call('POST', '/api/sessions', body);
  isProblem(t, conflict, 'the second one', { status: 409, code: 'session-exists' });
  const { existing, options } = conflict.json;
  t.is(existing.id, first.id);
  t.deepEqual(Object.keys(options).sort(), ['name', 'recreate', 'use']);

  const used = await call('POST', '/api/sessions', options.use);
  t.is(used.status, 200);
  t.is(used.json.id, first.id);
  const renamed = await call('POST', '/api/sessions', options.name);
  t.is(renamed.status, 201);
  t.like(renamed.json, { name: 'shop-2', engine: 'sandbox', config: { note: 'kept' } });
  const recreated = await call('POST', '/api/sessions', options.recreate);
  t.is(recreated.status, 201);
  t.not(recreated.json.id, first.id);
  isProblem(t, await call('GET', `/api/sessions/${first.id}`), 'the former one', { status: 404 });
  t.is((await (await hub().tenant()).call('POST', '/api/sessions', { ...body, start: false })).status, 201, 'names are each tenant’s own');
});

test('two that ask for the same name at once: one gets it, the other is told', async (t) => {
  const { call } = await hub().tenant();
  const ask = () => call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const statuses = (await Promise.all(Array.from({ length: 10 }, ask))).map(({ status }) => status);
  t.deepEqual(statuses.sort(), [201, ...Array(9).fill(409)]);
});

test('a rename holds at once, by name and in events; a taken name is 409 with one that works', async (t) => {
  const { call } = await hub().tenant();
  const id = await linkedSandbox(call, 'old');
  await call('POST', '/api/sessions', { name: 'taken', engine: 'sandbox', start: false });
  const conflict = await call('PATCH', '/api/sessions/old', { name: 'taken' });
  isProblem(t, conflict, 'a taken name', { status: 409, code: 'session-exists' });
  for (const body of Object.values(conflict.json.options))
    t.is((await call('PATCH', '/api/sessions/old', body)).status, 200, JSON.stringify(body));
  t.is((await call('PATCH', `/api/sessions/${id}`, { name: 'new', config: { a: 1 } })).json.name, 'new');
  t.is((await call('PATCH', '/api/sessions/new', { config: { b: 2 } })).json.id, id);
  t.deepEqual((await call('GET', '/api/sessions/new')).json.config, { a: 1, b: 2 });
  isProblem(t, await call('GET', '/api/sessions/old'), 'the old name', { status: 404 });
  await call('POST', '/api/sessions/new/sandbox/receive', { from: CHAT, text: 'x' });
  t.is((await eventsOf(call, '&types=message.received'))[0].sessionName, 'new');
});

test('the alias answers byte for byte as the path it stands for', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  for (const path of ['', '?limit=1', '/shop', '/shop/messages', '/shop/sandbox/outbox', '/shop/qr', '/none', '/shop/none']) {
    const [alias, plain] = await Promise.all(['/api/whatsapp/instances', '/api/sessions'].map((base) => call('GET', base + path)));
    t.is(alias?.status, plain?.status, path);
    t.is(alias?.text, plain?.text, path);
  }
  t.is((await call('POST', '/api/whatsapp/instances/shop/messages', TEXT)).status, 202);
  t.is((await call('DELETE', '/api/whatsapp/instances/shop')).status, 204);
});

test('a QR code comes in four formats, by Accept and by format, and says how long it lasts', async (t) => {
  const { call } = await hub().tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await becomes(call, '/api/sessions/shop', 'qr');
  const formats = { json: 'application/json', png: 'image/png', svg: 'image/svg+xml', text: 'text/plain' };
  for (const [format, type] of Object.entries(formats)) {
    const asked = [
      await call('GET', `/api/sessions/shop/qr?format=${format}`),
      await call('GET', '/api/sessions/shop/qr', undefined, { accept: type }),
    ];
    for (const answer of asked) {
      t.is(answer.status, 200, format);
      t.true(answer.headers.get('content-type')?.startsWith(type), `${format}: ${answer.headers.get('content-type')}`);
      t.is(answer.headers.get('cache-control'), 'no-store');
    }
    t.is(asked[0]?.text, asked[1]?.text);
  }
  const { json: qr } = await call('GET', '/api/sessions/shop/qr');
  t.regex(qr.dataUrl, /^data:image\/png;base64,iVBOR/);
  const [issued, expires, restarts] = [qr.issuedAt, qr.expiresAt, qr.restartsAt].map((time) => Date.parse(time)) as [
    number,
    number,
    number,
  ];
  t.true(issued < expires && expires <= restarts);
  t.is(restarts - issued, 300_000, 'the five minutes are those of the first code');
  isProblem(t, await call('GET', '/api/sessions/shop/qr', undefined, { accept: 'image/gif' }), 'GIF', {
    status: 406,
    code: 'not-acceptable',
  });
  await call('POST', '/api/sessions/shop/sandbox/scan');
  const gone = await call('GET', '/api/sessions/shop/qr', undefined, { accept: 'image/png' });
  isProblem(t, gone, 'the code of a linked session', { status: 409, code: 'qr-unavailable' });
  t.is(gone.json.sessionStatus, 'connected');
});

test('sessions are listed page by page, none twice and none left out', async (t) => {
  const { call } = await hub().tenant();
  const names = Array.from({ length: 7 }, (_, index) => `s${index}`);
  for (const name of names) await call('POST', '/api/sessions', { name, engine: 'sandbox', start: false });
  for (const limit of [1, 3, 7, 200])
    t.deepEqual(
      (await walk(call, '/api/sessions', limit)).map(({ name }) => name),
      names,
    );
});

test('what reaches a session while it is being deleted is done or is not found, never half', async (t) => {
  const answers: Answer[] = [];
  const { call } = await hub().tenant();
  for (let round = 0; round < 3; round++) {
    await linkedSandbox(call, 'shop');
    let deleting = true;
    // Without a pause: some were let in before the session's row goes and come to write theirs after it.
    const keepOn = async (ask: () => Promise<Answer>) => {
      while (deleting) answers.push(await ask());
    };
    const traffic = Array.from({ length: 8 }, (_, index) => [
      keepOn(() => call('POST', '/api/sessions/shop/messages', { ...TEXT, text: `canary-${index}` })),
      keepOn(() => call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text: `canary-${index}` })),
    ]).flat();
    await until(() => answers.length > 50 * round, { what: 'some traffic' });
    t.is((await call('DELETE', '/api/sessions/shop')).status, 204);
    deleting = false;
    await Promise.all(traffic);
    isProblem(t, await call('GET', '/api/sessions/shop'), 'the session', { status: 404 });
  }
  for (const { status, text } of answers) t.true([200, 202, 404, 409].includes(status), `${status} ${text}`);
  t.false(hub().output().includes('canary'), 'no message is told in the log');
});

test('while WhatsApp lets the account begin no new chats its session says so, and sends to new ones wait', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const [known, fresh] = ['5511988887777', '5511977776666'];
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: known, text: 'hello' });
  const session = async () => (await call('GET', '/api/sessions/shop')).json;
  t.like(await session(), { account: { kind: 'business' }, limits: { newChatsUntil: null } });
  const newChatsUntil = new Date(Date.now() + 3_600_000).toISOString();
  const faults = (account: object) => call('POST', '/api/sessions/shop/sandbox/faults', { account });
  await faults({ kind: 'personal', newChatsUntil });
  await until(async () => (await session()).limits.newChatsUntil, { what: 'the session to say so' });
  t.like(await session(), { account: { kind: 'personal' }, limits: { newChatsUntil } });
  const send = async (to: string) => (await call('POST', '/api/sessions/shop/messages', { to, type: 'text', text: 'hello' })).json.id;
  const waiting = await send(fresh);
  const message = async (id: string) => (await call('GET', `/api/messages/${id}`)).json;
  const sent = await send(known);
  await until(async () => (await message(sent)).status === 'sent', { what: 'the send to an old chat' });
  t.like(await until(async () => ((await message(waiting)).waitsFor?.reason === 'newChats' ? message(waiting) : null)), {
    status: 'queued',
    waitsFor: { reason: 'newChats', until: newChatsUntil },
    error: { code: 'new-chat' },
  });
  await faults({});
  await until(async () => (await message(waiting)).status === 'sent', { what: 'the send that waited' });
  const { data } = (await call('GET', '/api/events?types=session.attention')).json;
  for (const event of data) EVENTS['session.attention'].data.parse(event.data);
  t.deepEqual(
    data.map(({ data }: { data: { reason: string; until?: string } }) => [data.reason, data.until]),
    [
      ['new-chats-locked', newChatsUntil],
      ['new-chats-open', undefined],
    ],
  );
});
