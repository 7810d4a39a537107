/** What is done to a session: it belongs to the running hub, so the hub is asked, by its API. */
import { openAsBlob } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CreateSessionBody, Session } from '../client/index.ts';
import { type HubOptions, tenantIdOf, tenantsHub } from './hub-client.ts';
import { answer, isInJson, write } from './output.ts';

export interface NewSessionOptions extends HubOptions {
  engine?: CreateSessionBody['engine'];
  onConflict?: CreateSessionBody['onConflict'];
  start: boolean;
}

export async function createSession(name: string, { engine, onConflict, start, ...options }: NewSessionOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  say(await hub.createSession({ name, start, ...(engine && { engine }), ...(onConflict && { onConflict }) }, as));
}

export const SESSION_COMMANDS = {
  connect: 'start it, or leave it running',
  disconnect: 'stop it; the login stays',
  restart: 'stop and start it',
  logout: 'unlink the phone',
} as const;

export async function commandSession(name: string, command: keyof typeof SESSION_COMMANDS, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const operations = {
    connect: hub.connectSession,
    disconnect: hub.disconnectSession,
    restart: hub.restartSession,
    logout: hub.logoutSession,
  };
  say(await operations[command](name, as));
}

export async function deleteSession(name: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  await hub.deleteSession(name, as);
  answer({ name, deleted: true }, `${name} was deleted, with its login\n`);
}

/** As block letters, to be scanned from the terminal. */
export async function showQr(name: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  if (isInJson()) return answer(await hub.getSessionQr(name, undefined, as), '');
  const drawn = await hub.getSessionQr(name, undefined, { ...as, accept: 'text/plain' });
  write(`${await drawn.text()}\n`);
}

export async function pairSession(name: string, phone: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const { code, expiresAt } = await hub.createPairingCode(name, { phone }, as);
  answer({ code, expiresAt }, `${code}\n\nType it on the phone: Linked devices → Link with phone number. It is good until ${expiresAt}.\n`);
}

export async function backupSession(name: string, file: string, options: HubOptions): Promise<void> {
  const { hub, as } = tenantsHub(options);
  const sealed = await hub.getSessionBackup(name, as);
  const handle = await open(file, 'wx', 0o600);
  try {
    await pipeline(Readable.fromWeb(sealed.body as Parameters<typeof Readable.fromWeb>[0]), handle.createWriteStream());
  } catch (error) {
    // Half a backup restores nothing, and would pass for a whole one.
    await rm(file, { force: true });
    throw error;
  }
  answer({ name, file }, `The login of ${name} is in ${file}, sealed under the hub's secret key: keep both, and not in the same place\n`);
}

/** `from`: the tenant that the backup was made in, when the operator carries it from there. */
export async function restoreSession(name: string, file: string, { from, ...options }: HubOptions & { from?: string }): Promise<void> {
  const body = await openAsBlob(file);
  const { hub, as } = tenantsHub(options);
  const isId = from === undefined || from.startsWith('tnt_');
  say(await hub.restoreSession(name, body, { ...(from !== undefined && { from: isId ? from : await tenantIdOf(hub, from) }) }, as));
}

function say(session: Session): void {
  const { name, status, reason, advice } = session;
  answer(session, `${name} is ${status}${reason ? ` (${reason})` : ''}${advice ? `. ${advice}` : ''}\n`);
}
