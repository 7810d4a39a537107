import type { Got } from 'got';
import { messageOf } from '../core/errors.ts';
import { guardedAgents } from './agents.ts';
import { type Download, type DownloadFailure, type DownloadRequest, download } from './download.ts';
import { type ErrorClass, errorClassOf } from './error-class.ts';
import { type Answer, exchange, type Wanted } from './exchange.ts';
import { Guard, type GuardOptions } from './guard.ts';

export interface EgressRequest extends Omit<Wanted, 'maxBytes'> {
  url: string;
  /** 64 KiB when not given. */
  maxBytes?: number;
  /** A body over `maxBytes` is a failure of class `too-large`; else it is cut there and the answer counts. */
  whole?: boolean;
  /** The other side takes the same request twice for one, so it may be sent again over a new connection; see `exchange`. */
  repeatable?: boolean;
}

/** What happened instead of an answer. */
interface Failure {
  error: ErrorClass;
  detail: string;
}

/** The one way out of the hub. */
export interface Egress {
  /** For a URL that is about to be saved. Rejects with `url-forbidden`, which names `path` as the place in the input. */
  check(url: string, path?: string): Promise<void>;
  /** One request; redirects are not followed. An answer of any status is an answer, and nothing rejects. */
  request(request: EgressRequest): Promise<Answer | Failure>;
  /** A file, as it comes; redirects are followed. Nothing rejects. */
  download(request: DownloadRequest): Promise<Download | DownloadFailure>;
  /** Drops the idle connections. */
  close(): void;
}

const MAX_BYTES = 64 * 1024;

export function createEgress(options: GuardOptions = {}): Egress {
  const guard = new Guard(options);
  const agent = guardedAgents(guard);
  /** Loaded with the first file. What is one of many goes without got, which costs several times what node's client does (bench/RESULTS.md). */
  let client: Promise<Got> | undefined;
  const loadClient = async (): Promise<Got> => {
    const { default: got } = await import('got');
    return got.extend({ agent, followRedirect: false, decompress: false, throwHttpErrors: false, retry: { limit: 0 } });
  };

  async function request(wanted: EgressRequest): Promise<Answer | Failure> {
    const { maxBytes = MAX_BYTES, whole = false, repeatable = false } = wanted;
    try {
      const answer = await exchange(guard.parse(wanted.url), agent, { ...wanted, maxBytes });
      return answer.cut && whole ? { error: 'too-large', detail: `The answer is larger than ${maxBytes} bytes` } : answer;
    } catch (error) {
      // Each such try uses up a kept connection, so this ends.
      if (repeatable && (error as { stale?: boolean }).stale) return request(wanted);
      return { error: errorClassOf(error), detail: messageOf(error) };
    }
  }

  return {
    check: (url, path) => guard.check(url, path),
    request,
    async download(wanted) {
      client ??= loadClient();
      return download(await client, guard, wanted);
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}
