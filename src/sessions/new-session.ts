import { HooklineError, hasCode } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { EngineName } from './engine.ts';
import type { Session, SessionConfig } from './store.ts';
import type { SessionView } from './view.ts';

export interface NewSession {
  name: string;
  engine?: EngineName;
  /** Default true. */
  start?: boolean;
  /** What to do when the name is taken. Default `fail`. */
  onConflict?: 'fail' | 'use' | 'recreate';
  config?: SessionConfig;
}

/** The row of a session that nothing has happened to yet. `profile`: where its login will be. */
export function newSessionRow(
  { name, engine, config = {} }: NewSession & { engine: EngineName },
  { start, profile, now }: { start: boolean; profile: string; now: Milliseconds },
): Omit<Session, 'tenantId'> {
  return {
    id: newId('ses', now),
    name,
    engine,
    config,
    profile,
    desired: start ? 'started' : 'stopped',
    status: 'stopped',
    reason: null,
    phone: null,
    pushName: null,
    accountKind: null,
    newChatsUntil: null,
    connectedAt: null,
    lastInboundAt: null,
    caughtUpTo: null,
    nextAttemptAt: null,
    attemptsMade: 0,
    attemptsSucceeded: 0,
    connectMs: null,
    upMs: 0,
    restarts: {},
    createdAt: now,
    updatedAt: now,
  };
}

/** `options`: by what they do, bodies that the same route takes. */
export function nameTaken(existing: SessionView, options: Record<string, object>): HooklineError {
  return new HooklineError(
    'session-exists',
    `There is a session "${existing.name}" already. Send one of "options" instead; each is a body that works.`,
    { extra: { existing, options } },
  );
}

/** The session that is there, a new one in its place, or one under another name. */
export const insteadOf = ({ onConflict: _, ...body }: NewSession, free: string) => ({
  use: { ...body, onConflict: 'use' },
  recreate: { ...body, onConflict: 'recreate' },
  name: { ...body, name: free },
});

/** Undefined when the session was deleted meanwhile. */
export function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error) => {
    if (hasCode(error, 'not-found')) return undefined;
    throw error;
  });
}
