/** Voice messages that answer a question: which are to be written down, and what that comes to. Pure. */
import { z } from 'zod';
import { TEXT_LIMIT, type Transcribe } from '../language/schema.ts';
import type { Catalog } from '../program/catalog.ts';
import type { Program } from '../program/program.ts';
import { asSeen } from '../text/unseen.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import type { ChatFacts } from './candidates.ts';
import { type Active, programsOf } from './chat-turn.ts';
import { isSilent } from './guards.ts';
import { failureOf } from './interpret/outgoing.ts';
import type { HttpResult } from './state.ts';

/** A voice message, and how the flow that waits for it has it written down. */
export interface Voice {
  /** Its place among those that wait. */
  index: number;
  inbound: TurnInput & { said: { media: { id: string; mimetype: string } } };
  transcribe: Transcribe;
  program: Program;
}

/** The first of `inbounds` that nobody has written down; undefined where none is, nobody asks for it, or the contact wants nothing of flows. */
export function voiceIn(catalog: Catalog, chat: ChatFacts, run: Active | undefined, inbounds: readonly TurnInput[]): Voice | undefined {
  if (run?.state.wait?.for !== 'answer' || isSilent(chat, run.flow)) return undefined;
  const index = inbounds.findIndex(
    ({ kind, said, heard }) => kind === 'message' && said.type === 'voice' && said.text === null && !!said.media?.id && !heard,
  );
  const program = index < 0 ? undefined : programsOf(catalog, run).find(({ flow }) => flow.transcribe);
  if (!program?.flow.transcribe) return undefined;
  return { index, inbound: inbounds[index] as Voice['inbound'], transcribe: program.flow.transcribe, program };
}

export type Transcript = { text: string } | { error: string };

const transcription = z.object({ text: z.string() });

/** What was answered, as what a stranger writes. */
export function readTranscript(result: HttpResult): Transcript {
  const failure = failureOf(result);
  if (failure) return { error: failure.detail };
  const parsed = transcription.safeParse((result as Extract<HttpResult, { status: number }>).body);
  if (!parsed.success) return { error: 'The answer is no transcription' };
  if (parsed.data.text.length > TEXT_LIMIT) return { error: `The transcription has more than ${TEXT_LIMIT} characters` };
  const text = asSeen(parsed.data.text);
  return text === '' ? { error: 'Nothing was understood' } : { text };
}

/** The message as it is read from now on; where nothing was understood, as it came. */
export function written(inbound: TurnInput, transcript: Transcript): TurnInput {
  const said = 'text' in transcript ? { ...inbound.said, text: transcript.text } : inbound.said;
  return { ...inbound, said, heard: [{ messageId: inbound.messageId, ...transcript }] };
}
