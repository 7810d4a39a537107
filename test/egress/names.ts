/** A name server for a network namespace of one's own: UDP on port 53, one question a packet (RFC 1035, section 4). */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER = 12;
const TYPE_A = 1;
const NO_SUCH_NAME = 3;

/**
 * `addresses`: of each name, IPv4, the next one at each question; the last one stays. `silent`: names that are never
 * answered. Returns the names that were asked for.
 */
export async function startNames({ addresses, silent }: { addresses: Record<string, string[]>; silent: RegExp }): Promise<string[]> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const labels: string[] = [];
    let at = HEADER;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
      at += 1 + length;
    }
    const name = labels.join('.');
    asked.push(name);
    if (silent.test(name)) return;
    const known = addresses[name];
    const isIPv4 = query.readUInt16BE(at + 1) === TYPE_A;
    const found = isIPv4 && known ? (known.length > 1 ? known.shift() : known[0]) : undefined;
    socket.send(answer(query, at + 5, { found, isThere: known !== undefined }), port, address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return asked;
}

function answer(query: Buffer, end: number, { found, isThere }: { found: string | undefined; isThere: boolean }): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | (isThere ? 0 : NO_SUCH_NAME), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(found ? 1 : 0, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  // The name of the question, A, IN, nothing to be kept, four bytes.
  const record = Buffer.from([0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4]);
  return found ? Buffer.concat([head, record, Buffer.from(found.split('.').map(Number))]) : head;
}
