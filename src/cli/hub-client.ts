import { type Client, createClient } from '../client/index.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';

export interface HubAddress {
  /** An API key; without one the operator's from the configuration. */
  key?: string | undefined;
  /** Where the hub is; without it as configured. */
  url?: URL | undefined;
}

/** The running hub, by its API. `base`: where it is. What it refuses is told in its own words; see failure.ts. */
export function hubClient({ key, url }: HubAddress, config: Config = loadConfig({ dev: false })): { hub: Client; base: string } {
  const base = url?.origin ?? `http://${hostOf(config)}:${config.port}`;
  return { hub: createClient({ baseUrl: base, key: key ?? operatorsKey(config) }), base };
}

/** An address to listen on is not always one to connect to. */
function hostOf({ host }: Config): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function operatorsKey({ adminKey }: Config): string {
  if (adminKey !== undefined) return adminKey;
  throw new HooklineError('unauthorized', 'Give an API key of the tenant: --key, or HOOKLINE_API_KEY.');
}
