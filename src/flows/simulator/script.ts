/** What is said and what is expected in a simulated chat: the words of `*.test.yml` and of `POST /api/flows/{name}/simulate`. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { didYouMean } from '../../schema-errors/did-you-mean.ts';
import { explainIssue } from '../../schema-errors/zod-messages.ts';
import { duration, isIso, MEDIA, value } from '../language/schema/values.ts';
import { milliseconds, type Value } from '../language/schema.ts';
import { matchesPattern, patternFault } from '../text/patterns.ts';
import { fold } from '../text/words.ts';
import type { Utterance } from '../understanding/inbound.ts';
import type { Outcome, Simulator } from './simulator.ts';

/** What is wrong is told in the words of flows, over HTTP, too. */
export const oneOf = <const T extends readonly z.ZodType[]>(forms: T) => z.union(forms, { error: explainIssue });

/** A person writes a number as well as a text. */
const written = z.number().transform(String);

/** By name, with "contact." or without. */
export const remembered = z
  .record(z.string(), value)
  .transform(
    (all): Record<string, Value> => Object.fromEntries(Object.entries(all).map(([name, one]) => [name.replace(/^contact\./, ''), one])),
  );

const START = 'must be the name of a flow; what it is given stands beside "start", under "data"';

const said = oneOf([
  z.string().max(65_536),
  written,
  z.strictObject({
    text: z.string().max(65_536).optional(),
    media: z.enum(MEDIA).optional().describe('A picture, voice message… comes'),
    location: z.strictObject({ lat: z.number(), lng: z.number() }).optional(),
    button: z.string().max(256).optional().describe('The id of a button or row that is chosen'),
    vote: z.array(z.string()).optional().describe('Options of a poll that are chosen'),
  }),
]);

const reply = oneOf([
  z.string(),
  written,
  z.strictObject({ contains: z.string() }),
  z.strictObject({ matches: z.string() }),
  z.strictObject({ one_of: z.array(z.string()).min(1) }),
]);

export const item = oneOf([
  z.strictObject({ user: said.describe('A message of the contact') }),
  z.strictObject({ bot: reply.describe('What the flow says next') }),
  z.strictObject({ silent: z.literal(true).describe('Nothing is said') }),
  z.strictObject({ advance: duration.describe('Time passes') }),
  z.strictObject({ start: z.string({ error: START }).describe('A flow, by the API'), data: z.record(z.string(), value).optional() }),
  z.strictObject({ event: z.string().describe('An event of the chat'), data: value.optional() }),
  z.strictObject({
    expect: z
      .strictObject({
        flow: z.string().nullable().optional().describe('The flow under way; null for none'),
        answers: z.record(z.string(), value).optional(),
        remembered: remembered.optional(),
        tags: z.array(z.string()).optional(),
        handoff: z.boolean().optional().describe('A person has the chat'),
        opted_out: z.boolean().optional().describe('The contact wants nothing more of flows'),
        event: z.string().optional().describe('An event that was emitted since the last message'),
        request: z.string().optional().describe('A request that was made since the last message'),
      })
      .describe('How things stand'),
  }),
]);
export type Item = z.infer<typeof item>;

export const httpMock = z.strictObject({
  request: z.string().min(1).describe('Method and URL, with * for anything: POST https://api.example.com/*'),
  status: z.int().min(100).max(599).optional(),
  body: value.optional(),
  tools: z
    .array(
      oneOf([
        z.enum(['done', 'handoff']),
        z.strictObject({ say: z.string() }),
        z.strictObject({ save: z.record(z.string(), value) }),
        z.strictObject({ go: z.string() }),
        z.strictObject({ handoff: z.strictObject({ note: z.string() }) }),
      ]),
    )
    .min(1)
    .optional()
    .describe('Instead of "body": what a model that is asked does, such as [{ save: { people: 4 } }, done]'),
  times: z.int().min(1).optional().describe('So often; after that the next one that fits answers'),
  error: z.string().optional().describe('Instead of an answer'),
});

export const moment = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/,
    'must be a day or time such as 2026-03-24 or 2026-03-24T10:00:00-03:00',
  )
  .refine(isIso, 'there is no such day or time');

export const contact = z.strictObject({ name: z.string().max(100).nullable().optional(), phone: z.string().max(60).optional() });

/** Plays one item after the other, and says what is not as it was expected to be. */
export class ScriptPlayer {
  readonly #simulator: Simulator;
  /** What was said and is not expected yet. */
  #heard: Extract<Outcome, { kind: 'said' }>[] = [];
  /** All that happened since the last message. */
  #since: Outcome[] = [];

  constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** What happens by it, and why it is not as expected. */
  play(one: Item): { outcomes: Outcome[]; failures: string[] } {
    if ('bot' in one || 'silent' in one || 'expect' in one) {
      const outcomes = this.settle();
      if ('bot' in one) return { outcomes, failures: this.#expectReply(one.bot) };
      return { outcomes, failures: 'silent' in one ? this.rest() : [...this.#expectState(one.expect)] };
    }
    const failures = 'advance' in one ? [] : this.rest();
    const outcomes = this.#do(one);
    this.#note(outcomes);
    this.#since = 'advance' in one ? [...this.#since, ...outcomes] : outcomes;
    return { outcomes, failures };
  }

  /** Whoever writes several messages in a row writes a burst; it is over before anything is expected of it. */
  settle(): Outcome[] {
    const outcomes = this.#simulator.settle();
    this.#note(outcomes);
    this.#since = [...this.#since, ...outcomes];
    return outcomes;
  }

  #note(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) if (outcome.kind === 'said') this.#heard.push(outcome);
  }

  /** What was said and nobody expected. */
  rest(): string[] {
    return this.#heard.splice(0).map(({ text }) => `the flow also said ${quote(text)}`);
  }

  #do(one: Exclude<Item, { bot: unknown } | { silent: unknown } | { expect: unknown }>): Outcome[] {
    if ('advance' in one) return this.#simulator.advance(milliseconds(one.advance));
    if ('start' in one) return this.#simulator.start(one.start, one.data ?? {});
    if ('event' in one) return this.#simulator.event(one.event, one.data ?? null);
    if (typeof one.user === 'string') return this.#simulator.receive({ text: one.user });
    const { vote, button, media, location, text = null } = one.user;
    if (vote) return this.#simulator.vote(vote);
    const came: Partial<Utterance> = { text, choice: button ?? null, location: location ? { ...location, name: null } : null };
    const file = { id: 'med_simulated', url: '/api/media/med_simulated', mimetype: `${media}/*`, filename: null, caption: text };
    return this.#simulator.receive(media ? { ...came, type: media, media: file } : came);
  }

  #expectReply(expected: z.infer<typeof reply>): string[] {
    const next = this.#heard.shift();
    if (!next) return [`expected ${shown(expected)}, and nothing more was said${this.#whySilent()}`];
    return fits(expected, next.text) ? [] : [`expected ${shown(expected)}, and the flow said ${quote(next.text)}`];
  }

  #whySilent(): string {
    for (const outcome of this.#since) {
      if (outcome.kind === 'failed') return ` (the run failed: ${outcome.message})`;
      if (outcome.kind === 'unanswered') return ` (${outcome.why})`;
    }
    return '';
  }

  *#expectState(expected: Extract<Item, { expect: unknown }>['expect']): Iterable<string> {
    const { run, chat, paused } = this.#simulator;
    if (expected.flow !== undefined && expected.flow !== (run?.flow ?? null)) {
      yield `expected ${expected.flow === null ? 'no flow' : `"${expected.flow}"`} to be under way, and it is ${run ? `"${run.flow}"` : 'none'}`;
    }
    if (expected.handoff !== undefined && expected.handoff !== paused) {
      yield expected.handoff ? 'expected the chat to be handed off, and it is not' : 'the chat is handed off, and should not be';
    }
    if (expected.opted_out !== undefined && expected.opted_out !== chat.optedOut) {
      yield expected.opted_out
        ? 'expected the contact to have opted out, and it has not'
        : 'the contact has opted out, and should not have';
    }
    yield* different('answer', expected.answers, run?.state.answers ?? this.#answers());
    yield* different('remembered value', expected.remembered, chat.remembered);
    if (expected.tags && !isDeepStrictEqual([...expected.tags].sort(), [...chat.tags].sort())) {
      yield `expected the tags ${JSON.stringify(expected.tags)}, and they are ${JSON.stringify(chat.tags)}`;
    }
    const { event, request } = expected;
    const events = this.#since.flatMap((outcome) => (outcome.kind === 'event' ? [outcome.type.replace(/^custom\./, '')] : []));
    if (event !== undefined && !events.includes(event.replace(/^custom\./, ''))) {
      yield `expected the event "${event}"${didYouMean(event, events) || `, and there ${events.length > 0 ? `were ${events.join(', ')}` : 'was none'}`}`;
    }
    const requests = this.#since.flatMap((outcome) => (outcome.kind === 'request' ? [`${outcome.method} ${outcome.url}`] : []));
    if (request !== undefined && !requests.includes(request)) {
      yield `expected the request ${quote(request)}, and there ${requests.length > 0 ? `were ${requests.map(quote).join(', ')}` : 'was none'}`;
    }
  }

  /** Of the run that is over: what it knew at its end. */
  #answers(): Record<string, Value> {
    return this.#simulator.lastAnswers;
  }
}

function* different(what: string, expected: Record<string, Value> | undefined, found: Record<string, Value>): Iterable<string> {
  for (const [name, wanted] of Object.entries(expected ?? {})) {
    const is = (Object.hasOwn(found, name) ? found[name] : undefined) ?? null;
    if (!isDeepStrictEqual(is, wanted))
      yield `expected the ${what} ${name} to be ${JSON.stringify(wanted)}, and it is ${JSON.stringify(is)}`;
  }
}

/** As people see it: one blank is as good as another, and as several; a joiner is not seen. */
const plain = (text: string): string =>
  text
    .replace(/[\u2060\u200b]/g, '')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim();

function fits(expected: z.infer<typeof reply>, text: string): boolean {
  const heard = plain(text);
  if (typeof expected === 'string') return heard === plain(expected);
  if ('contains' in expected) return heard.includes(plain(expected.contains));
  if ('one_of' in expected) return expected.one_of.some((one) => plain(one) === heard);
  return patternFault(expected.matches) === undefined && matchesPattern(expected.matches, fold(heard));
}

const quote = (text: string): string => JSON.stringify(text);

function shown(expected: z.infer<typeof reply>): string {
  if (typeof expected === 'string') return quote(expected);
  if ('contains' in expected) return `something with ${quote(expected.contains)} in it`;
  return 'one_of' in expected ? `one of ${expected.one_of.map(quote).join(', ')}` : `something like /${expected.matches}/`;
}
