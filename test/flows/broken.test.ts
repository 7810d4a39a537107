/** Forty ways to get a flow wrong: each is told at its line, with what to do. */
import test from 'ava';
import { checkFlows } from '../../src/flows/program/lint.ts';

const HEAD = 'flow: a\nversion: 1\nstart:\n  - says: [hi]\n';
const of = (steps: string, more = ''): string => `${HEAD}${more}steps:\n${steps.replace(/^/gm, '  ')}\n`;

const BROKEN: [what: string, source: string, line: number, says: RegExp][] = [
  [
    'a misspelt key in a question',
    of('- ask: x\n  save: y\n  on_silnce: { after: 1m }'),
    8,
    /unknown key "on_silnce", did you mean "on_silence"\?/,
  ],
  ['a misspelt step', of('- sey: x'), 6, /unknown key "sey", did you mean "say"\?/],
  ['a misspelt type of answer', of('- ask: x\n  expect: dat\n  save: y'), 7, /there is no "dat" here, did you mean "date"\?/],
  ['a duration without a unit', of('- wait: "10"'), 6, /must be a duration such as 30s/],
  ['a duration in words', of('- ask: x\n  save: y\n  on_silence: { after: ten minutes }'), 8, /must be a duration/],
  ['a menu without options', of('- menu: x'), 6, /"options" is missing/],
  [
    'a menu that leads on by an option that it has not',
    of('- menu: x\n  options: { a: A }\n  go: { b: end_part }', 'parts:\n  end_part: [end]\n'),
    10,
    /there is no option "b"/,
  ],
  ['a menu that leads nowhere', of('- menu: x\n  options: { a: A }\n  go: { a: nowhere }'), 8, /there is no part or step "nowhere"/],
  [
    'on_invalid that leads nowhere',
    of('- ask: x\n  save: y\n  on_invalid: { say: no, then: agnt }', 'parts:\n  agent: [end]\n'),
    10,
    /"agnt", did you mean "agent"\?/,
  ],
  ['a choice without options', of('- ask: x\n  expect: choice\n  save: y'), 7, /"choice" needs "options"/],
  ['options for another type', of('- ask: x\n  expect: date\n  options: { a: A }\n  save: y'), 8, /goes with "expect: choice"/],
  ['a choose without else', of('- choose:\n    - if: { tagged: x }\n      then: [end]'), 6, /needs an "else"/],
  [
    'an else that is not last',
    of('- choose:\n    - else: [end]\n    - if: { tagged: x }\n      then: [end]'),
    7,
    /"else" must be the last case/,
  ],
  ['a then that is no list', of('- if: { tagged: x }\n  then: end'), 7, /must be a list/],
  [
    'hours that are not there',
    of('- if: { closed: clinc }\n  then: [end]', 'hours:\n  clinic: { timezone: UTC, open: { mon: "08:00-12:00" } }\n'),
    8,
    /no hours "clinc", did you mean "clinic"\?/,
  ],
  [
    'a time zone that is not there',
    of('- end', 'hours:\n  x: { timezone: America/Sao_Paolo, open: { mon: "08:00-12:00" } }\n'),
    6,
    /is no time zone/,
  ],
  ['opening times that are none', of('- end', 'hours:\n  x: { timezone: UTC, open: { mon: "8-12" } }\n'), 6, /must be times such as/],
  [
    'days that are none',
    of('- end', 'hours:\n  x: { timezone: UTC, open: { monday: "08:00-12:00" } }\n'),
    6,
    /must be days such as mon-fri/,
  ],
  ['a condition with an unknown name', of('- if: todai < now\n  then: [end]'), 6, /unknown variable "todai", did you mean "today"\?/],
  ['a condition that breaks off', of('- if: answer <\n  then: [end]'), 6, /is no expression/],
  ['a condition with a loop', of('- if: "tags.exists(t, t == 1)"\n  then: [end]'), 6, /there is no function "exists"/],
  [
    'a condition with a regular expression',
    of('- if: "message.text.matches(\'(a+)+$\')"\n  then: [end]'),
    6,
    /there is no function "matches"/,
  ],
  ['a condition key that is not there', of('- if: { taged: x }\n  then: [end]'), 6, /unknown key "taged", did you mean "tagged"\?/],
  ['a regular expression that RE2 refuses', 'flow: a\nversion: 1\nstart:\n  - matches: "(a"\nsteps: [end]\n', 4, /no regular expression/],
  [
    'a regular expression that looks back',
    'flow: a\nversion: 1\nstart:\n  - matches: "(a)\\\\1"\nsteps: [end]\n',
    4,
    /no regular expression/,
  ],
  [
    'an event that is not there',
    'flow: a\nversion: 1\nstart:\n  - event: call.incomming\nsteps: [end]\n',
    4,
    /did you mean "call.incoming"\?/,
  ],
  ['an event of the hub itself', 'flow: a\nversion: 1\nstart:\n  - event: message.delivered\nsteps: [end]\n', 4, /the hub's own messages/],
  ['an event of no chat', 'flow: a\nversion: 1\nstart:\n  - event: session.qr\nsteps: [end]\n', 4, /happens in no chat/],
  [
    'a way to start that is not there',
    'flow: a\nversion: 1\nstart:\n  - say: [hi]\nsteps: [end]\n',
    4,
    /unknown key "say", did you mean "says"\?/,
  ],
  ['a schedule to nobody', 'flow: a\nversion: 1\nstart:\n  - schedule: { at: "09:00", session: main }\nsteps: [end]\n', 4, /needs "to"/],
  ['a request without a method', of('- http: https://a.example'), 6, /must be a method and a URL/],
  [
    'a request to whoever the contact names',
    of('- ask: x\n  save: host\n- http: GET https://{{ host }}/x'),
    8,
    /name of a host, without \{\{ \}\}/,
  ],
  ['two bodies', of('- http: POST https://a.example\n  json: {}\n  form: { a: b }'), 8, /a request has one body/],
  ['a secret in a message', of('- say: "{{ secrets.key }}"'), 6, /is a secret, which only "http" and headers may use/],
  [
    'a part of the answer that is no path',
    of('- http: GET https://a.example\n  save: { x: answer.id }'),
    7,
    /must be status, body or a path/,
  ],
  ['a call to nobody', of('- call: othr'), 6, /there is no flow "othr"/],
  ['something to remember that is no part of the contact', of('- remember: { plan: gold }'), 6, /must be contact\. and a name/],
  ['a circle without a question', of('- id: x\n  say: a\n- go: x'), 6, /goes in a circle/],
  ['a step behind a handoff', of('- handoff: true\n- say: x'), 7, /nothing leads to this step/],
  ['anytime that leads nowhere', of('- end', 'anytime:\n  - { says: stop, go: out }\n'), 6, /there is no part or step "out"/],
  ['a mode that is not there', of('- end', 'mode: contine\n'), 5, /did you mean "continue"\?/],
  ['an emoji as a number', of('- react: 1'), 6, /must be text: put 1 in quotes/],
  ['a place off the earth', of('- location: { lat: 123, lng: 0 }'), 6, /must be at most 90/],
  [
    'a check that asks for what nobody knows',
    of('- ask: x\n  expect: date\n  check:\n    - { if: "answer < tody", say: no }\n  save: y'),
    9,
    /unknown variable "tody", did you mean "today"\?/,
  ],
  ['a value that is saved under a name with a meaning', of('- set: { contact: x }'), 6, /has a meaning of its own/],
  [
    'a holiday that is not in the calendar',
    of('- end', 'hours:\n  shop: { timezone: UTC, open: { mon: "08:00-12:00" }, closed: [2026-02-30] }\n'),
    6,
    /there is no such day/,
  ],
  ['a poll with one option', of('- poll: x\n  options: [a]'), 7, /must have at least 2/],
];

for (const [what, source, line, says] of BROKEN) {
  test(`${what} is told at its line`, (t) => {
    const { faults } = checkFlows([{ path: 'a.yml', source }]);
    const told = faults.map(({ path, message }) => `${path} ${message}`).join('\n');
    t.true(
      faults.some(({ path, message }) => Number(path.split(':')[1]) === line && says.test(message)),
      `wanted line ${line} ${says}, got:\n${told || 'nothing'}`,
    );
    t.true(faults.length <= 2, told);
  });
}

test('there are forty of them', (t) => t.true(BROKEN.length >= 40));
