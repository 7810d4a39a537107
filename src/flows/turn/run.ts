import type { RunId, SessionId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Position } from '../program/program.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import type { ModelTurn, RunState } from './state.ts';

export type RunStatus = 'waiting' | 'ended' | 'failed';

/** From what came in to the messages that were put into the outbox for it. */
export interface TracedTurn {
  at: Milliseconds;
  /** What the turn was taken for: `message`, `event`, `start`, `timer`, `http`. */
  cause: string;
  /** Null where nothing came in. */
  eventId: string | null;
  messageId: string | null;
  /** The messages before it that were joined with it ("gather"). */
  joined?: string[];
  /** Voice messages among them that were written down, or why that failed. */
  heard?: NonNullable<TurnInput['heard']>;
  steps: Position[];
  sent: { step: Position; messageId: string }[];
  /** Of a request: what was answered. Neither the URL nor what was sent, which may hold secrets. */
  http?: { status: number } | { error: string };
  /** What the model did whose answer that was; its words are the messages that were sent. */
  model?: ModelTurn;
}

export interface Run {
  id: RunId;
  sessionId: SessionId;
  chatId: ChatId;
  flow: string;
  revision: number;
  status: RunStatus;
  state: RunState;
  trace: TracedTurn[];
  error: { code: string; message: string } | null;
  /** When it goes on by itself. */
  wakesAt: Milliseconds | null;
  startedAt: Milliseconds;
  updatedAt: Milliseconds;
}
