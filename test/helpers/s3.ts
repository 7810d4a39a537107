/** A server that speaks S3, with a bucket in it: a real one where HOOKLINE_TEST_S3 names it, and one of this process otherwise. */
import dns from 'node:dns';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import v4 from '@20minutes/s3rver/lib/signature/v4.js';
import { S3Client } from '../../src/blobs/s3-client.ts';
import { systemClock, systemRandom } from '../../src/core/runtime.ts';

const BUCKET = 'hookline-test';
/** Its names, in this process, are those of this machine. */
const DOMAIN = 'hookline.test';

export interface TestS3 {
  /** As the hub is configured. */
  options: { endpoint: string; region: string; bucket: string; pathStyle: boolean; accessKeyId: string; secretAccessKey: string };
  env: Record<string, string>;
  /** The same, with the bucket before the name of the host; null where that cannot be had. */
  hosted: TestS3['options'] | null;
  client: S3Client;
  /** The names of all objects. */
  keys(): Promise<string[]>;
  /** How many names a page has; the server of this process has no second one. */
  page: number;
  /** As if it had been put so many ms ago; false where that cannot be played. */
  age(key: string, ms: number): Promise<boolean>;
  /** It is not there for anybody until `resume`. Not with a real one. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** `HOOKLINE_TEST_S3=http://key-id:secret@127.0.0.1:9000/bucket`. */
export async function testS3(): Promise<TestS3> {
  const real = process.env.HOOKLINE_TEST_S3;
  return real ? withOptions(optionsIn(new URL(real))) : ownServer();
}

const optionsIn = ({ origin, pathname, username, password }: URL): TestS3['options'] => ({
  ...{ endpoint: origin, region: 'us-east-1', bucket: pathname.slice(1), pathStyle: true },
  ...{ accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) },
});

async function ownServer(): Promise<TestS3> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-s3-'));
  const app = new S3rver({ silent: true, directory, configureBuckets: [{ name: BUCKET }], serviceEndpoint: DOMAIN });
  standAsS3(app.store);
  await app.configureBuckets();
  const answer = app.callback();
  let isAway = false;
  const server = createServer((request, response) => (isAway ? response.writeHead(503).end() : answer(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const options = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', bucket: BUCKET, pathStyle: true };
  return {
    ...withOptions({ ...options, ...KEY }),
    hosted: { ...options, ...KEY, endpoint: `http://s3.${DOMAIN}:${port}`, pathStyle: false },
    page: 1_000,
    async age(key, ms) {
      const then = new Date(Date.now() - ms);
      await utimes(app.store.getResourcePath(BUCKET, key, 'object'), then, then);
      return true;
    },
    pause() {
      isAway = true;
    },
    resume() {
      isAway = false;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      app.logger.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The one that it knows. */
const KEY = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

const { lookup } = dns;
dns.lookup = ((name: string, ...rest: unknown[]) =>
  Reflect.apply(lookup, dns, [name.endsWith(`.${DOMAIN}`) ? '127.0.0.1' : name, ...rest])) as typeof lookup;

/** It signs the path of a URL as it is for a bucket in the path also where the bucket is in the host, which S3 does not. */
const { getStringToSign } = v4;
v4.getStringToSign = (signed, request) => {
  const uri = signed.headers.host?.startsWith(`${BUCKET}.`) ? signed.uri.slice(`/${BUCKET}`.length) || '/' : signed.uri;
  return getStringToSign({ ...signed, uri }, request);
};

/**
 * Where it does otherwise than S3: a common prefix counts however deep what is below it, and a copy onto itself is new. Of a list it
 * gives all in one page: what it writes into a token for the next one, the OpenSSL of today does not know any more.
 */
function standAsS3(store: S3rver['store']): void {
  const [list, copy] = [store.listObjects.bind(store), store.copyObject.bind(store)];
  store.listObjects = async (bucket, { delimiter, prefix = '', startAfter = '' }) => {
    const all = await list(bucket, { prefix, startAfter });
    if (!delimiter) return all;
    const { objects } = all;
    const isBelow = ({ key }: { key: string }): boolean => key.indexOf(delimiter, prefix.length) !== -1;
    const below = objects.filter(isBelow).map(({ key }) => key.slice(0, key.indexOf(delimiter, prefix.length) + delimiter.length));
    return { objects: objects.filter((object) => !isBelow(object)), commonPrefixes: [...new Set(below)], isTruncated: false };
  };
  store.copyObject = async (...of) => {
    const [bucket, key, toBucket, toKey] = of;
    if (bucket === toBucket && key === toKey) await utimes(store.getResourcePath(bucket, key, 'object'), new Date(), new Date());
    return copy(...of);
  };
}

function withOptions(options: TestS3['options']): TestS3 {
  const client = new S3Client(options, { clock: systemClock, random: systemRandom });
  return {
    options,
    env: {
      HOOKLINE_MEDIA_STORE: 's3',
      HOOKLINE_S3_ENDPOINT: options.endpoint,
      HOOKLINE_S3_BUCKET: options.bucket,
      HOOKLINE_S3_ACCESS_KEY_ID: options.accessKeyId,
      HOOKLINE_S3_SECRET_ACCESS_KEY: options.secretAccessKey,
    },
    hosted: null,
    client,
    page: 3,
    async keys() {
      const { text } = await client.ask({ method: 'GET', query: { 'list-type': '2' } });
      return [...text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key).sort();
    },
    age: async () => false,
    pause: () => undefined,
    resume: () => undefined,
    close: async () => undefined,
  };
}
