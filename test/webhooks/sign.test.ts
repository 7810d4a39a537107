import { createPublicKey, type KeyObject, verify as verifyWith } from 'node:crypto';
import test from 'ava';
import { Webhook } from 'standardwebhooks';
import { newSecret, newSigningKey, sign, signingKeyOf } from '../../src/webhooks/signing/sign.ts';

test('the vector of the specification', (t) => {
  const signature = sign(
    { v1: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] },
    {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    },
  );
  t.is(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

const signed = { id: 'evt_1', timestamp: Math.floor(Date.now() / 1000), body: '{"text":"Olá 👋"}' };
const headersOf = (signature: string): Record<string, string> => ({
  'webhook-id': signed.id,
  'webhook-timestamp': String(signed.timestamp),
  'webhook-signature': signature,
});

test('a stock library takes it for genuine with each of the secrets', (t) => {
  const secrets = [newSecret(), newSecret()];
  const headers = headersOf(sign({ v1: secrets }, signed));
  for (const secret of secrets) t.deepEqual(new Webhook(secret).verify(signed.body, headers), JSON.parse(signed.body));
});

test('a stock library refuses another body, id, time or secret', (t) => {
  const secret = newSecret();
  const webhook = new Webhook(secret);
  const headers = headersOf(sign({ v1: [secret] }, signed));
  t.notThrows(() => webhook.verify(signed.body, headers));
  t.throws(() => webhook.verify(`${signed.body} `, headers));
  t.throws(() => webhook.verify(signed.body, { ...headers, 'webhook-id': 'evt_2' }));
  t.throws(() => webhook.verify(signed.body, { ...headers, 'webhook-timestamp': String(signed.timestamp + 1) }));
  t.throws(() => webhook.verify(signed.body, { ...headers, 'webhook-timestamp': String(signed.timestamp - 3600) }));
  t.throws(() => new Webhook(newSecret()).verify(signed.body, headers));
});

test('a secret is 32 random bytes', (t) => {
  const secret = newSecret();
  t.regex(secret, /^whsec_/);
  t.is(Buffer.from(secret.slice(6), 'base64').length, 32);
  t.not(secret, newSecret());
});

test('v1a is an ed25519 signature of the same content, which the public key verifies and no other', (t) => {
  const pair = newSigningKey();
  t.regex(pair.secret, /^whsk_[\w+/]{43}=$/);
  t.regex(pair.publicKey, /^whpk_[\w+/]{43}=$/);
  const [v1, v1a] = sign({ v1: [newSecret()], v1a: [signingKeyOf(pair.secret)] }, signed).split(' ');
  t.regex(v1 ?? '', /^v1,/);
  const signature = Buffer.from(v1a?.slice('v1a,'.length) ?? '', 'base64');
  const content = (id: string): Buffer => Buffer.from(`${id}.${signed.timestamp}.${signed.body}`);
  t.true(verifyWith(null, content(signed.id), publicKeyOf(pair.publicKey), signature));
  t.false(verifyWith(null, content('evt_2'), publicKeyOf(pair.publicKey), signature));
  t.false(verifyWith(null, content(signed.id), publicKeyOf(newSigningKey().publicKey), signature));
});

/** From the 32 bytes, without anything of Hookline: as a receiver would do it. */
const publicKeyOf = (text: string): KeyObject =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(text.slice('whpk_'.length), 'base64').toString('base64url') },
    format: 'jwk',
  });
