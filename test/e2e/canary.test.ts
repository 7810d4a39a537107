import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

const CONTACT = '5521977771234';
/** What a person or a system gave the hub and what must not come out of its log. */
const GIVEN = {
  text: 'canary-text-inbound',
  caption: 'canary-caption',
  send: 'canary-text-outbound',
  failing: 'canary-text-failing',
  refused: 'canary-text-refused',
  flow: 'canary-text-in-flow',
  answer: 'canary-answer-to-a-flow',
  receiver: 'canary-answer-of-a-receiver',
  header: 'canary-secret-header',
  key: 'hlk_canarycanarycanarycanary',
};
const FLOW = `flow: canary
version: 1
start:
  - says: [canary]
steps:
  - ask: ${GIVEN.flow}
    save: name
  - say: '{{ name }} ${GIVEN.flow}'
  - end
`;

for (const level of ['info', 'http', 'verbose']) {
  test(`at "${level}" no key, secret, QR code or message stands in the log`, async (t) => {
    const receiver = await startReceiver((request, response) => {
      if (request.json.type !== 'message.received') return 204;
      response.writeHead(500).end(GIVEN.receiver);
      return undefined;
    });
    const env = { HOOKLINE_LOG_LEVEL: level, HOOKLINE_LOG_FORMAT: level === 'info' ? 'pretty' : 'json' };
    let hub = await startHub({ args: ['serve'], env });
    t.teardown(async () => {
      await hub.dispose();
      await receiver.close();
    });
    const canaries: string[] = [CONTACT, ...Object.values(GIVEN)];
    let seen = '';

    const tenant = await hub.tenant('canary');
    const { call } = tenant;
    const headers = { 'x-token': { secret: GIVEN.header } };
    const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url, headers });
    const { json: session } = await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
    const { json: qr } = await call('GET', '/api/sessions/shop/qr');
    canaries.push(tenant.key, endpoint.secret, qr.code, qr.dataUrl);
    await call('DELETE', '/api/sessions/shop');
    await linkedSandbox(call, 'shop');
    t.truthy(session.id);

    const put = await call('PUT', '/api/flows/canary', FLOW, { 'content-type': 'application/yaml' });
    t.is(put.status, 200, put.text);
    const receive = (body: object) => call('POST', '/api/sessions/shop/sandbox/receive', { from: CONTACT, ...body });
    const outbox = async (): Promise<{ text: string }[]> => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data;
    const sent = (text: string) => until(async () => (await outbox()).some((message) => message.text === text), { what: text });
    t.is((await receive({ text: GIVEN.text })).status, 200);
    t.is((await receive({ text: GIVEN.caption, type: 'image', media: { base64: 'Y2FuYXJ5', mimetype: 'image/png' } })).status, 200);
    await receive({ text: 'canary' });
    await sent(GIVEN.flow);
    await receive({ text: GIVEN.answer });
    await sent(`${GIVEN.answer} ${GIVEN.flow}`);

    const send = (text: string, more: object = {}) =>
      call('POST', '/api/sessions/shop/messages', { to: CONTACT, type: 'text', text, ...more });
    t.is((await send(GIVEN.send)).status, 202);
    await sent(GIVEN.send);
    await call('POST', '/api/sessions/shop/sandbox/faults', { send: { failNext: 1 } });
    t.is((await send(GIVEN.failing)).status, 202);
    await sent(GIVEN.failing);

    t.is((await call('POST', `/api/sessions/shop/chats/${CONTACT}/seen`)).status, 204);

    // What is refused is told to the caller, not to the log.
    t.is((await send(GIVEN.refused, { to: GIVEN.refused })).status, 422);
    t.is((await call('POST', '/api/sessions/shop/messages', `{"text":"${GIVEN.refused}`)).status, 400);
    t.is((await call('PUT', '/api/flows/bad', `flow: ${GIVEN.flow}\nsay: [`, { 'content-type': 'application/yaml' })).status, 422);
    t.is((await hub.as(GIVEN.key)('GET', `/api/sessions?key=${GIVEN.key}`)).status, 401);
    await call('POST', '/api/sessions/shop/sandbox/disconnect', { reason: 'network' });
    await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the reconnection' });

    await hub.end('SIGTERM');
    seen += hub.output();
    hub = await hub.again({ ...env, HOOKLINE_LOG_FILE: join(hub.directory, 'hub.log') });
    await call('POST', '/api/sessions/shop/sandbox/receive', { from: CONTACT, text: GIVEN.text });
    await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the restart' });
    await call('DELETE', '/api/sessions/shop');
    await hub.end('SIGTERM');
    seen += hub.output() + (await readFile(join(hub.directory, 'hub.log'), 'utf8'));

    t.regex(seen, /Session .{1,2}shop.{1,2} is connected/, 'the log tells what happened');
    t.is(/POST \/api\/sessions\/:id\/messages 202/.test(seen), level !== 'info');
    for (const canary of canaries)
      t.is(
        seen.split('\n').find((line) => line.includes(canary)),
        undefined,
      );
  });
}
