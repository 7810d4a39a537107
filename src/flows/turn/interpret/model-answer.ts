/** What a model answers: read as what a stranger writes is, whole or not at all. Pure, and throws nothing. */
import { z } from 'zod';
import { LONGEST_SAID, type ModelField, TOOLS, type Tool } from '../../language/schema/models.ts';
import { type Doing, isPattern, type Value } from '../../language/schema.ts';
import type { Place } from '../../text/locale-format.ts';
import { asSeen } from '../../text/unseen.ts';
import { choicesOf } from '../../understanding/expect/choices.ts';
import { readAnswer } from '../../understanding/expect/expect.ts';
import { NOTHING_SAID } from '../../understanding/inbound.ts';

export type ModelStep = Extract<Doing, { ask_model: unknown }>;

/** What it wants done, in this order. */
export interface Wanted {
  save: Record<string, Value>;
  say: string[];
  /** How it leaves the conversation; null while it goes on. */
  leave: { to: 'done' } | { to: 'go'; word: string } | { to: 'handoff'; note: string | null } | null;
  /** As the endpoint counts them; null where it does not say. */
  tokens: number | null;
}

/** Of one answer. */
const MOST_CALLS = 8;
const MOST_TEXTS = 3;
const LONGEST_NOTE = 1_000;

const completion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.string().nullish(),
          tool_calls: z
            .array(z.object({ function: z.object({ name: z.string(), arguments: z.string().nullish() }) }))
            .max(MOST_CALLS)
            .nullish(),
        }),
      }),
    )
    .min(1),
  usage: z.object({ total_tokens: z.number().nullish() }).nullish(),
});

export const fieldsOf = ({ save = {} }: ModelStep): [name: string, field: Exclude<ModelField, string>][] =>
  Object.entries(save).map(([name, field]) => [name, typeof field === 'string' ? { expect: field } : field]);

/** What the step has something for, or what of that it names. */
export const toolsOf = (step: ModelStep): Tool[] =>
  (step.ask_model.tools ?? TOOLS).filter((tool) => (tool === 'save' || tool === 'go' ? step[tool] !== undefined : true));

/** `refused`: what is wrong with it, in words for the model. Then nothing of it counts. */
export function readModelAnswer(
  body: Value,
  { step, place, missing }: { step: ModelStep; place: Place; missing: readonly string[] },
): Wanted | { refused: string; tokens: number | null } {
  const parsed = completion.safeParse(body);
  if (!parsed.success) return { refused: 'it is no chat completion', tokens: null };
  const { choices, usage } = parsed.data;
  const tokens = usage?.total_tokens ?? null;
  const [choice] = choices;
  if (choice?.finish_reason === 'length') return { refused: 'it was cut off at the limit of tokens', tokens };
  const calls = choice?.message.tool_calls ?? [];
  const wanted: Wanted = { save: {}, say: [], leave: null, tokens };
  for (const { function: call } of calls) {
    const fault = take(wanted, call.name, call.arguments ?? '{}', { step, place });
    if (fault !== undefined) return { refused: fault, tokens };
  }
  // Many a model writes beside its tools what it should say with one.
  const content = choice?.message.content?.trim() ?? '';
  const isMeant = toolsOf(step).includes('say') && wanted.say.length === 0;
  const fault = isMeant && content !== '' ? takeText(wanted, content, step) : undefined;
  if (fault !== undefined) return { refused: fault, tokens };
  if (calls.length === 0 && wanted.say.length === 0) return { refused: 'it does nothing: use a tool', tokens };
  const open = missing.filter((name) => !Object.hasOwn(wanted.save, name));
  if (wanted.leave?.to === 'done' && open.length > 0) return { refused: `it is not done: ${open.join(', ')} must be saved first`, tokens };
  return wanted;
}

const texts = z.strictObject({ text: z.string() });
const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const lead = z.strictObject({ to: z.string() });
const nothing = z.strictObject({});
const notes = z.strictObject({ note: z.string().max(LONGEST_NOTE).nullish() });

/** What is wrong with a call of a tool; undefined where nothing is. */
function take(wanted: Wanted, name: string, given: string, { step, place }: { step: ModelStep; place: Place }): string | undefined {
  const tools = toolsOf(step);
  const tool = tools.find((one) => one === name);
  if (tool === undefined) return `there is no tool "${/^[\w.-]{1,40}$/.test(name) ? name : '?'}", only ${tools.join(', ')}`;
  const misfit = `what "${tool}" was given does not fit`;
  if (tool === 'say') {
    const said = argumentsIn(texts, given);
    return said ? takeText(wanted, said.text, step) : misfit;
  }
  if (tool === 'save') {
    const saved = argumentsIn(values, given);
    return saved ? takeValues(wanted, saved, { step, place }) : misfit;
  }
  if (wanted.leave !== null) return `it leaves twice: "${wanted.leave.to}" and "${tool}"`;
  if (tool === 'handoff') {
    const told = argumentsIn(notes, given);
    if (!told) return misfit;
    wanted.leave = { to: 'handoff', note: told.note?.trim() || null };
  } else if (tool === 'done') {
    if (!argumentsIn(nothing, given)) return misfit;
    wanted.leave = { to: 'done' };
  } else {
    const word = argumentsIn(lead, given)?.to;
    if (word === undefined || !Object.hasOwn(step.go ?? {}, word))
      return `"go" leads to ${Object.keys(step.go ?? {}).join(', ')}, and nowhere else`;
    wanted.leave = { to: 'go', word };
  }
  return undefined;
}

function takeText(
  wanted: Wanted,
  given: string,
  { ask_model: { max_characters: most = LONGEST_SAID.usual } }: ModelStep,
): string | undefined {
  if (given.length > most) return `what it says has ${given.length} characters; the most is ${most}`;
  const text = asSeen(given);
  if (text === '') return 'it says nothing';
  return wanted.say.push(text) > MOST_TEXTS ? `it says more than ${MOST_TEXTS} texts at once` : undefined;
}

function takeValues(
  wanted: Wanted,
  given: Record<string, unknown>,
  { step, place }: { step: ModelStep; place: Place },
): string | undefined {
  const fields = new Map(fieldsOf(step));
  for (const [name, value] of Object.entries(given)) {
    const field = fields.get(name);
    if (!field) return `"save" has no field "${/^\w{1,64}$/.test(name) ? name : '?'}", only ${[...fields.keys()].join(', ')}`;
    if (value === null || value === '') continue;
    const read = readField(field, value, place);
    if (read === null) return `"${name}" could not be read: give ${typeof field.expect === 'string' ? field.expect : 'what is asked for'}`;
    wanted.save[name] = read;
  }
  return undefined;
}

function readField({ expect = 'text', options }: Exclude<ModelField, string>, value: unknown, place: Place): Value | null {
  if (typeof value === 'boolean') return expect === 'yes_no' && !options ? value : null;
  if (typeof value === 'number' && !options && (expect === 'number' || expect === 'integer' || expect === 'duration'))
    return Number.isFinite(value) && (expect === 'number' || Number.isSafeInteger(value)) ? value : null;
  const text = asSeen(String(value));
  const said = { ...NOTHING_SAID, text, type: 'text', contact: { name: null, phone: null } };
  if (options) return Object.hasOwn(options, text) ? text : readAnswer('choice', said, place, choicesOf(options));
  return readAnswer(isPattern(expect) ? expect : [expect], said, place);
}

function argumentsIn<T>(schema: z.ZodType<T>, given: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(given.trim() === '' ? '{}' : given)).data;
  } catch {
    return undefined;
  }
}
