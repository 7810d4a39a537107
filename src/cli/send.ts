import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message, MessageWithHistory, Send } from '../client/index.ts';
import { HooklineError } from '../core/errors.ts';
import { type HubOptions, tenantsHub } from './hub-client.ts';
import { answer, writeError } from './output.ts';

export interface SendOptions extends HubOptions {
  file?: string;
  as?: string;
  replyTo?: string;
  sendAt?: string;
  reference?: string;
  typing?: boolean;
  idempotencyKey?: string;
  /** A file with the body as the API takes it. */
  body?: string;
  wait?: boolean;
}

/** What a file is sent as, by its name; `--as` says otherwise, and the hub looks at the bytes. */
const TYPES: Record<string, string> = {
  ...Object.fromEntries(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.bmp'].map((extension) => [extension, 'image'])),
  ...Object.fromEntries(['.mp4', '.mov', '.webm', '.3gp'].map((extension) => [extension, 'video'])),
  ...Object.fromEntries(['.mp3', '.m4a', '.ogg', '.opus', '.wav', '.aac'].map((extension) => [extension, 'audio'])),
};

const UNDER_WAY = ['scheduled', 'queued', 'sending'];
const BETWEEN_LOOKS = 500;

/** Resolves with the exit code: 1 where it was waited for, and did not go out. */
export async function sendMessage(
  session: string,
  to: string | undefined,
  text: string | undefined,
  options: SendOptions,
): Promise<number> {
  const body = await bodyOf(to, text, options);
  const { hub, as } = tenantsHub(options);
  const message = await hub.sendMessage(session, body, {
    ...as,
    ...(options.idempotencyKey && { idempotencyKey: options.idempotencyKey }),
  });
  for (const { message: warning } of message.warnings ?? []) writeError(`${warning}\n`);
  const last = options.wait ? await settled(message, (id) => hub.getMessage(id, as)) : message;
  answer(last, `${told(last)}\n`);
  return options.wait && ['failed', 'expired', 'canceled', 'unknown'].includes(last.status) ? 1 : 0;
}

const told = ({ id, status, waitsFor, error }: Message & Pick<MessageWithHistory, 'waitsFor'>): string =>
  `${id} is ${status}${waitsFor ? ` (waits for: ${waitsFor.reason}${waitsFor.until === null ? '' : `, until ${waitsFor.until}`})` : ''}${error ? `: ${error.message}` : ''}`;

async function bodyOf(to: string | undefined, text: string | undefined, options: SendOptions): Promise<Send | FormData> {
  const { file, replyTo, sendAt, reference, typing } = options;
  if (options.body !== undefined) {
    if (to !== undefined || file !== undefined)
      throw usage('With --body there is nothing more to say: leave out the recipient, the text and --file.');
    return jsonIn(options.body, options.body === '-' ? await textOf(process.stdin) : await readFile(options.body, 'utf8'));
  }
  if (to === undefined) throw usage('Say who is to get it, and the text or --file.');
  const said = text === '-' ? (await textOf(process.stdin)).replace(/\r?\n$/, '') : text;
  const written = {
    to,
    ...(replyTo && { replyTo }),
    ...(sendAt && { sendAt }),
    ...(reference && { reference }),
    ...(typing && { typing }),
  };
  if (file === undefined) {
    if (said === undefined || said === '') throw usage('Say what to send: a text, "-" for the standard input, or --file.');
    return { type: 'text', ...written, text: said };
  }
  const form = new FormData();
  form.set(
    'message',
    JSON.stringify({ ...written, type: options.as ?? TYPES[extname(file).toLowerCase()] ?? 'document', ...(said && { caption: said }) }),
  );
  form.set('file', await openAsBlob(file), basename(file));
  return form;
}

function jsonIn(name: string, json: string): Send {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw usage(`${name === '-' ? 'The standard input' : name} is no JSON: ${(error as Error).message}`);
  }
}

async function settled(message: Message, look: (id: string) => Promise<MessageWithHistory>): Promise<MessageWithHistory> {
  // What it waits for is told of a message that is looked up.
  let last = await look(message.id);
  if (UNDER_WAY.includes(last.status)) writeError(`${told(last)}\n`);
  while (UNDER_WAY.includes(last.status)) {
    await pause(BETWEEN_LOOKS);
    last = await look(message.id);
  }
  return last;
}

const usage = (detail: string): HooklineError => new HooklineError('bad-request', detail);
