import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { AttemptView } from '../../src/webhooks/owed/delivery.ts';
import { type Started, startHub, until } from './hub.ts';
import { type Respond, startReceiver } from './receiver.ts';

/** Sends one event to a receiver that behaves so, and gives back how the first attempt is recorded. */
async function firstAttempt(t: ExecutionContext, respond: Respond, deadline = 15_000): Promise<AttemptView & { requests: number }> {
  const started = await startHub(t, 'sqlite', { deadline });
  const receiver = await startReceiver(t, respond);
  return { ...(await attemptAt(started, receiver.url)), requests: receiver.requests.length };
}

async function attemptAt({ hub, tenantId, session }: Started, url: string): Promise<AttemptView> {
  const endpoint = await hub.endpoints.create(tenantId, { url });
  await hub.receive(tenantId, session, 'hello');
  await hub.drain();
  const { data } = await hub.deliveries.list(tenantId, endpoint.id, { limit: 1 });
  const { attempts } = await hub.deliveries.get(tenantId, data[0]?.id ?? '');
  return attempts[0] as AttemptView;
}

test('a redirect is a failure and is not followed', async (t) => {
  const attempt = await firstAttempt(t, (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end());
  t.like(attempt, { status: 302, errorClass: 'http', requests: 1 });
});

test('an answer that is not a 2xx is kept: status, headers, body', async (t) => {
  const attempt = await firstAttempt(t, (_, response) => void response.writeHead(422, { 'x-why': 'because' }).end('no such order\0'));
  t.like(attempt, { status: 422, errorClass: 'http', responseBody: 'no such order\u{fffd}' });
  t.is(attempt.responseHeaders?.['x-why'], 'because');
});

test('an endpoint that never answers meets the deadline', async (t) => {
  const attempt = await firstAttempt(t, () => {}, 300);
  t.like(attempt, { status: null, errorClass: 'timeout' });
  t.true(attempt.latency >= 290 && attempt.latency < 3_000, String(attempt.latency));
});

test('an endpoint that drips its answer meets the deadline', async (t) => {
  const attempt = await firstAttempt(
    t,
    (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    },
    300,
  );
  t.like(attempt, { errorClass: 'timeout' });
  t.true(attempt.latency < 3_000, String(attempt.latency));
});

test('a body without end is cut: the status counts and 4 KiB are kept', async (t) => {
  let written = 0;
  const attempt = await firstAttempt(t, (_, response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const pour = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
    };
    response.writeHead(200).on('drain', pour);
    pour();
  });
  t.like(attempt, { status: 200, errorClass: null });
  t.is(attempt.responseBody, 'x'.repeat(4_096));
  t.true(written < 10_000_000, `${written} bytes were taken`);
});

test('a compressed body is not unpacked', async (t) => {
  const attempt = await firstAttempt(
    t,
    (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all'),
  );
  t.like(attempt, { status: 200, errorClass: null, responseBody: 'not gzip at all' });
});

test('a connection that is cut, refused, or speaks no HTTP is told apart from an answer', async (t) => {
  t.like(await firstAttempt(t, (_, response) => void response.socket?.resetAndDestroy()), { status: null, errorClass: 'connect' });

  const babble = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('220 mail.example.com ESMTP\r\n'),
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => babble.once('listening', resolve));
  const url = `http://127.0.0.1:${(babble.address() as AddressInfo).port}/`;
  const started = await startHub(t, 'sqlite');
  t.like(await attemptAt(started, url), { status: null, errorClass: 'http' });
  t.like(await attemptAt(started, url.replace('http:', 'https:')), { status: null, errorClass: 'tls' });
  await new Promise((resolve) => babble.close(resolve));
  t.like(await attemptAt(started, url), { status: null, errorClass: 'connect' });
});

test('an endpoint that hangs does not delay another one', async (t) => {
  const { hub, tenantId, session } = await startHub(t, 'sqlite', { deadline: 120_000 });
  const hanging = await startReceiver(t, () => {});
  const healthy = await startReceiver(t);
  await hub.endpoints.create(tenantId, { url: hanging.url });
  await hub.endpoints.create(tenantId, { url: healthy.url });
  const ids = await hub.receive(tenantId, session, ...Array.from({ length: 50 }, (_, i) => String(i)));
  await until(() => healthy.requests.length === ids.length, 'all arrived while the other one still hung', 60_000);
  t.deepEqual(healthy.ids(), ids);
  t.is(hanging.requests.length, 1);
});
