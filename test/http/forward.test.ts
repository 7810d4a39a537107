/** Between two nodes: how long one waits for what another answers. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { wait } from '../../src/core/deadline.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { Forwarder } from '../../src/http/forward.ts';

const IDLE = 300;

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A node that passes everything on to another one. */
async function passing(t: ExecutionContext, answer: RequestListener): Promise<string> {
  const owner = await serve(t, answer);
  const nowhere = { ownerUrl: async () => null, roomUrl: () => null, folderUrl: () => null, endpointUrl: () => null };
  const forwarder = new Forwarder({ key: Buffer.alloc(32), now: Date.now, ...nowhere }, { idle: IDLE });
  const app = new Koa().use((ctx) => forwarder.pass(ctx, owner));
  app.on('error', () => undefined);
  return serve(t, app.callback());
}

test('an answer is waited for until it begins, however long that takes, also over a connection that was used before', async (t) => {
  const node = await passing(t, async (request, response) => {
    request.resume();
    await wait(systemClock, 4 * IDLE);
    response.end('done');
  });
  for (const _ of [1, 2]) {
    const answer = await fetch(node, { method: 'POST', body: 'do it' });
    t.is(answer.status, 200);
    t.is(await answer.text(), 'done');
  }
});

test('an answer that has begun and does not go on is cut, and whoever asked hears so', async (t) => {
  const node = await passing(t, (_, response) => void response.write('so far'));
  const answer = await fetch(node);
  await t.throwsAsync(answer.text());
});
