import test from 'ava';
import { mapMessage, type WireMessage } from '../../../src/sessions/engines/wppconnect/wire/map-message.ts';

const wid = (address: string) => ({ user: address.split('@')[0], server: address.split('@')[1], _serialized: address });

/** A text as wppconnect 2.3.3 hands it over: `id` and `from` serialised, `chatId` and the sender's id not. */
function wire(fields: Partial<WireMessage> = {}): WireMessage {
  return {
    id: 'false_5511888887777@c.us_3EB0AA',
    type: 'chat',
    from: '5511888887777@c.us',
    to: '5511999990000@c.us',
    chatId: wid('5511888887777@c.us'),
    fromMe: false,
    body: 'hello',
    t: 1_795_446_116,
    notifyName: 'Bob',
    sender: { id: wid('5511888887777@c.us'), pushname: 'Bobby' },
    ...fields,
  };
}

test('a text is carried over with chat, sender, and time in milliseconds', (t) => {
  t.deepEqual(mapMessage(wire()), {
    engineId: 'false_5511888887777@c.us_3EB0AA',
    fromMe: false,
    type: 'text',
    chat: { id: '5511888887777@c.us', kind: 'private' },
    from: { id: '5511888887777@c.us', lid: null, phone: '5511888887777', name: 'Bob' },
    to: '5511999990000@c.us',
    text: 'hello',
    timestamp: 1_795_446_116_000,
  });
});

test('addresses are taken serialised and as objects', (t) => {
  const id = { _serialized: 'false_5511888887777@c.us_3EB0AA' };
  const asObjects = wire({ id, from: wid('5511888887777@c.us'), to: wid('5511999990000@c.us'), chatId: '5511888887777@c.us' });
  t.deepEqual(mapMessage(asObjects), mapMessage(wire()));
});

test('the chat is read from the id when the field is missing', (t) => {
  t.is(mapMessage(wire({ chatId: undefined }))?.chat.id, '5511888887777@c.us');
});

test('a hidden number and a phone number are told side by side where both are known', (t) => {
  const hidden = wire({
    from: '77770000@lid',
    chatId: '77770000@lid',
    sender: { id: '77770000@lid', phoneNumber: wid('5511888887777@c.us') },
  });
  t.like(mapMessage(hidden)?.from, { id: '77770000@lid', lid: '77770000@lid', phone: '5511888887777' });
  const alone = wire({ from: '77770000@lid', chatId: '77770000@lid', sender: null });
  t.like(mapMessage(alone)?.from, { lid: '77770000@lid', phone: null });
});

test('in a group the name belongs to the author, not to the group', (t) => {
  const group = '120363000000000000@g.us';
  const message = mapMessage(wire({ from: group, chatId: wid(group), author: '5511888887777@c.us' }));
  t.deepEqual(message?.chat, { id: group, kind: 'group' });
  t.deepEqual(message?.from, { id: group, lid: null, phone: null, name: null });
  t.like(message?.author, { phone: '5511888887777', name: 'Bob' });
});

for (const type of ['e2e_notification', 'gp2', 'protocol', 'call_log', 'reaction', 'poll_update']) {
  test(`"${type}" is not a message`, (t) => t.is(mapMessage(wire({ type })), null));
}

test('what cannot be shown is a message all the same, and says what a person can do', (t) => {
  const told = (fields: Partial<WireMessage>) => mapMessage(wire({ body: undefined, ...fields }));
  const fanout = told({ type: 'ciphertext', subtype: 'view_once_unavailable_fanout' });
  t.like(fanout, { type: 'view-once', viewOnce: true, from: { phone: '5511888887777' }, unavailable: { reason: 'view-once' } });
  t.regex(fanout?.unavailable?.advice ?? '', /on the phone/);
  t.like(told({ type: 'ciphertext', subtype: 'fanout' }), { type: 'ciphertext', unavailable: { reason: 'undecrypted' } });
  t.like(told({ type: 'unknown' }), { type: 'unknown', unavailable: { reason: 'unsupported' } });
  t.like(told({ type: 'oversized', body: 'the beginning' }), {
    type: 'oversized',
    text: 'the beginning',
    unavailable: { reason: 'oversized' },
  });
});

test('a picture that is shown once, and a round video, are told with their files', (t) => {
  const media = { mimetype: 'image/jpeg', isViewOnce: true, body: '/9j/4AAQ' };
  t.like(mapMessage(wire({ type: 'image', ...media })), { type: 'image', viewOnce: true, media: { mimetype: 'image/jpeg' } });
  const note = mapMessage(wire({ type: 'ptv', mimetype: 'video/mp4', body: '/9j/4AAQ' }));
  t.like(note, { type: 'video', videoNote: true, media: { mimetype: 'video/mp4' } });
  t.is(note?.text, undefined);
});

test('of its own messages the account has both its names', (t) => {
  const own = { phone: '5511999990000', lid: '95511@lid' };
  const typed = { id: 'true_5511888887777@c.us_3A', fromMe: true, from: '5511999990000@c.us', sender: null };
  t.like(mapMessage(wire(typed), own)?.from, { phone: own.phone, lid: own.lid });
  t.like(mapMessage(wire({ ...typed, from: own.lid }), own)?.from, { phone: own.phone, lid: own.lid });
  t.like(mapMessage(wire(), own)?.from, { phone: '5511888887777', lid: null });
});

test('what WhatsApp writes into a chat by itself is not a message', (t) => {
  t.is(mapMessage(wire({ isNotification: true })), null);
});

test('of media the caption and the file are told, and the preview picture in the body is not taken for text', (t) => {
  const image = wire({ type: 'image', body: '/9j/4AAQ', caption: 'our shop', mimetype: 'image/jpeg', size: 1234 });
  const message = mapMessage(image);
  t.like(message, { type: 'image', caption: 'our shop', media: { mimetype: 'image/jpeg', size: 1234 } });
  t.is(message?.text, undefined);
});

test('types are told in the words of the hub, an unknown one in those of WhatsApp', (t) => {
  const types = ['ptt', 'vcard', 'poll_creation', 'list_response', 'product'].map((type) => mapMessage(wire({ type }))?.type);
  t.deepEqual(types, ['voice', 'contact', 'poll', 'list-reply', 'product']);
});

test('a reply names the message answered, a mention the one mentioned', (t) => {
  const message = mapMessage(wire({ quotedMsgId: 'true_x@c.us_1', quotedStanzaID: '1', mentionedJidList: [wid('55119@c.us'), '77@lid'] }));
  t.like(message, { replyTo: 'true_x@c.us_1', mentions: ['55119@c.us', '77@lid'] });
  t.is(mapMessage(wire({ quotedStanzaID: '1' }))?.replyTo, '1');
});

test('a location has its place, and its name and address where they were given', (t) => {
  const message = mapMessage(wire({ type: 'location', body: '/9j/', lat: -23.5, lng: -46.6, loc: 'Shop\nMain St 1\nSão Paulo' }));
  t.deepEqual(message?.location, { latitude: -23.5, longitude: -46.6, name: 'Shop', address: 'Main St 1\nSão Paulo' });
  t.deepEqual(mapMessage(wire({ type: 'location', lat: 0, lng: 0 }))?.location, { latitude: 0, longitude: 0 });
});

test('a message typed on the phone is its own', (t) => {
  const message = mapMessage(
    wire({ id: 'true_5511888887777@c.us_3A', fromMe: undefined, from: '5511999990000@c.us', to: '5511888887777@c.us' }),
  );
  t.like(message, { fromMe: true, chat: { id: '5511888887777@c.us' }, to: '5511888887777@c.us' });
});
