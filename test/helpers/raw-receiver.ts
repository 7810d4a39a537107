/**
 * A server that believes what a request says of its own length and of nothing else: what is behind it on the same connection is the
 * next request. So does a gateway that many share, and so what one of them smuggles in is answered as another's.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface RawRequest {
  /** Number of the connection. */
  connection: number;
  method: string;
  path: string;
  /** As they stand on the wire, names in small letters. */
  headers: [string, string][];
  body: string;
}

export interface RawReceiver {
  port: number;
  requests: RawRequest[];
  /** What came on each connection and was no whole request. */
  rests(): string[];
  header(request: RawRequest, name: string): string[];
}

export async function startRawReceiver(t: ExecutionContext): Promise<RawReceiver> {
  const requests: RawRequest[] = [];
  const rests: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = rests.push(Buffer.alloc(0)) - 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      let rest = Buffer.concat([rests[connection] as Buffer, chunk]);
      for (let taken = take(rest); taken; taken = take(rest)) {
        requests.push({ connection, ...taken.request });
        rest = rest.subarray(taken.size);
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: image/png\r\n\r\nok');
      }
      rests[connection] = rest;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    requests,
    rests: () => rests.map((rest) => rest.toString('latin1')).filter(Boolean),
    header: ({ headers }, name) => headers.filter(([one]) => one === name).map(([, value]) => value),
  };
}

function take(bytes: Buffer): { request: Omit<RawRequest, 'connection'>; size: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);
  const length = Number(headers.find(([name]) => name === 'content-length')?.[1] ?? 0);
  const size = end + 4 + length;
  if (bytes.length < size) return undefined;
  return { request: { method, path, headers, body: bytes.toString('latin1', end + 4, size) }, size };
}
