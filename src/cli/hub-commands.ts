/** The commands that ask the running hub, by its API: what is behind them, and the options by which all of them find it. */
import { Argument, type Command, Option } from 'commander';
import { API_KEY_VARIABLE } from '../config/load.ts';
import { MEDIA_TYPES } from '../core/message.ts';
import { ENGINES } from '../sessions/engine.ts';
import { ORDERINGS } from '../webhooks/endpoints/endpoint.ts';
import { count, httpUrl, instant, name, words } from './arguments.ts';
import type { BulkOptions } from './bulk.ts';
import type { HubAddress, HubOptions } from './hub-client.ts';
import type { ImportOptions } from './import.ts';
import { PRODUCTS, type Product } from './import-sources.ts';
import type { SendOptions } from './send.ts';
import { type NewSessionOptions, SESSION_COMMANDS } from './session-commands.ts';
import type { ReplayOptions } from './webhook-commands.ts';

/** A command that finds the hub, and its tenant. */
function hubCommand(above: Command, named: string, description: string): Command {
  return withHub(above.command(named).description(description)).option('--url <url>', 'where the hub is (default: as configured)', httpUrl);
}

export const withHub = (command: Command): Command =>
  command
    .addOption(new Option('--key <key>', 'an API key of the tenant (default: the configured adminKey)').env(API_KEY_VARIABLE))
    .option('--tenant <tenant>', 'id or name of the tenant, with the adminKey', 'default');

export const examples = (...lines: string[]): string =>
  `\n${lines.length > 1 ? 'Examples' : 'Example'}:\n${lines.map((line) => `  ${line}\n`).join('')}`;

/** All but `list` ask the running hub, whose browsers they are. */
export function addSessionCommands(session: Command): void {
  session
    .command('list')
    .description('list the sessions of a tenant and their status')
    .argument('[tenant]', 'its id or name', 'default')
    .action(async (tenant: string) => (await import('./session.ts')).listSessions(tenant));
  const loaded = () => import('./session-commands.ts');
  hubCommand(session, 'create', 'make a session')
    .argument('<name>', 'its name', name)
    .addOption(new Option('--engine <engine>', 'what it runs on').choices(ENGINES))
    .addOption(new Option('--on-conflict <what>', 'where there is one of this name').choices(['fail', 'use', 'recreate']))
    .option('--no-start', 'leave it stopped')
    .addHelpText('after', examples('hookline session create shop --engine wppconnect && hookline session qr shop'))
    .action(async (named: string, options: NewSessionOptions) => (await loaded()).createSession(named, options));
  const command = (named: string, description: string): Command =>
    hubCommand(session, named, description).argument('<session>', 'its id or name');
  for (const [named, description] of Object.entries(SESSION_COMMANDS) as [keyof typeof SESSION_COMMANDS, string][]) {
    command(named, description).action(async (id: string, options: HubOptions) => (await loaded()).commandSession(id, named, options));
  }
  command('delete', 'end it and remove its login').action(async (id: string, options: HubOptions) =>
    (await loaded()).deleteSession(id, options),
  );
  command('qr', 'show its QR code, to be scanned').action(async (id: string, options: HubOptions) => (await loaded()).showQr(id, options));
  command('pair', 'show a code to type on the phone with this number')
    .argument('<phone>')
    .addHelpText('after', examples("hookline session pair shop '+55 11 98765-4321'"))
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

export function addImportCommand(hookline: Command): void {
  hubCommand(hookline, 'import', 'make here the sessions and webhooks that there are in another product; logins do not come along')
    .addArgument(new Argument('<product>', 'which one').choices(PRODUCTS))
    .argument('<from>', 'its URL, as its clients have it', httpUrl)
    .addOption(
      new Option('--from-key <key>', 'its API key; of wppconnect-server the secret key').env('HOOKLINE_IMPORT_KEY').makeOptionMandatory(),
    )
    .option('--dry-run', 'tell what would be made, and make nothing', false)
    .addHelpText('after', examples('hookline import evolution https://evolution.example.com --from-key KEY --dry-run'))
    .action(async (product: Product, from: URL, options: Omit<ImportOptions, 'from'>) =>
      (await import('./import.ts')).importFrom(product, { ...options, from }),
    );
}

/** With the operator's key. */
export function addNodeCommands(node: Command): void {
  const command = (named: string, description: string): Command =>
    node
      .command(named)
      .description(description)
      .addOption(new Option('--key <key>', "the operator's key (default: the configured adminKey)").env(API_KEY_VARIABLE))
      .option('--url <url>', 'where one of them is (default: as configured)', httpUrl);
  const loaded = () => import('./node.ts');
  command('list', 'list them, and what they do').action(async (options: HubAddress) => (await loaded()).listNodes(options));
  command('drain', 'have one hand over what it does for the others')
    .argument('<node>', 'its id')
    .action(async (id: string, options: HubAddress) => (await loaded()).drainNode(id, options));
}

export function addSendCommands(hookline: Command, exit: (code: number) => void): void {
  hubCommand(hookline, 'send', 'send a message; it is on disk once its id is printed')
    .argument('<session>', 'id or name of the session that sends it')
    .argument('[to]', 'a phone number in international form, a WhatsApp address or a username')
    .argument('[text]', 'what it says, or the caption of the file; "-" is the standard input')
    .option('--file <file>', 'a file of this machine')
    .addOption(new Option('--as <type>', 'what the file is sent as (default: by its name)').choices(MEDIA_TYPES))
    .option('--reply-to <message>', 'the message that it answers')
    .option('--send-at <time>', 'when, with its zone: 2026-12-01T08:00:00-03:00')
    .option('--typing', 'show "typing" first')
    .option('--reference <text>', 'a word of yours, which comes back in events')
    .option('--idempotency-key <key>', 'with the same key it is the same message, however often it is sent')
    .option('--body <file>', 'a message of any type, as the API takes it, in JSON; "-" is the standard input')
    .option('--wait', 'until it went out, or did not: exit code 1 then')
    .addHelpText(
      'after',
      examples(
        "hookline send shop '+55 11 98765-4321' 'On its way!'",
        "hookline send shop 5511987654321 'Your invoice' --file invoice.pdf --idempotency-key order-1042",
        `echo '{"to":"5511987654321","type":"poll","question":"Tea?","options":["Yes","No"]}' | hookline send shop --body -`,
      ),
    )
    .action(async (session: string, to: string | undefined, text: string | undefined, options: SendOptions) =>
      exit(await (await import('./send.ts')).sendMessage(session, to, text, options)),
    );
  hubCommand(hookline, 'bulk', 'send each message of a file: JSON, one object a line or a list, or CSV')
    .argument('<file>', '"-" is the standard input')
    .option('--session <session>', 'for messages that name none')
    .option('--idempotency-key <key>', 'of the file (default: made of what is in it, so that a file is sent once a day)')
    .option('--dry-run', 'read it, and send nothing')
    .addHelpText(
      'after',
      examples(
        `echo '{"to":"5511987654321","type":"text","text":"On its way!"}' >list.jsonl && hookline bulk list.jsonl --session shop`,
        'hookline bulk list.csv --session shop --dry-run    # its first line: to,text,reference',
      ),
    )
    .action(async (file: string, options: BulkOptions) => exit(await (await import('./bulk.ts')).sendMany(file, options)));
}

export function addWebhookCommands(webhook: Command): void {
  const loaded = () => import('./webhook-commands.ts');
  hubCommand(webhook, 'create', 'register a URL; its secret is shown this once')
    .argument('<url>')
    .option('--events <types>', 'types, or all of a kind, with commas between (default: all)', words)
    .option('--sessions <sessions>', 'ids or names, with commas between (default: all)', words)
    .addOption(new Option('--ordering <ordering>', 'what waits for a delivery that fails').choices(ORDERINGS))
    .option('--rate-limit <n>', 'requests a second', count)
    .option('--description <text>', 'what it is for')
    .addHelpText('after', examples("hookline webhook create https://example.com/hook --events 'message.*,session.status'"))
    .action(async (url: string, options: Options<'createWebhook'>) => (await loaded()).createWebhook(url, options));
  hubCommand(webhook, 'list', 'list the endpoints of a tenant').action(async (options: HubOptions) =>
    (await loaded()).listWebhooks(options),
  );
  const command = (named: string, description: string): Command =>
    hubCommand(webhook, named, description).argument('<endpoint>', 'its id, whk_…');
  command('pause', 'send it nothing until it is enabled; what it is owed is kept').action(async (id: string, options: HubOptions) =>
    (await loaded()).pauseWebhook(id, options),
  );
  command('enable', 'go on with it, and with what it is owed').action(async (id: string, options: HubOptions) =>
    (await loaded()).enableWebhook(id, options),
  );
  command('delete', 'remove it, and what it is owed').action(async (id: string, options: HubOptions) =>
    (await loaded()).deleteWebhook(id, options),
  );
  command('test', 'send it a webhook.test event').action(async (id: string, options: HubOptions) =>
    (await loaded()).testWebhook(id, options),
  );
  command('rotate-secret', 'make a new secret')
    .option('--overlap <seconds>', 'how long the former one signs beside it; 0: it ends now', count)
    .action(async (id: string, options: Options<'rotateWebhookSecret'>) => (await loaded()).rotateWebhookSecret(id, options));
  command('deliveries', 'list what it was sent, the newest first')
    .addOption(new Option('--status <status>', 'only these').choices(['pending', 'delivered', 'dead']))
    .option('--limit <n>', 'how many', count, 20)
    .action(async (id: string, options: Options<'listDeliveries'>) => (await loaded()).listDeliveries(id, options));
  hubCommand(webhook, 'retry', 'deliver again')
    .argument('<delivery>', 'its id, dlv_…')
    .action(async (id: string, options: HubOptions) => (await loaded()).retryDelivery(id, options));
  command('replay', 'send a range of events again')
    .requiredOption('--since <time>', 'from when on: a time, or how long ago (6h)', instant)
    .option('--until <time>', 'until when (default: now)', instant)
    .option('--events <types>', 'types, with commas between (default: all that it takes)', words)
    .addOption(new Option('--status <which>', 'failed: given up; missing: it was never sent them').choices(['all', 'failed', 'missing']))
    .option('--no-wait', 'do not wait until all are looked through')
    .addHelpText('after', examples('hookline webhook replay whk_… --since 6h --status failed'))
    .action(async (id: string, options: ReplayOptions) => (await loaded()).replayWebhook(id, options));
}

type Options<Name extends 'createWebhook' | 'listDeliveries' | 'rotateWebhookSecret'> = Parameters<
  typeof import('./webhook-commands.ts')[Name]
>[1];
