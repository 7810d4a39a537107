/** What is done to a session: it belongs to the running hub, so the hub is asked, by its API. */
import { openAsBlob } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SessionView } from '../sessions/view.ts';
import { type Ask, hubClient } from './hub-client.ts';
import { write } from './output.ts';

export interface HubOptions {
  /** A tenant's key; without one the operator's from the configuration, with `tenant`. */
  key?: string;
  tenant: string;
  url?: URL;
}

export const SESSION_COMMANDS = {
  connect: 'start it, or leave it running',
  disconnect: 'stop it; the login stays',
  restart: 'stop and start it',
  logout: 'unlink the phone',
} as const;

export async function commandSession(name: string, command: keyof typeof SESSION_COMMANDS, options: HubOptions): Promise<void> {
  say(await (await hub(options)).json(`${pathOf(name)}/${command}`, { method: 'POST' }));
}

export async function deleteSession(name: string, options: HubOptions): Promise<void> {
  await (await hub(options)).ask(pathOf(name), { method: 'DELETE' });
  write(`${name} was deleted, with its login\n`);
}

/** As block letters, to be scanned from the terminal. */
export async function showQr(name: string, options: HubOptions): Promise<void> {
  const answer = await (await hub(options)).ask(`${pathOf(name)}/qr?format=text`);
  write(`${await answer.text()}\n`);
}

export async function pairSession(name: string, phone: string, options: HubOptions): Promise<void> {
  const { code, expiresAt } = await (await hub(options)).json<{ code: string; expiresAt: string }>(`${pathOf(name)}/pairing-code`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone }),
  });
  write(`${code}\n\nType it on the phone: Linked devices → Link with phone number. It is good until ${expiresAt}.\n`);
}

export async function backupSession(name: string, file: string, options: HubOptions): Promise<void> {
  const answer = await (await hub(options)).ask(`${pathOf(name)}/backup`);
  const handle = await open(file, 'wx', 0o600);
  try {
    await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), handle.createWriteStream());
  } catch (error) {
    // Half a backup restores nothing, and would pass for a whole one.
    await rm(file, { force: true });
    throw error;
  }
  write(`The login of ${name} is in ${file}, sealed under the hub's secret key: keep both, and not in the same place\n`);
}

/** `from`: the tenant that the backup was made in, when the operator carries it from there. */
export async function restoreSession(name: string, file: string, { from, ...options }: HubOptions & { from?: string }): Promise<void> {
  const body = await openAsBlob(file);
  const { json, idOf } = await hub(options);
  const query = from === undefined ? '' : `?from=${encodeURIComponent(await idOf(from))}`;
  say(
    await json(`${pathOf(name)}/restore${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body,
    }),
  );
}

const pathOf = (name: string): string => `/api/sessions/${encodeURIComponent(name)}`;

function say({ name, status, reason, advice }: SessionView): void {
  write(`${name} is ${status}${reason ? ` (${reason})` : ''}${advice ? `. ${advice}` : ''}\n`);
}

async function hub({ key, tenant, url }: HubOptions) {
  const client = hubClient({ key, url });
  const asTenant: Record<string, string> = {};
  const ask: Ask = (path, request = {}) => client.ask(path, { ...request, headers: { ...asTenant, ...request.headers } });
  /** Of a tenant, by id or name; a name is looked for with the operator's key only. */
  const idOf = async (named: string): Promise<string> => {
    if (key !== undefined) return named;
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await (await ask(`/api/tenants?limit=200${cursor && `&cursor=${cursor}`}`)).json()) as {
        data: { id: string; name: string }[];
        nextCursor: string | null;
      };
      const found = page.data.find(({ id, name }) => id === named || name === named);
      if (found) return found.id;
      cursor = page.nextCursor;
    }
    return named;
  };
  // The operator's key works for any tenant, which is named by its id.
  if (key === undefined) asTenant['x-tenant-id'] = await idOf(tenant);
  return {
    ask,
    idOf,
    json: async <T = SessionView>(...request: Parameters<Ask>) => (await (await ask(...request)).json()) as T,
  };
}
