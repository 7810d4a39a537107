import type { Fault } from '../../core/errors.ts';
import type { RunId, SessionId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { type ChatId, type ChatKind, chatKind } from '../../core/message.ts';
import { listOf, type Value } from '../language/schema.ts';
import type { Run, RunStatus, TracedTurn } from '../turn/run.ts';
import type { Unreadable, Volume } from './library.ts';
import type { FlowOrigin, StoredFlow } from './store.ts';

/** A flow as the API shows it. Times ISO 8601 UTC. */
export interface FlowView {
  name: string;
  revision: number;
  origin: FlowOrigin;
  /** `invalid`: it was good when it was stored, and this version of the hub cannot read it; nothing starts it. */
  status: 'active' | 'invalid';
  /** Why it is `invalid`. */
  errors: Fault[];
  /** The phrases that start it. */
  says: string[];
  source: string;
  createdAt: string;
  updatedAt: string;
}

/** A run as the API shows it, with its trace. Times ISO 8601 UTC. */
export interface RunView {
  id: RunId;
  flow: string;
  revision: number;
  sessionId: SessionId;
  chat: { id: ChatId; kind: ChatKind };
  status: RunStatus;
  answers: Record<string, Value>;
  /** What it waits for, and until when at the most. */
  waitsFor: { kind: 'answer' | 'time' | 'http'; step: string | null; until: string | null } | null;
  error: { code: string; message: string } | null;
  startedAt: string;
  updatedAt: string;
  /** Null while it waits. */
  endedAt: string | null;
  trace: (Omit<TracedTurn, 'at'> & { at: string })[];
}

/** `read`: its text. */
export function flowView(flow: StoredFlow, read: Volume | Unreadable): FlowView {
  const { name, revision, origin, source } = flow;
  const times = { createdAt: iso(flow.createdAt), updatedAt: iso(flow.updatedAt) };
  if ('faults' in read) return { name, revision, origin, status: 'invalid', errors: read.faults, says: [], source, ...times };
  const { start, anytime = [] } = read.program.flow;
  const heard = start.length > 0 ? start : anytime;
  const says = heard.flatMap((start) => ('says' in start ? listOf(start.says) : []));
  return { name, revision, origin, status: 'active', errors: [], says, source, ...times };
}

export function runView({ chatId, state, startedAt, updatedAt, wakesAt, trace, ...run }: Run): RunView {
  const { wait } = run.status === 'waiting' ? state : {};
  return {
    ...run,
    chat: { id: chatId, kind: chatKind(chatId) },
    answers: state.answers,
    waitsFor: wait ? { kind: wait.for, step: state.at, until: wakesAt === null ? null : iso(wakesAt) } : null,
    startedAt: iso(startedAt),
    updatedAt: iso(updatedAt),
    endedAt: run.status === 'waiting' ? null : iso(updatedAt),
    trace: trace.map((turn) => ({ ...turn, at: iso(turn.at) })),
  };
}
