import type { Knex } from 'knex';
import { HooklineError, hasCode, messageOf } from '../core/errors.ts';

/** What differs between the two stores; everything else is said once, in knex. */
export type DialectName = 'sqlite' | 'postgres';

/** Reads after this are stable: on Postgres the row stays locked until the transaction ends; SQLite has one writer anyway. */
export function locking(query: Knex.QueryBuilder, dialect: DialectName): Knex.QueryBuilder {
  return dialect === 'postgres' ? query.forUpdate() : query;
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '');

/** SQLite: `SQLITE_CONSTRAINT…`; Postgres: class 23 (https://www.postgresql.org/docs/15/errcodes-appendix.html). */
export function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === '23505' || (code === 'SQLITE_CONSTRAINT' && /UNIQUE|PRIMARY KEY/.test(messageOf(error)));
}

/** The row that a new one belongs to is not there (any more). */
export function isOrphan(error: unknown): boolean {
  const code = codeOf(error);
  return code === '23503' || (code === 'SQLITE_CONSTRAINT' && /FOREIGN KEY/.test(messageOf(error)));
}

/** A transaction that lost against another one and may simply be run again. */
export function isRetryable(error: unknown): boolean {
  return ['40P01', '40001'].includes(codeOf(error));
}

/** SQLite; Postgres: connection, resources, locks, operator, system, a standby (see above); the system and the driver. */
const DOWN =
  /^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB)|^(08|53|57|58)|^(55P03|25006|25P03)$|^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)/;
const DOWN_TEXT =
  /Connection terminated|Connection ended|not queryable|timeout expired|Query read timeout|Timeout acquiring a connection|Unable to acquire a connection/;

/** The database itself failed, not the statement: nothing of the running transaction can be trusted any more. */
export function storageFailure(error: unknown): HooklineError | undefined {
  if (error instanceof HooklineError) return undefined;
  const code = codeOf(error);
  if (code === 'SQLITE_FULL' || code === '53100') {
    const detail = 'The disk that holds the database is full. Nothing was stored; free some space and try again.';
    return new HooklineError('storage-full', detail, { cause: error, retryAfter: 30 });
  }
  const text = messageOf(error);
  if (!DOWN.test(code) && !DOWN_TEXT.test(text)) return undefined;
  const detail = `The database does not answer (${code || text}). Nothing was stored; try again shortly.`;
  return new HooklineError('storage-unavailable', detail, { cause: error, retryAfter: 5 });
}

/** As `storageFailure`, also of one that has been put into words. */
export function asStorageFailure(error: unknown): HooklineError | undefined {
  return hasCode(error, 'storage-unavailable', 'storage-full') ? error : storageFailure(error);
}

/** It failed in the commit, or has not ended it: the write may be on disk. */
export function commitUnknown(cause?: unknown): HooklineError {
  const why = cause === undefined ? 'has not answered in time' : `failed in the middle of it (${codeOf(cause) || messageOf(cause)})`;
  const detail = `The database was asked to store this and ${why}. It is not known whether it was stored; repeat it with the same Idempotency-Key, or look before you repeat it.`;
  const unknown = new HooklineError('storage-unavailable', detail, { cause, retryAfter: 5 });
  UNKNOWN.add(unknown);
  return unknown;
}

const UNKNOWN = new WeakSet<object>();

/** Whether it says that something may be stored, or not. */
export const isCommitUnknown = (error: unknown): boolean => error instanceof HooklineError && UNKNOWN.has(error);

/** Postgres has refused a statement because one before it in the same transaction had failed. */
export const isAborted = (error: unknown): boolean => codeOf(error) === '25P02';

/** Another process writes: the lock was not to be had in time. */
export const isBusy = (error: unknown): boolean => codeOf(error) === 'SQLITE_BUSY';

/** The connection to Postgres is of no more use: it broke, or it does not answer. What the server says of one statement has a severity. */
export function isConnectionLost(error: unknown): boolean {
  const { severity } = (error ?? {}) as { severity?: unknown };
  return storageFailure(error) !== undefined && (severity === undefined || severity === 'FATAL' || severity === 'PANIC');
}

/** Worth another try by a hub that is waiting for its database to be there: it starts, is elsewhere or cannot be reached yet. */
export function isAway(error: unknown): boolean {
  return (
    /^(08|53|57)|^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)/.test(codeOf(error)) || DOWN_TEXT.test(messageOf(error))
  );
}

/**
 * What the operator has to know when a database cannot be opened; whatever is no such failure comes back as it is.
 * Class 28: refused login; 3D000: no such database (https://www.postgresql.org/docs/15/errcodes-appendix.html).
 */
export function explainConnection(error: unknown): unknown {
  if (error instanceof HooklineError) return error;
  const code = codeOf(error);
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return unavailable(`The database file is damaged (${code}). Restore it from a backup.`, error);
  }
  if (/^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|PERM)/.test(code)) {
    const advice = 'See that its disk works and has room, and that this user may write in the directory that HOOKLINE_DATA_DIR says.';
    return unavailable(`The database file cannot be used (${messageOf(error)}). ${advice}`, error);
  }
  const failure = storageFailure(error);
  if (failure?.code !== 'storage-full' && isAway(error)) {
    // What the system and the server say names the host; where several addresses were tried there is a code alone.
    const advice = 'See that Postgres runs where HOOKLINE_DATABASE_URL says, and that this machine knows that host.';
    return unavailable(`The database does not answer (${messageOf(error) || code}). ${advice}`, error);
  }
  if (!/^28|^3D000$/.test(code)) return failure ?? error;
  const missing = /^database "(.+)" does not exist$/.exec(messageOf(error))?.[1];
  const advice = missing === undefined ? '' : `: make it (createdb ${missing}), or name another one`;
  return new HooklineError('invalid-configuration', 'The database cannot be opened.', {
    errors: [{ path: 'HOOKLINE_DATABASE_URL', message: `${messageOf(error)}${advice}` }],
    cause: error,
  });
}

const unavailable = (detail: string, cause: unknown): HooklineError => new HooklineError('storage-unavailable', detail, { cause });
