import { messageOf } from '../core/errors.ts';

/**
 * What became of a request that got no answer. An answer that is not good enough is `http`, too, in the words of who
 * asked: here it names one that breaks the protocol.
 */
export type ErrorClass = 'dns' | 'connect' | 'tls' | 'timeout' | 'http' | 'too-large' | 'blocked';

/** What happened instead of an answer. */
export interface Failure {
  error: ErrorClass;
  /** For the tenant: names no address, which an allowed name would have told of the inside. */
  detail: string;
}

interface Coded {
  code?: unknown;
  address?: unknown;
  cause?: unknown;
}

/** OpenSSL's reasons as Node passes them on (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|EPROTO)/;

/** What systems say of connections, each with an address (errno(3)). */
const CONNECTING: Record<string, string> = {
  ECONNREFUSED: 'The connection was refused',
  ECONNRESET: 'The connection was closed before the answer was whole',
  EPIPE: 'The connection was closed before the request was sent',
  ETIMEDOUT: 'The connection could not be made in time',
  EHOSTUNREACH: 'There is no way to the host',
  ENETUNREACH: 'There is no way to the network of the host',
  EADDRNOTAVAIL: 'There is no way to the host from here',
};

export function failureOf(error: unknown): Failure {
  return { error: errorClassOf(error), detail: detailOf(error) };
}

/** By the code of the error, or of the one that caused it. */
function errorClassOf(error: unknown): ErrorClass {
  const { code, cause } = (error ?? {}) as Coded;
  const name = String(code ?? '');
  if (name === 'url-forbidden' || name === 'request-forbidden') return 'blocked';
  if (name === 'too-large') return 'too-large';
  if (name === 'ETIMEDOUT') return 'timeout';
  if (name === 'name-unresolved' || name === 'ENOTFOUND' || name.startsWith('EAI_')) return 'dns';
  if (TLS.test(name)) return 'tls';
  if (name.startsWith('HPE_')) return 'http';
  if (cause) return errorClassOf(cause);
  return 'connect';
}

/** Node tries all addresses of a name, and where none is connected to says nothing but the code (an AggregateError). */
function detailOf(error: unknown): string {
  const { code, address, cause } = (error ?? {}) as Coded;
  const said = messageOf(error);
  const named = CONNECTING[String(code)];
  if (named !== undefined && (address !== undefined || said === '' || /^(connect|read|write) E/.test(said))) return named;
  if (cause instanceof Error && (cause as Coded).address !== undefined) return detailOf(cause);
  return address === undefined && said !== '' ? said : `The connection failed (${String(code ?? 'unknown')})`;
}
