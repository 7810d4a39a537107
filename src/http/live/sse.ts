import { envelope, type LedgerEvent } from '../../core/events.ts';
import type { Subscription } from '../../ledger/subscription.ts';
import { type Ending, farewell, type OpenStream } from './open-streams.ts';

/**
 * A subscription as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): the event's id
 * is the id of the message, so that `Last-Event-ID` resumes. Comments keep silent proxies from closing the connection
 * and tell why it ends. What is not asked for is not read from the ledger.
 */
export async function* serverSentEvents(
  subscription: Pick<Subscription, 'follow' | 'gap'>,
  stream: OpenStream,
): AsyncGenerator<string, void> {
  let lastId: string | undefined;
  // Proxies and clients may hold back the headers until there is a first byte.
  yield comment('open');
  // Without an id: it is no place to go on from.
  if (subscription.gap !== null) yield `event: stream.gap\ndata: ${subscription.gap}\n\n`;
  try {
    for await (const event of subscription.follow(stream.signal)) {
      const taken = stream.owe();
      yield event ? message(event) : comment('quiet');
      taken();
      if (event) lastId = event.id;
    }
  } catch (error) {
    stream.fail(error);
  }
  yield comment(farewell(stream.signal.reason as Ending, lastId));
}

const comment = (text: string): string => `: ${text}\n\n`;

/** An envelope is one line: JSON has its line ends escaped. */
const message = (event: LedgerEvent): string => `id: ${event.id}\nevent: ${event.type}\ndata: ${envelope(event)}\n\n`;
