/**
 * What became of a request that got no answer. An answer that is not good enough is `http`, too, in the words of who
 * asked: here it names one that breaks the protocol.
 */
export type ErrorClass = 'dns' | 'connect' | 'tls' | 'timeout' | 'http' | 'too-large' | 'blocked';

interface Coded {
  code?: unknown;
  syscall?: unknown;
  cause?: unknown;
}

/** OpenSSL's reasons as Node passes them on (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|EPROTO)/;

/** By the code of the error, or of the one that caused it. */
export function errorClassOf(error: unknown): ErrorClass {
  const { code, syscall, cause } = (error ?? {}) as Coded;
  const name = String(code ?? '');
  if (name === 'url-forbidden') return 'blocked';
  if (name === 'too-large') return 'too-large';
  if (name === 'ETIMEDOUT') return 'timeout';
  if (name === 'ENOTFOUND' || name.startsWith('EAI_') || syscall === 'getaddrinfo') return 'dns';
  if (TLS.test(name)) return 'tls';
  if (name.startsWith('HPE_')) return 'http';
  if (cause) return errorClassOf(cause);
  return 'connect';
}
