import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import { memoizeLru } from '../core/memoize.ts';
import { Names } from './names.ts';
import type { Address, Resolve } from './resolve.ts';

export interface GuardOptions {
  /** CIDRs that may be reached although they are not public, such as `127.0.0.0/8`. */
  allow?: readonly string[];
  /** The ports that may be reached; any when not given. */
  ports?: readonly number[];
  resolve?: Resolve;
  /** Is told of what leads inside, for the operator: to a tenant it is never told where a name leads. */
  onRefused?: (tenantId: TenantId, host: string, addresses: readonly string[]) => void;
}

/**
 * What is public by its range and is yet the inside of somebody's network: Azure's host agent
 * (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
 */
const ALSO_DENIED = ['168.63.129.16/32'].map((cidr) => ipaddr.parseCIDR(cidr));

/** Everything that IANA has given out for use on the public internet lies in here (RFC 4291, 2.4). */
const GLOBAL_V6 = ipaddr.parseCIDR('2000::/3');

/** The names under which clouds serve credentials. Refused by name, too, because they resolve only inside that cloud. */
const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal']);

/** Milliseconds that saving a URL waits for its name. What has no address by then is checked when it is connected to, as everything is. */
const PATIENCE = 1_000;

/** URLs of which the parsed form is kept. */
const KEPT_URLS = 1_000;

/** The same for every name: which address it is would tell the inside of the operator's network name by name. */
export const NOT_PUBLIC = 'leads to an address that is not public. If that is meant, the operator allows it with HOOKLINE_EGRESS_ALLOW';

type Cidr = ReturnType<typeof ipaddr.parseCIDR>;
type ParsedAddress = ReturnType<typeof ipaddr.parse>;

const within = (address: ParsedAddress, [network, bits]: Cidr): boolean =>
  address.kind() === network.kind() && address.match([network, bits] as never);

/** Decides where the hub may connect to. Nothing private is reachable but what `allow` names. */
export class Guard {
  readonly #allow: Cidr[];
  readonly #ports: readonly number[] | undefined;
  readonly #resolve: Resolve;
  readonly refused: NonNullable<GuardOptions['onRefused']>;

  /** Throws when `allow` holds something that is not a CIDR. */
  constructor({ allow = [], ports, resolve = new Names().resolve, onRefused = () => undefined }: GuardOptions = {}) {
    this.#allow = allow.map((cidr) => ipaddr.parseCIDR(cidr));
    this.#ports = ports;
    this.#resolve = resolve;
    this.refused = onRefused;
  }

  /**
   * For a URL that is about to be saved: its form, and its addresses as they are now. A name that does not resolve yet, or not soon,
   * passes, because what counts is the check of the address at connect time. Rejects with `url-forbidden`, which names `path`
   * as the place in the input.
   */
  async check(tenantId: TenantId, url: string, path = 'url'): Promise<void> {
    try {
      const { hostname } = this.parse(asTyped(url));
      await soon(this.addressesOf(tenantId, hostname));
    } catch (error) {
      if (!(error instanceof HooklineError)) return;
      throw new HooklineError(error.code, error.message, { errors: [{ path, message: error.message }] });
    }
  }

  /**
   * The URL, if its form is allowed. The parser of WHATWG URLs has by then turned every spelling of an IPv4 address
   * (decimal, octal, hexadecimal, short, full-width digits) into the dotted one. Throws `url-forbidden`. The same text has the
   * same answer, and a webhook asks for each of its deliveries, so that the last ones are kept.
   */
  readonly parse = memoizeLru(KEPT_URLS, (text) => this.#parsed(text));

  #parsed(text: string): Readonly<URL> {
    const url = URL.parse(text);
    if (!url) throw forbidden('is not a URL. Give it with its scheme, such as https://example.com/hook');
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw forbidden(`begins with "${url.protocol}". Begin it with http:// or https://, such as https://example.com/hook`);
    if (url.username || url.password)
      throw forbidden('carries a user name or password, which would end up in logs. Send them in a secret header');
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    if (this.#ports && !this.#ports.includes(port)) throw forbidden(`has the port ${port}. Allowed: ${this.#ports.join(', ')}`);
    if (METADATA_NAMES.has(url.hostname.replace(/\.$/, ''))) throw forbidden(`names the metadata service "${url.hostname}" of a cloud`);
    return url;
  }

  /** Those addresses of a host (a name or an address, IPv6 with or without brackets) that may be connected to; never none. */
  async addressesOf(tenantId: TenantId, hostname: string): Promise<Address[]> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(host);
    const all = family ? [{ address: host, family }] : await this.#resolve(host, tenantId);
    const passing = all.filter(({ address }) => this.permits(address));
    if (passing.length > 0) return passing;
    this.refused(
      tenantId,
      host,
      all.map(({ address }) => address),
    );
    throw forbidden(NOT_PUBLIC);
  }

  permits(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    if (this.#allow.some((cidr) => within(parsed, cidr))) return true;
    if (parsed.range() !== 'unicast' || ALSO_DENIED.some((cidr) => within(parsed, cidr))) return false;
    return parsed.kind() === 'ipv4' || within(parsed, GLOBAL_V6);
  }
}

/** What is saved is what is asked: the parser of WHATWG URLs would drop line breaks, take \ for / and add what is missing. Throws `url-forbidden`. */
function asTyped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a URL cannot hold
  if (/^\s|\s$|[\u0000-\u001f\u007f\\]/.test(text) || /^https?:(?!\/\/)/i.test(text))
    throw forbidden(
      'has blanks around it, control characters or backslashes, or no // behind its scheme. Write it as https://example.com/hook',
    );
  return text;
}

/** What is done by then counts; what is not goes on by itself. */
async function soon(work: Promise<unknown>): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, PATIENCE);
  await Promise.race([work, patience.promise]).finally(() => clearTimeout(timer));
}

export function forbidden(what: string): HooklineError {
  return new HooklineError('url-forbidden', `The URL ${what}.`);
}
