/** What a run is between two turns, what comes into a turn and what comes out of it. All of it is plain JSON but the turn. */
import type { ChatId, ChatKind, SendRequest } from '../../core/message.ts';
import type { Milliseconds, Random } from '../../core/runtime.ts';
import type { Value } from '../language/schema.ts';
import type { Position, Program } from '../program/program.ts';
import type { Utterance } from '../understanding/inbound.ts';

/** What a run waits for at its step. */
export interface Wait {
  for: 'answer' | 'time' | 'http';
  /** When it goes on by itself; null while only an answer helps. */
  dueAt: Milliseconds | null;
  /** Answers that were none, and reminders that were given. */
  invalid: number;
  silent: number;
  /** Of a request: how often it was tried, and its number among those of the run. */
  attempt: number;
  request: number;
  /** An answer that the contact is asked to confirm. */
  heard?: Heard;
}

export interface Heard {
  value: Value;
  /** In words for the contact. */
  understood: string;
}

/** A conversation of a model with the contact, for as long as its step lasts. */
export interface Talk {
  /** Times that it has answered, and its last ones that were refused in a row. */
  turns: number;
  refusals: number;
  lines: { by: 'contact' | 'model'; text: string }[];
  /** What was wrong with the last answer, which is asked for anew. */
  refused?: string;
}

/** What one answer of a model came to, for the trace. */
export interface ModelTurn {
  /** What was done: `say`, `save day`, `go book`… */
  tools: string[];
  /** Why nothing of it was done. */
  refused: string | null;
  /** As the endpoint counts them; null where it does not say. */
  tokens: number | null;
}

/** Where a flow that was called gives back to. */
interface Frame {
  flow: string;
  at: Position | null;
}

/** Kept in the run's row between turns. */
export interface RunState {
  /** The step that waits; null before the first one, and of a run that is over the last one done. */
  at: Position | null;
  answers: Record<string, Value>;
  /** The flow that `at` is a step of, where it is not the run's own, and who waits for its end. */
  flow?: string;
  frames?: Frame[];
  /** The revisions of the flows that it calls, as they were when it began. */
  revisions?: Record<string, number>;
  wait?: Wait;
  /** What was said last, and the message that said it: a timer answers to it, too. */
  last?: { said: Utterance; messageId: string | null; sessionName: string };
  event?: { type: string; data: Value };
  http?: { status: number | null; error: string | null };
  /** Requests made so far. */
  requests?: number;
  talk?: Talk;
}

export const FIRST_STATE: RunState = { at: null, answers: {} };

/** `retryAfter`: milliseconds that whoever answered asks to be left alone. */
export type HttpResult = { status: number; body: Value; retryAfter?: number } | { error: string; again: boolean };

/** What a turn is taken for. `message` and `event` give it something new to look at. */
export type Input =
  | {
      kind: 'start';
      said: Utterance;
      messageId: string | null;
      sessionName: string;
      data?: Record<string, Value>;
      event?: RunState['event'];
      /** Where it begins, where that is not the first step. */
      go?: string;
    }
  | { kind: 'message'; said: Utterance; messageId: string | null; sessionName: string }
  | { kind: 'anytime'; said: Utterance; messageId: string | null; sessionName: string; go: string; flow: string }
  | { kind: 'timer' }
  | { kind: 'http'; result: HttpResult };

/** What the hub keeps of a chat for its flows. */
export interface ChatMemory {
  tags: string[];
  /** What was remembered of the contact, by name without `contact.`. */
  remembered: Record<string, Value>;
  /** When each flow that has "again_after" began here last. */
  starts: Record<string, Milliseconds>;
  /** The contact wants nothing more of flows. Of the tenant's, whatever the session. */
  optedOut: boolean;
}

/** Everything else that a turn depends on. */
export interface World {
  now: Milliseconds;
  random: Random;
  chat: ChatMemory & { id: ChatId; kind: ChatKind; engine: string };
  /** A flow that is called, at the revision that is pinned. */
  program(flow: string): Program | undefined;
}

export type Send = Exclude<SendRequest, { type: 'forward' | 'edit' | 'revoke' }>;

/** What a turn asks of the rest of the hub. */
export type Effect =
  | { kind: 'send'; step: Position; send: Send }
  | { kind: 'seen'; step: Position }
  | { kind: 'emit'; step: Position; type: `custom.${string}`; data: Value }
  | { kind: 'handoff'; step: Position; pause: Milliseconds | null; note: string | null };

export type TurnFailure =
  | 'too-many-steps'
  | 'text-failed'
  | 'step-missing'
  | 'revision-unreadable'
  | 'turn-failed'
  | 'request-failed'
  | 'flow-missing'
  | 'input-missing'
  | 'too-deep'
  | 'never-opens'
  | 'too-large';

interface Common {
  state: RunState;
  /** Every step done, in order; of a flow that was called with its name before: `greet:steps.0`. */
  steps: Position[];
  model?: ModelTurn;
}

/** A turn that fails says nothing: half of what was meant is worse than a person's answer. */
export type Turn =
  | (Common & { outcome: 'waiting' | 'ended'; effects: Effect[]; memory: ChatMemory })
  | (Common & { outcome: 'failed'; error: { code: TurnFailure; message: string } });
