/** What of an endpoint is secret: not repeated by what it answered, not taken along to another place, and not without an end. */
import test from 'ava';
import { whyNotGenuine } from '../../src/client/index.ts';
import { hasCode } from '../../src/core/errors.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub } from './hub.ts';
import { type Received, startReceiver } from './receiver.ts';

const HOUR = 3_600_000;
const CANARY = 'canary-of-a-header';
const LOGIN = Buffer.from('shop:canary-password').toString('base64');

/** The stock library knows no clock but the real one. */
const isGenuine = async (secret: string, { headers, body }: Received, now: number): Promise<boolean> => {
  const header = (name: string): string => String(headers[name]);
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header) as [string, string, string];
  return (await whyNotGenuine([secret], { id, timestamp, signature, body }, now)) === null;
};

for (const dialect of await stores()) {
  test(`${dialect}: secrets that a receiver repeats are kept nowhere, in no form`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    let secret = '';
    const receiver = await startReceiver(t, ({ headers }, response) => {
      const said = [`Bearer ${CANARY}`, CANARY, encodeURIComponent(`Bearer ${CANARY}`), Buffer.from(CANARY).toString('base64'), LOGIN];
      const echo = [...said, 'shop:canary-password', secret, secret.slice(6), `a-plain-value ${headers['x-pin']}`];
      response.writeHead(200, { 'x-echo': echo, 'x-said': `you said ${headers.authorization}`, 'content-type': 'application/json' });
      // The last one lies across the end of what is kept.
      response.end(JSON.stringify({ echo, headers }).padEnd(4_090, '.') + CANARY);
    });
    const headers = {
      authorization: { secret: `Bearer ${CANARY}` },
      'x-login': { secret: `Basic ${LOGIN}` },
      'x-pin': { secret: '7' },
      'x-plain': 'a-plain-value',
    };
    const made = await hub.endpoints.create(tenantId, { url: receiver.url, headers });
    secret = made.secret;
    const { deliveryId } = await hub.endpoints.test(tenantId, made.id);
    await hub.receive(tenantId, session, 'hello');
    await hub.drain();
    t.is(receiver.requests[0]?.headers.authorization, `Bearer ${CANARY}`, 'it was sent all the same');

    const shown = JSON.stringify(await hub.deliveries.get(tenantId, deliveryId));
    t.true(shown.includes('you said ***'));
    t.true(shown.includes('a-plain-value 7'), 'what is not secret, or too short to be one, stays');
    const stored = JSON.stringify(await hub.db.sql('webhook_attempts'));
    for (const text of [shown, stored]) {
      for (const hidden of ['canary', LOGIN, Buffer.from(CANARY).toString('base64').slice(0, 20), secret.slice(6), 'Y2FuYXJ5'])
        t.false(text.includes(hidden), hidden);
    }
  });

  test(`${dialect}: a URL at another place takes no secret header along by itself`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    const headers = { authorization: { secret: `Bearer ${CANARY}` }, 'x-token': { secret: 'abcdef' }, 'x-plain': 'p' };
    const { id } = await hub.endpoints.create(tenantId, { url: 'http://127.0.0.1:9/a', headers });
    for (const url of ['http://127.0.0.1:10/a', 'https://127.0.0.1:9/a', 'http://127.0.0.2:9/a']) {
      const error = await t.throwsAsync(hub.endpoints.update(tenantId, id, { url, description: 'moved' }), undefined, url);
      t.true(hasCode(error, 'invalid-body'));
      t.deepEqual(hasCode(error, 'invalid-body') && error.errors?.map(({ path }) => path), ['headers']);
      t.regex(error?.message ?? '', /authorization, x-token/);
    }
    t.like(await hub.endpoints.get(tenantId, id), { url: 'http://127.0.0.1:9/a', description: '' });
    t.like(await hub.endpoints.update(tenantId, id, { url: 'http://127.0.0.1:9/b?c=d' }), { url: 'http://127.0.0.1:9/b?c=d' });
    const given = await hub.endpoints.update(tenantId, id, {
      url: 'http://127.0.0.1:10/',
      headers: { authorization: { secret: 'Bearer new' } },
    });
    t.deepEqual(given.headers, { authorization: { secret: true } });
    t.deepEqual((await hub.endpoints.update(tenantId, id, { url: 'http://127.0.0.1:11/', headers: {} })).headers, {});
    t.like(await hub.endpoints.update(tenantId, id, { url: 'http://127.0.0.1:12/' }), { url: 'http://127.0.0.1:12/' });
  });

  test(`${dialect}: the newest three secrets sign, however often they are rotated, and for as long as was asked`, async (t) => {
    const clock = new FakeClock(Date.now());
    const { hub, tenantId } = await startHub(t, dialect, { runtime: testRuntime({ clock }) });
    const receiver = await startReceiver(t);
    const { id, secret: first } = await hub.endpoints.create(tenantId, { url: receiver.url, signatures: ['v1', 'v1a'] });
    const secrets = [first];
    const signers = async (): Promise<number[]> => {
      await hub.endpoints.test(tenantId, id);
      await hub.drain();
      const request = receiver.requests.at(-1);
      if (!request) throw new Error('nothing came');
      const { length } = String(request.headers['webhook-signature']).split(' ');
      const holds = await Promise.all(secrets.map((secret) => isGenuine(secret, request, clock.now())));
      const valid = holds.flatMap((genuine, index) => (genuine ? [index] : []));
      t.is(length, valid.length * 2, 'as many keys as secrets');
      return valid;
    };
    for (let turn = 0; turn < 60; turn++) secrets.push((await hub.endpoints.rotateSecret(tenantId, id)).secret);
    t.deepEqual(await signers(), [58, 59, 60]);

    secrets.push((await hub.endpoints.rotateSecret(tenantId, id, { overlapSeconds: 0 })).secret);
    t.deepEqual(await signers(), [61], 'the former ones end now');

    secrets.push((await hub.endpoints.rotateSecret(tenantId, id, { overlapSeconds: 3_600 })).secret);
    t.deepEqual(await signers(), [61, 62]);
    secrets.push((await hub.endpoints.rotateSecret(tenantId, id, { overlapSeconds: 60 })).secret);
    clock.advance(61_000);
    t.deepEqual(await signers(), [63], 'none signs for longer than was asked last');
    secrets.push((await hub.endpoints.rotateSecret(tenantId, id, { overlapSeconds: 48 * 3_600 })).secret);
    clock.advance(47 * HOUR);
    t.deepEqual(await signers(), [63, 64]);
  });
}
