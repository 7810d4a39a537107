import type { Fault } from '../../core/errors.ts';
import type { EndpointId, TenantId } from '../../core/ids.ts';
import { headerFaults as faultsOf } from '../../core/request-headers.ts';
import { type Opener, type Place, seal } from '../../core/seal.ts';

/** A tenant's own header as it is given: a text, or a secret that is sealed and never shown again. */
export type HeaderInput = string | { secret: string };
/** As it is stored. */
export type StoredHeader = string | { sealed: string };
/** As it is shown. */
export type HeaderView = string | { secret: true };

/** What the hub says of each delivery, besides what no tenant may say of any request. */
const OWN = ['content-type', 'user-agent'];

/** What is wrong with each header, by its place. */
export function headerFaults(headers: Record<string, HeaderInput>): Fault[] {
  const values = Object.entries(headers).map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : value.secret]);
  const faults = faultsOf(Object.fromEntries(values), { own: OWN });
  const plain = Object.keys(headers).filter((name) => name.toLowerCase() === 'authorization' && typeof headers[name] === 'string');
  return [
    ...faults.map(({ name, message }) => ({ path: name === null ? 'headers' : `headers.${name}`, message })),
    ...plain.map((name) => ({
      path: `headers.${name}`,
      message: 'is a secret: give it as {"secret": "…"}, so that it is stored sealed',
    })),
  ];
}

interface Owner {
  id: EndpointId;
  tenantId: TenantId;
}

/** `name` in small letters, as it is stored. */
export const headerPlace = ({ id, tenantId }: Owner, name: string): Place => ({ tenantId, purpose: 'webhook-header', of: [id, name] });

export function sealHeaders(headers: Record<string, HeaderInput>, key: Buffer, owner: Owner): Record<string, StoredHeader> {
  return mapHeaders(headers, (value, name) =>
    typeof value === 'string' ? value : { sealed: seal(value.secret, key, headerPlace(owner, name)) },
  );
}

export function openHeaders(endpoint: Owner & { headers: Record<string, StoredHeader> }, open: Opener): Record<string, string> {
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
