/**
 * The whole way through with nothing of ours pretended: a hub process, the real wppconnect in a real Chromium, a
 * receiver that verifies with a stock library. Only WhatsApp itself is stood in for.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Webhook } from 'standardwebhooks';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { type Call, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';
import { processesOn } from './processes.ts';

const chromium = findChromium();
const CONTACT = '5521988887777';

/** Without the files that say whose directory it is. */
const profilesIn = (tokens: string): string[] => readdirSync(tokens).filter((name) => !/^hub\.(id|lock|pid)$/.test(name));

(chromium ? test : test.skip)(
  'a phone links, a message arrives, a signed webhook leaves, a flow answers, and all of it outlives restarts',
  async (t) => {
    t.timeout(240_000);
    const whatsapp = await startWhatsAppWeb();
    t.teardown(() => whatsapp.close());
    const receiver = await startReceiver();
    t.teardown(() => receiver.close());
    let hub = await startHub({
      env: {
        HOOKLINE_CHROMIUM: chromium as string,
        HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(','),
      },
    });
    t.teardown(() => hub.dispose());

    // The tenant `default`, whose key the first start has shown.
    const key = /hlk_[\w-]+/.exec(hub.output())?.[0] ?? '';
    const call: Call = hub.as(key);
    const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url });
    const webhook = new Webhook(endpoint.secret);
    let verified = 0;
    /** The first event of this kind since `after`, from a webhook whose signature holds. */
    const event = (type: string, matches: (data: Record<string, unknown>) => boolean = () => true, after = 0) =>
      until(
        () => {
          for (; verified < receiver.requests.length; verified++) {
            const { body, headers } = receiver.requests[verified] as (typeof receiver.requests)[number];
            webhook.verify(body, headers as Record<string, string>);
          }
          return receiver.requests.slice(after).find(({ json }) => json.type === type && matches(json.data))?.json;
        },
        {
          what: () => `the webhook ${type}; there came ${receiver.requests.map(({ json }) => json.type)}; the hub said ${hub.output()}`,
          within: 60_000,
        },
      );

    // Scan.
    const { json: session } = await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
    const shown = await event('session.qr');
    t.regex(shown.data.dataUrl, /^data:image\/png;base64,/);
    const { json: qr } = await call('GET', '/api/sessions/shop/qr');
    t.is(qr.code, shown.data.code);
    t.is(Date.parse(qr.restartsAt) - Date.parse(qr.issuedAt) <= 300_000, true);
    for (const type of ['image/png', 'image/svg+xml', 'text/plain']) {
      const picture = await call('GET', '/api/sessions/shop/qr', undefined, { accept: type });
      t.is(picture.status, 200);
      t.true(picture.headers.get('content-type')?.startsWith(type));
    }
    const phone = whatsapp.phone('5511999990000', 'Shop');
    await scanShown(phone, () => codeOf(call));
    await event('session.status', (data) => data.to === 'connected');
    const { json: connected } = await call('GET', '/api/sessions/shop');
    t.is(connected.phone, '5511999990000');
    t.deepEqual(connected.attempts, { made: 1, succeeded: 1 });

    // Inbound; a flow that was asked for answers with typing before it.
    const flow = 'flow: greet\nversion: 1\nstart: [{ says: hello }]\nsteps: [{ say: Hi! }]\n';
    t.is((await call('PUT', '/api/flows/greet', flow, { 'content-type': 'application/yaml' })).status, 200);
    const inboundId = phone.receive({ from: `${CONTACT}@c.us`, text: 'hello', notifyName: 'Bob Brown' });
    const inbound = await event('message.received');
    t.like(inbound.data, { engineId: inboundId, text: 'hello', direction: 'inbound', chat: { id: `${CONTACT}@c.us`, kind: 'private' } });
    t.like(inbound.data.from, { phone: CONTACT, name: 'Bob Brown' });
    t.true('lid' in inbound.data.from);
    const replies = await until(() => phone.sent().length > 0 && phone.sent(), {
      what: 'the reply of the flow at the phone',
      within: 60_000,
    });
    t.is(replies[0]?.to, `${CONTACT}@c.us`);
    const kinds = phone.outbox().map((sighting) => ('presence' in sighting ? sighting.presence : sighting.kind));
    t.true(kinds.indexOf('composing') >= 0 && kinds.indexOf('composing') < kinds.indexOf('message'), kinds.join());

    // The contact reads it.
    const sent = await event('message.sent');
    phone.ack(sent.data.engineId, 2);
    await event('message.delivered', (data) => data.id === sent.data.id);
    phone.ack(sent.data.engineId, 3);
    await event('message.read', (data) => data.id === sent.data.id);
    t.is((await call('GET', `/api/messages/${sent.data.id}`)).json.status, 'read');

    // By the API: typing, seen, send.
    t.is((await call('POST', `/api/sessions/shop/chats/${CONTACT}/typing`, { on: true })).status, 204);
    t.is((await call('POST', `/api/sessions/shop/chats/${CONTACT}/seen`)).status, 204);
    await until(() => phone.outbox().some((sighting) => sighting.kind === 'seen'), { what: 'the phone to see the chat read' });
    const send = { to: '+55 21 98888-7777', type: 'text', text: 'On its way' };
    const first = await call('POST', '/api/sessions/shop/messages', send, { 'idempotency-key': 'order-1' });
    const again = await call('POST', '/api/sessions/shop/messages', send, { 'idempotency-key': 'order-1' });
    t.is(first.status, 202);
    t.is(again.json.id, first.json.id);
    await event('message.sent', (data) => data.id === first.json.id);
    t.is(phone.sent().filter(({ body }) => body === 'On its way').length, 1);

    // The hub is restarted: still linked, without a new QR code; what came meanwhile is not lost.
    const profile = join(hub.directory, 'tokens', profilesIn(join(hub.directory, 'tokens'))[0] as string);
    t.true(processesOn(profile).length > 0);
    let seen = receiver.requests.length;
    t.is(await hub.end('SIGTERM'), 0);
    t.deepEqual(processesOn(profile), []);
    phone.receive({ from: `${CONTACT}@c.us`, text: 'are you there?' });
    hub = await hub.again();
    await event('session.status', (data) => data.to === 'connected', seen);
    await event('message.received', (data) => data.text === 'are you there?', seen);
    t.false(receiver.requests.slice(seen).some(({ json }) => json.type === 'session.qr'));

    // The hub is killed: the same.
    seen = receiver.requests.length;
    await hub.end('SIGKILL');
    hub = await hub.again();
    await event('session.status', (data) => data.to === 'connected', seen);
    phone.receive({ from: `${CONTACT}@c.us`, text: 'and now?' });
    await event('message.received', (data) => data.text === 'and now?', seen);
    t.false(receiver.requests.slice(seen).some(({ json }) => json.type === 'session.qr'));

    // Disconnect and connect keep the login.
    t.is((await call('POST', '/api/sessions/shop/disconnect')).status, 202);
    await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'stopped', { what: 'the session to be stopped' });
    t.deepEqual(processesOn(profile), []);
    seen = receiver.requests.length;
    t.is((await call('POST', '/api/sessions/shop/connect')).status, 202);
    await event('session.status', (data) => data.to === 'connected', seen);

    // The login moves to another session by its backup, for which it stays connected.
    const authorization = `Bearer ${key}`;
    seen = receiver.requests.length;
    const { json: before } = await call('GET', '/api/sessions/shop');
    const backup = await fetch(`${hub.base}/api/sessions/shop/backup`, { headers: { authorization } });
    t.is(backup.status, 200);
    const sealed = await backup.arrayBuffer();
    const { json: after } = await call('GET', '/api/sessions/shop');
    t.deepEqual([after.status, after.connectedAt, after.attempts], ['connected', before.connectedAt, before.attempts]);
    phone.receive({ from: `${CONTACT}@c.us`, text: 'still there?' });
    await event('message.received', (data) => data.text === 'still there?', seen);
    t.false(receiver.requests.slice(seen).some(({ json }) => json.type === 'session.status'));
    t.is((await call('DELETE', '/api/sessions/shop')).status, 204);
    t.false(existsSync(profile));
    const { json: moved } = await call('POST', '/api/sessions', { name: 'moved', engine: 'wppconnect', start: false });
    const headers = { authorization, 'content-type': 'application/octet-stream' };
    t.is((await fetch(`${hub.base}/api/sessions/moved/restore`, { method: 'POST', headers, body: sealed })).status, 202);
    seen = receiver.requests.length;
    t.is((await call('POST', '/api/sessions/moved/connect')).status, 202);
    await event('session.status', (data) => data.to === 'connected', seen);
    t.false(receiver.requests.slice(seen).some(({ json }) => json.type === 'session.qr'));

    // The person takes the device off the list on the phone.
    seen = receiver.requests.length;
    phone.unlink();
    await event('session.status', (data) => data.to === 'loggedOut', seen);
    const tokens = join(hub.directory, 'tokens');
    await until(() => processesOn(tokens).length === 0, { what: 'the browser to be gone' });

    // Nothing is left.
    t.is((await call('DELETE', '/api/sessions/moved')).status, 204);
    for (const { id } of [session, moved]) t.is((await call('GET', `/api/sessions/${id}`)).status, 404);
    t.deepEqual(processesOn(tokens), []);
    t.deepEqual(profilesIn(tokens), []);
    t.deepEqual((await call('GET', '/api/sessions')).json.data, []);

    // Every event came in order, each under its own id.
    const seqs = new Map(receiver.requests.filter(({ json }) => json.sessionId === session.id).map(({ json }) => [json.id, json.seq]));
    t.deepEqual(
      [...seqs.values()],
      [...seqs.values()].map((_, index) => index + 1),
    );
  },
);
