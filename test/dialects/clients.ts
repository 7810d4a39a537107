/** Clients of other products, as their own code asks. */
import type { Hub } from '../helpers/hub.ts';

// biome-ignore lint/suspicious/noExplicitAny: what another product's clients read
export type Json = any;

export interface ClientAnswer {
  status: number;
  json: Json;
}

export type Client = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<ClientAnswer>;
export type Evolution = Client;

const clientOf =
  ({ base }: Pick<Hub, 'base'>, root: string, key: Record<string, string>): Client =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${base}${root}${path}`, {
      method,
      headers: { ...key, ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };

export const evolutionOf = (hub: Pick<Hub, 'base'>, key: string): Client => clientOf(hub, '/compat/evolution', { apikey: key });
export const wppconnectOf = (hub: Pick<Hub, 'base'>, key: string): Client =>
  clientOf(hub, '/compat/wppconnect', { authorization: `Bearer ${key}` });
export const wahaOf = (hub: Pick<Hub, 'base'>, key: string): Client => clientOf(hub, '/compat/waha', { 'X-Api-Key': key });
