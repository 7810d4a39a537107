import test from 'ava';
import { parseVcard, toVcard } from '../../../src/core/vcard.ts';
import { mapContent } from '../../../src/sessions/engines/wppconnect/wire/map-content.ts';
import { mapNotice } from '../../../src/sessions/engines/wppconnect/wire/map-notice.ts';

test('a contact card comes back from its own text as it was', (t) => {
  const card = { name: 'Ann, the; \\first', phones: ['5511777776666'], organization: 'Shop; Main', emails: ['ann@example.com'] };
  t.deepEqual(parseVcard(toVcard(card)), card);
});

test('a card of a phone is read: folded lines, grouped fields, a number without an account, a name in parts', (t) => {
  const text =
    'BEGIN:VCARD\r\nVERSION:3.0\r\nN:Silva;Ana;;Dra.;\r\nitem1.TEL:+55 11 3333-4444\r\nORG:Shop;Sales\r\nEMAIL:ana@\r\n example.com\r\nEND:VCARD';
  t.deepEqual(parseVcard(text), {
    name: 'Dra. Ana Silva',
    phones: ['+55 11 3333-4444'],
    organization: 'Shop, Sales',
    emails: ['ana@example.com'],
  });
});

test('contacts, polls, lists and live locations are told with what they say', (t) => {
  const vcard = toVcard({ name: 'Ann', phones: ['+55119'] });
  const contacts = [{ name: 'Ann', phones: ['55119'] }];
  t.deepEqual(mapContent({ type: 'vcard', body: vcard }), { type: 'contact', contacts });
  t.deepEqual(mapContent({ type: 'multi_vcard', vcardList: [{ vcard }, { vcard }] }).contacts, [...contacts, ...contacts]);
  const poll = mapContent({
    type: 'poll_creation',
    pollName: 'When?',
    pollOptions: [{ name: 'a' }, { name: 'b' }],
    pollSelectableOptionsCount: 0,
  });
  t.deepEqual(poll.poll, { question: 'When?', options: ['a', 'b'], selectable: 2 });
  t.like(mapContent({ type: 'location', isLive: true, lat: 1, lng: 2 }), {
    type: 'live-location',
    location: { latitude: 1, longitude: 2 },
  });
  const list = mapContent({
    type: 'list',
    list: { description: 'Choose', buttonText: 'Open', sections: [{ rows: [{ rowId: 'a', title: 'A' }] }] },
  });
  t.deepEqual(list.list, { text: 'Choose', button: 'Open', sections: [{ title: '', rows: [{ id: 'a', title: 'A' }] }] });
});

/** A message of each kind that the hub has no words for, as WhatsApp Web has it, and what is told of it. */
const BEYOND_WORDS: [wire: Record<string, unknown> & { type: string }, told: object][] = [
  [
    {
      type: 'interactive',
      body: 'Choose please',
      title: 'Menu',
      footer: 'Shop',
      interactivePayload: { buttons: [{ name: 'quick_reply' }] },
    },
    { text: 'Choose please', title: 'Menu', raw: { footer: 'Shop', interactivePayload: { buttons: [{ name: 'quick_reply' }] } } },
  ],
  [
    { type: 'interactive_response', body: 'Yes', interactivePayload: { name: 'quick_reply', paramsJson: '{"id":"yes"}' } },
    { text: 'Yes', choice: { id: 'yes', title: 'Yes' } },
  ],
  [
    { type: 'interactive_response', body: 'Yes' },
    { text: 'Yes', choice: { id: '', title: 'Yes' } },
  ],
  [
    { type: 'native_flow_response', nativeFlowResponse: { responseJson: '{"title":"Monday","id":"mon"}' } },
    { choice: { id: 'mon', title: 'Monday' } },
  ],
  [
    {
      type: 'product',
      body: '/9j/4AAQ',
      title: 'Bread',
      description: 'of rye',
      productId: '7',
      priceAmount1000: 5000,
      mimetype: 'image/jpeg',
    },
    { title: 'Bread', text: 'of rye', media: { mimetype: 'image/jpeg' }, raw: { productId: '7', priceAmount1000: 5000 } },
  ],
  [
    { type: 'order', orderTitle: 'Two loaves', message: 'for Monday', orderId: '9', itemCount: 2 },
    { title: 'Two loaves', text: 'for Monday', raw: { orderId: '9', itemCount: 2 } },
  ],
  [
    {
      type: 'groups_v4_invite',
      caption: 'Come in',
      inviteCode: 'abc',
      inviteGrp: '1@g.us',
      inviteGrpName: 'Bakers',
      inviteGrpJpegThum: '/9j/4',
    },
    { title: 'Bakers', text: 'Come in', caption: 'Come in', raw: { inviteCode: 'abc', inviteGrp: '1@g.us', inviteGrpName: 'Bakers' } },
  ],
  [
    { type: 'event_creation', eventName: 'Open day', eventDescription: 'with cake', eventStartTime: 1_800_000_000 },
    { title: 'Open day', text: 'with cake', raw: { eventStartTime: 1_800_000_000 } },
  ],
  [
    { type: 'something_new', body: 'words', whatever: { deep: [1, { er: 'two' }] } },
    { text: 'words', raw: { whatever: { deep: [1, { er: 'two' }] } } },
  ],
];

for (const [wire, told] of BEYOND_WORDS) {
  test(`nothing that somebody wrote is lost for want of a word: ${wire.type} ${JSON.stringify(told).slice(0, 40)}`, (t) => {
    t.like(mapContent(wire), { type: wire.type, ...told });
    t.notRegex(JSON.stringify(mapContent(wire)), /9j/, 'no picture in small');
  });
}

test('what is told beyond words has an end, however large, deep or odd it is', (t) => {
  const deep = JSON.parse(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
  const wire = {
    type: 'something_new',
    long: 'x'.repeat(100_000),
    deep,
    many: Array(10_000).fill('many'),
    small: 'kept',
    mediaKey: 'secret',
  };
  const { raw = {} } = mapContent(wire);
  t.true(JSON.stringify(raw).length < 20_000);
  t.like(raw, { small: 'kept', truncated: true });
  t.false('mediaKey' in raw);
  const odd = { type: 'something_new', title: 7, body: {}, interactivePayload: [], choice: null, paramsJson: '{' };
  t.notThrows(() => mapContent(odd));
});

test('what a business puts around its texts is told beside them', (t) => {
  const hydratedButtons = [{ index: 0, quickReplyButton: { displayText: 'Yes', id: 'y' } }];
  t.like(mapContent({ type: 'chat', body: 'Open?', footer: 'Shop', hydratedButtons } as never), {
    type: 'text',
    text: 'Open?',
    raw: { footer: 'Shop', hydratedButtons },
  });
  t.deepEqual(mapContent({ type: 'chat', body: 'plain' }), { type: 'text', text: 'plain' });
});

test("a number that is not international is written as it was given, and is nobody else's", (t) => {
  const vcard = toVcard({ name: 'Zé "x"\rcr\u2028ls', phones: ['(11) 98765-4321', '0800 123 4567', '190', '+5511987654321'] });
  const lines = vcard.split('\n');
  t.deepEqual(
    lines.filter((line) => line.startsWith('TEL')),
    [
      'TEL;type=CELL;type=VOICE:(11) 98765-4321',
      'TEL;type=CELL;type=VOICE:0800 123 4567',
      'TEL;type=CELL;type=VOICE:190',
      'TEL;type=CELL;type=VOICE;waid=5511987654321:+5511987654321',
    ],
  );
  t.true(lines.includes('FN:Zé "x"\\ncr\\nls'), vcard);
  t.notRegex(toVcard({ name: 'x', phones: ['190\nEMAIL:x@y'] }), /^EMAIL/m);
});

test('old cards are read: quoted-printable, over several lines, in another character set; lone CR; numbers as URIs', (t) => {
  const old = [
    'BEGIN:VCARD',
    'VERSION:2.1',
    'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Silva;Jo=C3=A3o;;;',
    'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Jo=C3=A3o da =',
    'Concei=C3=A7=C3=A3o',
    'ORG;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:Padaria S=E3o Jo=E3o',
    'TEL;CELL:+55 11 98765-4321',
    'END:VCARD',
  ];
  const read = { name: 'João da Conceição', phones: ['+55 11 98765-4321'], organization: 'Padaria São João' };
  for (const end of ['\r\n', '\n', '\r']) t.deepEqual(parseVcard(old.join(end)), read, JSON.stringify(end));
  t.deepEqual(parseVcard('BEGIN:VCARD\nVERSION:4.0\nFN:Ana\nwork.TEL;TYPE="voice:home":tel:+5511987654321\nEND:VCARD').phones, [
    '+5511987654321',
  ]);
});

test('a choice is told with its id and title', (t) => {
  const row = mapContent({
    type: 'list_response',
    body: 'Apple',
    listResponse: { title: 'Apple', singleSelectReply: { selectedRowId: 'a' } },
  });
  t.like(row, { type: 'list-reply', choice: { id: 'a', title: 'Apple' } });
  const button = mapContent({ type: 'buttons_response', body: 'Yes', selectedButtonId: 'yes' });
  t.like(button, { type: 'button-reply', text: 'Yes', choice: { id: 'yes', title: 'Yes' } });
});

test('notices: seconds and milliseconds, WhatsApp words for typing, a reaction taken back, what has no word', (t) => {
  const by = { id: '7@lid', phone: '5511', name: null };
  const typing = mapNotice({ kind: 'presence', chat: '7@lid', by, state: 'composing', t: 1_795_446_116 });
  t.like(typing, { state: 'typing', at: 1_795_446_116_000, by: { lid: '7@lid', phone: '5511' } });
  const back = { kind: 'reaction', target: 'true_7@lid_A', by, fromMe: false, emoji: '', t: 1_795_446_116_000 } as const;
  t.like(mapNotice(back), { emoji: null, chat: '7@lid', at: 1_795_446_116_000 });
  t.is(mapNotice({ kind: 'presence', chat: '7@lid', by, state: 'dancing', t: 1 }), null);
});
