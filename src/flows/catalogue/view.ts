import type { Fault } from '../../core/errors.ts';
import type { RunId, SessionId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { type ChatId, type ChatKind, chatKind } from '../../core/message.ts';
import type { FlowSource } from '../language/parse.ts';
import { listOf, type Value } from '../language/schema.ts';
import type { Run, RunStatus, TracedTurn } from '../turn/run.ts';
import type { Unreadable, Volume } from './library.ts';
import type { FlowOrigin, StoredFlow, StoredTests } from './store.ts';

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

/** As a list shows it. */
export interface ListedFlow extends FlowView {
  /** How many runs of it began in the last 24 hours, and how many messages those have sent. */
  lastDay: { starts: number; answers: number };
}

/** The tests of a flow as the API shows them; nulls where there are none. Times ISO 8601 UTC. */
export interface TestsView {
  /** Of the file that they stand in. */
  path: string | null;
  source: string | null;
  /** Of those that were put: it moves on with each text. */
  revision: number | null;
  updatedAt: string | null;
}

export function testsView({ path, source, revision, updatedAt }: Partial<StoredTests & FlowSource>): TestsView {
  return { path: path ?? null, source: source ?? null, revision: revision ?? null, updatedAt: iso(updatedAt ?? null) };
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

/** As a list shows it that was asked for no traces. */
export type ListedRun = Omit<RunView, 'trace'> & Partial<Pick<RunView, 'trace'>>;

export function untraced(run: Run): ListedRun {
  const { trace: _, ...rest } = runView(run);
  return rest;
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
