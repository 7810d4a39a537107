/**
 * The requests of S3 that the hub makes, signed (Signature Version 4), with deadlines and a bounded number of tries, to the one server
 * that the operator names: this is not a way out for tenants, so no guard of addresses stands before it, and no redirect is followed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { AwsV4Signer } from 'aws4fetch';
import type { Got, Response } from 'got';
import { fullJitter } from '../core/backoff.ts';
import { messageOf } from '../core/errors.ts';
import { memoizeAsync } from '../core/memoize.ts';
import type { Clock, Milliseconds, Runtime } from '../core/runtime.ts';

export interface S3Options {
  /** `https://s3.<region>.amazonaws.com` where it is not given. */
  endpoint?: string | undefined;
  region: string;
  bucket: string;
  /** The bucket stands in the path, and not in the name of the host. */
  pathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Request {
  method: 'GET' | 'PUT' | 'DELETE';
  /** Left out for what concerns the bucket. */
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** What is put: a text, or a whole file of this machine. */
  body?: string | { path: string; size: number; sha256: string };
}

export interface S3Answer {
  status: number;
  headers: Response['headers'];
  /** Empty for a stream. */
  text: string;
}

/** The server has answered, and not with what was asked for. Nothing of its words is in the message: they may repeat a signature. */
export class S3Refusal extends Error {
  readonly status: number;
  /** As S3 names it, such as `NoSuchBucket`; empty where the answer has none. */
  readonly code: string;
  /** Where the bucket is, if the server says so. */
  readonly region: string | undefined;

  constructor({ status, headers, text }: S3Answer) {
    const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
    super(`it answered ${status}${code && ` ${code}`}`);
    this.status = status;
    this.code = code;
    this.region = [headers['x-amz-bucket-region']].flat()[0] ?? /<Region>([\w-]{1,64})<\/Region>/.exec(text)?.[1];
  }
}

/** There was no answer, or none to its end. */
export class S3Unreachable extends Error {
  /** As node names it, such as `ECONNREFUSED`. */
  readonly code: string;

  constructor(cause: unknown) {
    super(`it cannot be reached: ${messageOf(cause)}`, { cause });
    this.code = String((cause as { code?: unknown } | null)?.code ?? '');
  }
}

const TRIES = 4;
/** Whoever asks is told within half a minute: what took so long to fail is not tried again. */
const PATIENCE: Milliseconds = 15_000;
const BACKOFF = { base: 300, cap: 3_000, floor: 50 };
/** For a connection, for the first byte of an answer, and for nothing at all going either way. */
const TIMES = { lookup: 5_000, connect: 5_000, secureConnect: 5_000, response: 10_000, socket: 60_000 };
/** The first byte of an answer to a large file: the last of it may still be on its way where this machine has sent it. */
const SLOWEST_RESPONSE: Milliseconds = 30_000;
/** For a whole request without a file, its wait for a connection included. */
const DEADLINE: Milliseconds = 60_000;
/** Of a file, beside that: a line that is slower (per MiB, in ms) is no line for files. */
const PER_MIB = 10_000;
/** Connections for all requests that only ask and put, and for those that are read as they come, which may be slow. */
const AT_ONCE = { asking: 64, reading: 512 };
const IDLE: Milliseconds = 30_000;
/** Clocks that differ by less are no cause of a refusal. */
const SKEW: Milliseconds = 4 * 60_000;
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export class S3Client {
  readonly #options: S3Options;
  readonly #runtime: Pick<Runtime, 'clock' | 'random'>;
  readonly #signingKeys = new Map<string, ArrayBuffer>();
  readonly #asking = agents(AT_ONCE.asking);
  readonly #reading = agents(AT_ONCE.reading);
  /** How far the clock of the server is ahead. */
  #ahead: Milliseconds = 0;

  constructor(options: S3Options, runtime: Pick<Runtime, 'clock' | 'random'>) {
    this.#options = options;
    this.#runtime = runtime;
  }

  get endpoint(): string {
    return this.#options.endpoint ?? `https://s3.${this.#options.region}.amazonaws.com`;
  }

  /** Rejects with `S3Unreachable`, and with `S3Refusal` for any answer but those of 2xx and 404. */
  async ask(request: S3Request): Promise<S3Answer> {
    return this.#try(async () => {
      const { method, body } = request;
      const client = await loadGot();
      const { url, headers } = await this.#sign(request);
      const file = typeof body === 'object' ? createReadStream(body.path) : undefined;
      const size = typeof body === 'object' ? body.size : 0;
      // Of what fails on its way somebody has to hear, whether the request does or not.
      file?.on('error', () => undefined);
      try {
        const onLine = Math.round(size / 1_048_576) * PER_MIB;
        const response = Math.min(TIMES.response + onLine, SLOWEST_RESPONSE);
        const timeout = { ...TIMES, response, request: DEADLINE + onLine };
        const sent = file ?? (typeof body === 'string' ? body : undefined);
        const answer = await client(url, { method, headers, timeout, agent: this.#asking, ...(sent !== undefined && { body: sent }) });
        return { status: answer.statusCode, headers: answer.headers, text: answer.body };
      } finally {
        file?.destroy();
      }
    });
  }

  /** As `ask`, with the body as it comes; it has to be read to its end, or destroyed. */
  async read(request: S3Request): Promise<S3Answer & { body: Readable }> {
    return this.#try(async () => {
      const client = await loadGot();
      const { url, headers } = await this.#sign(request);
      const body = client.stream(url, { headers, timeout: TIMES, agent: this.#reading });
      // Whoever reads it is told; between the answer and the first read nobody does.
      body.on('error', () => undefined);
      await once(body, 'response');
      const status = body.response?.statusCode ?? 0;
      const answer = { status, headers: body.response?.headers ?? {}, text: '' };
      if (isFine(status) && status !== 404) return { ...answer, body };
      const text = await textOf(body);
      return { ...answer, text, body };
    });
  }

  async #try<Answer extends S3Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const { clock, random } = this.#runtime;
    const end = clock.steady() + PATIENCE;
    for (let tries = 1; ; tries++) {
      let failure: S3Refusal | S3Unreachable;
      try {
        const answer = await work();
        if (isFine(answer.status)) return answer;
        failure = new S3Refusal(answer);
        if (answer.status === 403 && this.#setClock(answer) && tries < TRIES) continue;
      } catch (error) {
        failure = new S3Unreachable(error);
      }
      if (tries >= TRIES || !isPassing(failure) || clock.steady() >= end) throw failure;
      await waitAlive(clock, fullJitter(tries, BACKOFF, random));
    }
  }

  /** A signature is of its time: where the clock of this machine is wrong, it is made by that of the server. Whether that was so. */
  #setClock({ headers }: S3Answer): boolean {
    const ahead = Date.parse(headers.date ?? '') - this.#runtime.clock.now();
    if (!(Math.abs(ahead - this.#ahead) > SKEW)) return false;
    this.#ahead = ahead;
    return true;
  }

  async #sign({ method, key = '', query = {}, headers = {}, body }: S3Request): Promise<{ url: string; headers: Record<string, string> }> {
    const { region, bucket, pathStyle, accessKeyId, secretAccessKey } = this.#options;
    const url = new URL(this.endpoint);
    if (!pathStyle) url.host = `${bucket}.${url.host}`;
    url.pathname = pathStyle ? `/${bucket}${key && `/${key}`}` : `/${key}`;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const length = typeof body === 'object' ? body.size : Buffer.byteLength(body ?? '');
    const signer = new AwsV4Signer({
      ...{ method, url: url.href, region, accessKeyId, secretAccessKey, service: 's3', cache: this.#signingKeys },
      datetime: new Date(this.#runtime.clock.now() + this.#ahead).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      headers: {
        ...headers,
        ...(method === 'PUT' && { 'content-length': String(length) }),
        'x-amz-content-sha256': typeof body === 'object' ? body.sha256 : body ? await sha256Of(body) : EMPTY,
      },
    });
    // As it is signed: in a query, URL and S3 do not write all characters alike.
    const signed = await signer.sign();
    if (signer.encodedSearch) signed.url.search = signer.encodedSearch;
    return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
  }
}

/** A timer of the clock keeps no process alive, and a command that waits has nothing else that does. */
export async function waitAlive(clock: Pick<Clock, 'after'>, delay: Milliseconds): Promise<void> {
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => clock.after(delay, resolve)).finally(() => clearInterval(alive));
}

/** Loaded with the first request. */
const loadGot = memoizeAsync(async (): Promise<Got> => {
  const { default: got } = await import('got');
  return got.extend({ followRedirect: false, decompress: false, throwHttpErrors: false, retry: { limit: 0 } });
});

const agents = (maxSockets: number) => {
  const options = { keepAlive: true, maxSockets, timeout: TIMES.socket, keepAliveMsecs: IDLE };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
};

const isFine = (status: number): boolean => (status >= 200 && status < 300) || status === 404;

/** What another try may change. */
function isPassing(failure: S3Refusal | S3Unreachable): boolean {
  if (failure instanceof S3Unreachable) return !isUntrusted(failure);
  return failure.status >= 500 || failure.status === 429 || failure.status === 408 || failure.code === 'RequestTimeout';
}

/** A certificate that this machine does not trust, or no TLS at all. */
export const isUntrusted = ({ code }: S3Unreachable): boolean => /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|^EPROTO$|^ERR_(SSL|TLS)/.test(code);

async function sha256Of(text: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
}

/** An answer that is not what was asked for is short; of a longer one the beginning says enough. */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.length > 16_384) break;
  }
  return text;
}
