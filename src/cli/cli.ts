import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { PARTS, type Part } from '../backup/manifest.ts';
import { isReceiverKey } from '../client/webhook.ts';
import { API_KEY_VARIABLE, loadConfig, SECRET_VARIABLE } from '../config/load.ts';
import { VERSION } from '../core/version.ts';
import { SCOPES, type Scope } from '../tenants/scopes.ts';
import { tell } from './failure.ts';
import { writeError } from './output.ts';
import { type HubOptions, SESSION_COMMANDS } from './session-commands.ts';

/** The command line was not understood; 1 and 78 say what a command that was understood ran into. */
const USAGE = 2;

/**
 * Runs one command and resolves with the exit code. Each command is loaded when it is called, so that none waits for
 * the parts of another.
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  try {
    await program((result) => {
      code = result;
    }).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tell(error);
    return error.exitCode === 0 ? 0 : USAGE;
  }
}

function program(exit: (code: number) => void): Command {
  const hookline = new Command('hookline')
    .description('A self-hosted hub between WhatsApp and any system that speaks HTTP')
    .version(VERSION);
  // Before the commands are made: they take it over.
  hookline.exitOverride();

  hookline
    .command('serve')
    .description('run the hub')
    .option('--dev', 'development mode: this machine only, readable log, webhooks to loopback allowed', false)
    .action(async ({ dev }: { dev: boolean }) => {
      const config = loadConfig({ dev });
      const { serve } = await import('./serve.ts');
      exit(await serve(config));
    });

  // What npm runs at the end of an installation.
  hookline.command('prepare', { hidden: true }).action(async () => (await import('./prepare.ts')).prepare());

  const migrate = hookline.command('migrate').description('change the schema of the database; no hub may run on it');
  migrate
    .command('up')
    .description('bring it up to date ("serve" does so by itself)')
    .action(async () => (await import('./migrate.ts')).migrateUp());
  migrate
    .command('down')
    .description('take all of it back, with everything that is stored')
    .requiredOption('--yes', 'yes, delete everything')
    .action(async () => (await import('./migrate.ts')).migrateDown());
  migrate
    .command('status')
    .description('say which migrations have run')
    .action(async () => (await import('./migrate.ts')).migrateStatus());

  const tenant = hookline.command('tenant').description('owners of sessions, keys, endpoints and flows');
  tenant
    .command('create')
    .description('make a tenant with its first key')
    .argument('<name>', 'its name', name)
    .action(async (name: string) => (await import('./tenant.ts')).createTenant(name));
  tenant
    .command('list')
    .description('list the tenants')
    .action(async () => (await import('./tenant.ts')).listTenants());

  const key = hookline.command('key').description('API keys of a tenant, which is given by its id or name');
  key
    .command('create')
    .description('make a key; it is shown this once')
    .argument('<tenant>')
    .option('--name <name>', 'what it is for', name, 'key')
    .option('--scopes <scopes>', `what it may do, with commas between: ${SCOPES.join(',')} (default: all)`, scopes)
    .action(async (tenant: string, options: { name: string; scopes?: Scope[] }) => (await import('./key.ts')).createKey(tenant, options));
  key
    .command('list')
    .description('list the keys')
    .argument('[tenant]', 'its id or name', 'default')
    .action(async (tenant: string) => (await import('./key.ts')).listKeys(tenant));
  key
    .command('revoke')
    .description('end a key at once')
    .argument('<tenant>')
    .argument('<key>', 'its id')
    .action(async (tenant: string, keyId: string) => (await import('./key.ts')).revokeKey(tenant, keyId));

  addSessionCommands(hookline.command('session').description('linked WhatsApp accounts'));

  addFlowCommands(hookline.command('flow').description('reply flows; needs no hub'), exit);
  addSecretCommands(hookline.command('secret').description('values that the step "http" of flows may use; sealed, and shown nowhere'));

  hookline
    .command('secrets')
    .description('what is sealed in the database; no hub may run on it')
    .command('rotate')
    .description('seal everything with a new secret key')
    .option('--new-key <key>', 'the new key, 32 bytes in base64 or hex (default: a random one, where the key is in the data directory)')
    .action(async ({ newKey }: { newKey?: string }) => (await import('./secrets.ts')).rotateSecrets(newKey));

  addBackupCommands(hookline);

  hookline
    .command('doctor')
    .description('say whether the hub can run here, on real phones, too, and what to do where it cannot; exit code 0 or 1')
    .action(async () => exit(await (await import('./doctor.ts')).doctor()))
    .command('whatsapp')
    .description("say whether WhatsApp's page is still the one that this version knows; exit code 0, 1, or 69 where it cannot be reached")
    .option('--seconds <n>', 'how long it may take', wholeSeconds, 60)
    .action(async (options: { seconds: number }) => exit(await (await import('./doctor-whatsapp.ts')).doctorWhatsApp(options)));

  hookline
    .command('extension')
    .description('write the extension that signs with a passkey, to be handed out; the hub serves the same as /extension.zip')
    .argument('<file>', 'where to write it, such as hookline-extension.zip')
    .action(async (file: string) => (await import('./extension.ts')).writeExtension(file));

  addReceiverCommands(hookline.command('webhook').description('for those who receive webhooks; needs no hub'), exit);
  return hookline;
}

function addBackupCommands(hookline: Command): void {
  hookline
    .command('backup')
    .description('write a backup of the whole hub, which may run: database, secret key, media, logins')
    .argument('<directory>', 'a new one')
    .option('--without <parts>', `leave out, with commas between: ${PARTS.join(',')}`, parts)
    .addOption(
      new Option('--key <key>', "the operator's key, for the logins of a running hub (default: the configured adminKey)").env(
        API_KEY_VARIABLE,
      ),
    )
    .option('--url <url>', 'where the hub is (default: as configured)', httpUrl)
    .action(async (directory: string, options: { without?: Part[]; key?: string; url?: URL }) =>
      (await import('./backup.ts')).backupHub(directory, options),
    );
  hookline
    .command('restore')
    .description('put a backup into an empty data directory, tokens directory and database; no hub may run on them')
    .argument('<directory>', 'what "hookline backup" wrote')
    .option('--without <parts>', 'go on without what is missing or damaged of: media,logins', parts)
    .option('--stopped', 'leave every session stopped, so that nothing is sent before it is connected', false)
    .action(async (directory: string, options: { without?: Part[]; stopped: boolean }) =>
      (await import('./backup.ts')).restoreHub(directory, options),
    );
  hookline
    .command('adopt')
    .description('make the configured database and directories one hub, when a start says that they do not fit together')
    .requiredOption('--yes', 'yes, what is missing in them is lost')
    .action(async () => (await import('./backup.ts')).adoptParts());
}

/** They read files, and no database. */
function addFlowCommands(flow: Command, exit: (code: number) => void): void {
  const paths = ['[paths...]', 'files and directories (default: the configured flows directory)'] as const;
  flow
    .command('check')
    .description('name every error in the flows, with file, line and column')
    .argument(...paths)
    .action(async (where: string[]) => (await import('./flow.ts')).checkFlowFiles(where));
  flow
    .command('test')
    .description('hold the conversations of *.test.yml, and say what of the flows they go through')
    .argument(...paths)
    .option('--missed', 'name every step and branch that no conversation goes through')
    .action(async (where: string[], options: { missed?: boolean }) =>
      exit(await (await import('./flow.ts')).testFlowFiles(where, options)),
    );
  flow
    .command('run')
    .description('talk to the flows in the terminal')
    .argument(...paths)
    .option('--name <name>', 'the name of the contact that you are', name)
    .option('--phone <phone>', 'and the phone')
    .action(async (where: string[], options: { name?: string; phone?: string }) =>
      (await import('./flow-run.ts')).runFlows(where, options),
    );
  flow
    .command('graph')
    .description('draw a flow as a Mermaid chart')
    .argument('<flow>', 'its name')
    .argument(...paths)
    .action(async (flowName: string, where: string[]) => (await import('./flow.ts')).graphFlow(flowName, where));
  flow
    .command('schema')
    .description('the language as JSON Schema, for editors')
    .argument('[file]', 'where to write it')
    .action(async (file?: string) => (await import('./flow.ts')).printFlowSchema(file));
}

function addSecretCommands(secret: Command): void {
  const tenant = ['--tenant <tenant>', 'its id or name', 'default'] as const;
  secret
    .command('set')
    .description('keep a value, which comes by standard input')
    .argument('<name>', 'as in {{ secrets.NAME }}')
    .option(...tenant)
    .action(async (secretName: string, options: { tenant: string }) => (await import('./secret.ts')).setSecret(secretName, options));
  secret
    .command('list')
    .description('list the names')
    .option(...tenant)
    .action(async (options: { tenant: string }) => (await import('./secret.ts')).listSecrets(options));
  secret
    .command('remove')
    .description('forget a value')
    .argument('<name>')
    .option(...tenant)
    .action(async (secretName: string, options: { tenant: string }) => (await import('./secret.ts')).removeSecret(secretName, options));
}

/** All but `list` ask the running hub, whose browsers they are. */
function addSessionCommands(session: Command): void {
  session
    .command('list')
    .description('list the sessions of a tenant and their status')
    .argument('[tenant]', 'its id or name', 'default')
    .action(async (tenant: string) => (await import('./session.ts')).listSessions(tenant));
  const command = (name: string, description: string): Command =>
    session
      .command(name)
      .description(description)
      .argument('<session>', 'its id or name')
      .addOption(new Option('--key <key>', 'an API key of its tenant (default: the configured adminKey)').env(API_KEY_VARIABLE))
      .option('--tenant <tenant>', 'id or name of its tenant, with the adminKey', 'default')
      .option('--url <url>', 'where the hub is (default: as configured)', httpUrl);
  const loaded = () => import('./session-commands.ts');
  for (const [name, description] of Object.entries(SESSION_COMMANDS) as [keyof typeof SESSION_COMMANDS, string][]) {
    command(name, description).action(async (id: string, options: HubOptions) => (await loaded()).commandSession(id, name, options));
  }
  command('delete', 'end it and remove its login').action(async (id: string, options: HubOptions) =>
    (await loaded()).deleteSession(id, options),
  );
  command('qr', 'show its QR code, to be scanned').action(async (id: string, options: HubOptions) => (await loaded()).showQr(id, options));
  command('pair', 'show a code to type on the phone with this number')
    .argument('<phone>')
    .action(async (id: string, phone: string, options: HubOptions) => (await loaded()).pairSession(id, phone, options));
  command('backup', 'write its login into a file, sealed')
    .argument('<file>', 'a new file')
    .action(async (id: string, file: string, options: HubOptions) => (await loaded()).backupSession(id, file, options));
  command('restore', 'put a backup in the place of its login')
    .argument('<file>')
    .option('--from <tenant>', 'id or name of the tenant that it was made in, to carry it from there, with the adminKey')
    .action(async (id: string, file: string, options: HubOptions & { from?: string }) =>
      (await loaded()).restoreSession(id, file, options),
    );
}

/** They run where the receiver is developed, so they read no configuration of a hub. */
function addReceiverCommands(webhook: Command, exit: (code: number) => void): void {
  const secret = (): Option =>
    new Option('--secret <secret>', 'whsec_… of the endpoint, or its whpk_…; may be repeated').env(SECRET_VARIABLE).argParser(receiverKey);
  webhook
    .command('listen')
    .description('receive webhooks on this machine: verify them, show them, pass them on')
    .option('--port <port>', 'port to listen on', port, 3002)
    .addOption(secret())
    .option('--forward <url>', 'where to pass on what holds; its answer goes back to the hub', httpUrl)
    .action(async ({ secret: keys = [], ...options }: { port: number; secret?: string[]; forward?: URL }) =>
      (await import('./webhook-listen.ts')).listenForWebhooks({ keys, ...options }),
    );
  webhook
    .command('verify')
    .description('say whether a delivery is genuine, and if not, why; exit code 0 or 1')
    .addOption(secret().makeOptionMandatory())
    .requiredOption('--id <id>', 'webhook-id')
    .requiredOption('--timestamp <seconds>', 'webhook-timestamp')
    .requiredOption('--signature <signature>', 'webhook-signature')
    .argument('[file]', 'the body, byte for byte as it came; "-" is standard input', '-')
    .action(async (file: string, { secret: keys, ...headers }: { secret: string[]; id: string; timestamp: string; signature: string }) =>
      exit(await (await import('./webhook-verify.ts')).verifyWebhook(file, { keys, ...headers })),
    );
}

function receiverKey(text: string, former: string[] = []): string[] {
  // By itself commander would repeat what was given, on a screen or in a log.
  if (!isReceiverKey(text.trim())) {
    writeError('error: what --secret is given is no secret: it begins with whsec_ (or whpk_), and base64 follows.\n');
    throw new CommanderError(USAGE, 'hookline.secret', 'no secret');
  }
  return [...former, text.trim()];
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return Number(text);
}

function wholeSeconds(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('Give 1 to 999 seconds.');
  return Number(text);
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('Give a URL that begins with http:// or https://.');
  return url;
}

function name(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > 100) throw new InvalidArgumentError('A name has 1 to 100 characters.');
  return trimmed;
}

function parts(text: string): Part[] {
  const named = text.split(',').map((part) => part.trim());
  const unknown = named.find((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no part "${unknown}".`);
  return named as Part[];
}

function scopes(text: string): Scope[] {
  const named = text.split(',').map((scope) => scope.trim());
  const unknown = named.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no scope "${unknown}".`);
  return named as Scope[];
}
