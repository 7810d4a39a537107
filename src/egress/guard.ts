import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { HooklineError } from '../core/errors.ts';
import { boundedLookup } from './resolve.ts';

export interface Address {
  address: string;
  family: number;
}

/** Rejects as `dns.lookup` does when the name has no address. */
export type Resolve = (hostname: string) => Promise<Address[]>;

export interface GuardOptions {
  /** CIDRs that may be reached although they are not public, such as `127.0.0.0/8`. */
  allow?: readonly string[];
  /** The ports that may be reached; any when not given. */
  ports?: readonly number[];
  resolve?: Resolve;
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

type Cidr = ReturnType<typeof ipaddr.parseCIDR>;
type ParsedAddress = ReturnType<typeof ipaddr.parse>;

const within = (address: ParsedAddress, [network, bits]: Cidr): boolean =>
  address.kind() === network.kind() && address.match([network, bits] as never);

/** Decides where the hub may connect to. Nothing private is reachable but what `allow` names. */
export class Guard {
  readonly #allow: Cidr[];
  readonly #ports: readonly number[] | undefined;
  readonly #resolve: Resolve;

  /** Throws when `allow` holds something that is not a CIDR. */
  constructor({ allow = [], ports, resolve = boundedLookup() }: GuardOptions = {}) {
    this.#allow = allow.map((cidr) => ipaddr.parseCIDR(cidr));
    this.#ports = ports;
    this.#resolve = resolve;
  }

  /**
   * For a URL that is about to be saved: its form, and its addresses as they are now. A name that does not resolve yet
   * passes, because what counts is the check of the address at connect time. Rejects with `url-forbidden`, which names `path`
   * as the place in the input.
   */
  async check(url: string, path = 'url'): Promise<void> {
    try {
      await this.addressesOf(this.parse(url).hostname);
    } catch (error) {
      if (!(error instanceof HooklineError)) return;
      throw new HooklineError(error.code, error.message, { errors: [{ path, message: error.message }] });
    }
  }

  /**
   * The URL, if its form is allowed. The parser of WHATWG URLs has by then turned every spelling of an IPv4 address
   * (decimal, octal, hexadecimal, short, full-width digits) into the dotted one. Throws `url-forbidden`.
   */
  parse(text: string): URL {
    if (!URL.canParse(text)) throw forbidden('is not a URL. Give it with its scheme, such as https://example.com/hook');
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw forbidden(`has the scheme "${url.protocol}". Only http and https are reached`);
    if (url.username || url.password)
      throw forbidden('carries a user name or password, which would end up in logs. Send them in a secret header');
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    if (this.#ports && !this.#ports.includes(port)) throw forbidden(`has the port ${port}. Allowed: ${this.#ports.join(', ')}`);
    if (METADATA_NAMES.has(url.hostname.replace(/\.$/, ''))) throw forbidden(`names the metadata service "${url.hostname}" of a cloud`);
    return url;
  }

  /** Those addresses of a host (a name or an address, IPv6 with or without brackets) that may be connected to; never none. */
  async addressesOf(hostname: string): Promise<Address[]> {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const family = isIP(host);
    const all = family ? [{ address: host, family }] : await this.#resolve(host);
    const passing = all.filter(({ address }) => this.permits(address));
    if (passing.length > 0) return passing;
    const found = all.map(({ address }) => address).join(', ');
    throw forbidden(
      `leads to ${found || 'no address'}, which is not public. If that is meant, the operator allows it with HOOKLINE_EGRESS_ALLOW`,
    );
  }

  permits(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    if (this.#allow.some((cidr) => within(parsed, cidr))) return true;
    if (parsed.range() !== 'unicast' || ALSO_DENIED.some((cidr) => within(parsed, cidr))) return false;
    return parsed.kind() === 'ipv4' || within(parsed, GLOBAL_V6);
  }
}

function forbidden(what: string): HooklineError {
  return new HooklineError('url-forbidden', `The URL ${what}.`);
}
