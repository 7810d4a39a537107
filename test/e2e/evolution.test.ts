/** A client of Evolution API has a whole conversation over the real wppconnect, in Chromium, at the stand-in for WhatsApp Web. */
import test from 'ava';
import { seen } from '../conformance/engine/whatsapp-words.ts';
import { evolutionOf, type Json } from '../dialects/clients.ts';
import { browserEnv, scanShown } from '../faults/wppconnect.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const ANA = '5511988887777';
const JID = `${ANA}@s.whatsapp.net`;
const WITHIN = { within: 120_000 };

(findChromium() ? test : test.skip)('a conversation through the dialect of Evolution API, over a browser', async (t) => {
  t.timeout(300_000);
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  const hub = await startHub({ env: browserEnv(whatsapp) });
  t.teardown(() => hub.dispose());
  const { key } = await hub.tenant();
  const evolution = evolutionOf(hub, key);
  const state = async (): Promise<string> => (await evolution('GET', '/instance/connectionState/shop')).json.instance.state;

  t.is((await evolution('POST', '/instance/create', { instanceName: 'shop' })).status, 201);
  const phone = whatsapp.phone('5511999990000', 'Shop');
  await scanShown(phone, async () => (await evolution('GET', '/instance/connect/shop')).json.code);
  await until(async () => (await state()) === 'open', { what: 'the instance to be open', ...WITHIN });

  const came = phone.receive({ from: `${ANA}@c.us`, text: 'Do you open on Sunday?', notifyName: 'Ana' });
  const where = { where: { key: { remoteJid: JID } } };
  const [record] = await until(
    async () => {
      const { messages } = (await evolution('POST', '/chat/findMessages/shop', where)).json;
      return messages.records.length > 0 && (messages.records as Json[]);
    },
    { what: 'the message', ...WITHIN },
  );
  t.like(record, { key: { remoteJid: JID, fromMe: false, id: came.split('_')[2] }, pushName: 'Ana', messageType: 'conversation' });

  const outbox = () => phone.outbox().flatMap((sighting) => seen(phone, sighting));
  const send = async (path: string, body: object): Promise<Json> => {
    const { status, json } = await evolution('POST', `${path}/shop`, body);
    t.true(status < 300, `${path}: ${JSON.stringify(json)}`);
    return json;
  };
  const answer = await send('/message/sendText', {
    number: ANA,
    text: 'Yes, from 10 to 4.',
    quoted: { key: { id: record.key.id } },
    delay: 200,
  });
  await until(() => phone.sent().some(({ id }) => id === `true_${ANA}@c.us_${answer.key.id}`), { what: 'the answer', ...WITHIN });
  t.like(outbox().at(-1), { text: 'Yes, from 10 to 4.', replyTo: came });
  await send('/message/sendReaction', { key: record.key, reaction: '👍' });
  await send('/chat/updateMessage', { number: ANA, key: answer.key, text: 'Yes, from 10 to 5.' });
  t.is((await evolution('DELETE', '/chat/deleteMessageForEveryone/shop', answer.key)).status, 201);
  await until(() => outbox().length >= 4, { what: 'all of it', ...WITHIN });
  t.deepEqual(
    outbox().map(({ type }) => type),
    ['text', 'reaction', 'edit', 'revoke'],
  );
  await send('/chat/markMessageAsRead', { readMessages: [record.key] });
  t.deepEqual(
    (await send('/chat/whatsappNumbers', { numbers: [ANA] })).map(({ jid, exists }: Json) => [jid, exists]),
    [[JID, true]],
  );

  phone.ack(`true_${ANA}@c.us_${answer.key.id}`, 3);
  await until(async () => (await send('/chat/findStatusMessage', { where: { keyId: answer.key.id } }))[0]?.status === 'READ', {
    what: 'the receipt',
  });
  t.is((await evolution('DELETE', '/instance/delete/shop')).status, 200);
});
