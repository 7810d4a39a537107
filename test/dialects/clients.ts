/** A client of Evolution API, as its own code asks. */
import type { Hub } from '../helpers/hub.ts';

// biome-ignore lint/suspicious/noExplicitAny: what another product's clients read
export type Json = any;

export interface EvolutionAnswer {
  status: number;
  json: Json;
}

export type Evolution = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<EvolutionAnswer>;

export const evolutionOf =
  ({ base }: Pick<Hub, 'base'>, key: string): Evolution =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${base}/compat/evolution${path}`, {
      method,
      headers: { apikey: key, ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };
