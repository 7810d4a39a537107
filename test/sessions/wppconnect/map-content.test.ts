import test from 'ava';
import { mapContent } from '../../../src/sessions/engines/wppconnect/map-content.ts';
import { mapNotice } from '../../../src/sessions/engines/wppconnect/map-notice.ts';
import { parseVcard, toVcard } from '../../../src/sessions/engines/wppconnect/vcard.ts';

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
