import http from 'node:http';

/** Requests at the same time. */
export const IN_FLIGHT = 64;

/** A client that keeps its connections, in this process; the hub is another one. */
export class HttpClient {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  readonly #base: string;
  readonly #key: string;

  constructor(base: string, key: string) {
    this.#base = base;
    this.#key = key;
  }

  /** Resolves with the status of the answer. */
  post(path: string, body: object): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const headers = { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' };
    const request = http.request(this.#base + path, { method: 'POST', agent: this.#agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject).end(JSON.stringify(body));
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
