/** A receiver in a process of its own: answers 204 at once (or what it is told), and says what it got when it is asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Told {
  count: number;
  /** Milliseconds from the event, whose own time is whole ones, to its arrival. */
  latencies: number[];
  outOfOrder: number;
}

let told: Told = { count: 0, latencies: [], outOfOrder: 0 };
const lastSeq = new Map<string, number>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const path = request.url ?? '';
    if (path === '/busy') {
      response.writeHead(503, { 'retry-after': '3600' }).end();
      return;
    }
    if (path === '/told') {
      response.end(JSON.stringify(told));
      told = { count: 0, latencies: [], outOfOrder: 0 };
      return;
    }
    if (path.startsWith('/hook')) {
      const event = JSON.parse(Buffer.concat(chunks).toString());
      told.latencies.push(performance.timeOrigin + performance.now() - Date.parse(event.timestamp));
      const lane = `${path} ${event.sessionId}`;
      if (event.seq <= (lastSeq.get(lane) ?? 0)) told.outOfOrder++;
      lastSeq.set(lane, event.seq);
    }
    told.count++;
    response.writeHead(204).end();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
