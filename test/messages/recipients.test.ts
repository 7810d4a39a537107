import test from 'ava';
import fc from 'fast-check';
import { HooklineError } from '../../src/core/errors.ts';
import { cardPhone, toChatId, variantsOf } from '../../src/messages/recipients.ts';

const ACCEPTED: Record<string, string> = {
  '+55 11 98765-4321': '5511987654321@c.us',
  '5511987654321': '5511987654321@c.us',
  '+55 (11) 98765.4321': '5511987654321@c.us',
  ' 5511987654321 ': '5511987654321@c.us',
  '+1 415 555 2671': '14155552671@c.us',
  '+44 20 7946 0958': '442079460958@c.us',
  '0055 11 98765-4321': '5511987654321@c.us',
  '005511987654321': '5511987654321@c.us',
  'tel:+55-11-98765-4321': '5511987654321@c.us',
  'wa.me/5511987654321': '5511987654321@c.us',
  'https://wa.me/5511987654321': '5511987654321@c.us',
  'https://wa.me/+5511987654321?text=Hello%20there': '5511987654321@c.us',
  // Forms that WhatsApp keeps and the numbering plans do not know.
  '+52 1 55 1234 5678': '5215512345678@c.us',
  '+52 55 1234 5678': '525512345678@c.us',
  '+54 9 11 2345-6789': '5491123456789@c.us',
  '+54 11 15 2345-6789': '5491123456789@c.us',
  '+54 9 11 15 2345-6789': '5491123456789@c.us',
  '5511987654321@c.us': '5511987654321@c.us',
  '5511987654321@s.whatsapp.net': '5511987654321@c.us',
  '5511987654321:12@s.whatsapp.net': '5511987654321@c.us',
  // An account from before Brazil's ninth digit keeps its address.
  '551187654321@c.us': '551187654321@c.us',
  '120363025246125486@g.us': '120363025246125486@g.us',
  '5511987654321-1415646286@g.us': '5511987654321-1415646286@g.us',
  '123456789012345@lid': '123456789012345@lid',
  '120363144038483540@newsletter': '120363144038483540@newsletter',
  // As address books and WhatsApp put it on the clipboard: marks that nobody sees, and other dashes, blanks and digits.
  '\u202a+55 11 98765-4321\u202c': '5511987654321@c.us',
  '\u200e+5511987654321': '5511987654321@c.us',
  '\u2068+55\u00a011\u202f98765\u20114321\u2069': '5511987654321@c.us',
  '+55 11 98765\u20134321\u200b': '5511987654321@c.us',
  '+55 11 98765\u22124321': '5511987654321@c.us',
  '\ufeff5511987654321': '5511987654321@c.us',
  '٥٥١١٩٨٧٦٥٤٣٢١': '5511987654321@c.us',
  '+५५ ११ ९८७६५-४३२१': '5511987654321@c.us',
  '＋５５（１１）９８７６５－４３２１': '5511987654321@c.us',
  '+5511987654321@c.us': '5511987654321@c.us',
  '+55 11 98765-4321@c.us': '5511987654321@c.us',
  '+55 (11) 98765-4321 @s.whatsapp.net': '5511987654321@c.us',
  '+551187654321@c.us': '551187654321@c.us',
  '\u200e120363025246125486@g.us\u200e': '120363025246125486@g.us',
};

for (const [given, expected] of Object.entries(ACCEPTED)) {
  test(`"${given}" is ${expected}`, (t) => {
    t.is(toChatId(given), expected);
    t.is(toChatId(toChatId(given)), expected);
  });
}

const REFUSED = [
  '',
  'Ada',
  '12',
  '(11) 98765-4321',
  '+55 11 98765-4321 ext. 5',
  'call +5511987654321',
  'https://wa.me/message/ABCDEFGHIJKLM1',
  'https://example.com/wa.me/5511987654321',
  'tel:+5511987654321;ext=5',
  '00',
  '+',
  '5511987654321@example.com',
  'x@c.us',
  '@g.us',
  'status@broadcast',
  '5511987654321@c.us@g.us',
  '+55 11 98765-4321@g.us',
  '(11) 98765-4321@c.us',
  '①②③④⑤⑥⑦⑧⑨',
  '\u202a\u202c',
  `+${'5'.repeat(40)}`,
];

for (const given of REFUSED) {
  test(`${JSON.stringify(given)} is refused with the forms that are taken`, (t) => {
    const error = t.throws<HooklineError>(() => toChatId(given));
    t.is(error?.code, 'recipient-invalid');
    t.is(error?.errors?.[0]?.path, 'to');
    t.regex(error?.message ?? '', /country code.*@g\.us/);
  });
}

/** Nearly an address: what people and programs write. */
const nearly = fc
  .array(
    fc.constantFrom(
      '55',
      '52',
      '54',
      '1',
      '9',
      '15',
      '11',
      '00',
      '+',
      ' ',
      '-',
      '(',
      ')',
      '.',
      '@',
      'c.us',
      's.whatsapp.net',
      'g.us',
      'lid',
      'newsletter',
      'tel:',
      'https://',
      'wa.me/',
      '?',
      ':',
      '\0',
    ),
    { maxLength: 25 },
  )
  .map((parts) => parts.join(''));
const digits = fc.stringMatching(/^[1-9]\d{4,14}$/);
const numbers = fc
  .tuple(fc.constantFrom('', '+', '00'), fc.constantFrom('55', '52', '521', '54', '549', '1', '49'), digits)
  .map((parts) => parts.join(''));
const anything = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('\u200e', '٥', '९', '５', '–', '+', '@c.us', '@g.us', ' '), maxLength: 20 }),
  nearly,
  numbers,
  digits.map((user) => `${user}@c.us`),
);

test('whatever is given is refused as no recipient, or is one address however often it is normalised', (t) => {
  fc.assert(
    fc.property(anything, (given) => {
      let id: string;
      try {
        id = toChatId(given);
      } catch (error) {
        return error instanceof HooklineError && error.code === 'recipient-invalid';
      }
      return toChatId(id) === id && toChatId(` ${id}\n`) === id && /^(?:[\d-]+@(c\.us|g\.us|lid|newsletter)|[\w.]+@username)$/.test(id);
    }),
    { numRuns: 5_000 },
  );
  t.pass();
});

const VARIANTS: Record<string, string[]> = {
  // Brazil, areas that WhatsApp moved to nine digits, and areas that it did not.
  '5511987654321': ['5511987654321', '551187654321'],
  '551187654321': ['5511987654321', '551187654321'],
  '5527999998888': ['5527999998888', '552799998888'],
  '5531987654321': ['553187654321', '5531987654321'],
  '553187654321': ['553187654321', '5531987654321'],
  '5585988887777': ['558588887777', '5585988887777'],
  // A fixed line, and a mobile number that would be somebody's fixed line without its 9.
  '551138765432': ['551138765432'],
  '5511938765432': ['5511938765432'],
  '525512345678': ['5215512345678', '525512345678'],
  '5215512345678': ['5215512345678', '525512345678'],
  '5491123456789': ['5491123456789', '541123456789'],
  '541123456789': ['5491123456789', '541123456789'],
  '54111523456789': ['5491123456789', '541123456789', '54111523456789'],
  '549111523456789': ['5491123456789', '541123456789', '549111523456789'],
  // Tucumán has an area code of three digits, and 15 before what is left.
  '54381154234567': ['5493814234567', '543814234567', '54381154234567'],
  '14155552671': ['14155552671'],
  '4915112345678': ['4915112345678'],
};

for (const [number, forms] of Object.entries(VARIANTS)) {
  test(`${number} may be ${forms.join(' or ')}`, (t) => {
    t.deepEqual(
      variantsOf(`${number}@c.us`),
      forms.map((form) => `${form}@c.us`),
    );
  });
}

test('what WhatsApp made itself has one form', (t) => {
  for (const id of ['120363025246125486@g.us', '551198765432100@lid', '120363144038483540@newsletter']) t.deepEqual(variantsOf(id), [id]);
});

test('of every address there are at most three forms, the address among them, all addresses, none twice', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        digits,
        numbers.map((number) => number.replace(/\D/g, '').slice(0, 15)).filter((n) => n.length > 4),
      ),
      (number) => {
        const id = `${number}@c.us`;
        const forms = variantsOf(id);
        const withoutPrefix = forms.filter((form) => form !== id);
        return (
          forms.includes(id) &&
          forms.length <= 3 &&
          new Set(forms).size === forms.length &&
          forms.every((form) => toChatId(form) === form) &&
          withoutPrefix.every((form) => variantsOf(form).every((other) => forms.includes(other)))
        );
      },
    ),
    { numRuns: 5_000 },
  );
  t.pass();
});

test('a number on a contact card is that of "to" where it is international, and stays as it is given where it is not', (t) => {
  const international = [
    '+55 11 98765-4321',
    '5511987654321',
    '\u202a+55 11 98765\u20114321\u202c',
    '5511987654321@c.us',
    'tel:+55-11-98765-4321',
  ];
  for (const written of international) t.is(cardPhone(written), '+5511987654321', written);
  for (const local of ['(11) 98765-4321', '0800 123 4567', '190', '*123#']) t.is(cardPhone(local), local);
  t.is(cardPhone(' 11\n98765 4321 '), '11 98765 4321');
});

test('a username is an address of its own, however it is written', (t) => {
  for (const given of ['@ana.shop', ' @Ana.Shop ', 'ana.shop@username']) t.is(toChatId(given), 'ana.shop@username', given);
  t.deepEqual(variantsOf('ana.shop@username'), ['ana.shop@username']);
  for (const given of ['ana.shop', '@an', '@123', '@.ana', '@ana..shop', '@shop.com', '@c.us', `@${'a'.repeat(36)}`, '@ana shop']) {
    t.throws(() => toChatId(given), { code: 'recipient-invalid' }, given);
  }
});
