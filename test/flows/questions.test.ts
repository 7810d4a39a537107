/** How questions ask, what they take, and what becomes of an answer that is none and of one that does not come. */
import test from 'ava';
import type { Value } from '../../src/flows/language/schema.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { interpret } from '../../src/flows/turn/interpret.ts';
import { FIRST_STATE, type Input, type RunState, type Send, type Turn } from '../../src/flows/turn/state.ts';
import type { Utterance } from '../../src/flows/understanding/inbound.ts';
import { flowOf, programOf, saying, worldOf } from './helpers.ts';

const NOW = worldOf().now;
const MINUTE = 60_000;
const PARTS = 'parts:\n  sales:\n    - say: sales\n  desk:\n    - say: desk\n';

/** A run of these steps, turn by turn; each answers with what was sent. */
class Talk {
  state: RunState = FIRST_STATE;
  turn!: Turn;
  readonly #program: ReturnType<typeof programOf>;

  constructor(steps: string, more = '') {
    this.#program = programOf(`${flowOf(steps)}${PARTS}${more}`);
  }

  says(text: string | null, more: Partial<Utterance> = {}): Send[] {
    return this.#take({ kind: 'message', said: saying(text, more), messageId: 'msg_1', sessionName: 'main' });
  }

  /** So many ms after the start. */
  timer(after: number): Send[] {
    return this.#take({ kind: 'timer' }, NOW + after);
  }

  get answers(): Record<string, Value> {
    return this.state.answers;
  }

  #take(input: Input, now = NOW): Send[] {
    this.turn = interpret(this.#program, this.state, input, worldOf({ now }));
    this.state = this.turn.state;
    return this.turn.outcome === 'failed' ? [] : this.turn.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.send] : []));
  }
}

const texts = (sends: Send[]): (string | undefined)[] => sends.map((send) => ('text' in send ? send.text : send.type));

test('an answer that is none is asked for again without end, until "then" is given: then three times', (t) => {
  const ask = '- ask: How many?\n  expect: number\n  save: n\n- say: "{{ n }}"';
  const talk = new Talk(ask);
  talk.says('hi');
  for (let n = 1; n <= 6; n++) {
    t.deepEqual(texts(talk.says('many')), ['How many?']);
    t.is(talk.state.wait?.invalid, n);
  }
  t.deepEqual(texts(talk.says('7')), ['7']);

  const led = new Talk(ask.replace('save: n', 'save: n\n  on_invalid: { then: desk }'));
  led.says('hi');
  const asked = Array.from({ length: 4 }, () => texts(led.says('many'))[0]);
  t.deepEqual(asked, ['How many?', 'How many?', 'How many?', 'desk']);
});

test('"on_invalid" says its own words as often as it says, and a check its own before those', (t) => {
  const talk = new Talk(`- ask: How many?
  expect: number
  save: n
  check: [{ if: "answer > 10", say: "At most ten." }]
  on_invalid: { say: A number please, tries: 1, then: desk }`);
  talk.says('hi');
  t.deepEqual(texts(talk.says('many')), ['A number please']);
  t.deepEqual(texts(talk.says('many')), ['desk']);

  const checked = new Talk(
    '- ask: How many?\n  expect: number\n  save: n\n  check: [{ if: "answer > 10", say: "{{ answer }} is too many." }]\n- say: "{{ n }}"',
  );
  checked.says('hi');
  t.deepEqual(texts(checked.says('11')), ['11 is too many.']);
  t.deepEqual(checked.answers, {});
  t.deepEqual(texts(checked.says('10')), ['10']);
});

test('who does not answer is reminded once, after the time, and then the run ends, or goes where it is told', (t) => {
  const ask = '- ask: Name?\n  save: name\n  on_silence: { after: 5m, say: Still there? }';
  const talk = new Talk(ask);
  talk.says('hi');
  t.is(talk.state.wait?.dueAt, NOW + 5 * MINUTE);
  t.deepEqual(talk.timer(5 * MINUTE - 1), [], 'it is not late yet');
  t.like(talk.state.wait, { dueAt: NOW + 5 * MINUTE, silent: 0 });
  t.deepEqual(texts(talk.timer(5 * MINUTE)), ['Still there?']);
  t.like(talk.state.wait, { dueAt: NOW + 10 * MINUTE, silent: 1 });
  t.deepEqual(talk.timer(10 * MINUTE), []);
  t.is(talk.turn.outcome, 'ended');

  const led = new Talk(ask.replace('there? }', 'there?, tries: 2, then: desk }'));
  led.says('hi');
  t.deepEqual(
    [5, 10, 15].map((minutes) => texts(led.timer(minutes * MINUTE))[0]),
    ['Still there?', 'Still there?', 'desk'],
  );

  const mute = new Talk(ask.replace(', say: Still there?', ', then: desk'));
  mute.says('hi');
  t.deepEqual(texts(mute.timer(5 * MINUTE)), ['desk'], 'without words nobody is reminded');
});

test('an answer that is none breaks the silence: the time begins anew, and so do the reminders', (t) => {
  const talk = new Talk('- ask: How many?\n  expect: number\n  save: n\n  on_silence: { after: 5m, say: Still there? }');
  talk.says('hi');
  talk.timer(5 * MINUTE);
  t.is(talk.state.wait?.silent, 1);
  talk.says('many');
  t.like(talk.state.wait, { silent: 0, invalid: 1, dueAt: NOW + 5 * MINUTE });
});

test('a question that nobody hurries waits for ever, also when a timer of before comes', (t) => {
  const talk = new Talk('- ask: Name?\n  save: name');
  talk.says('hi');
  t.is(talk.state.wait?.dueAt, null);
  t.deepEqual(talk.timer(1e9), []);
  t.like(talk.turn, { outcome: 'waiting', state: { wait: { dueAt: null } } });
  // A revision since has taken the hurry away.
  talk.state = { ...talk.state, wait: { for: 'answer', dueAt: NOW, invalid: 0, silent: 0, attempt: 0, request: 0 } };
  t.deepEqual(talk.timer(0), []);
  t.like(talk.turn, { outcome: 'waiting', state: { wait: { dueAt: null } } });
});

test('a menu numbers its options, takes one by name or number, keeps it and leads where it says', (t) => {
  const steps =
    '- menu: What?\n  options: { sales: "To buy", support: "To ask" }\n  save: what\n  go: { sales: sales }\n- say: "here: {{ what }}"';
  const by = (text: string): [string | undefined, Value | undefined] => {
    const talk = new Talk(steps);
    t.deepEqual(texts(talk.says('hi')), ['What?\n1. To buy\n2. To ask']);
    return [texts(talk.says(text))[0], talk.answers.what];
  };
  t.deepEqual(by('1'), ['sales', 'sales']);
  t.deepEqual(by('to ask'), ['here: support', 'support'], 'what leads nowhere goes on below');
  t.deepEqual(by('neither'), ['What?\n1. To buy\n2. To ask', undefined]);
});

test('a question with options is a menu whose answer is kept', (t) => {
  const talk = new Talk('- ask: What?\n  expect: choice\n  options: { tea: Tea, coffee: Coffee }\n  save: what\n- say: "{{ what }}"');
  t.deepEqual(texts(talk.says('hi')), ['What?\n1. Tea\n2. Coffee']);
  t.deepEqual(texts(talk.says('2')), ['coffee']);
});

test('a poll that keeps nothing is no question; one that does takes a vote, or the same in words', (t) => {
  const poll = '- poll: When?\n  options: [Today, Tomorrow]';
  const open = new Talk(`${poll}\n- say: on`);
  t.deepEqual(open.says('hi'), [
    { type: 'poll', question: 'When?', options: ['Today', 'Tomorrow'], selectable: 1 },
    { type: 'text', text: 'on' },
  ]);

  const answerOf = (text: string | null, votes?: string[], selectable = '') => {
    const talk = new Talk(`${poll}\n  save: day${selectable}\n- say: kept`);
    talk.says('hi');
    const said = texts(talk.says(text, votes ? { votes } : {}));
    return said[0] === 'kept' ? talk.answers.day : said[0];
  };
  t.is(answerOf(null, ['Tomorrow']), 'Tomorrow');
  t.is(answerOf('tomorrow'), 'Tomorrow');
  t.is(answerOf('2'), 'Tomorrow');
  t.is(answerOf(null, []), 'poll', 'a vote that was taken back is none: it is asked again');
  t.is(answerOf('today', []), 'poll');
  t.is(answerOf(null, ['Never']), 'poll');
  t.is(answerOf('never'), 'poll');
  t.is(answerOf(null), 'poll');
  t.deepEqual(answerOf(null, ['Never', 'Today', 'Tomorrow'], '\n  selectable: 2'), ['Today', 'Tomorrow']);
  t.deepEqual(answerOf('today', undefined, '\n  selectable: 2'), ['Today']);
});

test('a list that keeps nothing and leads nowhere is no question; one that does is', (t) => {
  const list = '- list: Choose\n  button: Open\n  title: "{{ contact.name }}"\n  options: { tea: Tea, sales: "To buy" }';
  const open = new Talk(`${list}\n- say: on`);
  t.deepEqual(open.says('hi'), [
    {
      type: 'list',
      title: 'Ana Souza',
      text: 'Choose',
      button: 'Open',
      sections: [
        {
          title: '',
          rows: [
            { id: 'tea', title: 'Tea' },
            { id: 'sales', title: 'To buy' },
          ],
        },
      ],
    },
    { type: 'text', text: 'on' },
  ]);
  const led = new Talk(`${list}\n  footer: Soon\n  go: { sales: sales }\n- say: on`);
  t.like(led.says('hi')[0], { footer: 'Soon' });
  t.is(led.turn.outcome, 'waiting');
  t.deepEqual(texts(led.says(null, { choice: 'sales' })), ['sales']);
  t.deepEqual(led.answers, {});
  const kept = new Talk(`${list}\n  save: what\n- say: "{{ what }}"`);
  kept.says('hi');
  t.deepEqual(texts(kept.says('tea')), ['tea']);
});

test('what is filled in is cut to what WhatsApp takes', (t) => {
  const said = 'x'.repeat(5_000);
  const own = '"{{ message.text }}"';
  const lengths = (steps: string): unknown => {
    const [send] = new Talk(steps).says(said);
    if (send?.type === 'poll') return [send.question.length, ...send.options.map((option) => option.length)];
    if (send?.type !== 'list') return send;
    const { title = '', footer = '', text, button, sections } = send;
    return [title, footer, text, button, ...sections.flatMap(({ rows }) => rows.map((row) => row.title))].map((words) => words.length);
  };
  t.deepEqual(lengths(`- poll: ${own}\n  options: [${own}, Other]`), [255, 100, 5]);
  t.deepEqual(
    lengths(`- list: ${own}\n  button: ${own}\n  title: ${own}\n  footer: ${own}\n  options: { a: ${own} }`),
    [60, 60, 4_096, 20, 24],
  );
});

test('what was understood is read back, and saved when the contact says yes', (t) => {
  const talk = new Talk(`- ask: Which day?
  expect: date
  confirm: true
  check: [{ if: "answer < today", say: That day has passed. }]
  on_invalid: { tries: 3, then: desk }
  save: day
- say: "{{ day }}"`);
  talk.says('hi');
  t.deepEqual(texts(talk.says('friday')), ['Friday 27 March. Is that right?']);
  t.deepEqual(talk.answers, {});
  t.deepEqual(texts(talk.says('perhaps')), ['Friday 27 March. Is that right?']);
  t.deepEqual(texts(talk.says('saturday')), ['Saturday 28 March. Is that right?'], 'another answer takes its place');
  t.deepEqual(texts(talk.says('no')), ['Which day?']);
  t.is(talk.state.wait?.heard, undefined);
  t.deepEqual(texts(talk.says('yesterday')), ['That day has passed.']);
  t.deepEqual(texts(talk.says('27/03')), ['Friday 27 March. Is that right?']);
  t.deepEqual(texts(talk.says('yes please')), ['2026-03-27']);

  const own = new Talk('- ask: How long?\n  expect: duration\n  confirm: "So {{ understood }} ({{ answer }})?"\n  save: time');
  own.says('hi');
  t.deepEqual(texts(own.says('an hour and a half')), ['So 1 hour, 30 minutes (5400)?']);
});

test('a time that a check refuses is read back twelve hours later where that fits, and only where it was left open', (t) => {
  const open = 'hours:\n  clinic: { timezone: UTC, open: { mon-sun: "08:00-18:00" } }\n';
  const ask = (expect: string) => `- ask: When?
  expect: ${expect}
  check: [{ if: "!within(answer, clinic)", say: We are closed. }]
  save: when
- say: "{{ when }}"`;
  const talk = new Talk(ask('datetime'), `locale: pt\n${open}`);
  talk.says('hi');
  t.deepEqual(texts(talk.says('amanha as 3 e meia')), ['quarta-feira, 25 de março às 15:30, certo?']);
  t.is(talk.state.wait?.invalid, 0, 'it costs no try');
  t.deepEqual(texts(talk.says('não')), ['When?']);
  t.deepEqual(texts(talk.says('amanha as 3')), ['quarta-feira, 25 de março às 15:00, certo?']);
  for (const none of ['amanha as 3 da manha', 'amanha as 03:30', 'amanha as 19h', 'amanha as 6 e meia', 'amanha à meia-noite'])
    t.deepEqual(texts(talk.says(none)), ['We are closed.'], none);
  talk.says('amanha as 3 e meia');
  t.deepEqual(texts(talk.says('sim')), ['2026-03-25T15:30:00.000Z']);

  const time = new Talk(ask('time'), open);
  time.says('hi');
  t.deepEqual(texts(time.says('3')), ['15:00. Is that right?']);
  t.deepEqual(texts(time.says('9')), ['09:00'], 'what fits is taken as it was said');
});

test('several options are chosen at once, and saved as a list', (t) => {
  const talk = new Talk(`- ask: Which?
  options: { ham: Ham, egg: Egg and bacon, tuna: Tuna }
  multiple: true
  confirm: true
  save: kinds
- say: "{{ kinds | join: '+' }}"`);
  talk.says('hi');
  for (const none of ['1 or 3', 'not the first', '1 and 7', 'none', '1, cheese']) {
    t.deepEqual(texts(talk.says(none)), ['Which?\n1. Ham\n2. Egg and bacon\n3. Tuna'], none);
  }
  for (const [said, understood] of [
    ['1 and 3', 'Ham, Tuna'],
    ['3,1', 'Ham, Tuna'],
    ['the first and the last', 'Ham, Tuna'],
    ['egg and bacon', 'Egg and bacon'],
    ['all of them', 'Ham, Egg and bacon, Tuna'],
    ['tuna and egg', 'Egg and bacon, Tuna'],
  ] as const)
    t.deepEqual(texts(talk.says(said)), [`${understood}. Is that right?`], said);
  t.deepEqual(texts(talk.says('yes')), ['egg+tuna']);
});

test('options come from what the run has, and where there are none it goes on', (t) => {
  const talk = new Talk(`- set: { slots: [{ id: a, at: "2026-03-25T13:00:00Z" }, { id: b, at: "2026-03-26T18:00:00Z" }], empty: [] }
- ask: None?
  options: { from: "{{ empty }}" }
  save: nothing
- menu: When?
  options: { from: "{{ slots }}", label: "{{ item.at | when }}", value: "{{ item.id }}" }
  save: id
- ask: Whole?
  options: { from: "{{ slots }}", label: "Slot {{ item.id }}" }
  confirm: true
  save: slot
- say: "{{ id }} {{ slot.at }}"
- menu: "No more?"
  options: { from: "{{ empty }}", empty: desk }
  save: more`);
  t.deepEqual(texts(talk.says('hi')), ['When?\n1. tomorrow at 13:00\n2. Thursday 26 March at 18:00']);
  t.deepEqual(texts(talk.says('3')), ['When?\n1. tomorrow at 13:00\n2. Thursday 26 March at 18:00']);
  t.deepEqual(texts(talk.says('thursday')), ['Whole?\n1. Slot a\n2. Slot b']);
  t.deepEqual(texts(talk.says('1')), ['Slot a. Is that right?']);
  // Between two turns it is kept as JSON.
  talk.state = JSON.parse(JSON.stringify(talk.state));
  t.deepEqual(texts(talk.says('ok')), ['b 2026-03-25T13:00:00Z', 'desk']);
  t.is(talk.answers.nothing, null);
});

test('it waits until a time of the day, or until it opens', (t) => {
  const hours = (open: string) => `hours:\n  shop: { timezone: UTC, open: { mon-fri: "${open}" } }\n`;
  for (const [wait, open, until] of [
    ['{ until: "08:00" }', '08:00-18:00', Date.UTC(2026, 2, 25, 8)],
    ['{ until: "12:01" }', '08:00-18:00', NOW + MINUTE],
    ['{ opens: shop }', '13:00-18:00', NOW + 60 * MINUTE],
    ['{ opens: shop }', '08:00-18:00', undefined],
  ] as const) {
    const turn = interpret(
      programOf(`${hours(open)}${flowOf(`- wait: ${wait}`)}`),
      FIRST_STATE,
      { kind: 'start', said: saying('hi'), messageId: 'msg_1', sessionName: 'main' },
      worldOf(),
    );
    t.is(turn.state.wait?.dueAt, until, wait);
    t.is(turn.outcome, until === undefined ? 'ended' : 'waiting');
  }
});

for (const [step, fault] of [
  ['- ask: a\n  expect: [text, date]\n  save: x', /"text" takes whatever is written: it can only be the last one/],
  ['- ask: a\n  expect: [date, date]\n  save: x', /"date" stands here twice/],
  ['- ask: a\n  expect: { pattern: "(" }\n  save: x', /is no regular expression/],
  ['- ask: a\n  expect: { pattern: "[a-z]{1,1000}" }\n  save: x', /may come to 200/],
  ['- ask: a\n  multiple: true\n  save: x', /"multiple" needs "options"/],
  ['- menu: a\n  multiple: true\n  options: { a: A }\n  go: { a: desk }', /several options lead nowhere/],
  ['- menu: a\n  options: { from: "{{ message.text }}" }', /needs "save"/],
  ['- menu: a\n  options: { from: "{{ message.text }}", label: "{{ itm }}" }\n  save: x', /"itm", did you mean "item"/],
  ['- menu: a\n  options: { from: "{{ message.text }}", empty: dsk }\n  save: x', /no part or step "dsk", did you mean "desk"/],
  ['- ask: a\n  confirm: "{{ understod }}?"\n  save: x', /"understod", did you mean "understood"/],
  ['- wait: { opens: shp }', /there are no hours "shp"/],
] as const) {
  test(`told when the flow is loaded: ${step}`, (t) => {
    const { faults } = checkFlows([{ path: 'a.yml', source: `${flowOf(`${step}\n- go: desk`)}parts:\n  desk: [end]\n` }]);
    t.regex(faults.map(({ message }) => message).join('\n'), fault);
  });
}
