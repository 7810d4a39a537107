import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import test from 'ava';
import { Webhook } from 'standardwebhooks';
import { isReceiverKey, NotGenuine, verifyWebhook, whyNotGenuine } from '../../src/client/index.ts';
import { newSecret, sign } from '../../src/webhooks/signing/sign.ts';

/** The vector of the specification. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const VECTOR = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  body: Buffer.from('{"test": 2432232314}'),
};
const NOW = 1_614_265_330_000;

test('the vector of the specification holds', async (t) => {
  t.is(await whyNotGenuine([SECRET], VECTOR, NOW), null);
});

test('it holds five minutes either way and no longer', async (t) => {
  for (const seconds of [-300, 300]) t.is(await whyNotGenuine([SECRET], VECTOR, NOW + seconds * 1_000), null);
  t.regex((await whyNotGenuine([SECRET], VECTOR, NOW + 301_000)) ?? '', /the signature holds, but .* 301 s old/);
  t.regex((await whyNotGenuine([SECRET], VECTOR, NOW - 301_000)) ?? '', /301 s ahead/);
});

test('whatever was changed, it does not hold', async (t) => {
  const changed: [string, Partial<typeof VECTOR>][] = [
    ['body', { body: Buffer.from('{"test":2432232314}') }],
    ['body', { body: Buffer.concat([VECTOR.body, Buffer.from('\n')]) }],
    ['body', { body: Buffer.alloc(0) }],
    ['id', { id: `${VECTOR.id}x` }],
    ['timestamp', { timestamp: '1614265331' }],
    ['signature', { signature: 'v1,' }],
    ['signature', { signature: VECTOR.signature.replace('g0', 'g1') }],
    ['signature', { signature: VECTOR.signature.slice(0, -8) }],
    ['signature', { signature: VECTOR.signature.replace('v1,', 'v2,') }],
    ['signature', { signature: VECTOR.signature.replace('v1,', '') }],
    ['timestamp', { timestamp: '-1614265330' }],
    ['timestamp', { timestamp: '2021-02-25' }],
  ];
  for (const [what, change] of changed) t.is(typeof (await whyNotGenuine([SECRET], { ...VECTOR, ...change }, NOW)), 'string', what);
  t.regex((await whyNotGenuine([newSecret()], VECTOR, NOW)) ?? '', /the secret is another one/);
});

test('each header is missed by its name', async (t) => {
  t.is(await whyNotGenuine([SECRET], { ...VECTOR, id: undefined }, NOW), 'webhook-id is missing');
  t.is(await whyNotGenuine([SECRET], { ...VECTOR, id: '', signature: undefined }, NOW), 'webhook-id and webhook-signature are missing');
});

test('a secret that is not there is told as such', async (t) => {
  for (const keys of [undefined, '', [], [undefined, '']]) {
    await t.throwsAsync(verifyWebhook(keys, {}, ''), { instanceOf: TypeError, message: /^There is no secret: .+ variable set/ });
  }
  await t.throwsAsync(verifyWebhook([SECRET, undefined], {}, ''), { instanceOf: NotGenuine }, 'one of two is there');
});

test('any of several signatures and any of several secrets will do', async (t) => {
  const other = newSecret();
  const signed = { id: VECTOR.id, timestamp: 1614265330, body: VECTOR.body.toString() };
  t.is(await whyNotGenuine([SECRET], { ...VECTOR, signature: sign({ v1: [other, SECRET] }, signed) }, NOW), null);
  t.is(await whyNotGenuine([other, SECRET], VECTOR, NOW), null);
});

test('it says what a stock library says', async (t) => {
  const now = Math.floor(Date.now() / 1_000);
  const secret = newSecret();
  const body = '{"text":"Olá 👋"}';
  const signature = new Webhook(secret).sign('evt_1', new Date(now * 1_000), body);
  t.is(await whyNotGenuine([secret], { id: 'evt_1', timestamp: String(now), signature, body: Buffer.from(body) }, now * 1_000), null);
});

test('bytes that are no UTF-8 are not taken for the text that they would be shown as', async (t) => {
  const body = '{"text":"\u{fffd}"}';
  const signature = sign({ v1: [SECRET] }, { id: 'evt_1', timestamp: 1614265330, body });
  const signed = { id: 'evt_1', timestamp: '1614265330', signature };
  t.is(await whyNotGenuine([SECRET], { ...signed, body: Buffer.from(body) }, NOW), null);
  t.not(await whyNotGenuine([SECRET], { ...signed, body: Buffer.from('{"text":"\xff"}', 'latin1') }, NOW), null);
});

test('an ed25519 signature holds by the public key, and only by that', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url');
  const key = `whpk_${raw.toString('base64')}`;
  t.true(isReceiverKey(key));
  const bytes = signBytes(null, Buffer.from(`${VECTOR.id}.${VECTOR.timestamp}.${VECTOR.body}`), privateKey);
  const signature = `${VECTOR.signature} v1a,${bytes.toString('base64')}`;
  t.is(await whyNotGenuine([key], { ...VECTOR, signature }, NOW), null);
  t.is(await whyNotGenuine([SECRET], { ...VECTOR, signature }, NOW), null);
  t.regex((await whyNotGenuine([key], VECTOR, NOW)) ?? '', /takes the other kind of key/);
  t.regex((await whyNotGenuine([key], { ...VECTOR, signature, body: Buffer.from('{}') }, NOW)) ?? '', /no signature holds/);
  t.regex((await whyNotGenuine([key], { ...VECTOR, signature: 'v1a,AAAA' }, NOW)) ?? '', /no signature holds/);
});

test('what is no key of a receiver is told from one', (t) => {
  t.true(isReceiverKey(SECRET));
  t.true(isReceiverKey(newSecret()));
  for (const wrong of ['', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_*', 'whpk_AAAA', 'whsk_AAAA'])
    t.false(isReceiverKey(wrong), wrong);
});

test('a genuine delivery is its event, and any other is not', async (t) => {
  const secret = newSecret();
  const timestamp = Math.floor(Date.now() / 1_000);
  const body = '{"id":"evt_1","type":"message.received","data":{"text":"Olá 👋"}}';
  const signature = sign({ v1: [secret] }, { id: 'evt_1', timestamp, body });
  const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
  const event = await verifyWebhook(secret, new Headers(headers), Buffer.from(body));
  // Narrows to one type of event, though flows may announce anything as custom.….
  t.is(event.type === 'message.received' && event.data.text, 'Olá 👋');
  t.is((await verifyWebhook([newSecret(), secret], headers, body)).id, 'evt_1');
  await t.throwsAsync(verifyWebhook(secret, headers, `${body} `), { instanceOf: NotGenuine, message: /no signature holds/ });
  await t.throwsAsync(verifyWebhook(secret, {}, body), { instanceOf: NotGenuine, message: /webhook-id/ });
  await t.throwsAsync(verifyWebhook('secret', headers, body), { instanceOf: TypeError });
});
