/** A tenant's webhook receiver: a real HTTP server that keeps every request it was sent. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  at: number;
  headers: IncomingHttpHeaders;
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: an envelope whose data depends on its type
  json: any;
}

export interface Receiver {
  url: string;
  requests: ReceivedRequest[];
  close(): Promise<void>;
}

/** Answers 204, or whatever `answer` does: a status, or its own use of the response. */
export async function startReceiver(
  answer: (request: ReceivedRequest, response: ServerResponse) => number | undefined | Promise<number | undefined> = () => 204,
  host = '127.0.0.1',
): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const request = { at: Date.now(), headers: incoming.headers, body, json: JSON.parse(body) };
    requests.push(request);
    const status = await answer(request, response);
    if (status !== undefined) response.writeHead(status).end();
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hook`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
