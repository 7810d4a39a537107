import type { Got } from 'got';
import type { TenantId } from '../core/ids.ts';
import type { Logger } from '../core/runtime.ts';
import { type Download, type DownloadFailure, type DownloadRequest, download } from './download.ts';
import { type Answer, exchange, type Wanted } from './exchange.ts';
import { type Failure, failureOf } from './failure.ts';
import { Guard, type GuardOptions } from './guard.ts';
import { Pools } from './pools.ts';
import { refusalsTo } from './refusals.ts';

export interface EgressRequest extends Omit<Wanted, 'maxBytes'> {
  /** For whom: names are looked up in its turns, and connections are its own. */
  tenantId: TenantId;
  url: string;
  /** 64 KiB when not given. */
  maxBytes?: number;
  /** The body counts: one over `maxBytes` is a failure of class `too-large`, and one that broke off is one, too. */
  whole?: boolean;
  /** The other side takes the same request twice for one, so it may be sent again over a new connection; see `exchange`. */
  repeatable?: boolean;
}

/** The one way out of the hub. */
export interface Egress {
  /** For a URL that is about to be saved. Rejects with `url-forbidden`, which names `path` as the place in the input. */
  check(tenantId: TenantId, url: string, path?: string): Promise<void>;
  /** One request; redirects are not followed. An answer of any status is an answer, and nothing rejects. */
  request(request: EgressRequest): Promise<Answer | Failure>;
  /** A file, as it comes; redirects are followed. Nothing rejects. */
  download(request: DownloadRequest & { tenantId: TenantId }): Promise<Download | DownloadFailure>;
  /** Drops the idle connections. */
  close(): void;
}

const MAX_BYTES = 64 * 1024;

/** `log`: where the operator reads of what leads inside. */
export function createEgress(options: GuardOptions = {}, log?: Logger): Egress {
  const guard = new Guard({ ...(log && { onRefused: refusalsTo(log) }), ...options });
  const pools = new Pools(guard);
  /** Loaded with the first file. What is one of many goes without got, which costs several times what node's client does (bench/RESULTS.md). */
  let client: Promise<Got> | undefined;
  const loadClient = async (): Promise<Got> => {
    const { default: got } = await import('got');
    return got.extend({ followRedirect: false, decompress: false, throwHttpErrors: false, retry: { limit: 0 } });
  };

  async function request(wanted: EgressRequest): Promise<Answer | Failure> {
    const { tenantId, maxBytes = MAX_BYTES, whole = false, repeatable = false } = wanted;
    try {
      const answer = await exchange(guard.parse(wanted.url), pools.of(tenantId), { ...wanted, maxBytes });
      if (!whole) return answer;
      if (answer.cut) return { error: 'too-large', detail: `The answer is larger than ${maxBytes} bytes` };
      return answer.complete ? answer : (answer.broken ?? answer);
    } catch (error) {
      // Each such try uses up a kept connection, so this ends.
      if (repeatable && (error as { stale?: boolean }).stale) return request(wanted);
      return failureOf(error);
    }
  }

  return {
    check: (tenantId, url, path) => guard.check(tenantId, url, path),
    request,
    async download({ tenantId, ...wanted }) {
      client ??= loadClient();
      const got = await client;
      return download(got.extend({ agent: pools.of(tenantId) }), guard, wanted);
    },
    close: () => pools.close(),
  };
}
