import type { Knex } from 'knex';
import { HooklineError, messageOf } from '../core/errors.ts';

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

/** The database itself failed, not the statement: nothing of the running transaction can be trusted any more. */
export function storageFailure(error: unknown): HooklineError | undefined {
  if (error instanceof HooklineError) return undefined;
  const code = codeOf(error);
  const text = messageOf(error);
  if (code === 'SQLITE_FULL' || code === '53100') {
    return new HooklineError(
      'storage-full',
      'The disk that holds the database is full. Nothing was stored; free some space and try again.',
      {
        cause: error,
        retryAfter: 30,
      },
    );
  }
  const down =
    /^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB)/.test(code) ||
    /^(08|53|57|58)/.test(code) ||
    /^E(CONN|PIPE|TIMEDOUT)/.test(code) ||
    /Connection terminated|timeout expired|Timeout acquiring a connection|Unable to acquire a connection/.test(text);
  if (!down) return undefined;
  return new HooklineError(
    'storage-unavailable',
    `The database does not answer (${code || text}). Nothing was stored; try again shortly.`,
    {
      cause: error,
      retryAfter: 5,
    },
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
  if (code.startsWith('ECONN')) {
    return unavailable(`The database does not answer (${code}). See that it runs where HOOKLINE_DATABASE_URL says.`, error);
  }
  if (!/^28|^3D000$|^ENOTFOUND$/.test(code)) return storageFailure(error) ?? error;
  return new HooklineError('invalid-configuration', 'The database cannot be opened.', {
    errors: [{ path: 'HOOKLINE_DATABASE_URL', message: messageOf(error) }],
    cause: error,
  });
}

const unavailable = (detail: string, cause: unknown): HooklineError => new HooklineError('storage-unavailable', detail, { cause });
