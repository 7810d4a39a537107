import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ChatId, ContactCard, ListMessage, Place, Poll } from '../../../core/message.ts';
import { SharedReads } from '../../../core/shared-reads.ts';
import type { Book } from './directory.ts';
import { type ReceivedFile, ReceivedFiles } from './files.ts';
import type { Arrived } from './hand-over.ts';
import { LineFile, orNone, replace, valueIn } from './lines.ts';
import { LineRoll } from './roll.ts';

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

/**
 * What the phone remembers, in files of the profile directory, so that it outlives the hub. Each of them is bounded: what a
 * tenant has a phone play must not fill the disk of all.
 */
export class PhoneDisk {
  readonly directory: string;
  readonly #account: string;
  readonly #outbox: LineRoll<SeenMessage>;
  readonly #inbox: LineFile<Arrived>;
  readonly #book: string;
  readonly #files: ReceivedFiles;
  readonly #keeping = new SharedReads<void>();

  constructor(directory: string) {
    this.directory = directory;
    this.#account = join(directory, 'phone.json');
    this.#outbox = new LineRoll(directory, 'outbox');
    this.#inbox = new LineFile(join(directory, 'inbox.jsonl'), arrivedIn);
    this.#book = join(directory, 'book.json');
    this.#files = new ReceivedFiles(join(directory, 'media'));
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

  /** One at a time, the latest last; those who wait for their turn share one. */
  keepBook(book: Book): Promise<void> {
    return this.#keeping.get('book', () => replace(this.#book, JSON.stringify(book)));
  }

  keepMedia(engineId: string, file: ReceivedFile): Promise<void> {
    return this.#files.keep(engineId, file);
  }

  /** Null when there is none (any more). */
  media(engineId: string): Promise<Readable | null> {
    return this.#files.open(engineId);
  }

  /** The same id twice is two lines: it was sent twice. */
  see(message: SeenMessage): Promise<void> {
    return this.#outbox.append(message);
  }

  async hasSeen(engineId: string): Promise<boolean> {
    for await (const { value } of this.#outbox.read()) if (value.engineId === engineId) return true;
    return false;
  }

  /**
   * The latest, oldest first. `from` and `next` are offsets into all that there ever were; `next` is null at their end. Null
   * when no message begins at `from`.
   */
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

  /** All, or those that are not `wanted` any more. */
  forgetReceived(wanted?: (arrived: Arrived) => boolean): Promise<void> {
    return wanted ? this.#inbox.sift(wanted) : this.#inbox.empty();
  }

  /** Bytes of what is kept for the hub. */
  receivedSize(): Promise<number> {
    return this.#inbox.size();
  }
}

/** A line that is no arrival is kept as it is: the hub is told of it. */
function arrivedIn(text: string): Arrived {
  const value = valueIn<Arrived>(text);
  const isOne = typeof value === 'object' && value !== null && ('message' in value || 'notice' in value);
  return isOne ? value : { broken: text };
}
