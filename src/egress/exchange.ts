import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';

export interface Wanted {
  method: string;
  headers: Record<string, string>;
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
}

/**
 * One request and its answer over a connection of these agents; nothing is followed, unpacked or tried again. Rejects
 * with what broke it off: `stale` when that was a kept connection which the other side closed just as it was used again,
 * and which says nothing about the other side (https://nodejs.org/api/http.html#requestreusedsocket).
 */
export function exchange(url: URL, agents: { http: http.Agent; https: https.Agent }, wanted: Wanted): Promise<Answer> {
  const { method, headers, body, deadline, maxBytes } = wanted;
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const request = secure
      ? https.request(url, { method, headers, agent: agents.https })
      : http.request(url, { method, headers, agent: agents.http });
    let response: IncomingMessage | undefined;
    let over = false;
    const fail = (error: Error): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      reject(response ? error : Object.assign(error, { stale: isStale(error, request) }));
      request.destroy();
    };
    const timer = setTimeout(() => fail(coded(`There was no whole answer within ${deadline} ms`, 'ETIMEDOUT')), deadline);
    timer.unref();
    request.on('error', fail);
    request.on('close', () => over || fail(coded('The connection ended before the answer did', 'ECONNRESET')));
    request.on('response', (incoming) => {
      response = incoming;
      const chunks: Buffer[] = [];
      let size = 0;
      const end = (cut: boolean): void => {
        over = true;
        clearTimeout(timer);
        const read = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: read.subarray(0, maxBytes), cut });
      };
      incoming.on('error', fail);
      incoming.on('end', () => end(false));
      incoming.on('data', (chunk: Buffer) => {
        if (over) return;
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxBytes) return;
        end(true);
        // An endless body costs no more than this.
        request.destroy();
      });
    });
    request.end(body);
  });
}

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

const isStale = (error: Error, { reusedSocket }: ClientRequest): boolean =>
  reusedSocket && /^(ECONNRESET|EPIPE)$/.test(String((error as { code?: unknown }).code));
