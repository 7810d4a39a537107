/** Steps that wait for somebody. */
import { z } from 'zod';
import { condition } from './conditions.ts';
import { duration, listOf, name, phrase, sending, target, text, upTo, wording } from './values.ts';

/** What a question may expect, and what is saved of it. */
export const KINDS = {
  text: 'The text as it was written',
  number: 'A number: `1234.5`',
  integer: 'A whole number',
  date: 'A day: `2026-03-25`',
  time: 'A time of the day: `15:30`',
  datetime: 'A moment in UTC: `2026-03-25T18:00:00.000Z`',
  duration: 'Seconds: `5400`',
  email: 'The address, in small letters',
  phone: 'Digits with the country code, without `+`',
  url: 'The address, with `https://` where none was written',
  yes_no: '`true` or `false`',
  cpf: 'Eleven digits; the last two, which check the others, must be right',
  cnpj: 'Fourteen digits, or letters and digits; the last two, which check the others, must be right',
  cep: '`01310-100`',
  choice: 'The name of the option; of options from data the entry, or its `value`',
  location: '`lat`, `lng` and `name` of a location that was sent',
  image: '`id`, `url`, `mimetype`, `filename` and `caption` of a picture',
  document: 'The same of a file',
  any: 'The text, or what was sent instead of one',
} as const;
const kind = z.enum(Object.keys(KINDS) as [keyof typeof KINDS, ...(keyof typeof KINDS)[]]).meta({ id: 'Kind' });
/** What counts as an answer, by its name. */
export type Kind = z.infer<typeof kind>;

export const pattern = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(500)
    .describe(
      'A regular expression (RE2) for the answer, or for the one piece of it that is meant; small and capital letters are the same',
    ),
  keep: z
    .enum(['as_written', 'digits'])
    .optional()
    .describe('What is saved of it: as_written, which is so when not given, or only its digits'),
});
export type Pattern = z.infer<typeof pattern>;

const expect = z
  .union([kind, upTo(10, z.array(kind).min(1)), pattern])
  .describe(
    'What counts as an answer; text when not given. Of a list the first that fits. What says more than one of them, or something beside it, counts as none',
  );
export type Expect = z.infer<typeof expect>;

export const isPattern = (expect: Expect): expect is Pattern => typeof expect === 'object' && !Array.isArray(expect);

/** The kinds that a question takes; none of one that takes a pattern. */
export const kindsOf = ({ expect, options }: { expect?: Expect | undefined; options?: unknown }): readonly Kind[] =>
  expect === undefined ? [options === undefined ? 'text' : 'choice'] : isPattern(expect) ? [] : listOf(expect);

const tries = z.int().min(0).max(20);
const onInvalid = z
  .strictObject({
    say: wording.optional().describe('Said instead of asking again'),
    tries: tries
      .optional()
      .describe(
        'How often it is asked again; what "check" refuses counts, too. With 2 the third answer that is none goes on at "then"; 3 when not given',
      ),
    // biome-ignore lint/suspicious/noThenProperty: a word of the flow language; nothing awaits a schema
    then: target.optional().describe('Where it goes on after the last try; without it the question stays'),
  })
  .describe('When the answer is not what was asked for');
export type OnInvalid = z.infer<typeof onInvalid>;

export const onSilence = z
  .strictObject({
    after: duration.describe('How long nobody answers'),
    say: wording.optional().describe('A reminder'),
    tries: tries.optional().describe('How many times it is said; after that "then". 1 when not given'),
    // biome-ignore lint/suspicious/noThenProperty: a word of the flow language; nothing awaits a schema
    then: target.optional().describe('Where it goes on then; without it the run ends'),
  })
  .describe('When nobody answers');
export type OnSilence = z.infer<typeof onSilence>;

const waiting = { on_invalid: onInvalid.optional(), on_silence: onSilence.optional(), ...sending };

const option = z.union([
  z.string().min(1).max(200),
  z.strictObject({
    label: z.string().min(1).max(200).describe('As it is shown'),
    also: upTo(50, z.array(phrase).min(1)).optional().describe('Other words that choose it'),
  }),
]);
export type Option = z.infer<typeof option>;
export const options = (says: string) => {
  const all = z.record(name, option).refine((all) => Object.keys(all).length > 0, 'must not be empty');
  return upTo(200, all.describe(says));
};

const fromData = z
  .strictObject({
    from: z
      .string()
      .max(1_000)
      .regex(/^\s*\{\{.*\}\}\s*$/s, 'must be a list such as "{{ slots }}"')
      .describe('A list that the run has, such as "{{ slots }}"; of a long one the first 50'),
    label: text.optional().describe('How one is shown; {{ item }} is the entry'),
    value: text.optional().describe('What is saved of the one chosen; the whole entry when not given'),
    empty: target.optional().describe('Where it goes on when there is none; without it nothing is saved, and the next step follows'),
  })
  .describe('Options from data: { from: "{{ slots }}", label: "{{ item.time }}", value: "{{ item.id }}" }');
export type OptionsFromData = z.infer<typeof fromData>;

/** An option may be called "from", too: only data is filled in. */
export const isFromData = (options: unknown): options is OptionsFromData =>
  typeof options === 'object' && options !== null && 'from' in options && typeof options.from === 'string' && options.from.includes('{{');

/** By name, or from data. Only the form that is meant is tried, so that its faults are told. */
function optionsOrData(says: string) {
  const named = options(says);
  const union = z.union([named, fromData]);
  union._zod.run = (payload, context) => (isFromData(payload.value) ? fromData : named)._zod.run(payload, context);
  // Not by `describe`, which would forget the above.
  z.globalRegistry.add(union, { description: `${says}; or { from: "{{ slots }}", … }` });
  return union;
}
const leads = (says: string) => upTo(200, z.record(name, target).describe(says));

const multiple = z
  .literal(true)
  .describe('Several of the options may be chosen, and a list of them is saved: "1 e 3", "the first and the last"');

export const menu = z
  .strictObject({
    menu: wording.describe('The question; the options follow it, numbered'),
    options: optionsOrData('What can be chosen, in this order'),
    multiple: multiple.optional(),
    save: name.optional().describe('Keeps the name of the option that was chosen'),
    go: leads('Where each option leads; without it the next step follows').optional(),
    ...waiting,
  })
  .describe('Sends numbered options and waits for a choice');

export const ask = z
  .strictObject({
    ask: wording,
    expect: expect.optional(),
    options: optionsOrData('What can be chosen, with "expect: choice"').optional(),
    multiple: multiple.optional(),
    confirm: z
      .union([z.literal(true), wording])
      .optional()
      .describe(
        'Says what was understood and asks whether it is right, in words of its own (true) or yours: "{{ understood }}, certo?". A yes saves it, a no asks again, another answer takes its place',
      ),
    check: upTo(20, z.array(z.strictObject({ if: condition.describe('When this holds the answer is refused'), say: wording })).min(1))
      .optional()
      .describe(
        'Looks at the answer, which is "answer" here. A time without its part of the day that is refused, and twelve hours later would not be, is read back so',
      ),
    save: name.describe('The answer, for {{ }} from here on'),
    ...waiting,
  })
  .describe('Sends a question, waits for the answer and keeps it');

export const poll = z
  .strictObject({
    poll: z.string().min(1).max(255).describe('The question'),
    options: upTo(12, z.array(z.string().min(1).max(100)).min(2)),
    selectable: z.int().min(1).max(12).optional().describe('How many may be chosen; 1 when not given'),
    save: name.optional().describe('Waits for the vote and keeps it'),
    ...waiting,
  })
  .describe('Sends a poll');

export const list = z
  .strictObject({
    list: wording.describe('The text above the button'),
    button: z.string().min(1).max(20).describe('On the button that opens the list'),
    title: z.string().max(60).optional(),
    footer: z.string().max(60).optional(),
    options: options('The rows; a row chosen is an answer by its name'),
    fallback: z.literal('text').optional().describe('Sent as numbered text, as a menu is, which is sure to be shown'),
    save: name.optional().describe('Waits for the choice and keeps its name'),
    go: leads('Where each option leads').optional(),
    ...waiting,
  })
  .describe('Sends a list to choose from. WhatsApp may show no list that comes from a linked device: a menu is sure to be shown');
