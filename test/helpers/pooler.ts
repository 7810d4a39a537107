/** A pooler in front of Postgres as PgBouncer is in transaction mode: its clients share one connection, transaction by transaction. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import pg from 'pg';

const READY = 0x5a;
const IDLE = 0x49;

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const numbers = (...values: number[]): Buffer => Buffer.concat(values.map((value) => Buffer.from(Uint32Array.of(value).buffer).swap32()));

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
export async function startPooler(server: string): Promise<{ url: string; close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: server });
  client.on('error', () => undefined);
  await client.connect();
  const far = (client as unknown as { connection: { stream: Socket } }).connection.stream;
  far.removeAllListeners('data');
  let current: Socket | undefined;
  const waiting: { near: Socket; data: Buffer }[] = [];
  const next = (): void => {
    if (current) return;
    const item = waiting.shift();
    if (!item) return;
    current = item.near;
    far.write(item.data);
  };
  let rest = Buffer.alloc(0);
  far.on('data', (chunk: Buffer) => {
    current?.write(chunk);
    rest = Buffer.concat([rest, chunk]);
    let isOver = false;
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const length = rest.readUInt32BE(1) + 1;
      isOver = rest[0] === READY && rest[5] === IDLE;
      rest = rest.subarray(length);
    }
    if (!isOver) return;
    current = undefined;
    next();
  });
  const listener = createServer((near) => {
    let isIn = false;
    near.on('error', () => undefined);
    near.on('close', () => {
      if (current === near) far.write(message('Q', Buffer.from('ROLLBACK\0')));
    });
    near.on('data', (data: Buffer) => {
      if (!isIn) {
        isIn = true;
        const isWhole = message('Z', Buffer.from([IDLE]));
        near.write(Buffer.concat([message('R', numbers(0)), message('K', numbers(0x7fffffff, 1)), isWhole]));
      } else if (data[0] === 0x58) near.end();
      else if (current === near) far.write(data);
      else {
        waiting.push({ near, data });
        next();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(server);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    async close() {
      listener.close();
      far.destroy();
    },
  };
}
