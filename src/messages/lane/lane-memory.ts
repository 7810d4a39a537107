import type { MessageId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import type { Hold } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import type { Done, Ready } from './hand-over.ts';

/** A queued message with its place in the order of acceptance. */
export interface Queued {
  ordinal: number;
  message: StoredMessage;
}

/** What came of something that was under way and is not on disk yet. */
export type News =
  /** Of a hand-over; `isLate`: the pump has not waited for it. */
  | { kind: 'answered'; done: Done; isLate: boolean }
  /** Of a hand-over that was given up before: its message is `unknown` by now, or has been settled otherwise. */
  | { kind: 'late'; done: Done }
  /** Of the question whether WhatsApp has a message. */
  | { kind: 'asked'; done: Done }
  /** It could not be made ready, or its file could not be fetched. */
  | { kind: 'unready'; ordinal: number; done: Done }
  | ({ kind: 'fetched' } & Queued);

/** What the owner of a lane knows beyond the rows: what is under way in this process. It is lost in a crash, and may be. */
export class LaneMemory {
  /** False until what an earlier owner, or a turn that failed, has left is cleared up. */
  isSettled = false;
  /** Counts how often that was to be done anew. */
  unsettled = 0;
  isPumped = false;
  hold: Hold | null = null;
  /** Handed over and not on disk as answered. While the pump takes another step these are the ones that hang. */
  readonly handedOver = new Map<MessageId, { chatId: ChatId; since: Milliseconds }>();
  /** Hand-overs since the last answer that were not answered soon. */
  unanswered = 0;
  /** `quickSince`: null for one that takes its time by itself, for it is typed. */
  readonly preparing = new Map<number, { isTyped: boolean; quickSince: Milliseconds | null }>();
  readonly ready = new Map<number, { message: StoredMessage; ready: Ready }>();
  readonly fetching = new Set<number>();
  readonly fetched = new Set<MessageId>();
  /** Whether heads may wait for their files that nobody fetches. */
  mayFetch = true;
  readonly asking = new Set<MessageId>();
  /** Where chats are written to that had a message of late. */
  readonly addresses = new Map<ChatId, { to: ChatId; until: Milliseconds }>();
  news: News[] = [];
  /** Whether there is something to be done that no turn has seen yet. */
  isCalled = false;
  #told: (() => void) | undefined;

  /** How much is under way, and soon over. */
  get #short(): number {
    return this.preparing.size + this.fetching.size + this.asking.size;
  }

  get isBusy(): boolean {
    return this.isCalled || this.#short > 0;
  }

  /** How many bits of news are to come, or have. */
  get underWay(): number {
    return this.#short + this.handedOver.size;
  }

  unsettle(): void {
    this.isSettled = false;
    this.unsettled++;
  }

  call(): void {
    this.isCalled = true;
    this.#told?.();
  }

  /** Resolves when it is called, after `limit` ms at the latest. */
  called(clock: Clock, limit: Milliseconds): Promise<void> {
    if (this.isCalled) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        timer.cancel();
        this.#told = undefined;
        resolve();
      };
      const timer = clock.after(limit, settle);
      this.#told = settle;
    });
  }

  /** What is on disk of it is forgotten here. */
  forget(news: readonly News[]): void {
    this.news = this.news.filter((one) => !news.includes(one));
    for (const one of news) {
      if (one.kind === 'answered') this.handedOver.delete(one.done.to.id);
      else if (one.kind === 'asked') this.asking.delete(one.done.to.id);
      else if (one.kind !== 'late') {
        this.preparing.delete(one.ordinal);
        this.fetching.delete(one.ordinal);
      }
      if (one.kind === 'fetched') this.fetched.add(one.message.id);
    }
  }
}
