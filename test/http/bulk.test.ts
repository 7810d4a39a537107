import test from 'ava';
import { type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

const BULK = '/api/messages/bulk';

test('each entry of a bulk is answered at its place; one that is wrong stops none of the others', async (t) => {
  const { call } = await hub.tenant();
  const shop = await linkedSandbox(call, 'shop');
  const text = { to: '5511988887777', type: 'text' };
  const { status, json } = await call('POST', BULK, {
    messages: [
      { ...text, session: 'shop', text: 'one' },
      { ...text, session: 'shop', text: '' },
      { ...text, session: 'nowhere', text: 'two' },
      'no object',
      { ...text, session: shop, text: 'three', idempotencyKey: 'k' },
      { ...text, session: shop, text: 'three', idempotencyKey: 'k' },
      { ...text, session: shop, text: 'another', idempotencyKey: 'k' },
      { ...text, session: shop, to: 'x', text: 'four' },
      { ...text, session: shop, text: 'five', idempotencyKey: 'with blanks' },
      { session: shop, type: 'revoke', messageId: 'msg_none' },
      { ...text, session: shop, text: 'six', priority: 1, reference: 'last' },
    ],
  });
  t.is(status, 202);
  t.like(json, { accepted: 4, refused: 7 });
  t.deepEqual(
    json.data.map(({ index }: { index: number }) => index),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  t.deepEqual(
    json.data.map((entry: { status: number; error?: { code: string } }) => entry.error?.code ?? entry.status),
    [
      202,
      'invalid-body',
      'not-found',
      'invalid-body',
      202,
      202,
      'idempotency-mismatch',
      'recipient-invalid',
      'invalid-body',
      'invalid-body',
      202,
    ],
  );
  t.is(json.data[1].error.errors[0].path, 'text');
  t.is(json.data[2].status, 404);
  t.is(json.data[4].message.id, json.data[5].message.id);
  t.deepEqual([json.data[4].replayed, json.data[5].replayed], [false, true]);
  t.is(json.data[10].message.reference, 'last');
  const found = await call('GET', '/api/sessions/shop/messages?reference=last');
  t.deepEqual(
    found.json.data.map(({ id }: { id: string }) => id),
    [json.data[10].message.id],
  );
});

test('with an Idempotency-Key the same list again is the same messages, and a changed entry is told so', async (t) => {
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const text = { session: 'shop', to: '5511988887777', type: 'text' };
  const send = (last: string, key: string) =>
    call(
      'POST',
      BULK,
      {
        messages: [
          { ...text, text: 'one' },
          { ...text, text: 'own', idempotencyKey: 'own' },
          { ...text, text: last },
        ],
      },
      {
        'idempotency-key': key,
      },
    );
  const ids = (answer: { json: { data: { message?: { id: string }; error?: { code: string } }[] } }) =>
    answer.json.data.map(({ message, error }) => message?.id ?? error?.code);
  const [first, again] = [await send('two', 'k'), await send('two', 'k')];
  t.deepEqual(ids(again), ids(first));
  t.is(new Set(ids(first)).size, 3);
  t.deepEqual(ids(await send('three', 'k')), [...ids(first).slice(0, 2), 'idempotency-mismatch']);
  t.not(ids(await send('two', 'other'))[0], ids(first)[0]);
  for (const own of ['k:0', '0:k', 'bulk:0:k']) {
    const single = await call('POST', '/api/sessions/shop/messages', { to: text.to, type: 'text', text: 'x' }, { 'idempotency-key': own });
    t.is(single.status, 202, 'the key of a list takes none from a message');
  }
  isProblem(t, await send('two', 'with blanks'), 'a key that cannot be kept', { status: 400, code: 'bad-request' });
});

test('1,000 long texts are one request, accepted in the order of the list', async (t) => {
  t.timeout(120_000);
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/disconnect');
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'stopped', { what: 'the session to stop' });
  const messages = Array.from({ length: 1_000 }, (_, i) => ({
    session: 'shop',
    to: '5511988887777',
    type: 'text',
    text: `${i} `.padEnd(16_000, 'x'),
  }));
  const { status, json } = await call('POST', BULK, { messages });
  t.is(status, 202);
  t.is(json.accepted, 1_000);
  const listed: string[] = [];
  for (let cursor = ''; listed.length < 1_000; ) {
    const page = (await call('GET', `/api/sessions/shop/messages?limit=200${cursor}`)).json;
    listed.push(...page.data.map(({ id }: { id: string }) => id));
    cursor = `&cursor=${page.nextCursor}`;
  }
  t.deepEqual(
    listed.reverse(),
    json.data.map(({ message }: { message: { id: string } }) => message.id),
  );
  const small = { session: 'shop', to: '5511988887777', type: 'text', text: 'x' };
  const bodies = {
    'too large in all': { messages: Array(1_000).fill({ ...small, text: 'x'.repeat(20_000) }) },
    'one entry too large': { messages: [small, { ...small, text: 'x'.repeat(1_100_000) }] },
    'too many values': { messages: [small, { ...small, mentions: Array(30_000).fill(1) }] },
    'too many values in all': { messages: Array.from({ length: 1_000 }, () => ({ ...small, mentions: Array(200).fill(1) })) },
  };
  for (const [what, body] of Object.entries(bodies))
    isProblem(t, await call('POST', BULK, body), what, { status: 413, code: 'payload-too-large' });
  const more = { messages: [...messages.slice(0, 1), ...Array.from({ length: 1_000 }, () => ({}))] };
  isProblem(t, await call('POST', BULK, more), '1,001 entries', { status: 422, code: 'invalid-body' });
  isProblem(t, await call('POST', BULK, { messages: [] }), 'none', { status: 422, code: 'invalid-body' });
});

test('pacing that makes no sense is refused at its place; what is set is shown, and null turns it off', async (t) => {
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const wrong = await call('PATCH', '/api/sessions/shop', {
    config: { pacing: { perMinute: 0, quietHours: { from: '7', to: '08:00', timezone: 'Mars/Olympus' }, speed: 1 } },
  });
  isProblem(t, wrong, 'pacing', { status: 422, code: 'invalid-body' });
  t.deepEqual(wrong.json.errors.map(({ path }: { path: string }) => path).sort(), [
    'config.pacing.perMinute',
    'config.pacing.quietHours.from',
    'config.pacing.quietHours.timezone',
    'config.pacing.speed',
  ]);
  const never = await call('PATCH', '/api/sessions/shop', { config: { pacing: { perMinute: 1e-12 } } });
  isProblem(t, never, 'a time that no calendar has', { status: 422, code: 'invalid-body' });
  const hour = (ahead: number) => new Date(Date.now() + ahead * 3_600_000).toISOString().slice(11, 16);
  const pacing = { quietHours: { from: hour(-6), to: hour(6), timezone: 'UTC' }, minGapSeconds: 3_600 };
  const set = await call('PATCH', '/api/sessions/shop', { config: { pacing, note: 'kept' } });
  t.deepEqual(set.json.config, { pacing, note: 'kept' });
  const text = { to: '5511988887777', type: 'text', text: 'patient' };
  const { id } = (await call('POST', '/api/sessions/shop/messages', text)).json;
  t.truthy((await until(async () => (await call('GET', `/api/messages/${id}`)).json.waitsFor, { what: 'it to wait' })).until);
  await call('PATCH', '/api/sessions/shop', { config: { pacing: null } });
  await until(async () => (await call('GET', `/api/messages/${id}`)).json.status === 'sent', { what: 'it to be sent' });
});
