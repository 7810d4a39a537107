/**
 * A tenant that means harm, in a process of its own that goes before nobody: it stands for another machine. What it does is
 * named in its arguments; it goes on until it is killed.
 */
import { request } from 'node:http';
import { constants, setPriority } from 'node:os';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

setPriority(constants.priority.PRIORITY_LOW);

export interface Means {
  base: string;
  key: string;
  /** A linked sandbox of the tenant. */
  session: string;
}

const { base, key, session } = JSON.parse(process.argv[2] ?? '{}') as Means;
const SECOND = 1_000;
const MEGABYTE = 1_000_000;
const YAML = 'application/yaml';

async function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<{ status: number; text: string }> {
  const answer = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': type }) },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

/** So many clients that do this again and again. Where the hub refuses to be asked so often, or cuts them off, they wait a moment. */
function again(clients: number, once: (client: number, turn: number) => Promise<{ status: number }>): void {
  for (let client = 0; client < clients; client++) {
    void (async () => {
      for (let turn = 0; ; turn++) {
        const { status } = await once(client, turn).catch(() => ({ status: 0 }));
        if (status === 429 || status === 0) await wait(100);
      }
    })();
  }
}

/** The worst of these that the hub takes: what is refused holds up nobody. */
async function publish(patterns: readonly string[]): Promise<void> {
  for (const pattern of patterns) {
    const start = Array.from({ length: 20 }, (_, i) => `  - matches: ["${pattern}${i}"]\n`).join('');
    const { status } = await call(
      'PUT',
      '/api/flows/hostile',
      `flow: hostile\nversion: 1\nstart:\n${start}steps:\n  - say: caught\n`,
      YAML,
    );
    if (status === 200) return;
  }
}

function hold(path: string, bytes: number, type: string): Promise<{ status: number }> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': type, 'content-length': 2 * bytes };
    const outgoing = request(base + path, { method: 'POST', headers, agent: false }, (answer) => {
      answer.resume().on('close', () => resolve({ status: answer.statusCode ?? 0 }));
    });
    outgoing.on('error', () => resolve({ status: 0 }));
    function* half(): Generator<Buffer> {
      for (let sent = 0; sent < bytes; sent += MEGABYTE) yield Buffer.alloc(MEGABYTE, ' ');
    }
    // The other half never comes.
    Readable.from(half()).pipe(outgoing, { end: false });
  });
}

const LETTERS = 'a'.repeat(9_999);
const TEXTS = [
  `steps:\n${'- {}\n'.repeat(9_000)}`,
  `steps: [${'~,'.repeat(30_000)}]`,
  `steps:\n${'- xq\n'.repeat(9_000)}`,
  `[${','.repeat(65_000)}`,
  Array.from({ length: 4_000 }, (_, i) => `k${i}: 1`).join('\n'),
];

const HARM: Record<string, () => Promise<void> | void> = {
  /** Asks the hub for nothing: what it takes of the machine any program does. */
  processor() {
    const burn = (): void => {
      for (const until = performance.now() + 5; performance.now() < until; );
      setImmediate(burn);
    };
    burn();
  },
  async patterns() {
    await publish(['.{1000}.{1000}b', '(?:a?){500}a{500}b', 'a[ab]{50}c.{50}b', 'a.*b.*c']);
    again(2, async (client, turn) => {
      await wait(SECOND);
      return call('POST', `/api/sessions/${session}/sandbox/receive`, { from: `55219${client}88887777`, text: `${LETTERS}${turn}` });
    });
  },
  'flow texts'() {
    again(2, (_, turn) => call('POST', '/api/flows/check', TEXTS[turn % TEXTS.length], YAML));
  },
  async 'dead names'() {
    const ids: string[] = [];
    const make = async (i: number): Promise<void> => {
      const { text } = await call('POST', '/api/webhooks', { url: `https://dead${i}.invalid/`, events: ['custom.none'] });
      ids.push(JSON.parse(text).id);
    };
    await Promise.all(Array.from({ length: 60 }, (_, i) => make(i)));
    again(10, (client, turn) => call('POST', `/api/webhooks/${ids[(client + 10 * turn) % ids.length]}/test`));
  },
  'big bodies'() {
    again(8, () => hold(`/api/sessions/${session}/restore`, 200 * MEGABYTE, 'application/octet-stream'));
    again(8, () => hold('/api/messages/bulk', 35 * MEGABYTE, 'application/json'));
  },
  'refused writes'() {
    again(16, (client, turn) =>
      turn % 2
        ? call('POST', '/api/sessions', { name: session, engine: 'sandbox' })
        : call('PUT', `/api/flow-secrets/Not-A-Name-${client}`, { value: 'x' }),
    );
  },
};

for (const kind of process.argv.slice(3)) await HARM[kind]?.();
process.send?.('begun');
