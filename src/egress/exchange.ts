import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { headerFaults } from '../core/request-headers.ts';
import { type Failure, failureOf } from './failure.ts';
import type { Agents } from './pools.ts';

export interface Wanted {
  method: string;
  /** A tenant's. What they may not say (core/request-headers.ts) is refused here, whoever asks. */
  headers: Record<string, string>;
  /** What the hub itself says besides, by names in small letters; a tenant's header of one of these names is refused, too. */
  own?: Record<string, string>;
  body?: string | Buffer;
  /** Milliseconds for everything, from the lookup of the name to the last byte read. */
  deadline: number;
  /** Bytes of the answer's body that are read at the most. The connection is dropped beyond them. */
  maxBytes: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it was sent: compressed bodies are not unpacked, since a small one may unpack to gigabytes. */
  body: Buffer;
  /** The body went on beyond what was read. */
  cut: boolean;
  /** What went wrong after the head. Null when all came as it should. */
  broken: Failure | null;
  /** All of the body was there before that: more came than was announced. */
  complete: boolean;
}

/** Whether a body goes with a method (RFC 9110, 9.3): one that others do not expect they may take for the next request. */
const TAKES_BODY: Record<string, 'never' | 'maybe' | 'always'> = {
  GET: 'never',
  HEAD: 'never',
  DELETE: 'maybe',
  POST: 'always',
  PUT: 'always',
  PATCH: 'always',
};

/**
 * One request and its answer over a connection of these agents; nothing is followed, unpacked or tried again. Once a head
 * has come there is an answer, whatever becomes of its body. Before that, rejects with what broke it off: `stale` when that was a kept connection which the other side closed just as it was used again,
 * and which says nothing about the other side (https://nodejs.org/api/http.html#requestreusedsocket). Throws what may not be asked.
 */
export function exchange(url: Readonly<URL>, agents: Agents, wanted: Wanted): Promise<Answer> {
  const { method, deadline, maxBytes } = wanted;
  const { headers, body } = framed(wanted);
  return new Promise((resolve, reject) => {
    const place = placeOf(url);
    const request =
      url.protocol === 'https:'
        ? https.request({ ...place, method, headers, agent: agents.https })
        : http.request({ ...place, method, headers, agent: agents.http });
    let response: IncomingMessage | undefined;
    let over = false;
    const chunks: Buffer[] = [];
    let size = 0;
    const end = ({ statusCode = 0, headers, complete }: IncomingMessage, { cut = false, broken = null }: Partial<Answer>): void => {
      over = true;
      clearTimeout(timer);
      const read = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      resolve({ status: statusCode, headers, body: read.subarray(0, maxBytes), cut, broken, complete });
    };
    const fail = (error: Error): void => {
      // What came in one piece with the fault is still to be read.
      while (response && !over && response.read() !== null);
      if (over) return;
      if (response) end(response, { broken: failureOf(error) });
      else {
        over = true;
        clearTimeout(timer);
        reject(Object.assign(error, { stale: isStale(error, request) }));
      }
      request.destroy();
    };
    const timer = setTimeout(() => fail(coded(`There was no whole answer within ${deadline} ms`, 'ETIMEDOUT')), deadline);
    timer.unref();
    request.on('error', fail);
    request.on('close', () => over || fail(coded('The connection ended before the answer did', 'ECONNRESET')));
    request.on('response', (incoming) => {
      response = incoming;
      incoming.on('error', fail);
      incoming.on('end', () => over || end(incoming, {}));
      incoming.on('data', (chunk: Buffer) => {
        if (over) return;
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxBytes) return;
        end(incoming, { cut: true });
        // An endless body costs no more than this.
        request.destroy();
      });
    });
    request.end(body);
  });
}

/** The headers and the bytes, the length counted from these and from nothing else. Node counts none for a DELETE, and sends its body all the same. */
function framed({ method, headers, own = {}, body }: Wanted): Pick<Wanted, 'headers' | 'body'> {
  const takesBody = TAKES_BODY[method];
  if (takesBody === undefined) throw coded(`The method ${JSON.stringify(method)} is not one that the hub uses`, 'request-forbidden');
  if (takesBody === 'never' && body !== undefined) throw coded(`A ${method} has no body`, 'request-forbidden');
  const [fault] = headerFaults(headers, { own: Object.keys(own) });
  if (fault)
    throw coded(fault.name === null ? `The request ${fault.message}` : `The header "${fault.name}" ${fault.message}`, 'request-forbidden');
  const all: Record<string, string> = { ...headers, ...own };
  // Without it a server may compress its answer.
  if (!Object.keys(all).some((name) => name.toLowerCase() === 'accept-encoding')) all['accept-encoding'] = 'identity';
  if (takesBody === 'always' || body !== undefined) all['content-length'] = String(Buffer.byteLength(body ?? ''));
  // Node writes the head in one piece with a text, which is quicker, and in the encoding of that.
  const plain = typeof body !== 'string' || Object.values(headers).every((value) => ASCII.test(value));
  return { headers: all, body: plain ? body : Buffer.from(body as string) };
}

/** Where node's client goes for a URL, worked out once for each object: the guard gives the same one for the same text. */
function placeOf(url: Readonly<URL>): http.RequestOptions {
  const known = places.get(url);
  if (known) return known;
  const { protocol, hostname, port, path } = urlToHttpOptions(url as URL);
  const place = { protocol, hostname, port, path };
  places.set(url, place);
  return place;
}

const places = new WeakMap<Readonly<URL>, http.RequestOptions>();

/** Every character is one byte in any of the encodings. */
const ASCII = /^[\0-\x7f]*$/;

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

const isStale = (error: Error, { reusedSocket }: ClientRequest): boolean =>
  reusedSocket && /^(ECONNRESET|EPIPE)$/.test(String((error as { code?: unknown }).code));
