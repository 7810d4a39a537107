import type { SessionId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Tx } from '../db/tx.ts';
import type { EngineFactory, EngineName } from './engine.ts';

/** Where sessions are shared out among processes. */
export interface SessionOwning {
  /** Whether the session is run by this process. */
  owns(id: SessionId): boolean;
  /** Under which this process has it, with a number that moves with each owner; null where it has not. */
  tokenOf(id: SessionId): SessionToken | null;
  /** In the transaction that makes a session. */
  made(tx: Tx, session: { id: SessionId; engine: EngineName }): Promise<void>;
  /** Has this process run these. Rejects with `owner-unreachable`. */
  bring(ids: readonly SessionId[]): Promise<void>;
}

export interface SessionToken {
  nodeId: string;
  generation: number;
}

export interface SessionsOptions {
  /** No session of an engine that is not here can be made, and starting one fails: `engine-unavailable`. */
  engines: Partial<Record<EngineName, EngineFactory>>;
  defaultEngine: EngineName;
  /** Which sessions are run by this process; all are where this is left out. */
  owners?: SessionOwning;
  /** Whether this process may run any engine now; it may where this is left out. */
  mayRun?(): boolean;
  /** Ends what a hub before this one has left running on these profiles; called before any session starts. */
  sweep?(tokensDir: string, isOwned: (profile: string) => Promise<boolean>): Promise<unknown>;
  /** Holds one profile directory a session. */
  tokensDir: string;
  /** 32 bytes; seals backups, and copies of logins. */
  secretKey: Buffer;
  /**
   * How many copies of each login are kept, and where: in this directory, or in the database, from where another machine puts them back, which has
   * profiles of its own. `every`: between two of a session that is connected, in ms; 0: none then. None where all of this is left out.
   */
  loginCopies?: { keep: number } & ({ directory: string } | { every: Milliseconds });
  /** Time to scan, over all codes of a window, in ms. */
  qrWindow?: Milliseconds;
  /** Windows before a session gives up with `qr-timeout`. */
  qrRounds?: number;
  /** Between two looks whether a connected session still answers, in ms. */
  watchdog?: Milliseconds;
  /** Bytes that the browser of a session may hold before it is started again; 0: any. */
  memoryLimit?: number;
  /** Browsers that come up at the same time. */
  launches?: number;
  /** A command that takes longer than this is answered while it goes on (ms); the status tells the rest. */
  answerWithin?: Milliseconds;
}
