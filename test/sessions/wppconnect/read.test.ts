/** Whatever a field of a message or of a notice holds: it is read, or it is told with why it cannot be, and nothing throws. */
import test from 'ava';
import fc from 'fast-check';
import { sound } from '../../../src/core/arrival.ts';
import { readable } from '../../../src/sessions/engines/wppconnect/wire/read.ts';

const PERSON = '5511888887777@c.us';
const NOW = Date.UTC(2026, 10, 29);

const base = {
  id: `false_${PERSON}_3EB0AA`,
  from: PERSON,
  to: '5511999990000@c.us',
  chatId: PERSON,
  fromMe: false,
  body: 'hello',
  t: 1_795_446_116,
};
const list = {
  title: 'Menu',
  description: 'Choose',
  buttonText: 'Open',
  sections: [{ title: 'Fruit', rows: [{ rowId: 'a', title: 'Apple' }] }],
};
const sender = { id: PERSON, pushname: 'Bob', name: 'Bob', verifiedName: 'Bob', phoneNumber: PERSON };
const MESSAGES: Record<string, unknown>[] = [
  { ...base, type: 'chat', author: PERSON, notifyName: 'Bob', sender, quotedMsgId: 'x', mentionedJidList: [PERSON], isForwarded: true },
  { ...base, type: 'image', caption: 'look', mimetype: 'image/png', filename: 'a.png', size: 12 },
  { ...base, type: 'location', lat: 1, lng: 2, loc: 'Shop\nMain St 1', isLive: true },
  { ...base, type: 'vcard' },
  { ...base, type: 'multi_vcard', vcardList: [{ vcard: 'BEGIN:VCARD\nFN:Bob\nEND:VCARD' }] },
  { ...base, type: 'poll_creation', pollName: 'When?', pollOptions: [{ name: 'Today' }], pollSelectableOptionsCount: 1 },
  { ...base, type: 'list', list },
  { ...base, type: 'list_response', listResponse: { title: 'Apple', singleSelectReply: { selectedRowId: 'a' } } },
  { ...base, type: 'buttons_response', selectedButtonId: 'a', selectedId: 'b' },
];
const by = { id: PERSON, phone: '5511888887777', name: 'Bob' };
const about = { target: base.id, by, fromMe: false, t: 1_795_446_116 };
const NOTICES: Record<string, unknown>[] = [
  { kind: 'reaction', ...about, emoji: '👍' },
  { kind: 'edited', ...about, text: 'hello' },
  { kind: 'revoked', ...about },
  { kind: 'poll-vote', ...about, options: ['Today'] },
  { kind: 'presence', chat: PERSON, by, state: 'composing', t: 1 },
  { kind: 'participants', chat: '1@g.us', action: 'add', participants: [by], by, t: 1 },
  { kind: 'call', callId: 'x', by, video: true, group: false, t: 1 },
];

/** Every value inside of it, by the way that leads there. */
function* ways(value: unknown, way: string[] = []): Generator<string[]> {
  if (way.length > 0) yield way;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* ways(inner, [...way, key]);
}

function changed(value: unknown, [key, ...rest]: string[], to: unknown): unknown {
  if (key === undefined) return to;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string, unknown>)[key] = changed((value as Record<string, unknown>)[key], rest, to);
  return copy;
}

/** What is read is as the hub takes it: texts where it says texts, times that are times. */
function holds(kind: 'message' | 'notice', raw: unknown): boolean {
  const read = readable(kind, raw);
  if (read === null) return true;
  if ('unreadable' in read) return read.unreadable.raw === raw && read.unreadable.error instanceof Error;
  const arrival = sound(read, NOW);
  const text = JSON.stringify(arrival);
  const time = 'message' in arrival ? arrival.message.timestamp : 'notice' in arrival ? arrival.notice.at : Number.NaN;
  new Date(time).toISOString();
  if ('notice' in arrival) return !text.includes('\\u0000') && Number.isInteger(time);
  if (!('message' in arrival)) return false;
  const {
    engineId,
    type,
    chat,
    from,
    to,
    text: said = '',
    caption = '',
    replyTo = '',
    media,
    poll,
    list: menu,
    contacts = [],
  } = arrival.message;
  const texts = [
    engineId,
    type,
    chat.id,
    from.id,
    from.name ?? '',
    to,
    said,
    caption,
    replyTo,
    media?.mimetype ?? '',
    media?.filename ?? '',
  ];
  const more = [
    ...(poll ? [poll.question, ...poll.options] : []),
    ...(menu ? [menu.text, menu.button] : []),
    ...contacts.map(({ name }) => name),
  ];
  return [...texts, ...more].every((one) => typeof one === 'string') && !text.includes('\\u0000') && Number.isInteger(time);
}

const ODD = [
  null,
  undefined,
  {},
  [],
  [null],
  [[]],
  5,
  -1,
  1.5,
  9e15,
  Number.NaN,
  '',
  'NO\0PE',
  '\ud800',
  true,
  { _serialized: 5 },
  { _serialized: null },
];

for (const [kind, examples] of [
  ['message', MESSAGES],
  ['notice', NOTICES],
] as const) {
  test(`a ${kind} with anything in the place of any field is read, or told as unreadable`, (t) => {
    for (const example of examples) {
      t.true(holds(kind, example));
      t.false('unreadable' in (readable(kind, example) ?? {}), 'as it should be it is read');
      for (const way of ways(example)) {
        for (const odd of ODD)
          t.true(holds(kind, changed(example, way, odd)), `${example.type ?? example.kind} ${way.join('.')} = ${JSON.stringify(odd)}`);
      }
    }
    for (const odd of ODD) t.notThrows(() => readable(kind, odd));
  });

  test(`a ${kind} with anything at all in several fields is read, or told as unreadable`, (t) => {
    const example = fc.constantFrom(...examples);
    const change = fc.tuple(fc.nat(), fc.anything({ withNullPrototype: true }));
    const odd = fc.tuple(example, fc.array(change, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(odd, ([one, changes]) => {
        let raw: unknown = one;
        for (const [at, to] of changes) {
          const all = [...ways(raw)];
          const way = all[at % Math.max(1, all.length)];
          if (way) raw = changed(raw, way, to);
        }
        return holds(kind, raw);
      }),
      { numRuns: 1_000 },
    );
    t.pass();
  });
}

test('what was known to throw is told as unreadable, and what only stands beside a text is left out of it', (t) => {
  const of = (type: string, fields: object) => readable('message', { ...base, type, ...fields });
  for (const [type, fields] of [
    ['poll_creation', { pollOptions: [null] }],
    ['poll_creation', { pollOptions: {} }],
    ['list', { list: { ...list, sections: [null] } }],
    ['list', { list: { ...list, sections: [{ rows: {} }] } }],
    ['list', { list: { ...list, sections: [{ rows: [null] }] } }],
    ['multi_vcard', { vcardList: [null] }],
    ['multi_vcard', { vcardList: {} }],
    ['location', { lat: 1, lng: 2, loc: 5 }],
    ['chat', { body: { a: 1 } }],
    ['chat', { id: null }],
    ['chat', { type: null }],
  ] as const) {
    t.true('unreadable' in (of(type, fields) ?? {}), `${type} ${JSON.stringify(fields)}`);
  }
  for (const fields of [
    { mentionedJidList: {} },
    { sender: 'x' },
    { notifyName: {} },
    { quotedMsgId: {} },
    { t: 'soon' },
    { chatId: {} },
  ]) {
    t.true('message' in (of('chat', fields) ?? {}), JSON.stringify(fields));
  }
  t.like(of('list', { list: { ...list, sections: null } }), { message: { list: { sections: [] } } });
});
