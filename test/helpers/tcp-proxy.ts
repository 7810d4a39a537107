import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  url: string;
  /** Nothing goes through any more and nothing is closed, as when a cable is cut. */
  freeze(): void;
  /** It goes through again, and what was held back first. */
  thaw(): void;
  /** Connections are closed: from when the client says this, which the server still gets, or not. Resolves when it has. */
  cutAt(said: string, options: { reaches: boolean }): Promise<void>;
  close(): void;
}

/** A way to a server that can be cut. */
export async function startProxy(server: string | URL, port = 0): Promise<TcpProxy> {
  const to = new URL(server);
  const sockets = new Set<Socket>();
  let cut: { said: string; reaches: boolean; done(): void } | undefined;
  let held: (() => void)[] | undefined;
  const pass = (socket: Socket, chunk: Buffer): void => {
    const go = (): void => void socket.write(chunk);
    if (held) held.push(go);
    else go();
  };
  const listener = createServer((near) => {
    const far = connect(Number(to.port) || 5432, to.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        if (held) held.push(() => other.destroy());
        else other.destroy();
      });
    }
    near.on('data', (chunk) => {
      if (!cut || !chunk.includes(cut.said)) return pass(far, chunk);
      const { reaches, done } = cut;
      cut = undefined;
      near.destroy();
      far.removeAllListeners('data');
      if (reaches) far.end(chunk);
      else far.destroy();
      done();
    });
    far.on('data', (chunk) => pass(near, chunk));
  }).listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(to);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    freeze() {
      held ??= [];
    },
    thaw() {
      const waiting = held ?? [];
      held = undefined;
      for (const go of waiting) go();
    },
    cutAt: (said, { reaches }) =>
      new Promise((resolve) => {
        cut = { said, reaches, done: resolve };
      }),
    close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
