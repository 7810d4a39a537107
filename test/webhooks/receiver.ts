import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { Webhook } from 'standardwebhooks';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Respond = (request: Received, response: ServerResponse, index: number) => void;

export interface Receiver {
  url: string;
  requests: Received[];
  /** `webhook-id` of each request, in the order of arrival. */
  ids(): string[];
  /** Answers what comes from now on; 200 until it is called. */
  respond(how: Respond | number): void;
}

/** A tenant's server on loopback that keeps what it is sent; gone when the test is over. */
export async function startReceiver(t: ExecutionContext, how: Respond | number = 200): Promise<Receiver> {
  let respond = how;
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const received = { path: request.url ?? '', headers: request.headers, body };
      const index = requests.push(received) - 1;
      if (typeof respond === 'number') response.writeHead(respond).end();
      else respond(received, response, index);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    ids: () => requests.map(({ headers }) => String(headers['webhook-id'])),
    respond(next) {
      respond = next;
    },
  };
}

/** Throws unless the stock library takes the request for genuine. Its clock is the real one, so the timestamp must be, too. */
export function verify(secret: string, { headers, body }: Received): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
