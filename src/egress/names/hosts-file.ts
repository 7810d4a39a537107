import { isIP } from 'node:net';
import type { Address } from '../resolve.ts';

/** `/etc/hosts` (hosts(5)): the addresses of a name, IPv4 first. */
export function parseHosts(text: string): Map<string, Address[]> {
  const hosts = new Map<string, Address[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names.map((one) => one.toLowerCase())) {
      const known = hosts.get(name) ?? [];
      hosts.set(name, [...known, { address, family }].sort(byFamily));
    }
  }
  return hosts;
}

/** A container often has an IPv6 address without a way out; where both lead somewhere, connecting takes whichever answers. */
const byFamily = (a: Address, b: Address): number => a.family - b.family;
