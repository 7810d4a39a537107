/** Stock libraries take every delivery for genuine, and nothing that is one step away from one. */
import { createPublicKey, verify as verifyBytes } from 'node:crypto';
import test from 'ava';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { whyNotGenuine } from '../../src/client/index.ts';
import { newSecret, sign } from '../../src/webhooks/signing/sign.ts';
import { stores } from '../helpers/database.ts';
import { startHub } from './hub.ts';
import { type Received, startReceiver } from './receiver.ts';

const LIBRARIES = { standardwebhooks: StandardWebhook, svix: SvixWebhook };
const TEXTS = ['hello', 'Olá 👋', '"\\ \u0000 \u2028 </script>', 'x'.repeat(60_000), ''];

const headersOf = ({ headers }: Received): Record<string, string> => headers as Record<string, string>;

for (const dialect of await stores()) {
  test(`${dialect}: every delivery of a scenario holds with each library: first tries, retries, rotations, tests`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const receiver = await startReceiver(t, (_, response, index) => void response.writeHead(index === 1 ? 500 : 204).end());
    // However busy the machine is, it is not tried again before it is asked for.
    const endpoint = await hub.endpoints.create(tenantId, {
      url: receiver.url,
      signatures: ['v1', 'v1a'],
      ordering: 'relaxed',
      schedule: [3_600],
    });
    await hub.receive(tenantId, session, ...TEXTS);
    await hub.drain();
    const { data } = await hub.deliveries.list(tenantId, endpoint.id, { status: 'pending', limit: 1 });
    await hub.deliveries.retry(tenantId, data[0]?.id ?? '');
    await hub.drain();
    await hub.endpoints.test(tenantId, endpoint.id);
    await hub.drain();
    const before = receiver.requests.length;
    t.is(before, TEXTS.length + 2);
    const { secret: fresh, publicKey } = await hub.endpoints.rotateSecret(tenantId, endpoint.id);
    await hub.receive(tenantId, session, ...TEXTS);
    await hub.drain();
    t.is(receiver.requests.length, before + TEXTS.length);

    for (const [index, request] of receiver.requests.entries()) {
      const secrets = index < before ? [endpoint.secret] : [endpoint.secret, fresh];
      for (const secret of secrets) {
        for (const [name, Library] of Object.entries(LIBRARIES)) {
          t.deepEqual(new Library(secret).verify(request.body, headersOf(request)), JSON.parse(request.body), name);
        }
      }
      t.true(holdsWithEd25519(index < before ? endpoint.publicKey : publicKey, request));
    }
  });
}

test('each library refuses what is one step away from a delivery, and so does ours', async (t) => {
  const { hub, tenantId, session } = await startHub(t, 'sqlite');
  const receiver = await startReceiver(t);
  const { secret } = await hub.endpoints.create(tenantId, { url: receiver.url });
  await hub.receive(tenantId, session, 'hello');
  await hub.drain();
  const { body, headers } = receiver.requests[0] as Received;
  const genuine = Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(headers[name])]));
  const id = genuine['webhook-id'] as string;
  const old = Math.floor(Date.now() / 1_000) - 301;
  const ahead = Math.floor(Date.now() / 1_000) + 330;
  const signed = (timestamp: number) => ({
    ...genuine,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign({ v1: [secret] }, { id, timestamp, body }),
  });
  const forged: [string, string, Record<string, string>, string?][] = [
    ['another body', body.replace('hello', 'hellO'), genuine],
    ['a line break more', `${body}\n`, genuine],
    ['another id', body, { ...genuine, 'webhook-id': 'evt_other' }],
    ['another time', body, { ...genuine, 'webhook-timestamp': String(Number(genuine['webhook-timestamp']) - 1) }],
    ['an old one, well signed', body, signed(old)],
    ['one from the future, well signed', body, signed(ahead)],
    ['no signature', body, { ...genuine, 'webhook-signature': '' }],
    ['no id', body, { ...genuine, 'webhook-id': '' }],
    ['another version', body, { ...genuine, 'webhook-signature': `v2,${genuine['webhook-signature']?.slice(3)}` }],
    ['half a signature', body, { ...genuine, 'webhook-signature': genuine['webhook-signature']?.slice(0, 20) ?? '' }],
    ['another secret', body, genuine, newSecret()],
  ];
  for (const [what, text, given, key = secret] of forged) {
    for (const [name, Library] of Object.entries(LIBRARIES))
      t.throws(() => new Library(key).verify(text, given), undefined, `${name}: ${what}`);
    const [ofId, timestamp, signature] = [given['webhook-id'], given['webhook-timestamp'], given['webhook-signature']];
    t.not(await whyNotGenuine([key], { id: ofId, timestamp, signature, body: Buffer.from(text) }, Date.now()), null, `ours: ${what}`);
  }
  for (const Library of Object.values(LIBRARIES)) t.notThrows(() => new Library(secret).verify(body, genuine));
});

/** As the specification tells it, with nothing of ours. */
function holdsWithEd25519(publicKey: string | null, { headers, body }: Received): boolean {
  const raw = Buffer.from(publicKey?.slice('whpk_'.length) ?? '', 'base64');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  const given = String(headers['webhook-signature'])
    .split(' ')
    .filter((one) => one.startsWith('v1a,'));
  return given.some((one) => verifyBytes(null, signed, key, Buffer.from(one.slice(4), 'base64')));
}
