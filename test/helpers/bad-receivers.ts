/** Receivers that misbehave, each in a way of its own. */
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { selfSigned } from '../whatsapp-web/certificate.ts';

const SECOND = 1_000;
const MEGABYTE = 1_000_000;

export interface BadReceiver {
  url: string;
  connections(): number;
  /** Bytes that it handed to its connections: an upper bound of what was taken. */
  taken(): number;
  close(): Promise<void>;
}

async function listening(server: ReturnType<typeof createServer>, scheme = 'http'): Promise<BadReceiver> {
  const sockets: { bytesWritten: number }[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    connections: () => sockets.length,
    taken: () => sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const answering = (listener: RequestListener) => () => listening(createServer(listener));

/** So many times this chunk, made only as it is taken. */
function pour(response: ServerResponse, chunk: Buffer, times: number): void {
  function* chunks(): Generator<Buffer> {
    for (let i = 0; i < times; i++) yield chunk;
  }
  Readable.from(chunks())
    .on('error', () => undefined)
    .pipe(response);
}

/** 10 MB a member: a stream of gzip members is as many times that (RFC 1952, 2.2). */
const GZIPPED = gzipSync(Buffer.alloc(10 * MEGABYTE));
const MEMBERS = 1_000;

export const BAD_RECEIVERS = {
  hangs: answering(() => undefined),
  'drips a byte a second': answering((_, response) => {
    response.writeHead(200).flushHeaders();
    const drip = setInterval(() => response.write('.'), SECOND);
    response.on('close', () => clearInterval(drip));
  }),
  resets: answering(({ socket }) => void socket.resetAndDestroy()),
  'answers 500': answering((_, response) => void response.writeHead(500).end()),
  'answers 429 with Retry-After': answering((_, response) => void response.writeHead(429, { 'retry-after': '2' }).end()),
  'answers 410': answering((_, response) => void response.writeHead(410).end()),
  'redirects to itself': answering(({ url = '/' }, response) => void response.writeHead(307, { location: url, connection: 'close' }).end()),
  'answers 500 with 10 GB': answering((_, response) => {
    response.writeHead(500, { 'content-length': 10_000 * MEGABYTE });
    pour(response, Buffer.alloc(MEGABYTE / 10, 'x'), 100_000);
  }),
  'answers 200 with a gzip bomb': answering((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    pour(response, GZIPPED, MEMBERS);
  }),
  'speaks no TLS': () => listening(createServer(), 'https'),
  'has a certificate of its own making': () =>
    listening(
      createTlsServer(selfSigned(), (_, response) => void response.end()),
      'https',
    ),
  'has no address': async () => ({ url: 'https://hooks.invalid/', connections: () => 0, taken: () => 0, close: async () => undefined }),
} satisfies Record<string, () => Promise<BadReceiver>>;
