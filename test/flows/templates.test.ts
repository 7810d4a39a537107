import test from 'ava';
import { NameScope } from '../../src/flows/text/known-names.ts';
import { checkTemplate, cut, render, renderValue } from '../../src/flows/text/templates.ts';

const known = new NameScope({ answers: ['day', 'time'], remembered: [] });
const onlyDay = new NameScope({ answers: ['day'], remembered: [] });
const place = { locale: 'en', zone: 'UTC', now: Date.UTC(2026, 2, 24, 12) } as const;

const data = ({ answers, ...changes }: Record<string, unknown> & { answers?: object } = {}) => ({
  place,
  values: {
    contact: { name: 'Ana Souza', first_name: 'Ana', phone: '5511987654321' },
    message: { text: 'hello' },
    session: { name: 'main' },
    ...(answers ?? { day: 'Monday', time: null }),
    ...changes,
  },
});
const unnamed = { contact: { name: null, first_name: null, phone: null } };

for (const [template, result] of [
  ['Hi {{ contact.first_name }}!', 'Hi Ana!'],
  ['{{ contact.phone }} wrote {{ message.text | upcase }} to {{ session.name }}', '5511987654321 wrote HELLO to main'],
  ['{{ day | downcase | append: "s" }}', 'mondays'],
  ['{{ time | default: "any time" }}', 'any time'],
  ['{{ time }}.', '.'],
  ['{{ "a,b" | split: "," | join: " and " }}', 'a and b'],
  ['{ day } and }}', '{ day } and }}'],
] as const) {
  test(`${template} becomes ${result}`, (t) => {
    t.deepEqual(checkTemplate(template, known), []);
    t.is(render(template, data()), result);
  });
}

test('a contact without a name is greeted by the default', (t) => {
  t.is(render("Hi {{ contact.first_name | default: 'there' }}!", data(unnamed)), 'Hi there!');
});

test('what a contact wrote is data, whatever is in it', (t) => {
  for (const text of ['{{ contact.phone }}', '{% raw %}', '{{', '}}', "{{ 'x' | append: 'y' }}"]) {
    t.is(render('You said {{ message.text }}', data({ message: { text } })), `You said ${text}`);
    t.is(render('{{ day }}', data({ answers: { day: text } })), text);
  }
});

for (const [template, message] of [
  ['{{ contact.fist_name }}', 'unknown variable "contact.fist_name", did you mean "contact.first_name"?'],
  ['{{ dya }}', 'unknown variable "dya", did you mean "day"?'],
  ['{{ contact }}', /^unknown variable "contact"/],
  ['{{ contact.__proto__ }}', /^unknown variable "contact.__proto__"/],
  ['{{ day.constructor }}', /^unknown variable "day.constructor"/],
  ['{{ contact[day] }}', /^unknown variable "contact.\[…\]"/],
  ['{{ day | upcse }}', 'unknown filter "upcse", did you mean "upcase"?'],
  ['{{ day | json }}', /^unknown filter "json"/],
  ['{{ day | append }}', `the filter "append" takes a value: write append: '!'`],
  ['{{ day | replace: "a" }}', `the filter "replace" takes 2 values: write replace: 'a', 'b'`],
  ['{{ day | upcase: 1 }}', 'the filter "upcase" takes no value: write upcase'],
  ['{{ day | money: "R$" }}', `"R$" is no currency: its three letters are meant: write money: 'BRL'`],
  ['{{ day | divided_by: 0 }}', 'nothing can be divided by 0: write divided_by: 2'],
  ['{{ day | date: "%Q" }}', /^"%Q" is no sign of a day or time; there are %d %e/],
  ['{% if day %}x{% endif %}', 'tags ({% … %}) are not part of the language: only {{ … }} is'],
  ['{% include "/etc/passwd" %}', 'tags ({% … %}) are not part of the language: only {{ … }} is'],
  ['Hi {{ day', /^bad template: output/],
  ['{{ (1..100000000) | join: "" }}', /^bad template: memory/],
] as const) {
  test(`${template} is refused at load`, (t) => {
    const [fault, ...others] = checkTemplate(template, onlyDay);
    t.deepEqual(others, []);
    if (typeof message === 'string') t.is(fault?.message, message);
    else t.regex(fault?.message ?? '', message);
  });
}

test('an error knows its place in the template', (t) => {
  const template = 'Hi {{ day }},\nsee {{ dya | upcase }}';
  const [fault] = checkTemplate(template, onlyDay);
  t.is(template.slice(fault?.offset, (fault?.offset ?? 0) + (fault?.length ?? 0)), 'dya');
});

test('a message is never longer than 10,000 characters, whatever an answer holds', (t) => {
  const filled = render('{{ day }}{{ day }}', data({ answers: { day: '😀'.repeat(4_999) } }));
  t.is(filled.length, 9_999, 'one short of the limit, since half of an emoji is left out');
  t.true(filled.endsWith('😀…'));
  t.true(filled.isWellFormed());
});

test('a filter that would make too much is stopped', (t) => {
  const template = '{{ day | replace: "a", "aaaaaaaaaaaaaaaaaaaa" | replace: "a", "aaaaaaaaaaaaaaaaaaaa" }}';
  t.throws(() => render(template, data({ answers: { day: 'a'.repeat(10_000) } })), { code: 'flow-invalid', message: /memory/ });
});

test('cutting tears no character apart', (t) => {
  t.is(cut('abc', 3), 'abc');
  t.is(cut('abcd', 3), 'ab…');
  t.is(cut('a😀bc', 3), 'a…');
});

test('days and times are written for people, by locale', (t) => {
  const of = (template: string, locale: 'en' | 'pt' | 'es' | 'en-us' = 'en') =>
    render(template, {
      values: { day: '2026-03-25', far: '2026-12-01', at: '2026-03-24T17:30:00.000Z', n: 1234.5 },
      place: { ...place, locale },
    });
  t.is(of('{{ day | when }}'), 'tomorrow');
  t.is(of('{{ day | when }}', 'pt'), 'amanhã');
  t.is(of('{{ far | when }}'), 'Tuesday 1 December');
  t.is(of('{{ far | when }}', 'es'), 'martes, 1 de diciembre');
  t.is(of('{{ at | when }}'), 'today at 17:30');
  t.is(of('{{ day | iso }} {{ day | format: "dd/MM" }}'), '2026-03-25 25/03');
  t.is(of('{{ n | number }}', 'pt'), '1.234,5');
  t.is(of('{{ n | money: "BRL" }}', 'pt').replace(/\s/g, ' '), 'R$ 1.234,50');
});

test('a value that stands alone keeps its type; within a text it is text', (t) => {
  const values = { count: 3, list: ['a'], nothing: null };
  t.deepEqual(renderValue({ a: '{{ count }}', b: 'x{{ count }}', c: ['{{ list }}'], d: '{{ nothing }}', e: 7 }, { values, place }), {
    a: 3,
    b: 'x3',
    c: [['a']],
    d: null,
    e: 7,
  });
});

test('what a contact wrote is escaped for where it goes', (t) => {
  const values = { day: '*bold* a_b@x.com _it_ `code`' };
  t.is(render('{{ day }}', { values, place }), '*\u2060bold* a_b@x.com _\u2060it_ `\u2060code`');
  t.is(render('*{{ day }}*', { values: { day: 'x' }, place }), '*x*', 'the flow itself may write bold');
  t.is(render('https://a.example/{{ day }}', { values: { day: '../?x=1&y#z' }, place }, 'url'), 'https://a.example/..%2F%3Fx%3D1%26y%23z');
  t.is(render('Bearer {{ day }}', { values: { day: 'a\r\nX-Evil: 1' }, place }, 'header'), 'Bearer a X-Evil: 1');
  t.is(JSON.stringify(renderValue({ d: '{{ day }}"' }, { values: { day: '","admin":true' }, place })), '{"d":"\\",\\"admin\\":true\\""}');
});

const ITEMS = [
  { name: 'b', price: 10.1, type: 'p' },
  { name: 'a', price: 20.2, type: 'q' },
  { name: 'c', price: 0.3, type: 'p' },
];
test('lists are picked from, sorted and summed up, and numbers have no dust on them', (t) => {
  const answers = {
    items: ITEMS,
    tags: ['b', 'a', 'b'],
    text: 'João da Silva',
    day: '2026-03-25',
    n: -7.5,
    none: null,
    pair: [{ a: 1 }, 0.1 + 0.2],
  };
  for (const [template, result] of [
    ['{{ items | sum: "price" }}', '30.6'],
    ['{{ items | where: "type", "p" | map: "name" | join: "+" }}', 'b+c'],
    ['{{ items | sort: "name" | map: "name" | join: "" }}{{ tags | uniq | size }}', 'abc2'],
    ['{{ 19.9 | plus: 29.9 | plus: 0.3 }} {{ -1 | modulo: 3 }} {{ n | abs }} {{ n | floor }} {{ n | ceil }}', '50.1 2 7.5 -8 -7'],
    ['{{ 10 | divided_by: 3 | times: 3 }} {{ 10 | divided_by: 3 }} {{ 10 | divided_by: 3 | round: 2 }}', '10 3.33333333333333 3.33'],
    ['{{ pair | join: " + " }} {{ pair | first | append: "!" }} {{ n | append: "%" }}', '{"a":1} + 0.3 {"a":1}! -7.5%'],
    ['{{ text | slice: 0, 4 }} {{ text | url_encode }}', 'João Jo%C3%A3o%20da%20Silva'],
    ['{{ day | date: "%-d/%m, %A %% %999d" }}', '25/03, Wednesday % %999d'],
    ['{{ text | around: "<", ">" }}{{ none | around: "<", ">" }}{{ 1 | divided_by: none }}', '<João da Silva>'],
  ] as const)
    t.is(render(template, data({ answers })), result, template);
  t.is(render('https://x/{{ text | url_encode }}', data({ answers }), 'url'), 'https://x/Jo%C3%A3o%20da%20Silva');
  const big = Array.from({ length: 20_000 }, (_, price) => ({ name: `n${price}`, price }));
  for (const filter of ['sort: "name"', 'map: "name"', 'sum: "price"', 'where: "name", "n1"', 'uniq'])
    t.throws(() => render(`{{ big | ${filter} | size }}`, data({ answers: { big } })), { message: /memory/ }, filter);
});
