import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import PQueue from 'p-queue';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { HubId, TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { SingleFlight } from '../core/single-flight.ts';
import { writeStream } from '../core/whole-file.ts';
import { ID_FILE } from '../db/hub-identity.ts';
import { type BlobName, type BlobStore, type ByteRange, pathOf, SHA256, TENANT } from './blob-store.ts';
import { removeOlder } from './disk-store.ts';
import { LocalCopies } from './local-copies.ts';
import { isUntrusted, type S3Answer, S3Client, type S3Options, S3Refusal, type S3Request, S3Unreachable, waitAlive } from './s3-client.ts';

export interface S3StoreOptions extends S3Options {
  /** Before the names of all objects; without `/` at its end. */
  prefix?: string | undefined;
  /** On this machine, for drafts and copies. */
  directory: string;
  /** How long `check` waits for a server that cannot be reached yet. */
  patience?: Milliseconds;
  /** How many names are asked for at once; 1,000, which is the most, when not given. */
  page?: number;
}

/** Bytes of copies on this machine. */
const MOST_COPIES = 512 * 1_024 * 1_024;
/** A directory of copies that nobody has written to for so long is of a hub that was killed. */
const LEFT: Milliseconds = 60 * 60_000;
/** Objects that are removed at the same time. */
const REMOVED_AT_ONCE = 16;
/** Between two looks whether the server is there. */
const LOOK_AGAIN: Milliseconds = 1_000;
const LOOK_AGAIN_AWAY: Milliseconds = 10_000;
/** Written and removed again at each start. */
const PROBE = 'hub.check';

/**
 * Objects in a bucket of S3, or of a server that speaks it: `<prefix>/<tenant>/<2 hex>/<sha256>`, as in a directory. The server checks each
 * file against its `sha256`. It goes up in one piece: the largest that a hub takes is well below the 5 GiB of one `PUT`.
 */
export class S3Store implements BlobStore {
  readonly place: string;
  readonly drafts: string;
  readonly #client: S3Client;
  readonly #options: S3StoreOptions;
  readonly #runtime: Pick<Runtime, 'clock' | 'random' | 'log'>;
  readonly #prefix: string;
  readonly #copies: LocalCopies;
  readonly #fetching = new SingleFlight<string | null>();
  #awaySince: Milliseconds | null = null;

  constructor(options: S3StoreOptions, runtime: Pick<Runtime, 'clock' | 'random' | 'log'>) {
    const { bucket, prefix, directory } = options;
    this.place = `s3://${bucket}${prefix ? `/${prefix}` : ''}`;
    this.drafts = join(directory, '.incoming');
    this.#client = new S3Client(options, runtime);
    this.#options = options;
    this.#runtime = runtime;
    this.#prefix = prefix ? `${prefix}/` : '';
    this.#copies = new LocalCopies(join(directory, COPIES, randomUUID()), MOST_COPIES, runtime.clock);
  }

  get awaySince(): Milliseconds | null {
    return this.#awaySince;
  }

  async check(): Promise<void> {
    const { clock, log } = this.#runtime;
    const end = clock.steady() + (this.#options.patience ?? 0);
    for (let told = false; ; ) {
      try {
        await this.#probe();
        this.#answered();
        break;
      } catch (error) {
        if (!(error instanceof S3Refusal) && !(error instanceof S3Unreachable)) throw error;
        const fault = this.#faultOf(error);
        if (fault)
          throw new HooklineError('invalid-configuration', 'The store of files cannot be used.', { errors: [fault], cause: error });
        if (clock.steady() >= end) throw this.#failed(error);
        if (!told)
          log.warn('The store of files does not answer yet', { store: this.place, endpoint: this.#client.endpoint, error: error.message });
        told = true;
        await waitAlive(clock, LOOK_AGAIN);
      }
    }
    // What is erased would stay in it. Whoever may not be asked, or does not know of versions, says so in an answer of its own.
    const { text } = await this.#client.ask({ method: 'GET', query: { versioning: '' } }).catch(() => ({ text: '' }));
    if (/<Status>Enabled<\/Status>/.test(text)) {
      const advice = 'What is erased stays in it until a lifecycle rule ends former versions, or versioning is turned off';
      log.warn(`The bucket keeps versions of what is removed. ${advice}`, { store: this.place });
    }
  }

  /** All that the store will ask for, so that a key that may not do it is known at the start. */
  async #probe(): Promise<void> {
    const key = `${this.#prefix}${PROBE}`;
    await this.#look();
    await this.#client.ask({ method: 'PUT', key, body: 'Written by Hookline at its start, to see that it may.\n' }).then(refuse404);
    await this.#client.ask({ method: 'GET', key }).then(refuse404);
    await this.#client.ask({ method: 'DELETE', key });
  }

  async #look(): Promise<void> {
    const listed = await this.#client.ask({ method: 'GET', query: { 'list-type': '2', 'max-keys': '1', prefix: this.#prefix } });
    if (listed.status === 404 || !listed.text.includes('<ListBucketResult')) throw new S3Refusal(listed);
  }

  async tidy(isShared: boolean): Promise<void> {
    const copies = join(this.#options.directory, COPIES);
    if (isShared) {
      for (const directory of [this.drafts, copies]) await removeOlder(directory, LEFT);
      return;
    }
    for (const directory of [this.drafts, copies]) await rm(directory, { recursive: true, force: true });
  }

  async put(draft: string, name: BlobName, size: number): Promise<void> {
    const { status } = await this.#ask({ method: 'PUT', key: this.#key(name), body: { path: draft, size, sha256: name.sha256 } });
    if (status === 404) throw this.#failed(new Error('there is no such bucket any more'));
    // It is likely to be read soon. Where there is no room for a copy, the file is where it belongs all the same.
    await this.#copies.take(draft, name, size).catch(() => rm(draft, { force: true }));
  }

  async find(name: BlobName): Promise<{ size: number; age: Milliseconds } | null> {
    // Not by HEAD: its refusals cannot say why, and some servers send a body along, which breaks the connection.
    const found = await this.#open(name, { start: 0, end: 0 });
    if (!found) return null;
    const { status, headers, body } = found;
    if (status === 206) body.resume();
    else body.destroy();
    const age = Date.parse(headers.date ?? '') - Date.parse(headers['last-modified'] ?? '');
    const size = headers['content-range']?.split('/')[1] ?? headers['content-length'];
    return { size: Number(size), age: Number.isNaN(age) ? 0 : age };
  }

  async renew(name: BlobName): Promise<void> {
    const source = `/${this.#options.bucket}/${this.#key(name)}`;
    const headers = { 'x-amz-copy-source': source, 'x-amz-metadata-directive': 'REPLACE' };
    const answer = await this.#ask({ method: 'PUT', key: this.#key(name), headers });
    // A copy may fail after its 200 was sent.
    if (answer.status !== 404 && answer.text.includes('<Error>')) throw this.#failed(new S3Refusal(answer));
  }

  async read(name: BlobName, range?: ByteRange): Promise<Readable | null> {
    const copy = await this.#copies.find(name);
    const file = copy && (await open(copy, 'r').catch(() => null));
    return file ? file.createReadStream(range) : ((await this.#open(name, range))?.body ?? null);
  }

  async #open(name: BlobName, range?: ByteRange): Promise<(S3Answer & { body: Readable }) | null> {
    const headers = range && { range: `bytes=${range.start}-${range.end}` };
    try {
      const answer = await this.#client.read({ method: 'GET', key: this.#key(name), ...(headers && { headers }) });
      this.#answered();
      return answer.status === 404 ? null : answer;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async local(name: BlobName): Promise<string | null> {
    return (await this.#copies.find(name)) ?? this.#fetching.do(pathOf(name), () => this.#fetch(name));
  }

  async #fetch(name: BlobName): Promise<string | null> {
    const body = (await this.#open(name))?.body;
    if (!body) return null;
    const draft = join(this.drafts, randomUUID());
    try {
      const { sha256, size } = await writeStream(body, draft).catch((error) => {
        throw (error as NodeJS.ErrnoException).syscall === undefined || body.errored ? this.#failed(new S3Unreachable(error)) : error;
      });
      if (sha256 !== name.sha256) throw this.#failed(new Error('what came is not what was put'));
      return await this.#copies.take(draft, name, size);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async remove(name: BlobName): Promise<void> {
    await this.#copies.remove(name);
    await this.#ask({ method: 'DELETE', key: this.#key(name) });
  }

  async removeAll(tenantId: TenantId): Promise<void> {
    await this.#copies.removeAll(tenantId);
    const queue = new PQueue({ concurrency: REMOVED_AT_ONCE });
    let failed: unknown;
    for await (const { keys } of this.#pages(`${this.#prefix}${tenantId}/`)) {
      void queue.addAll(keys.map((key) => () => this.#ask({ method: 'DELETE', key }))).catch((error) => {
        failed ??= error;
      });
      await queue.onIdle();
      if (failed) throw failed;
    }
  }

  async *tenants(): AsyncIterable<TenantId> {
    for await (const { below } of this.#pages(this.#prefix, '/')) {
      for (const prefix of below) {
        const name = prefix.slice(this.#prefix.length, -1);
        if (TENANT.test(name)) yield name as TenantId;
      }
    }
  }

  async *list(tenantId: TenantId): AsyncIterable<string> {
    for await (const { keys } of this.#pages(`${this.#prefix}${tenantId}/`)) {
      for (const key of keys) {
        const name = key.slice(key.lastIndexOf('/') + 1);
        if (SHA256.test(name)) yield name;
      }
    }
  }

  async hub(): Promise<HubId | undefined> {
    const { status, text } = await this.#ask({ method: 'GET', key: `${this.#prefix}${ID_FILE}` });
    return status === 404 ? undefined : (text.trim() as HubId);
  }

  async nameHub(id: HubId | null): Promise<void> {
    const key = `${this.#prefix}${ID_FILE}`;
    await this.#ask(id === null ? { method: 'DELETE', key } : { method: 'PUT', key, body: `${id}\n` });
  }

  /** A page at a time, of up to 1,000. `delimiter`: what is below the next one is told as one name. */
  async *#pages(prefix: string, delimiter?: string): AsyncIterable<{ keys: string[]; below: string[] }> {
    for (let token: string | undefined; ; ) {
      const page = { 'max-keys': String(this.#options.page ?? 1_000) };
      const query = { 'list-type': '2', prefix, ...page, ...(delimiter && { delimiter }), ...(token && { 'continuation-token': token }) };
      const { status, text } = await this.#ask({ method: 'GET', query });
      if (status === 404) throw this.#failed(new Error('there is no such bucket any more'));
      yield { keys: textsIn(text, 'Key'), below: textsIn(text, 'CommonPrefixes').flatMap((inner) => textsIn(inner, 'Prefix')) };
      [token] = textsIn(text, 'NextContinuationToken');
      if (!token) return;
    }
  }

  #key(name: BlobName): string {
    return `${this.#prefix}${pathOf(name)}`;
  }

  async #ask(request: S3Request): Promise<S3Answer> {
    try {
      const answer = await this.#client.ask(request);
      this.#answered();
      return answer;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #answered(): void {
    if (this.#awaySince === null) return;
    this.#awaySince = null;
    this.#runtime.log.info('The store of files answers again', { store: this.place });
  }

  /** Looked after until it answers, so that what is said of it is how it is. */
  #isAway(): void {
    const { clock } = this.#runtime;
    this.#awaySince ??= clock.now();
    clock.after(LOOK_AGAIN_AWAY, () => {
      if (this.#awaySince === null) return;
      this.#look().then(
        () => this.#answered(),
        () => this.#isAway(),
      );
    });
  }

  /** For whoever asked for a file: nothing that is wrong with the store is wrong with what was asked. */
  #failed(cause: unknown): HooklineError {
    const why = messageOf(cause);
    if (this.#awaySince === null && (cause instanceof S3Unreachable || cause instanceof S3Refusal)) {
      this.#runtime.log.warn('The store of files fails', { store: this.place, endpoint: this.#client.endpoint, error: why });
      this.#isAway();
    }
    const detail = `The store of files (${this.place} at ${this.#client.endpoint}) does not do it: ${why}. Try again.`;
    return new HooklineError('storage-unavailable', detail, { cause, retryAfter: 30 });
  }

  /** What somebody has to change; undefined for what may pass. */
  #faultOf(error: S3Refusal | S3Unreachable): { path: string; message: string } | undefined {
    const { bucket, region } = this.#options;
    const { endpoint } = this.#client;
    if (error instanceof S3Unreachable) {
      const advice = 'Have its certificate trusted (NODE_EXTRA_CA_CERTS), or name it by http:// where it has none';
      return isUntrusted(error) ? { path: 'HOOKLINE_S3_ENDPOINT', message: `${endpoint}: ${error.message}. ${advice}` } : undefined;
    }
    const { status, code } = error;
    const elsewhere = error.region !== undefined && error.region !== region ? error.region : undefined;
    if (status === 404 && code === 'NoSuchBucket')
      return at('BUCKET', `there is no bucket "${bucket}" at ${endpoint}: make it, or name another`);
    if (elsewhere) return at('REGION', `is "${region}", and the bucket "${bucket}" is in "${elsewhere}"`);
    if (code === 'InvalidAccessKeyId') return at('ACCESS_KEY_ID', `is no key that ${endpoint} knows`);
    if (code === 'SignatureDoesNotMatch')
      return at('SECRET_ACCESS_KEY', `is not the secret of this access key at ${endpoint}, or that does not know the key`);
    const rights = 's3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject';
    if (status === 401 || status === 403) {
      return at('ACCESS_KEY_ID', `may not use the bucket "${bucket}" at ${endpoint} (${error.message}): it needs ${rights}`);
    }
    if (status >= 500 || status === 429) return undefined;
    return at('ENDPOINT', `${endpoint} is no S3, or not for this bucket: ${error.message}`);
  }
}

const COPIES = '.copies';

const at = (name: string, message: string) => ({ path: `HOOKLINE_S3_${name}`, message });

function refuse404(answer: S3Answer): void {
  if (answer.status === 404) throw new S3Refusal(answer);
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** The texts of all elements of this name in an answer of S3, which has no attributes, comments or CDATA in it. */
function textsIn(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'));
  return [...found].map(([, text = '']) =>
    text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|quot|apos|amp));/gi, (whole, decimal, hex, entity) => {
      if (entity) return ENTITIES[entity] ?? whole;
      return String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16));
    }),
  );
}
