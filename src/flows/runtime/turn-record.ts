/** From what a turn has made of a chat to the rows and events that say so. Pure. */
import type { EventDraft } from '../../core/events.ts';
import { newId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Chat } from '../chat.ts';
import { announce } from '../events.ts';
import type { ChatFacts } from '../turn/candidates.ts';
import type { Start, Taken } from '../turn/chat-turn.ts';
import type { Run, TracedTurn } from '../turn/run.ts';
import type { Effect } from '../turn/state.ts';
import type { TurnInput } from '../understanding/inbound.ts';

export interface Turn {
  run: Run | undefined;
  taken: Taken;
  /** What it was taken for. */
  cause: string;
  inbound?: TurnInput;
  /** Of the last message that was taken in, and whether more waits behind it. */
  position?: number;
  more?: boolean;
  http?: { status: number } | { error: string };
}

/** Turns that a run's trace goes back. */
const TRACED_TURNS = 100;

export interface Recorded {
  run: Run;
  traced: TracedTurn;
  /** The run that ended for this one. */
  replaced: Run | null;
  effects: readonly Effect[];
  /** Of the sends: the same turn has the same key, however often it is tried. */
  keyOf(index: number): string;
  facts: ChatFacts;
  looped: boolean;
  events(session: SessionRef): EventDraft[];
}

export function record({
  run: before,
  taken,
  cause,
  inbound,
  http,
  chat,
  refused,
  now,
}: Turn & { chat: Chat; refused: { code: string; message: string } | undefined; now: Milliseconds }): Recorded {
  const error = refused ?? taken.error;
  const status = error ? 'failed' : taken.outcome;
  const base = taken.started || !before ? fresh(chat, taken, now) : before;
  const traced: TracedTurn = {
    at: now,
    cause: taken.started ? 'start' : cause,
    eventId: inbound?.eventId ?? null,
    messageId: inbound?.messageId ?? null,
    ...(inbound?.joined && { joined: inbound.joined }),
    ...(inbound?.heard && { heard: inbound.heard }),
    steps: taken.steps,
    sent: [],
    ...(http && { http }),
    ...(taken.model && { model: taken.model }),
  };
  const turns = taken.started ? 0 : (before?.trace.length ?? 0);
  const run: Run = {
    ...base,
    status,
    state: taken.run.state,
    trace: [...(taken.started ? [] : base.trace), traced].slice(-TRACED_TURNS),
    error,
    wakesAt: status === 'waiting' ? (taken.run.state.wait?.dueAt ?? null) : null,
    updatedAt: now,
  };
  const replaced: Run | null = taken.replaces && before ? { ...before, status: 'ended', wakesAt: null, updatedAt: now } : null;
  return {
    run,
    traced,
    replaced,
    effects: error ? [] : taken.effects,
    keyOf: (index) => `${inbound ? inbound.eventId : `${run.id}:${before?.updatedAt ?? 0}:${turns}`}:${index}`,
    facts: taken.chat,
    looped: error?.code === 'loop',
    events: (session) => [
      ...(replaced ? [announce('flow.ended', session, replaced, { reason: 'replaced' })] : []),
      ...(taken.started ? [announce('flow.started', session, run, startOf(taken.started, inbound))] : []),
      ...(status === 'ended' ? [announce('flow.ended', session, run, taken.reason ? { reason: taken.reason } : {})] : []),
      ...(status === 'failed' ? [announce('flow.failed', session, run, { error })] : []),
    ],
  };
}

function fresh(chat: Chat, { run }: Taken, now: Milliseconds): Run {
  return {
    id: newId('run', now),
    sessionId: chat.sessionId,
    chatId: chat.id,
    flow: run.flow,
    revision: run.revision,
    status: 'waiting',
    state: run.state,
    trace: [],
    error: null,
    wakesAt: null,
    startedAt: now,
    updatedAt: now,
  };
}

const startOf = ({ way, by }: Start, inbound: TurnInput | undefined): object => ({
  messageId: inbound?.messageId ?? null,
  phrase: way === 'says' || way === 'exactly' ? by : null,
  start: way,
});
