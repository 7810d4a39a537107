import { type IncomingMessage, type RequestListener, type Server, type ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Context } from 'koa';
import { HooklineError } from '../core/errors.ts';
import type { UpgradeReply } from './route.ts';

interface Waiting {
  socket: Socket;
  head: Buffer;
}

const waiting = new WeakMap<IncomingMessage, Waiting>();

/** Other protocols (h2c, which curl asks for) are not spoken here: the request is answered as if it had not asked. */
export const UPGRADES: ServerOptions = {
  shouldUpgradeCallback: ({ method, headers }) => method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket',
};

/**
 * Lets a request for a WebSocket go the way of every other one, so that rights, validation, problems and the log are the
 * same; the reply of its route makes the difference. Returns how to cut the connections that are still open.
 */
export function receiveUpgrades(server: Server, listener: RequestListener): () => void {
  const open = new Set<Socket>();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // Node no longer listens to it, and an error that nobody hears would end the process.
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    waiting.set(request, { socket, head });
    listener(request, response);
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

/** Gives the connection away; what `accept` throws is still answered in HTTP. */
export function handOver(ctx: Context, { accept }: UpgradeReply): void {
  const connection = waiting.get(ctx.req);
  if (!connection) throw new HooklineError('upgrade-required', `${ctx.path} is for WebSockets: ask with "Upgrade: websocket".`);
  accept({ request: ctx.req, ...connection });
  ctx.status = 101;
  ctx.respond = false;
  ctx.res.detachSocket(connection.socket);
}
