import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Hub, linkedSandbox, startHub, until } from '../test/helpers/hub.ts';
import { residentMegabytes } from './process.ts';
import type { Figure } from './report.ts';

const MEBIBYTE = 1_024 * 1_024;
const SIZE = 100 * MEBIBYTE;
const EVERY = 20;
const AIM = '< 40 MB';

/** What a document of 100 MiB costs the hub in memory, each way in and out, and that its bytes are the same on both ends. */
export async function media(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), 'hookline-bench-'));
  const path = join(home, 'document');
  const sha256 = await writeDocument(path);
  const server = createServer((_, response) => void createReadStream(path).pipe(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/document.bin`;
  const figures: Figure[] = [];
  try {
    const ways: [string, (hub: Hub, key: string) => Promise<void>][] = [
      ['out, as multipart/form-data', async (hub, key) => sentOut(hub, key, sha256, await formOf(path))],
      ['out, by URL', (hub, key) => sentOut(hub, key, sha256, JSON.stringify({ to: CHAT, type: 'document', media: { url } }))],
      ['in, and downloaded', (hub, key) => received(hub, key)],
    ];
    for (const [way, go] of ways) figures.push(await grown(way, go));
  } finally {
    server.close();
    await rm(home, { recursive: true, force: true });
  }
  return figures;
}

const CHAT = '5511988887777';

/** The most memory that the hub has while `go` runs, over what it had at rest before. */
async function grown(way: string, go: (hub: Hub, key: string) => Promise<void>): Promise<Figure> {
  const hub = await startHub();
  try {
    const { key, call } = await hub.tenant();
    await linkedSandbox(call, 'shop');
    await wait(3_000);
    const before = residentMegabytes(hub.pid);
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, residentMegabytes(hub.pid));
    }, EVERY);
    const started = performance.now();
    await go(hub, key).finally(() => clearInterval(timer));
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    return {
      what: `memory that a document of 100 MiB takes at most: ${way} (${seconds} s)`,
      value: `${(most - before).toFixed(0)} MB`,
      aim: AIM,
    };
  } finally {
    await hub.dispose();
  }
}

async function sentOut(hub: Hub, key: string, sha256: string, body: string | FormData): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, ...(typeof body === 'string' && { 'content-type': 'application/json' }) };
  const accepted = await fetch(`${hub.base}/api/sessions/shop/messages`, { method: 'POST', headers, body });
  if (accepted.status !== 202) throw new Error(`The document was not accepted: ${await accepted.text()}`);
  const seen = await until(async () => (await hub.as(key)('GET', '/api/sessions/shop/sandbox/outbox')).json.data[0], { within: 120_000 });
  if (seen.media.sha256 !== sha256) throw new Error('What left is not what was sent');
}

async function received(hub: Hub, key: string): Promise<void> {
  const call = hub.as(key);
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, type: 'document', media: { mimetype: 'a/b', size: SIZE } });
  const ready = async () => {
    const { media } = (await call('GET', '/api/sessions/shop/messages')).json.data[0] ?? {};
    return media?.status === 'ready' && media;
  };
  const { url, id } = await until(ready, { within: 120_000 });
  const answer = await fetch(hub.base + url, { headers: { authorization: `Bearer ${key}` } });
  const hash = createHash('sha256');
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) hash.update(chunk);
  if (answer.headers.get('etag') !== `"${hash.digest('hex')}"`) throw new Error(`The bytes of ${id} are not those that were stored`);
}

async function formOf(path: string): Promise<FormData> {
  const form = new FormData();
  form.set('to', CHAT);
  form.set('type', 'document');
  form.set('file', await openAsBlob(path), 'document.bin');
  return form;
}

async function writeDocument(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let written = 0; written < SIZE; written += MEBIBYTE) {
    const bytes = randomBytes(MEBIBYTE);
    hash.update(bytes);
    await file.writeFile(bytes);
  }
  await file.close();
  return hash.digest('hex');
}
