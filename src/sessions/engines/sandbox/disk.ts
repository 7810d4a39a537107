import { rmSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { HooklineError } from '../../../core/errors.ts';
import type { ChatId, ContactCard, ListMessage, Place, Poll } from '../../../core/message.ts';
import type { Logger } from '../../../core/runtime.ts';
import { SharedReads } from '../../../core/shared-reads.ts';
import type { Arrived } from './arrived.ts';
import type { Book } from './book.ts';
import { type ReceivedFile, ReceivedFiles } from './files.ts';
import { change, isMissing, LineFile, type MayChange, orNone, replace, valueIn } from './lines.ts';
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

/** Bytes: twice so much, some ten thousand ids, is what it remembers of what it received. */
const HEARD_PART = 512 * 1_024;

/**
 * What the phone remembers, in files of the profile directory, so that it outlives the hub. Each of them is bounded: what a
 * tenant has a phone play must not fill the disk of all.
 */
export class PhoneDisk {
  readonly directory: string;
  readonly #log: Pick<Logger, 'error'>;
  readonly #account: string;
  readonly #outbox: LineRoll<SeenMessage>;
  readonly #inbox: LineFile<Arrived>;
  readonly #heard: LineRoll<string>;
  readonly #book: string;
  readonly #files: ReceivedFiles;
  readonly #keeping = new SharedReads<void>();
  readonly #mayChange: MayChange;

  constructor(directory: string, log: Pick<Logger, 'error'>, mayChange: MayChange = () => true) {
    this.directory = directory;
    this.#log = log;
    this.#mayChange = mayChange;
    this.#account = join(directory, 'phone.json');
    this.#outbox = new LineRoll(directory, 'outbox', { mayChange });
    this.#inbox = new LineFile(join(directory, 'inbox.jsonl'), { parse: arrivedIn, mayChange });
    this.#heard = new LineRoll(directory, 'heard', { fullAt: HEARD_PART, mayChange });
    this.#book = join(directory, 'book.json');
    this.#files = new ReceivedFiles(join(directory, 'media'));
  }

  /** Null when the phone is not linked. */
  async account(): Promise<Account | null> {
    return this.#read<Account>(this.#account);
  }

  async link(account: Account): Promise<void> {
    await inProfile(replace(this.#account, JSON.stringify(account), { flush: true, mayChange: this.#mayChange }));
  }

  async unlink(): Promise<void> {
    change(this.#mayChange, () => rmSync(this.#account, { force: true }));
  }

  async book(): Promise<Book | null> {
    return this.#read<Book>(this.#book);
  }

  /** One at a time, the latest last; those who wait for their turn share one, and so do those who come at once. */
  keepBook(book: Book): Promise<void> {
    return this.#keeping.get('book', async () => {
      await setImmediate();
      await inProfile(replace(this.#book, JSON.stringify(book), { mayChange: this.#mayChange }));
    });
  }

  keepMedia(engineId: string, file: ReceivedFile): Promise<void> {
    return inProfile(this.#files.keep(engineId, file));
  }

  /** Null when there is none (any more). */
  media(engineId: string): Promise<Readable | null> {
    return this.#files.open(engineId);
  }

  /** The same id twice is two lines: it was sent twice. */
  see(message: SeenMessage): Promise<void> {
    return inProfile(this.#outbox.append(message));
  }

  /** Whether it was sent a message under this id. */
  hasSeen(engineId: string): Promise<boolean> {
    return this.#outbox.holds(`"engineId":${JSON.stringify(engineId)}`);
  }

  /** Remembers the id of a message that the phone has, until some thousands have come after it. */
  hear(engineId: string): Promise<void> {
    return inProfile(this.#heard.append(engineId));
  }

  /** Whether the phone has a message with this id, received or sent. */
  async hasMessage(engineId: string): Promise<boolean> {
    return (await this.#heard.holds(`${JSON.stringify(engineId)}\n`)) || this.hasSeen(engineId);
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
    return inProfile(this.#inbox.append(arrived));
  }

  async received(): Promise<Arrived[]> {
    const all: Arrived[] = [];
    for await (const { value } of this.#inbox.read()) all.push(value);
    return all;
  }

  /** All, or those that are not `wanted` any more. */
  forgetReceived(wanted?: (arrived: Arrived) => boolean): Promise<void> {
    return inProfile(wanted ? this.#inbox.sift(wanted) : this.#inbox.empty());
  }

  /** A file that a power cut has left unreadable is set aside: without what is in it the phone goes on. */
  async #read<T>(path: string): Promise<T | null> {
    const text = await orNone(readFile(path, 'utf8'));
    if (text === null) return null;
    try {
      return JSON.parse(text) as T;
    } catch {
      const aside = `${path}.unreadable`;
      await rename(path, aside);
      this.#log.error('A file of the phone cannot be read and is set aside', { file: aside });
      return null;
    }
  }

  /** Bytes of what is kept for the hub. */
  receivedSize(): Promise<number> {
    return this.#inbox.size();
  }
}

/** The profile directory goes with its session, and another one takes its place when a backup is restored, while the phone is used. */
async function inProfile<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause) => {
    if (!isMissing(cause)) throw cause;
    const message =
      'The phone was removed meanwhile: its session was deleted, or is being restored. Look whether it is there and try again.';
    throw new HooklineError('session-not-connected', message, { cause });
  });
}

/** A line that is no arrival is kept as it is: the hub is told of it. */
function arrivedIn(text: string): Arrived {
  const value = valueIn<Arrived>(text);
  const isOne = typeof value === 'object' && value !== null && ('message' in value || 'notice' in value);
  return isOne ? value : { broken: text };
}
