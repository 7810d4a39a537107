import { type Config, loadConfig } from '../config/load.ts';
import { type Fault, HooklineError } from '../core/errors.ts';

export interface HubAddress {
  /** An API key; without one the operator's from the configuration. */
  key?: string | undefined;
  /** Where the hub is; without it as configured. */
  url?: URL | undefined;
}

export type Ask = (path: string, request?: RequestInit & { headers?: Record<string, string> }) => Promise<Response>;

/** How the running hub is asked. A rejection is what it answered, in its own words, with its `status` in `extra`. */
export function hubClient({ key, url }: HubAddress, config: Config = loadConfig({ dev: false })): { ask: Ask; base: string } {
  const base = url?.origin ?? `http://${hostOf(config)}:${config.port}`;
  const authorization = `Bearer ${key ?? operatorsKey(config)}`;
  const ask: Ask = async (path, request = {}) => {
    const answer = await fetch(base + path, { ...request, headers: { authorization, ...request.headers } }).catch((cause: unknown) => {
      throw new HooklineError('bad-request', `No hub answers at ${base}. Start it, or name it with --url.`, { cause });
    });
    if (answer.ok) return answer;
    const { detail, errors } = (await answer.json().catch(() => ({}))) as { detail?: string; errors?: Fault[] };
    const extra = { status: answer.status };
    throw new HooklineError('bad-request', detail ?? `The hub answered ${answer.status}.`, { extra, ...(errors && { errors }) });
  };
  return { ask, base };
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
