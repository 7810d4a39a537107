import type { Fault } from '../core/errors.ts';
import { type Opener, type Place, seal } from '../core/seal.ts';
import type { Endpoint } from './endpoint.ts';

/** A tenant's own header as it is given: a text, or a secret that is sealed and never shown again. */
export type HeaderInput = string | { secret: string };
/** As it is stored. */
export type StoredHeader = string | { sealed: string };
/** As it is shown. */
export type HeaderView = string | { secret: true };

/** What says how the request is framed, signed or routed is the hub's to say (RFC 9110, 7.6.1 for the connection's own). */
const FORBIDDEN =
  /^(host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|user-agent|content-.*|proxy-.*|webhook-.*|hookline-.*)$/;
/** RFC 9110, 5.6.2 and 5.5. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;
const MOST = 30;

/** What is wrong with each header, by its place. */
export function headerFaults(headers: Record<string, HeaderInput>): Fault[] {
  const entries = Object.entries(headers);
  const faults = entries.flatMap(([name, value]) => {
    const message = faultOf(name.toLowerCase(), value);
    return message ? [{ path: `headers.${name}`, message }] : [];
  });
  const names = entries.map(([name]) => name.toLowerCase());
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index)
      faults.push({ path: `headers.${entries[index]?.[0]}`, message: 'is given twice: names of headers have no case' });
  }
  if (entries.length > MOST) faults.push({ path: 'headers', message: `has ${entries.length} headers; the most is ${MOST}` });
  return faults;
}

function faultOf(name: string, value: HeaderInput): string | undefined {
  if (!NAME.test(name)) return 'is not a name of a header';
  if (FORBIDDEN.test(name)) return 'is set by the hub and cannot be changed';
  if (name === 'authorization' && typeof value === 'string') return 'is a secret: give it as {"secret": "…"}, so that it is stored sealed';
  if (!VALUE.test(typeof value === 'string' ? value : value.secret))
    return 'has characters that a header cannot carry, or is over 4096 long';
  return undefined;
}

type Owner = Pick<Endpoint, 'id' | 'tenantId'>;

/** `name` in small letters, as it is stored. */
export const headerPlace = ({ id, tenantId }: Owner, name: string): Place => ({ tenantId, purpose: 'webhook-header', of: [id, name] });

export function sealHeaders(headers: Record<string, HeaderInput>, key: Buffer, owner: Owner): Record<string, StoredHeader> {
  return mapHeaders(headers, (value, name) =>
    typeof value === 'string' ? value : { sealed: seal(value.secret, key, headerPlace(owner, name)) },
  );
}

export function openHeaders(endpoint: Owner & Pick<Endpoint, 'headers'>, open: Opener): Record<string, string> {
  return mapHeaders(endpoint.headers, (value, name) =>
    typeof value === 'string' ? value : open(value.sealed, headerPlace(endpoint, name)),
  );
}

export function showHeaders(headers: Record<string, StoredHeader>): Record<string, HeaderView> {
  return mapHeaders(headers, (value) => (typeof value === 'string' ? value : { secret: true }));
}

export function mapHeaders<From, To>(headers: Record<string, From>, change: (value: From, name: string) => To): Record<string, To> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lower.map(([name, value]) => [name, change(value, name)]));
}
