import { type IncomingMessage, type Server, type ServerOptions, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HooklineError } from '../core/errors.ts';
import type { Logger } from '../core/runtime.ts';
import { toProblem } from './problems.ts';

/** A request without Host gets this far, to be refused in the same words as every other one. */
export const REFUSALS: ServerOptions = { requireHostHeader: false };

/**
 * Has what never becomes a request answered as one: Node by itself would answer with an empty body, or not at all. The
 * connection is closed behind it: where a request cannot be read nobody knows where the next one begins.
 */
export function answerRefused(server: Server, log: Logger): void {
  const underWay = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => underWay.set(socket, response));

  const refuse = (socket: Duplex, error: HooklineError): void => {
    const response = underWay.get(socket);
    // Behind the beginning of another answer it would be taken for a part of that.
    const isBusy = response?.headersSent && !response.writableFinished;
    if (!socket.writable || isBusy) socket.destroy();
    else socket.end(inFull(error, log), () => socket.destroy());
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, unreadable(error));
  });
  // What comes of it, as a broken connection does, concerns nobody any more.
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    refuse(socket, new HooklineError('method-not-allowed', 'This is no proxy: CONNECT leads nowhere.'));
  });
  server.on('checkExpectation', ({ socket, headers }: IncomingMessage) => {
    refuse(socket, new HooklineError('expectation-failed', `"Expect: ${headers.expect}" is not known here; only 100-continue is.`));
  });
}

/** By the code of the parser (https://github.com/nodejs/llhttp) or of Node. */
function unreadable({ code = '', message }: NodeJS.ErrnoException): HooklineError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HooklineError('headers-too-large', 'The header of the request is larger than 16 KiB. Send less of it.', { cause: message });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new HooklineError('request-timeout', 'The request did not come whole in time. Send it again.');
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new HooklineError('payload-too-large', 'The extensions of the chunks of the body are larger than 16 KiB. Leave them out.');
  }
  return new HooklineError('bad-request', `This is no request of HTTP/1.1 (${message}).`);
}

function inFull(error: HooklineError, log: Logger): string {
  const { problem } = toProblem(error, log);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/problem+json',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  log.http(`(no request) ${problem.status}`);
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
