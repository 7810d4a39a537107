/** A client of Meta's Cloud API has a conversation over the real wppconnect, in Chromium, at the stand-in for WhatsApp Web: by webhooks and calls alone. */
import test from 'ava';
import { seen } from '../conformance/engine/whatsapp-words.ts';
import type { Json } from '../dialects/clients.ts';
import { cloudOf } from '../dialects/cloud-clients.ts';
import { browserEnv, codeOf, scanShown } from '../faults/wppconnect.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const ANA = '5511988887777';
const WITHIN = { within: 120_000 };

(findChromium() ? test : test.skip)('a conversation through the dialect of the Cloud API, over a browser', async (t) => {
  t.timeout(300_000);
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  const hub = await startHub({ env: browserEnv(whatsapp) });
  t.teardown(() => hub.dispose());
  const receiver = await startReceiver(t);
  const { call, key } = await hub.tenant();
  const cloud = cloudOf(hub, key);
  const { json: session } = await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  await call('POST', '/api/webhooks', { url: receiver.url, dialect: 'cloud' });
  const phone = whatsapp.phone('5511999990000', 'Shop');
  await scanShown(phone, () => codeOf(call));
  const status = async (): Promise<string> => (await cloud('GET', `/${session.id}`)).json.status;
  await until(async () => (await status()) === 'CONNECTED', { what: 'the session to be connected', ...WITHIN });

  const told = (what: string, holds: (value: Json) => boolean): Promise<Json> =>
    until(() => receiver.requests.map(({ body }) => JSON.parse(body).entry[0].changes[0].value).find(holds), { what, ...WITHIN });
  const send = async (body: object): Promise<Json> => {
    const { status: answered, json } = await cloud('POST', `/${session.id}/messages`, { messaging_product: 'whatsapp', to: ANA, ...body });
    t.is(answered, 200, JSON.stringify(json));
    return json;
  };
  const outbox = () => phone.outbox().flatMap((sighting) => seen(phone, sighting));

  const came = phone.receive({ from: `${ANA}@c.us`, text: 'Do you open on Sunday?', notifyName: 'Ana' });
  const { messages, contacts, metadata } = await told('the message', (value) => value.messages !== undefined);
  t.like(messages[0], { from: ANA, type: 'text', text: { body: 'Do you open on Sunday?' } });
  t.deepEqual(contacts, [{ profile: { name: 'Ana' }, wa_id: ANA }]);
  t.deepEqual(metadata, { display_phone_number: '5511999990000', phone_number_id: session.id });

  t.true((await send({ status: 'read', message_id: messages[0].id, typing_indicator: { type: 'text' } })).success);
  const answer = await send({ context: { message_id: messages[0].id }, text: { body: 'Yes, from 10 to 4.' } });
  await send({ type: 'reaction', reaction: { message_id: messages[0].id, emoji: '👍' } });
  await until(() => outbox().length >= 2, { what: 'all of it', ...WITHIN });
  t.like(outbox()[0], { type: 'text', text: 'Yes, from 10 to 4.', replyTo: came });
  t.is(outbox()[1]?.type, 'reaction');

  const { id } = answer.messages[0];
  const isAt = (name: string) => (value: Json) => value.statuses?.[0].id === id && value.statuses[0].status === name;
  await told('that it was sent', isAt('sent'));
  const [sent] = phone.sent();
  phone.ack(sent?.id ?? '', 3);
  t.is((await told('the receipt', isAt('read'))).statuses[0].recipient_id, ANA);
  t.deepEqual((await cloud('POST', `/${session.id}/deregister`)).json, { success: true });
});
