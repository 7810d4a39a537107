import { envelope, type LedgerEvent } from '../../core/events.ts';
import type { Subscription } from '../../ledger/subscription.ts';
import { type Ending, farewell, type OpenStream } from './open-streams.ts';

/**
 * A subscription as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): the event's id
 * is the id of the message, so that `Last-Event-ID` resumes. `named`: by their types; without names all of them are for a browser's
 * `onmessage`. Comments keep silent proxies from closing the connection
 * and tell why it ends. What is not asked for is not read from the ledger.
 */
export async function* serverSentEvents(
  subscription: Pick<Subscription, 'follow' | 'gap'>,
  stream: OpenStream,
  { named = true }: { named?: boolean | undefined } = {},
): AsyncGenerator<string, void> {
  let lastId: string | undefined;
  // Proxies and clients may hold back the headers until there is a first byte.
  yield comment('open');
  // Without an id: it is no place to go on from.
  if (subscription.gap !== null) yield `${named ? 'event: stream.gap\n' : ''}data: ${subscription.gap}\n\n`;
  try {
    for await (const event of subscription.follow(stream.signal)) {
      const taken = stream.owe();
      yield event ? message(event, named) : comment('quiet');
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
const message = (event: LedgerEvent, named: boolean): string =>
  `id: ${event.id}\n${named ? `event: ${event.type}\n` : ''}data: ${envelope(event)}\n\n`;
