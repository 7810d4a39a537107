/** Two clients of Meta's Cloud API, their own code, with nothing but their base URL turned. */
import test from 'ava';
import { startHub, until } from '../helpers/hub.ts';
import { hasRegistry } from '../helpers/requirements.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { baseOf, installSdks } from './cloud-clients.ts';

const ANA = '5511988887777';
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

(hasRegistry() ? test : test.skip)('the SDKs of Kapso and of Great Detail go on as they are', async (t) => {
  t.timeout(180_000);
  const { kapso, greatDetail } = await installSdks(t.teardown);
  const hub = await startHub();
  t.teardown(() => hub.dispose());
  const { call, key, id: tenantId } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the session to be connected' });
  const outbox = async () => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data;
  const last = async (nth: number) =>
    (await until(async () => ((await outbox()).length === nth ? outbox() : false), { what: `${nth} messages to reach the phone` })).at(-1);
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, text: 'hi' });
  const [received] = await until(
    async () => {
      const { data } = (await call('GET', '/api/sessions/shop/messages')).json;
      return data.length > 0 && data;
    },
    { what: 'the message' },
  );
  const messageId = `wamid.${Buffer.from(received.id).toString('base64url')}`;

  const client = new kapso.WhatsAppClient({ accessToken: key, baseUrl: baseOf(hub) });
  const phoneNumberId = 'shop';
  const to = ANA;
  const sent = await client.messages.sendText({ phoneNumberId, to, body: 'oi', contextMessageId: messageId, bizOpaqueCallbackData: 'o1' });
  t.regex(sent.messages[0].id, /^wamid\./);
  t.like(await last(1), { type: 'text', text: 'oi', replyTo: received.engineId });
  const { id } = await client.media.upload({ phoneNumberId, type: 'image/png', file: DOT, fileName: 'd.png' });
  await client.messages.sendImage({ phoneNumberId, to, image: { id, caption: 'c' } });
  t.like(await last(2), { type: 'image', caption: 'c' });
  t.is((await client.media.get({ mediaId: id })).mimeType, 'image/png');
  t.deepEqual(Buffer.from(await client.media.download({ mediaId: id, auth: 'always' })), DOT);
  await client.messages.sendReaction({ phoneNumberId, to, reaction: { messageId: sent.messages[0].id, emoji: '👍' } });
  t.like(await last(3), { type: 'reaction', emoji: '👍' });
  await client.messages.sendLocation({ phoneNumberId, to, location: { latitude: -23.5, longitude: -46.6, name: 'n' } });
  t.like(await last(4), { type: 'location' });
  await client.messages.sendContacts({
    phoneNumberId,
    to,
    contacts: [{ name: { formattedName: 'Bo' }, phones: [{ phone: '+5511988886666' }] }],
  });
  t.like(await last(5), { type: 'contact', contacts: [{ name: 'Bo', phones: ['+5511988886666'] }] });
  const sections = [{ title: 'S', rows: [{ id: '1', title: 'one' }] }];
  await client.messages.sendInteractiveList({ phoneNumberId, to, bodyText: 'B', buttonText: 'open', sections });
  t.like(await last(6), { type: 'list', list: { text: 'B', button: 'open', sections } });
  t.true((await client.messages.markRead({ phoneNumberId, messageId, typingIndicator: { type: 'text' } })).success);
  const template = { name: 'hello', language: { code: 'en' } };
  const refused = await t.throwsAsync<Error & Record<string, unknown>>(client.messages.sendTemplate({ phoneNumberId, to, template }));
  t.like(refused, { name: 'GraphApiError', httpStatus: 400, code: 132001, category: 'template' });
  const buttons = [{ id: '1', title: 'Yes' }];
  const noButtons = client.messages.sendInteractiveButtons({ phoneNumberId, to, bodyText: 'B', buttons });
  t.like(await t.throwsAsync<Error & Record<string, unknown>>(noButtons), { code: 131051, category: 'media' });
  t.deepEqual(await client.templates.list({ businessAccountId: tenantId }), { data: [], paging: {} });
  t.true((await client.phoneNumbers.register({ phoneNumberId, pin: '123456' })).success);
  t.true((await client.media.delete({ mediaId: id })).success);
  const wrong = new kapso.WhatsAppClient({ accessToken: 'wrong', baseUrl: baseOf(hub) });
  const unknown = await t.throwsAsync<Error & Record<string, unknown>>(wrong.messages.sendText({ phoneNumberId, to, body: 'x' }));
  t.like(unknown, { httpStatus: 401, code: 190, category: 'authorization' });

  const receiver = await startReceiver(t);
  const appSecret = 'app secret';
  const dialectOptions = { appSecret: { secret: appSecret } };
  await call('POST', '/api/webhooks', { url: receiver.url, dialect: 'cloud', dialectOptions });
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: 'Ána', text: 'olá' });
  const webhook = await until(async () => receiver.requests[0], { what: 'the webhook' });
  const signatureHeader = webhook.headers['x-hub-signature-256'];
  t.true(kapso.verifySignature({ appSecret, rawBody: webhook.body, signatureHeader }));
  t.false(kapso.verifySignature({ appSecret: 'another', rawBody: webhook.body, signatureHeader }));
  const { messages, contacts, displayPhoneNumber } = kapso.normalizeWebhook(JSON.parse(webhook.body));
  t.like(messages[0], { from: ANA, type: 'text', text: { body: 'olá' } });
  t.like(contacts[0], { waId: ANA, profile: { name: 'Ána' } });
  t.is(displayPhoneNumber, '5511999990000');

  const sdk = new greatDetail.Client({ prefixUrl: baseOf(hub), request: { headers: { Authorization: `Bearer ${key}` } } });
  const phoneNumberID = 'shop';
  const answered = await sdk.message.createMessage({ phoneNumberID, to, type: 'text', text: { body: 'hello' } }).json();
  t.like(answered, { contacts: [{ input: ANA, wa_id: ANA }] });
  t.like(await last(7), { type: 'text', text: 'hello' });
  t.true((await sdk.message.createStatus({ phoneNumberID, message_id: messageId, status: 'read' }).json()).success);
  const uploaded = await sdk.media
    .upload({ phoneNumberID, file: new Blob([DOT], { type: 'image/png' }), filename: 'd.png', mimeType: 'image/png' })
    .json();
  const told = await sdk.media.getURL({ mediaID: uploaded.id, phoneNumberID }).json();
  t.is(told.mime_type, 'image/png');
  t.true((await sdk.media.delete({ mediaID: uploaded.id }).json()).success);
  t.is(
    (await sdk.phoneNumbers.getPhoneNumber({ phoneNumberID, fields: ['display_phone_number'] }).json()).display_phone_number,
    '+5511999990000',
  );
  t.is((await sdk.phoneNumbers.listPhoneNumbers({ businessAccountID: tenantId }).json()).data.length, 1);
  t.deepEqual((await sdk.template.list(tenantId, {}).json()).data, []);
  const notification = await sdk.webhook.eventNotification({ ...webhook, method: 'POST' });
  await t.notThrowsAsync(notification.verifySignature(appSecret));
  t.is(notification.eventNotification.entry[0].changes[0].value.messages[0].text.body, 'olá');
  t.is((await sdk.subscribedApps.listSubscriptions({ businessAccountID: tenantId }).json()).data[0].override_callback_uri, receiver.url);
});
