import type { IncomingHttpHeaders } from 'node:http';
import got, { type Method, type Request } from 'got';
import { messageOf } from '../core/errors.ts';
import { guardedAgents } from './agents.ts';
import { type Download, type DownloadFailure, type DownloadRequest, download } from './download.ts';
import { type ErrorClass, errorClassOf } from './error-class.ts';
import { Guard, type GuardOptions } from './guard.ts';

export interface EgressRequest {
  method: Method;
  url: string;
  headers: Record<string, string>;
  body?: string | Buffer;
  /** Milliseconds for everything, from the lookup of the name to the last byte read. */
  deadline: number;
  /** Bytes of the answer's body that are read at the most; 64 KiB when not given. The connection is dropped beyond them. */
  maxBytes?: number;
  /** A body over `maxBytes` is a failure of class `too-large`; else it is cut there and the answer counts. */
  whole?: boolean;
  /** The other side takes the same request twice for one, so it may be sent again over a new connection; see `isStale`. */
  repeatable?: boolean;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it was sent: compressed bodies are not unpacked, since a small one may unpack to gigabytes. */
  body: Buffer;
  /** The body went on beyond what was read. */
  cut: boolean;
}

/** What happened instead of an answer. */
interface Failure {
  error: ErrorClass;
  detail: string;
}

/** The one way out of the hub. */
export interface Egress {
  /** For a URL that is about to be saved. Rejects with `url-forbidden`. */
  check(url: string): Promise<void>;
  /** One request; redirects are not followed. An answer of any status is an answer, and nothing rejects. */
  request(request: EgressRequest): Promise<Answer | Failure>;
  /** A file, as it comes; redirects are followed. Nothing rejects. */
  download(request: DownloadRequest): Promise<Download | DownloadFailure>;
  /** Drops the idle connections. */
  close(): void;
}

const MAX_BYTES = 64 * 1024;

export function createEgress(options: GuardOptions = {}): Egress {
  const guard = new Guard(options);
  const agent = guardedAgents(guard);
  const client = got.extend({ agent, followRedirect: false, decompress: false, throwHttpErrors: false, retry: { limit: 0 } });

  async function request(wanted: EgressRequest): Promise<Answer | Failure> {
    let stream: Request | undefined;
    try {
      const { method, headers, body, deadline } = wanted;
      const url = guard.parse(wanted.url);
      stream = client.stream(url, { method, headers, ...(body === undefined ? {} : { body }), timeout: { request: deadline } });
      return await read(stream, wanted);
    } catch (error) {
      if (stream && wanted.repeatable && isStale(error, stream)) return request(wanted);
      return { error: errorClassOf(error), detail: messageOf(error) };
    }
  }

  return {
    check: (url) => guard.check(url),
    request,
    download: (wanted) => download(client, guard, wanted),
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

/**
 * A kept connection that the other side closed just as it was used again says nothing about the other side
 * (https://nodejs.org/api/http.html#requestreusedsocket). Each such try uses up a kept connection, so this ends.
 */
function isStale(error: unknown, stream: Request): boolean {
  const code = (error as { code?: unknown }).code;
  return (code === 'ECONNRESET' || code === 'EPIPE') && stream.reusedSocket === true && !stream.response;
}

async function read(stream: Request, { maxBytes = MAX_BYTES, whole = false }: EgressRequest): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the stream and with it the connection: an endless body costs no more than this.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  const cut = size > maxBytes;
  if (cut && whole) throw Object.assign(new Error(`The answer is larger than ${maxBytes} bytes`), { code: 'too-large' });
  const response = stream.response;
  if (!response) throw new Error('The connection ended before there was an answer');
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).subarray(0, maxBytes), cut };
}
