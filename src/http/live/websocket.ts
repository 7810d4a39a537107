import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { HooklineError } from '../../core/errors.ts';
import { envelope } from '../../core/events.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { Subscription } from '../../ledger/subscription.ts';
import { ownOrigin } from '../own-page.ts';
import type { Connection } from '../route.ts';
import { type Ending, farewell, GONE, type OpenStream, type OpenStreams, type Reader } from './open-streams.ts';

/**
 * The protocol to offer beside `hookline.bearer.KEY`: a browser ends a connection whose server chose none of those that
 * it offered, and the key must not be sent back.
 */
const PROTOCOL = 'hookline';
/** Bytes that may wait for a reader before it is waited for. */
const MOST_BUFFERED = 256 * 1_024;
/** Readers only listen: pongs and close frames are small. */
const LONGEST_MESSAGE = 4_096;
const HEARTBEAT = 15_000;
/** Milliseconds in which a reader can take note of the end before the connection is cut. */
const LINGER = 5_000;

/** Events over WebSocket (RFC 6455): each message is one envelope. */
export class EventSockets {
  readonly #streams: OpenStreams;
  readonly #origins: ReadonlySet<string>;
  readonly #runtime: Runtime;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: LONGEST_MESSAGE,
    handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
  });

  constructor(streams: OpenStreams, { allowedOrigins, runtime }: { allowedOrigins: readonly string[]; runtime: Runtime }) {
    this.#streams = streams;
    this.#origins = new Set(allowedOrigins);
    this.#runtime = runtime;
    // Raised in the middle of `handleUpgrade`, and so thrown by it; by itself it would answer with a page of HTML.
    this.#server.on('wsClientError', (error) => {
      throw new HooklineError('bad-request', `This is no opening handshake of a WebSocket: ${error.message}.`);
    });
  }

  /**
   * Takes over the connection. Throws while it can still be answered in HTTP: `forbidden` for a page of a foreign origin,
   * `bad-request` for what is no handshake, and what `OpenStreams.open` throws.
   */
  accept({ request, socket, head }: Connection, subscription: Pick<Subscription, 'follow' | 'gap'>, reader: Reader): void {
    this.#checkOrigin(request);
    const stream = this.#streams.open(reader);
    socket.once('close', () => stream.end(GONE));
    if (socket.destroyed) stream.end(GONE);
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#serve(ws, subscription, stream));
  }

  /** Browsers let any page open a WebSocket anywhere and say whose page it is; who is no browser sends no Origin. */
  #checkOrigin({ headers }: IncomingMessage): void {
    const { origin } = headers;
    if (origin === undefined || this.#origins.has(origin)) return;
    if (origin === ownOrigin((name) => headers[name]?.toString())) return;
    throw new HooklineError('forbidden', `Pages of ${origin} may not connect. The operator can list it in http.allowedOrigins.`);
  }

  #serve(ws: WebSocket, subscription: Pick<Subscription, 'follow' | 'gap'>, stream: OpenStream): void {
    let lastId: string | undefined;
    // A broken connection is followed by 'close', which says all there is to say.
    ws.on('error', () => undefined);
    this.#keepAlive(ws, stream.signal);
    stream.signal.addEventListener('abort', () => {
      const why = stream.signal.reason as Ending;
      if (why === GONE) return;
      ws.close(why.code, farewell(why, lastId));
      this.#runtime.clock.after(LINGER, () => ws.terminate());
    });
    const send = async (): Promise<void> => {
      if (subscription.gap !== null) ws.send(subscription.gap);
      for await (const event of subscription.follow(stream.signal)) {
        if (!event) continue;
        const sent = new Promise<void>((resolve) => ws.send(envelope(event), () => resolve()));
        lastId = event.id;
        if (ws.bufferedAmount <= MOST_BUFFERED) continue;
        const taken = stream.owe();
        await sent;
        taken();
      }
    };
    send().catch(stream.fail);
  }

  /** A peer that does not answer a ping until the next one is due is dead: its connection is cut. */
  #keepAlive(ws: WebSocket, signal: AbortSignal): void {
    let answered = true;
    ws.on('pong', () => {
      answered = true;
    });
    const beat = (): void => {
      if (signal.aborted) return;
      if (answered) {
        answered = false;
        ws.ping();
        this.#runtime.clock.after(HEARTBEAT, beat);
      } else ws.terminate();
    };
    this.#runtime.clock.after(HEARTBEAT, beat);
  }
}
