/** A name server on loopback (RFC 1035) that answers as it is told, and notes what it was asked. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { ExecutionContext } from 'ava';

/** Addresses (none: the name has none of this family), or what goes wrong. */
export type NameAnswer = string[] | 'no such name' | 'failure' | 'silence';

export interface NameServer {
  /** `127.0.0.1:5353`, as `servers` of `Names` takes it. */
  address: string;
  /** `A shop.example`, in the order of arrival, each try. */
  asked: string[];
}

const TYPES: Record<number, string> = { 1: 'A', 28: 'AAAA' };

/** `port`: 53 where no other is asked, in a network of one's own. */
export async function startNameServer(
  t: Pick<ExecutionContext, 'teardown'>,
  answer: (name: string, type: string) => NameAnswer | Promise<NameAnswer>,
  port = 0,
): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    asked.push(`${type} ${name}`);
    void Promise.resolve(answer(name, type)).then((found) => {
      if (found !== 'silence') socket.send(answerTo(query.subarray(0, end), type, found), from.port, from.address);
    });
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => new Promise<void>((closed) => socket.close(closed)));
  return { address: `127.0.0.1:${socket.address().port}`, asked };
}

function questionOf(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? '?', end: at + 5 };
}

function answerTo(question: Buffer, type: string, found: Exclude<NameAnswer, 'silence'>): Buffer {
  const addresses = typeof found === 'string' ? [] : found.filter((address) => isIPv4(address) === (type === 'A'));
  const code = found === 'no such name' ? 3 : found === 'failure' ? 2 : 0;
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.fill(0, 8, 12);
  return Buffer.concat([head, ...addresses.map(recordOf)]);
}

/** Of the name in the question, for no seconds. */
function recordOf(address: string): Buffer {
  const bytes = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6(address);
  const head = Buffer.from([0xc0, 12, 0, bytes.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, bytes.length]);
  return Buffer.concat([head, bytes]);
}

function ipv6(address: string): Buffer {
  const [left = '', right = ''] = address.split('::').map((half) =>
    half
      .split(':')
      .filter(Boolean)
      .map((group) => group.padStart(4, '0'))
      .join(''),
  );
  return Buffer.from(left + '0'.repeat(32 - left.length - right.length) + right, 'hex');
}
