import { Command, CommanderError, Option } from 'commander';
import { PARTS, type Part } from '../backup/manifest.ts';
import { API_KEY_VARIABLE, loadConfig, SECRET_VARIABLE } from '../config/load.ts';
import { VERSION } from '../core/version.ts';
import { SCOPES, TENANT_SCOPES } from '../tenants/scopes.ts';
import { httpUrl, name, parts, port, receiverKey, scopes, shell, USAGE, unitPath, userName, wholeSeconds, words } from './arguments.ts';
import { SHELLS, type Shell } from './completion.ts';
import { tell } from './failure.ts';
import type { HubOptions } from './hub-client.ts';
import {
  addImportCommand,
  addNodeCommands,
  addSendCommands,
  addSessionCommands,
  addWebhookCommands,
  examples,
  withHub,
} from './hub-commands.ts';
import type { ServiceOptions } from './install-service.ts';
import type { KeyOptions } from './key.ts';
import { answerInJson, endWithReader, outliveReader } from './output.ts';

/**
 * Runs one command and resolves with the exit code. Each command is loaded when it is called, so that none waits for
 * the parts of another.
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  endWithReader();
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
    .version(VERSION)
    .hook('preAction', (_program, command) => {
      answerInJson(command.optsWithGlobals().json === true);
    });
  // Before the commands are made: they take it over.
  hookline.exitOverride();

  hookline
    .command('serve')
    .description('run the hub')
    .option('--dev', 'development mode: this machine only, readable log, webhooks to loopback allowed', false)
    .action(async ({ dev }: { dev: boolean }) => {
      outliveReader();
      const config = loadConfig({ dev });
      const { serve } = await import('./serve.ts');
      exit(await serve(config));
    });

  // What npm runs at the end of an installation.
  hookline.command('prepare', { hidden: true }).action(async () => (await import('./prepare.ts')).prepare());

  addSendCommands(hookline, exit);
  addImportCommand(hookline);
  addSessionCommands(hookline.command('session').description('linked WhatsApp accounts'));
  const webhook = hookline.command('webhook').description('endpoints, and tools for those who receive webhooks');
  addWebhookCommands(webhook);
  addReceiverCommands(webhook, exit);
  addFlowCommands(hookline.command('flow').description('reply flows; needs no hub'), exit);
  addSecretCommands(hookline.command('secret').description('values that the step "http" of flows may use; sealed, and shown nowhere'));
  addTenantCommands(hookline);
  addBackupCommands(hookline);
  addOperatorCommands(hookline, exit);
  // Whoever asks for a completion has to be given all of the above.
  hookline
    .command('completion')
    .description('write what completes this command line in a shell')
    .argument('<shell>', SHELLS.join(', '), shell)
    .addHelpText('after', examples('eval "$(hookline completion bash)"    # in ~/.bashrc', 'hookline completion fish | source'))
    .action(async (of: Shell) => (await import('./output.ts')).write((await import('./completion.ts')).completionFor(of, hookline)));
  for (const command of leavesOf(hookline).filter((leaf) => !TALKS.has(leaf.name()))) command.option('--json', 'answer in JSON');
  return hookline;
}

/** What is no answer, but goes on, or is a text by nature. */
const TALKS = new Set(['serve', 'prepare', 'run', 'completion', 'schema']);

const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : [...(command.name() === 'doctor' ? [command] : []), ...command.commands.flatMap(leavesOf)];

function addTenantCommands(hookline: Command): void {
  const tenant = hookline.command('tenant').description('owners of sessions, keys, endpoints and flows');
  tenant
    .command('create')
    .description('make a tenant with its first key')
    .argument('<name>', 'its name', name)
    .action(async (named: string) => (await import('./tenant.ts')).createTenant(named));
  tenant
    .command('list')
    .description('list the tenants')
    .action(async () => (await import('./tenant.ts')).listTenants());

  const key = hookline.command('key').description('API keys of a tenant, which is given by its id or name');
  key
    .command('create')
    .description('make a key; it is shown this once')
    .argument('[tenant]', 'its id or name', 'default')
    .option('--name <name>', 'what it is for', name, 'key')
    .option('--scopes <scopes>', `what it may do, with commas between: ${SCOPES.join(',')} (default: all of a tenant)`, scopes)
    .option('--session <session>', 'id or name of the one session that it is for (default: all of the tenant)')
    .addHelpText(
      'after',
      examples(
        'hookline key create --name prometheus --scopes metrics:read',
        'hookline key create acme --name n8n --session shop',
        `hookline key create acme --name till --scopes ${TENANT_SCOPES.filter((scope) => scope.startsWith('messages')).join(',')}`,
      ),
    )
    .action(async (of: string, options: KeyOptions) => (await import('./key.ts')).createKey(of, options));
  key
    .command('list')
    .description('list the keys of one tenant, with their last use')
    .argument('[tenant]', 'its id or name; others are in "tenant list"', 'default')
    .action(async (of: string) => (await import('./key.ts')).listKeys(of));
  key
    .command('revoke')
    .description('end a key at once')
    .argument('<key>', 'its id, key_…, as "key list" shows it')
    .action(async (keyId: string) => (await import('./key.ts')).revokeKey(keyId));
}

function addOperatorCommands(hookline: Command, exit: (code: number) => void): void {
  addMediaCommands(hookline.command('media').description('files of messages'));
  addNodeCommands(hookline.command('node').description('hubs of a cluster; asks a running one'));
  hookline
    .command('doctor')
    .description('say whether the hub can run here, on real phones, too, and what to do where it cannot; exit code 0 or 1')
    .action(async () => exit(await (await import('./doctor.ts')).doctor()))
    .command('whatsapp')
    .description("say whether WhatsApp's page is still the one that this version knows; exit code 0, 1, or 69 where it cannot be reached")
    .option('--seconds <n>', 'how long it may take', wholeSeconds, 60)
    .action(async (options: { seconds: number }) => exit(await (await import('./doctor-whatsapp.ts')).doctorWhatsApp(options)));

  hookline
    .command('install-service')
    .description('write a unit for systemd, which runs the hub as a service; as root')
    .option('--user <user>', 'whom it runs as', userName, 'hookline')
    .option('--directory <directory>', 'where config.yaml, data, tokens and flows are', unitPath, '/var/lib/hookline')
    .option('--file <file>', 'the unit', unitPath, '/etc/systemd/system/hookline.service')
    .option('--dry-run', 'print it, and write nothing', false)
    .option('--force', 'put it in the place of another one', false)
    .addHelpText('after', examples('hookline install-service --dry-run', 'sudo hookline install-service --directory /srv/hookline'))
    .action(async (options: ServiceOptions) => (await import('./install-service.ts')).installService(options));

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

  hookline
    .command('secrets')
    .description('what is sealed in the database; no hub may run on it')
    .command('rotate')
    .description('seal everything with a new secret key')
    .option('--new-key <key>', 'the new key, 32 bytes in base64 or hex (default: a random one, where the key is in the data directory)')
    .action(async ({ newKey }: { newKey?: string }) => (await import('./secrets.ts')).rotateSecrets(newKey));

  hookline
    .command('extension')
    .description('write the extension that signs with a passkey, to be handed out; the hub serves the same as /extension.zip')
    .argument('<file>', 'where to write it, such as hookline-extension.zip')
    .action(async (file: string) => (await import('./extension.ts')).writeExtension(file));
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
    .addHelpText('after', examples('HOOKLINE_API_KEY=adm_… hookline backup /backups/$(date +%F)'))
    .action(async (directory: string, options: { without?: Part[]; key?: string; url?: URL }) =>
      (await import('./backup.ts')).backupHub(directory, options),
    );
  hookline
    .command('restore')
    .description('put a backup into an empty data directory, tokens directory and database; no hub may run on them')
    .argument('<directory>', 'what "hookline backup" wrote')
    .option('--without <parts>', 'go on without what is missing or damaged of: media,logins', parts)
    .option('--stopped', 'leave every session stopped, so that nothing is sent before it is connected', false)
    .addHelpText('after', examples('hookline restore /backups/2026-11-30 --stopped'))
    .action(async (directory: string, options: { without?: Part[]; stopped: boolean }) =>
      (await import('./backup.ts')).restoreHub(directory, options),
    );
  hookline
    .command('adopt')
    .description('make the configured database and directories one hub, when a start says that they do not fit together')
    .requiredOption('--yes', 'yes, what is missing in them is lost')
    .action(async () => (await import('./backup.ts')).adoptParts());
}

function addMediaCommands(media: Command): void {
  media
    .command('copy')
    .description('copy them from another store into the configured one (media.store); the hub may run on the other one meanwhile')
    .addOption(new Option('--from <store>', 'where they are now').choices(['disk', 's3']).makeOptionMandatory())
    .addHelpText('after', examples('HOOKLINE_MEDIA_STORE=s3 hookline media copy --from disk'))
    .action(async (options: { from: 'disk' | 's3' }) => (await import('./media.ts')).copyMedia(options));
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
    .command('format')
    .description('write flows and their tests as they are usually written, with their comments')
    .argument(...paths)
    .option('--check', 'write nothing; the exit code is 1 when something would change')
    .action(async (where: string[], options: { check?: boolean }) =>
      exit(await (await import('./flow.ts')).formatFlowFiles(where, options)),
    );
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
    .argument('<flow>', 'its name; where there is none of it, one of the examples is meant')
    .argument(...paths)
    .addHelpText('after', examples('hookline flow graph booking flows/examples'))
    .action(async (flowName: string, where: string[]) => (await import('./flow.ts')).graphFlow(flowName, where));
  flow
    .command('schema')
    .description('the language as JSON Schema, for editors')
    .argument('[file]', 'where to write it')
    .option('--tests', 'that of *.test.yml instead')
    .action(async (file: string | undefined, options: { tests?: boolean }) => (await import('./flow.ts')).printFlowSchema(file, options));
}

function addSecretCommands(secret: Command): void {
  const tenant = ['--tenant <tenant>', 'its id or name', 'default'] as const;
  secret
    .command('set')
    .description('keep a value, which comes by standard input')
    .argument('<name>', 'as in {{ secrets.NAME }}')
    .option(...tenant)
    .addHelpText('after', examples('hookline secret set CRM_TOKEN <token.txt'))
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

interface ListenCommand extends HubOptions {
  port: number;
  secret?: string[];
  forward?: URL;
  hub?: URL | true;
  after?: string;
  events?: string[];
  session?: string;
}

/** They run where the receiver is developed, so they read no configuration of a hub that they need not ask. */
function addReceiverCommands(webhook: Command, exit: (code: number) => void): void {
  const secret = (): Option =>
    new Option('--secret <secret>', 'whsec_… of the endpoint, or its whpk_…; may be repeated').env(SECRET_VARIABLE).argParser(receiverKey);
  withHub(
    webhook
      .command('listen')
      .description('receive webhooks on this machine: verify them, show them, pass them on')
      .option('--port <port>', 'port to listen on', port, 3002)
      .addOption(secret())
      .option('--forward <url>', 'where to pass on what holds; its answer goes back to the hub', httpUrl)
      .option('--hub [url]', 'fetch the events from the hub instead (default: as configured), which then needs no way to here', httpUrl),
  )
    .option('--after <event>', 'with --hub: the event to begin after (default: what comes next)')
    .option('--events <types>', 'with --hub: types, with commas between (default: all)', words)
    .option('--session <session>', 'with --hub: of one session, by id or name')
    .addHelpText(
      'after',
      examples(
        'hookline webhook listen --secret whsec_… --forward http://localhost:8000/hook',
        'HOOKLINE_API_KEY=hlk_… hookline webhook listen --hub https://hub.example.com --forward http://localhost:8000/hook --secret whsec_…',
      ),
    )
    .action(async ({ secret: keys = [], port: at, forward, hub, key, tenant, after, events: types, session }: ListenCommand) => {
      const passedOn = { ...(forward && { forward }) };
      if (hub === undefined) return (await import('./webhook-listen.ts')).listenForWebhooks({ keys, port: at, ...passedOn });
      const which = { ...(after && { after }), ...(types && { types }), ...(session && { session }) };
      const where = { tenant, ...(key && { key }), ...(hub !== true && { url: hub }) };
      return (await import('./webhook-pull.ts')).pullEvents({ secrets: keys, ...passedOn, ...which, ...where });
    });
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
