/** A problem of the hub (RFC 9457), as it was answered. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly members: Record<string, unknown>;

  constructor(status: number, members: Record<string, unknown>) {
    super(String(members.detail ?? `HTTP ${status}`));
    this.status = status;
    this.code = String(members.code ?? '');
    this.members = members;
  }
}

/** Nothing was answered: the hub, or the way there, is away. */
export class Offline extends Error {}

/** How far the clock of the hub is before the one here, in ms: the times that it tells are by its own. */
let ahead = 0;

/** The time by the clock of the hub; `Date` tells it to the second. */
export const hubNow = (): number => Date.now() + ahead;

function setClock(date: string | null): void {
  const difference = Date.parse(date ?? '') - Date.now();
  if (Math.abs(difference - ahead) > 2_000) ahead = difference;
}

interface Asking {
  body?: unknown;
  headers?: Record<string, string>;
}

/** One request to the hub, with the header that says that one of its own pages makes it. Rejects with `Problem` or `Offline`. */
export async function ask<T>(method: string, path: string, { body, headers }: Asking = {}): Promise<T> {
  const sent = { 'x-hookline-page': '1', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers };
  const response = await fetch(path, { method, headers: sent, ...(body !== undefined && { body: JSON.stringify(body) }) }).catch(() => {
    throw new Offline();
  });
  setClock(response.headers.get('date'));
  if (response.status === 204) return undefined as T;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, answer);
  return answer as T;
}
