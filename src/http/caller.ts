/** Who asks, and whether over TLS, where proxies stand in front of the hub: what a stranger says of itself counts for nothing. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Middleware } from 'koa';

/** Whether the proxy at this address is believed; `hop`: how many stand between it and the hub. */
type Trust = (address: string, hop: number) => boolean;

/**
 * `trustProxy`: addresses and ranges, or one number of proxies that stand in a row. With a number nobody else may reach the hub, or
 * they could say what they like.
 */
export function trustIn(trustProxy: readonly string[]): Trust {
  const [first = ''] = trustProxy;
  if (/^\d+$/.test(first)) return (_address, hop) => hop < Number(first);
  const ranges = trustProxy.map(rangeOf);
  return (address) => {
    if (isIP(address) === 0) return false;
    const parsed = ipaddr.parse(address);
    return ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits));
  };
}

function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

export interface Forwarded {
  /** The address at the other end of the connection. */
  peer: string | undefined;
  /** `X-Forwarded-For`: each proxy puts whom it heard from behind what it was sent. */
  addresses: string;
  /** `X-Forwarded-Proto`. */
  scheme: string;
}

/**
 * The address that is nearest to the hub and not of a proxy that is believed, so that what a client writes into the header itself changes
 * nothing. `scheme`: as the nearest proxy says it; undefined where none is believed.
 */
export function callerOf({ peer = '', addresses, scheme }: Forwarded, trusts: Trust): { address: string; scheme?: 'http' | 'https' } {
  let address = plain(peer) ?? peer;
  const isProxied = trusts(address, 0);
  for (const [hop, entry] of addresses.split(',').reverse().entries()) {
    const before = trusts(address, hop) ? plain(entry.trim()) : null;
    if (before === null) break;
    address = before;
  }
  const said = scheme.split(',').at(-1)?.trim().toLowerCase();
  return isProxied && (said === 'http' || said === 'https') ? { address, scheme: said } : { address };
}

/** Without a port, and an IPv4 address as such; null for what is no address. */
function plain(text: string): string | null {
  const [, bracketed, withPort] = /^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  const address = bracketed ?? withPort ?? text;
  return isIP(address) === 0 ? null : ipaddr.process(address).toString();
}

const HEADERS = { addresses: 'x-forwarded-for', scheme: 'x-forwarded-proto' } as const;

/** Before all else: what reads `ctx.ip` or these headers from then on reads what is believed. */
export function knowCaller(trustProxy: readonly string[]): Middleware {
  const trusts = trustIn(trustProxy);
  return (ctx, next) => {
    const { headers, socket } = ctx.req;
    const said = { addresses: headers[HEADERS.addresses]?.toString() ?? '', scheme: headers[HEADERS.scheme]?.toString() ?? '' };
    const { address, scheme } = callerOf({ peer: socket.remoteAddress, ...said }, trusts);
    ctx.request.ip = address;
    delete headers[HEADERS.addresses];
    if (scheme === undefined) delete headers[HEADERS.scheme];
    else headers[HEADERS.scheme] = scheme;
    return next();
  };
}
