import { z } from 'zod';
import { type Condition, condition } from './conditions.ts';
import * as doing from './doing.ts';
import { askModel } from './models.ts';
import * as questions from './questions.ts';
import * as sends from './sends.ts';
import { formByKey, id, upTo } from './values.ts';

const end = z.literal('end').describe('Ends the run');
const bareSeen = z.literal('seen').describe('Marks the chat as read');
const bareHandoff = z.literal('handoff').describe('Gives the chat to a person, and ends');
const optOut = z.literal('opt_out').describe('From the next message on no flow writes to the contact, until "opt_in"');
const optIn = z.literal('opt_in').describe('Flows write to the contact again');

const flat = [
  sends.say,
  questions.ask,
  questions.menu,
  sends.image,
  sends.video,
  sends.audio,
  sends.voice,
  sends.document,
  sends.sticker,
  sends.location,
  sends.contact,
  questions.poll,
  questions.list,
  sends.react,
  doing.wait,
  doing.seen,
  doing.set,
  doing.remember,
  doing.forget,
  doing.tag,
  doing.untag,
  doing.http,
  askModel,
  doing.emit,
  doing.go,
  doing.call,
  doing.handoff,
  doing.typingStep,
] as const;

interface IfStep {
  if: Condition;
  then: Step[];
  else?: Step[] | undefined;
  id?: string | undefined;
}
interface ChooseStep {
  choose: ({ if: Condition; then: Step[] } | { else: Step[] })[];
  id?: string | undefined;
}
type Bare = 'end' | 'seen' | 'handoff' | 'opt_out' | 'opt_in';
export type Doing = z.infer<(typeof flat)[number]> | IfStep | ChooseStep;
export type Step = Bare | Doing;

/** Of one list. */
const MOST_STEPS = 2_000;

export const steps: z.ZodType<Step[]> = z.lazy(() => upTo(MOST_STEPS, z.array(step).min(1))).meta({ id: 'Steps' });

const ifStep = z
  // biome-ignore lint/suspicious/noThenProperty: a word of the flow language; nothing awaits a schema
  .strictObject({ if: condition, then: steps, else: steps.optional(), id })
  .describe('Does "then" where the condition holds, "else" where it does not');
const choose = z
  .strictObject({
    choose: upTo(
      50,
      // biome-ignore lint/suspicious/noThenProperty: a word of the flow language; nothing awaits a schema
      z.array(formByKey([z.strictObject({ if: condition, then: steps }), z.strictObject({ else: steps })])).min(1),
    ),
    id,
  })
  .describe('Does the first case whose condition holds');

const step: z.ZodType<Step> = formByKey([end, bareSeen, bareHandoff, optOut, optIn, ...flat, ifStep, choose]);
z.globalRegistry.add(step, { id: 'Step' });
