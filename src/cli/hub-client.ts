import { type Client, createClient, entriesOf } from '../client/index.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';

export interface HubAddress {
  /** An API key; without one, or where it is empty, the operator's from the configuration. */
  key?: string | undefined;
  /** Where the hub is; without it as configured. */
  url?: URL | undefined;
}

/** The running hub, by its API. `base`: where it is. What it refuses is told in its own words; see failure.ts. */
export function hubClient({ key, url }: HubAddress, config: Config = loadConfig({ dev: false })): { hub: Client; base: string } {
  const base = url?.origin ?? `http://${hostOf(config)}:${config.port}`;
  return { hub: createClient({ baseUrl: base, key: key || operatorsKey(config) }), base };
}

/** How a command that asks the hub is told of it. */
export interface HubOptions {
  /** A tenant's key; without one the operator's from the configuration, with `tenant`. */
  key?: string;
  tenant: string;
  url?: URL;
}

/** `as`: the tenant, for each call; it counts with the operator's key only. */
export function tenantsHub({ key, tenant, url }: HubOptions): { hub: Client; base: string; as: { tenant: string } } {
  const { hub, base } = hubClient({ key, url });
  return { hub, base, as: { tenant: inHeader(tenant) } };
}

/** The id of a tenant that is named by its id or name; with the operator's key. */
export async function tenantIdOf(hub: Client, named: string): Promise<string> {
  for await (const { id, name } of entriesOf((cursor) => hub.listTenants({ limit: 200, cursor })))
    if (id === named || name === named) return id;
  return named;
}

/** `fetch` writes one byte for each character of a header; a name is read there as UTF-8. */
const inHeader = (text: string): string => Buffer.from(text).toString('latin1');

/** An address to listen on is not always one to connect to. */
function hostOf({ host }: Config): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function operatorsKey({ adminKey }: Config): string {
  if (adminKey !== undefined) return adminKey;
  throw new HooklineError('unauthorized', 'No API key is given: --key, or HOOKLINE_API_KEY.');
}
