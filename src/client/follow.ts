import type { Gap, HubEvent } from './api.ts';
import { isProblem, Offline, type Problem } from './problem.ts';

export interface FollowOptions {
  /**
   * The id of the event after which it begins, or the `nextCursor` of a page. Without it the next event there is comes first; what
   * happens while the connection is lost is told only once a first event has come.
   */
  after?: string | undefined;
  /** Types, or all below a prefix: `message.received`, `message.*`. */
  types?: readonly string[] | undefined;
  /** Id or name of one session. */
  session?: string | undefined;
  /** Of the operator's key: the id of the tenant. */
  tenant?: string | undefined;
  /** Ends it. */
  signal?: AbortSignal | undefined;
  /** Told where the event to go on from is not kept any more, so that some are missing. */
  onGap?: ((gap: Gap) => void) | undefined;
  /** Told whenever a connection is made, before its first event. */
  onOpen?: (() => void) | undefined;
  /** Told whenever the connection is lost, before it is made anew: why, and in how many milliseconds. */
  onLost?: ((why: unknown, inMs: number) => void) | undefined;
}

type Ask = (method: string, path: string, options: object) => Promise<Response>;

/** The hub says something every 15 s, if only a comment. */
const SILENCE = 60_000;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/**
 * Each event once and in order, over connections that are made anew, from the last event that came, whenever one is lost. It ends
 * when the signal is aborted or the loop is left, and rejects where the hub refuses for good (no such key, right or event).
 */
export async function* follow(ask: Ask, options: FollowOptions): AsyncGenerator<HubEvent, void> {
  const { after, types, session, tenant, signal, onGap, onOpen, onLost } = options;
  const query = { after, types: types?.join(','), session };
  let last: string | undefined;
  let pause = FIRST_PAUSE;
  while (!signal?.aborted) {
    const connection = new AbortController();
    const until = signal ? AbortSignal.any([signal, connection.signal]) : connection.signal;
    let why: unknown;
    try {
      const headers = last === undefined ? {} : { 'last-event-id': last };
      const response = await ask('GET', '/api/events', {
        accept: 'text/event-stream',
        query,
        headers,
        tenant,
        signal: until,
        deadlineMs: SILENCE,
      });
      onOpen?.();
      for await (const { id, event, data } of messagesOf(response, connection)) {
        pause = FIRST_PAUSE;
        if (event === 'stream.gap') onGap?.(JSON.parse(data));
        else {
          if (id !== undefined) last = id;
          yield JSON.parse(data);
        }
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!passes(error)) throw error;
      why = error;
    } finally {
      connection.abort();
    }
    const retryAfter = isProblem(why) ? (why.retryAfter ?? 0) * 1_000 : 0;
    // By chance, so that not all who lost the same hub come back at once.
    const wait = Math.max(retryAfter, pause * (0.5 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
    onLost?.(why, wait);
    await sleep(wait, signal);
  }
}

/** What nobody foresaw is a fault in the program, and told. */
function passes(error: unknown): boolean {
  if (isProblem(error)) return isPassing(error);
  return error instanceof Offline || error instanceof LostConnection || (error as Error | null)?.name === 'TimeoutError';
}

const isPassing = ({ status, retryAfter }: Problem): boolean => retryAfter !== undefined || status >= 500 || [408, 429].includes(status);

class LostConnection extends Error {
  override readonly name = 'LostConnection';
}

interface Message {
  id: string | undefined;
  event: string;
  data: string;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
async function* messagesOf({ body }: Response, connection: AbortController): AsyncGenerator<Message, void> {
  let message: Message = { id: undefined, event: 'message', data: '' };
  for await (const line of linesOf(body as ReadableStream<Uint8Array<ArrayBuffer>>, connection)) {
    if (line === '') {
      if (message.data !== '') yield { ...message, data: message.data.slice(0, -1) };
      message = { id: undefined, event: 'message', data: '' };
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') message.data += `${value}\n`;
    else if (field === 'event') message.event = value;
    else if (field === 'id') message.id = value;
  }
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>, connection: AbortController): AsyncGenerator<string, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const silent = setTimeout(() => connection.abort(new LostConnection(`Nothing came for ${SILENCE} ms.`)), SILENCE);
    const { done, value } = await reader
      .read()
      .catch((cause: unknown) => {
        throw new LostConnection('The connection was lost.', { cause });
      })
      .finally(() => clearTimeout(silent));
    if (done) return;
    // A carriage return at the end may be half of a line end.
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
