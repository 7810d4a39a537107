import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Got, Request } from 'got';
import { type Failure, failureOf } from './failure.ts';
import type { Guard } from './guard.ts';

export interface DownloadRequest {
  url: string;
  /** Milliseconds for everything, redirects and the last byte included. */
  deadline: number;
  /** Milliseconds in which nothing at all comes. */
  idle: number;
  /** Ends it before its time. */
  signal?: AbortSignal;
}

export interface Download {
  headers: IncomingHttpHeaders;
  /** Throws what broke it off. Who stops reading closes the connection; it must be read or left by `for await`. */
  body: AsyncIterable<Buffer>;
}

/** What happened instead of a file. */
export interface DownloadFailure extends Failure {
  /** When it was an answer. */
  status?: number;
}

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * A file by GET. A redirect is a new URL that somebody else gave: each one passes the same guard as the first, nothing but
 * the URL is carried on, and none leads from https to http.
 */
export async function download(client: Got, guard: Guard, request: DownloadRequest): Promise<Download | DownloadFailure> {
  const end = performance.now() + request.deadline;
  try {
    let url = guard.parse(request.url);
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const stream = open(client, url, request, end);
      await once(stream, 'response');
      const { statusCode: status = 0, headers } = stream.response ?? { headers: {} };
      if (status === 200)
        return encoded(headers) ? refused(stream, 'The answer is compressed, which was not asked for') : { headers, body: stream };
      stream.destroy();
      if (!REDIRECTS.has(status) || headers.location === undefined) return { error: 'http', detail: `The answer was ${status}`, status };
      if (!URL.canParse(headers.location, url.href)) return { error: 'http', detail: 'It redirects to what is not a URL', status };
      const next = guard.parse(new URL(headers.location, url).href);
      if (url.protocol === 'https:' && next.protocol === 'http:') return { error: 'blocked', detail: 'It redirects from https to http' };
      url = next;
    }
    return { error: 'http', detail: `It redirects more than ${MOST_REDIRECTS} times`, status: 310 };
  } catch (error) {
    return failureOf(error);
  }
}

function open(client: Got, url: URL, { idle, signal }: DownloadRequest, end: number): Request {
  const left = Math.max(1, Math.ceil(end - performance.now()));
  const headers = { accept: '*/*', 'accept-encoding': 'identity' };
  const stream = client.stream(url, { headers, timeout: { request: left, socket: Math.min(idle, left) }, ...(signal && { signal }) });
  // Whoever reads it is told; between the answer and the first read nobody does.
  stream.on('error', () => undefined);
  return stream;
}

const encoded = (headers: IncomingHttpHeaders): boolean => !/^(identity)?$/i.test(headers['content-encoding'] ?? '');

function refused(stream: Request, detail: string): DownloadFailure {
  stream.destroy();
  return { error: 'http', detail, status: 200 };
}
