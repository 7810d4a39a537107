import { createHash } from 'node:crypto';
import { createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ChatId, ContactCard, ListMessage, Place, Poll } from '../../../core/message.ts';
import type { Book } from './directory.ts';
import type { Arrived } from './hand-over.ts';
import { LineFile, orNone } from './lines.ts';

export interface Account {
  phone: string;
  name: string | null;
}

/** A message that the phone was sent; the shape of `GET …/sandbox/outbox`. `at` ISO 8601. */
export interface SeenMessage {
  engineId: string;
  to: string;
  type: string;
  text?: string;
  caption?: string;
  media?: { sha256: string; size: number; mimetype: string; filename?: string };
  replyTo?: string;
  mentions?: ChatId[];
  linkPreview?: boolean;
  location?: Place;
  contacts?: ContactCard[];
  poll?: Poll;
  list?: ListMessage;
  /** WhatsApp's id of the message that a reaction, edit, revoke or forward is about. */
  target?: string;
  emoji?: string;
  /** How long the typing indicator was on in this chat before the message, in ms. */
  typingMs: number;
  at: string;
}

/** What the phone remembers, in files of the profile directory, so that it outlives the hub. */
export class PhoneDisk {
  readonly directory: string;
  readonly #account: string;
  readonly #outbox: LineFile<SeenMessage>;
  readonly #inbox: LineFile<Arrived>;
  readonly #book: string;
  readonly #media: string;
  #keeping: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.directory = directory;
    this.#account = join(directory, 'phone.json');
    this.#outbox = new LineFile(join(directory, 'outbox.jsonl'));
    this.#inbox = new LineFile(join(directory, 'inbox.jsonl'));
    this.#book = join(directory, 'book.json');
    this.#media = join(directory, 'media');
  }

  /** Null when the phone is not linked. */
  async account(): Promise<Account | null> {
    const text = await orNone(readFile(this.#account, 'utf8'));
    return text === null ? null : (JSON.parse(text) as Account);
  }

  async link(account: Account): Promise<void> {
    await replace(this.#account, JSON.stringify(account));
  }

  async unlink(): Promise<void> {
    await rm(this.#account, { force: true });
  }

  async book(): Promise<Book | null> {
    const text = await orNone(readFile(this.#book, 'utf8'));
    return text === null ? null : (JSON.parse(text) as Book);
  }

  /** One at a time, the latest last. */
  async keepBook(book: Book): Promise<void> {
    this.#keeping = this.#keeping.catch(() => undefined).then(() => replace(this.#book, JSON.stringify(book)));
    await this.#keeping;
  }

  /** Where the file of a received message lies. */
  #mediaPath(engineId: string): string {
    return join(this.#media, createHash('sha256').update(engineId).digest('hex'));
  }

  async keepMedia(engineId: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    await mkdir(this.#media, { recursive: true, mode: 0o700 });
    await pipeline(Readable.from(bytes), createWriteStream(this.#mediaPath(engineId), { mode: 0o600 }));
  }

  /** Null when there is none. */
  async media(engineId: string): Promise<ReadStream | null> {
    const file = await orNone(open(this.#mediaPath(engineId)));
    return file?.createReadStream() ?? null;
  }

  /** The same id twice is two lines: it was sent twice. */
  see(message: SeenMessage): Promise<void> {
    return this.#outbox.append(message);
  }

  async hasSeen(engineId: string): Promise<boolean> {
    for await (const { value } of this.#outbox.read()) if (value.engineId === engineId) return true;
    return false;
  }

  /** Oldest first. `from` and `next` are offsets into the file; `next` is null at its end. Null when no message begins at `from`. */
  async seen(from: number, limit: number): Promise<{ data: SeenMessage[]; next: number | null } | null> {
    if (!(await this.#outbox.beginsAt(from))) return null;
    const data: SeenMessage[] = [];
    let next = from;
    for await (const { value, end } of this.#outbox.read(from)) {
      if (data.length === limit) return { data, next };
      data.push(value);
      next = end;
    }
    return { data, next: null };
  }

  /** Keeps it for the hub until `forgetReceived`. */
  keepReceived(arrived: Arrived): Promise<void> {
    return this.#inbox.append(arrived);
  }

  async received(): Promise<Arrived[]> {
    const all: Arrived[] = [];
    for await (const { value } of this.#inbox.read()) all.push(value);
    return all;
  }

  forgetReceived(): Promise<void> {
    return this.#inbox.empty();
  }
}

async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}
