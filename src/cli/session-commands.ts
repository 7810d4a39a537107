/** What is done to a session: it belongs to the running hub, so the hub is asked, by its API. */
import { openAsBlob } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type CallOptions, type Client, entriesOf, type Session } from '../client/index.ts';
import { hubClient } from './hub-client.ts';
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
  const { hub, as } = await tenantsHub(options);
  const operations = {
    connect: hub.connectSession,
    disconnect: hub.disconnectSession,
    restart: hub.restartSession,
    logout: hub.logoutSession,
  };
  say(await operations[command](name, as));
}

export async function deleteSession(name: string, options: HubOptions): Promise<void> {
  const { hub, as } = await tenantsHub(options);
  await hub.deleteSession(name, as);
  write(`${name} was deleted, with its login\n`);
}

/** As block letters, to be scanned from the terminal. */
export async function showQr(name: string, options: HubOptions): Promise<void> {
  const { hub, as } = await tenantsHub(options);
  const answer = await hub.getSessionQr(name, undefined, { ...as, accept: 'text/plain' });
  write(`${await answer.text()}\n`);
}

export async function pairSession(name: string, phone: string, options: HubOptions): Promise<void> {
  const { hub, as } = await tenantsHub(options);
  const { code, expiresAt } = await hub.createPairingCode(name, { phone }, as);
  write(`${code}\n\nType it on the phone: Linked devices → Link with phone number. It is good until ${expiresAt}.\n`);
}

export async function backupSession(name: string, file: string, options: HubOptions): Promise<void> {
  const { hub, as } = await tenantsHub(options);
  const answer = await hub.getSessionBackup(name, as);
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
  const { hub, as, idOf } = await tenantsHub(options);
  say(await hub.restoreSession(name, body, { ...(from !== undefined && { from: await idOf(from) }) }, as));
}

function say({ name, status, reason, advice }: Session): void {
  write(`${name} is ${status}${reason ? ` (${reason})` : ''}${advice ? `. ${advice}` : ''}\n`);
}

/** `as`: the tenant, for each call. */
async function tenantsHub({
  key,
  tenant,
  url,
}: HubOptions): Promise<{ hub: Client; as: CallOptions; idOf(named: string): Promise<string> }> {
  const { hub } = hubClient({ key, url });
  /** Of a tenant, by id or name; a name is looked for with the operator's key only. */
  const idOf = async (named: string): Promise<string> => {
    if (key !== undefined) return named;
    for await (const { id, name } of entriesOf((cursor) => hub.listTenants({ limit: 200, cursor })))
      if (id === named || name === named) return id;
    return named;
  };
  // The operator's key works for any tenant, which is named by its id.
  return { hub, as: { ...(key === undefined && { tenant: await idOf(tenant) }) }, idOf };
}
